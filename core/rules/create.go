package rules

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput is a new rule.
type CreateInput struct {
	Name        string  `json:"name" op:"required,min=1,max=128" doc:"a name for people; need not be unique"`
	Description string  `json:"description,omitempty" op:"max=4096" doc:"what the rule is for"`
	Type        string  `json:"rule_type" op:"required,enum=access|sharing|visibility|ownership|constraint|redaction|rate_limit|quota|feature_flag" doc:"the first five govern access, alike; it never changes"`
	Effect      string  `json:"effect" op:"required,enum=allow|deny" doc:"deny takes away what rights give; allow is reported by evaluations and gives no right"`
	Priority    int64   `json:"priority,omitempty" op:"min=-1000000,max=1000000" doc:"the order in lists and reports, greatest first"`
	Conditions  op.JSON `json:"conditions,omitempty" op:"max=16KiB" doc:"for rules about access any of action, principal_kind, object_type, scope_id and role, each a text or a list of texts of which one has to fit; all that are given must hold; none match always"`
	ScopeID     urn.ID  `json:"scope_id,omitempty" op:"id=scp|org" doc:"bind the rule only to this scope and those below it; its administrators may then create and change it"`
	ObjectID    urn.ID  `json:"object_id,omitempty" op:"id=obj" doc:"bind the rule only to this object; its owner may then create and change it"`
}

// Create makes a rule, which does nothing until it is bound.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Rule]{
	Name:    "create",
	Summary: "Create a rule; it governs nothing until it is bound.",
	Doc:     "Without scope_id or object_id the rule is the cluster's and takes cluster.admin.",
	Route:   "POST /v1/rules",
	Status:  201,
	Access:  op.Anyone[CreateInput]("rule_change"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed, fault.PayloadTooLarge},
	Example: CreateInput{Name: "No services", Type: "access", Effect: Deny, Conditions: op.JSON(`{"action":["delete","update"],"principal_kind":"service"}`)},
	Result:  example,
	Undo:    op.Reversible("rule.archive"),
	Validate: func(in *CreateInput) *fault.Fault {
		if in.ScopeID != "" && in.ObjectID != "" {
			detail := "give scope_id or object_id, not both"
			return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/object_id", Code: "one-of", Detail: detail})
		}
		_, f := compose(in.Type, in.Effect, in.Priority, in.Conditions)
		return f
	},
}, func(tx *op.Tx, in CreateInput) (Rule, error) {
	content, f := compose(in.Type, in.Effect, in.Priority, in.Conditions)
	if f != nil {
		return Rule{}, f
	}
	r := &row{
		ID: tx.NewID(urn.PrefixRule), Name: in.Name, Description: in.Description, Type: in.Type, ScopeID: in.ScopeID, ObjectID: in.ObjectID,
		Body: content, Lifecycle: Active, CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
	}
	if err := r.founded(tx); err != nil {
		return Rule{}, err
	}
	e, f := registry.Register(tx, urn.URN{Kind: "rule", Namespace: "rules", Name: string(r.ID), Version: 1}, Entity, r.ID)
	if f != nil {
		return Rule{}, f
	}
	r.EntryID = e.ID
	r.append(tx, "created")
	r.put(tx, nil)
	r.record(tx, "rule_change", nil)
	return r.shown(), nil
})

// founded refuses who may not make the rule where it shall belong.
func (r *row) founded(tx *op.Tx) error {
	right, ok := r.home()
	if !ok && !tx.Caller.Holds(op.Administer) {
		return fault.New(fault.PermissionDenied, "rules of the cluster take cluster.admin; give scope_id or object_id for a rule of your own")
	}
	home := target{TargetScope, string(r.ScopeID)}
	if r.ObjectID != "" {
		home = target{TargetObject, string(r.ObjectID)}
	}
	if ok && !home.exists(tx) {
		return op.NotFound()
	}
	if tx.Caller.Holds(op.Administer) {
		return nil
	}
	return tx.Demand("rule_change", right.Level, right.Target)
}

// compose checks what a version of a rule of some type says.
func compose(kind, effect string, priority int64, raw op.JSON) (body, *fault.Fault) {
	b := body{Effect: effect, Priority: priority}
	if !policy(kind) {
		b.Other = raw
		if len(raw) == 0 {
			b.Other = op.JSON("{}")
		}
		return b, nil
	}
	var f *fault.Fault
	b.When, f = parse(raw)
	return b, f
}
