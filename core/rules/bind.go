package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// BindInput names a rule and a target.
type BindInput struct {
	ID         urn.ID `json:"id" op:"path,id=rul" doc:"the rule"`
	TargetType string `json:"target_type" op:"required,enum=scope|principal|object_type|object|environment|connector" doc:"what the rule shall govern: what comes through a scope, what a principal does, objects of a type, one object, calls that name an environment or a connector"`
	TargetID   string `json:"target_id" op:"required,min=1,max=128" doc:"an id; for object_type the type itself"`
}

// Bind lets a rule govern a target from now on. Who binds administers the rule,
// whose home the target has to be in.
var Bind = op.NewCommand(Ops, op.Spec[BindInput, Binding]{
	Name:     "bind",
	Summary:  "Let a rule govern a scope, principal, type, object or environment, at once on every node.",
	Route:    "POST /v1/rules/{id}/bindings",
	Status:   201,
	Access:   op.Anyone[BindInput]("rule_change"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.PreconditionFailed, fault.ValidationFailed, fault.LimitExceeded},
	Example:  BindInput{ID: exampleID, TargetType: TargetObjectType, TargetID: "invoice"},
	Result:   exampleBinding,
	Undo:     op.Reversible("rule.unbind"),
	Validate: func(in *BindInput) *fault.Fault { return target{in.TargetType, in.TargetID}.check() },
}, func(tx *op.Tx, in BindInput) (Binding, error) {
	r, err := administered(tx, in.ID, "rule_change")
	if err != nil {
		return Binding{}, err
	}
	to := target{in.TargetType, in.TargetID}
	if f := r.admits(tx, to); f != nil {
		return Binding{}, f
	}
	if r.Lifecycle != Active {
		return Binding{}, notActive()
	}
	b, known := bound(tx, r.ID, to)
	if known && b.Lifecycle == Active {
		return *b, nil
	}
	var before *Binding
	if known {
		was := *b
		before = &was
	} else {
		b = &Binding{ID: tx.NewID(urn.PrefixBinding), RuleID: r.ID, TargetType: to.kind, TargetID: to.id}
	}
	if f := b.enlist(tx, r, true); f != nil {
		return Binding{}, f
	}
	b.record(tx, r, before)
	return *b, nil
})
