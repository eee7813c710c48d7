package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// RuleInput names a rule.
type RuleInput struct {
	ID urn.ID `json:"id" op:"path,id=rul" doc:"the rule"`
}

// Archive ends a rule with all its bindings. Administrators of the cluster can
// always do so, whatever rules say: nobody is locked out by a rule for good.
var Archive = op.NewCommand(Ops, op.Spec[RuleInput, Rule]{
	Name:    "archive",
	Summary: "End a rule and all its bindings, at once on every node.",
	Route:   "POST /v1/rules/{id}/archive",
	Access:  op.Anyone[RuleInput]("lifecycle_change").BeyondRules(op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied},
	Example: RuleInput{ID: exampleID},
	Result:  example,
	Undo:    op.Reversible("a rollback; its bindings count again"),
}, func(tx *op.Tx, in RuleInput) (Rule, error) {
	r, err := administered(tx, in.ID, "lifecycle_change")
	if err != nil || r.Lifecycle == Archived {
		return r.orNone(), err
	}
	before := *r
	r.Lifecycle = Archived
	r.put(tx, &before)
	r.record(tx, "lifecycle_change", &before)
	return r.shown(), nil
})

func (r *row) orNone() Rule {
	if r == nil {
		return Rule{}
	}
	return r.shown()
}
