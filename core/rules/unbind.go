package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UnbindInput names a rule and a target.
type UnbindInput struct {
	ID         urn.ID `json:"id" op:"path,id=rul" doc:"the rule"`
	TargetType string `json:"target_type" op:"required,query,enum=scope|principal|object_type|object|environment|connector" doc:"what kind of target"`
	TargetID   string `json:"target_id" op:"required,query,min=1,max=128" doc:"the target"`
}

// Unbind takes a rule off a target. What is not bound changes nothing.
// Administrators of the cluster can always do so, whatever rules say.
var Unbind = op.NewCommand(Ops, op.Spec[UnbindInput, op.Nothing]{
	Name:     "unbind",
	Summary:  "Take a rule off a target, at once on every node.",
	Schema:   2,
	Route:    "DELETE /v1/rules/{id}/bindings",
	Access:   op.Anyone[UnbindInput]("rule_change").BeyondRules(op.Administer),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed},
	Example:  UnbindInput{ID: exampleID, TargetType: TargetObjectType, TargetID: "invoice"},
	Undo:     op.Reversible("rule.bind"),
	Validate: func(in *UnbindInput) *fault.Fault { return target{in.TargetType, in.TargetID}.check() },
}, func(tx *op.Tx, in UnbindInput) (op.Nothing, error) {
	none := op.Nothing{}
	r, err := administered(tx, in.ID, "rule_change")
	if err != nil {
		return none, err
	}
	b, ok := bound(tx, r.ID, target{in.TargetType, in.TargetID})
	if !ok || b.Lifecycle != Active {
		return none, nil
	}
	before := *b
	if f := b.enlist(tx, r, false); f != nil {
		return none, f
	}
	b.record(tx, r, &before)
	return none, nil
})
