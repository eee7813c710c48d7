package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UpdateInput names a rule and what shall change; what is absent stays.
type UpdateInput struct {
	ID         urn.ID  `json:"id" op:"path,id=rul" doc:"the rule"`
	Conditions op.JSON `json:"conditions,omitempty" op:"max=16KiB" doc:"all conditions anew; an empty object matches always"`
	Effect     string  `json:"effect,omitempty" op:"enum=allow|deny" doc:"allow or deny"`
	Priority   *int64  `json:"priority,omitempty" op:"min=-1000000,max=1000000" doc:"the order in lists and reports, greatest first"`
	Reason     string  `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
	Version    uint64  `json:"version,omitempty" op:"min=1" doc:"the version that you read; a newer one refuses the update"`
}

// Update appends a version, which governs from then on.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Rule]{
	Name:      "update",
	Summary:   "Append a new version of a rule.",
	Route:     "PATCH /v1/rules/{id}",
	Access:    op.Anyone[UpdateInput]("rule_change"),
	Faults:    []fault.Code{fault.NotFound, fault.PermissionDenied, fault.PreconditionFailed, fault.VersionConflict, fault.ValidationFailed, fault.PayloadTooLarge},
	Example:   UpdateInput{ID: exampleID, Conditions: op.JSON(`{"action":"delete"}`), Reason: "updates are fine"},
	Result:    example,
	Undo:      op.Reversible("rule.update with the values before"),
	Versioned: true,
}, func(tx *op.Tx, in UpdateInput) (Rule, error) {
	r, err := administered(tx, in.ID, "rule_change")
	if err != nil {
		return Rule{}, err
	}
	if r.Lifecycle != Active {
		return Rule{}, notActive()
	}
	if f := tx.CheckVersion(r.Version, in.Version); f != nil {
		return Rule{}, f
	}
	before := *r
	content, f := in.over(r)
	if f != nil {
		return Rule{}, f
	}
	if content.equal(&r.Body) {
		return r.shown(), nil
	}
	r.Body = content
	r.append(tx, in.Reason)
	r.put(tx, &before)
	r.record(tx, "rule_change", &before)
	return r.shown(), nil
})

// over is the body of a rule after the update.
func (in *UpdateInput) over(r *row) (body, *fault.Fault) {
	effect, priority, conditions := r.Body.Effect, r.Body.Priority, r.Body.conditions()
	if in.Effect != "" {
		effect = in.Effect
	}
	if in.Priority != nil {
		priority = *in.Priority
	}
	if len(in.Conditions) > 0 {
		conditions = in.Conditions
	}
	return compose(r.Type, effect, priority, conditions)
}

func notActive() *fault.Fault {
	return fault.New(fault.PreconditionFailed, "the rule is archived; roll its archiving back first")
}
