package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// BindingsInput names a rule.
type BindingsInput struct {
	ID         urn.ID `json:"id" op:"path,id=rul" doc:"the rule"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended bindings too; true when absent"`
	op.Paging
}

// Bindings lists what a rule is bound to, by kind and target.
var Bindings = op.NewQuery(Ops, op.Spec[BindingsInput, op.Page[Binding]]{
	Name:     "bindings",
	Summary:  "List what a rule is bound to.",
	Route:    "GET /v1/rules/{id}/bindings",
	Access:   op.Anyone[BindingsInput]("read"),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  BindingsInput{ID: exampleID},
	Result:   op.NewPage([]Binding{exampleBinding}, ""),
	Validate: func(in *BindingsInput) *fault.Fault { return in.CheckCursor(urn.PrefixBinding) },
}, func(v *op.View, in BindingsInput) (op.Page[Binding], error) {
	r, err := legible(v, in.ID)
	if err != nil {
		return op.Page[Binding]{}, err
	}
	within := state.Range{Prefix: state.Key(key.RuleBindingRule, r.ID)}
	if last, ok := findBinding(v, urn.ID(in.Cursor)); ok {
		within.After = state.Key(key.RuleBindingRule, r.ID, last.TargetType, last.TargetID, last.ID)
	}
	return page(byRule.Scan(v, within), in.Paging, func(b *Binding) (Binding, bool) { return b.under(r, in.ActiveOnly) }), nil
})

// TargetInput names a target.
type TargetInput struct {
	TargetType string `json:"target_type" op:"required,query,enum=scope|principal|object_type|object|environment|connector" doc:"what kind of target"`
	TargetID   string `json:"target_id" op:"required,query,min=1,max=128" doc:"the target"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended bindings too; true when absent"`
	op.Paging
}

// TargetBindings lists the rules that govern a target, of those that the
// caller may read, in the order in which they were bound first.
var TargetBindings = op.NewQuery(Ops, op.Spec[TargetInput, op.Page[Binding]]{
	Name:    "target_bindings",
	Summary: "List the bindings of a scope, principal, type, object or environment, of rules that you can read.",
	Route:   "GET /v1/rules/bindings",
	Access:  op.Anyone[TargetInput]("list"),
	Faults:  []fault.Code{fault.InvalidCursor, fault.ValidationFailed},
	Example: TargetInput{TargetType: TargetObjectType, TargetID: "invoice"},
	Result:  op.NewPage([]Binding{exampleBinding}, ""),
	Validate: func(in *TargetInput) *fault.Fault {
		if f := (target{in.TargetType, in.TargetID}).check(); f != nil {
			return f
		}
		return in.CheckCursor(urn.PrefixBinding)
	},
}, func(v *op.View, in TargetInput) (op.Page[Binding], error) {
	within := state.Range{Prefix: state.Key(key.RuleBindingTarget, in.TargetType, in.TargetID)}
	if in.Cursor != "" {
		within.After = state.Key(key.RuleBindingTarget, in.TargetType, in.TargetID, urn.ID(in.Cursor))
	}
	return page(byTarget.Scan(v, within), in.Paging, func(b *Binding) (Binding, bool) {
		r, ok := find(v, b.RuleID)
		if !ok || !r.seen(v) {
			return Binding{}, false
		}
		return b.under(r, in.ActiveOnly)
	}), nil
})

// under is the binding as it counts: it ends with its rule.
func (b *Binding) under(r *row, activeOnly *bool) (Binding, bool) {
	shown := *b
	if r.Lifecycle != Active {
		shown.Lifecycle = Archived
	}
	return shown, shown.Lifecycle == Active || (activeOnly != nil && !*activeOnly)
}

func page(found *state.Rows[Binding], p op.Paging, show func(b *Binding) (Binding, bool)) op.Page[Binding] {
	return op.Fill(found, p, show, func(b *Binding) op.Cursor { return op.Cursor(b.ID) })
}
