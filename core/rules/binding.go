package rules

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// What a rule can be bound to.
const (
	TargetScope       = "scope"
	TargetPrincipal   = "principal"
	TargetObjectType  = "object_type"
	TargetObject      = "object"
	TargetEnvironment = "environment"
	TargetConnector   = "connector"
)

// targets are the kinds of targets by their number in counts.
var targets = []string{TargetScope, TargetPrincipal, TargetObjectType, TargetObject, TargetEnvironment, TargetConnector}

// MaxBound is how many rules about access one target may have, so that a
// decision never looks at more.
const MaxBound = 100

// target is what a rule is bound to.
type target struct{ kind, id string }

// Binding binds a rule to a target. There is one row to each rule and target,
// which comes back under its old id.
type Binding struct {
	ID         urn.ID     `cbor:"1,keyasint" json:"id" doc:"the binding"`
	RuleID     urn.ID     `cbor:"2,keyasint" json:"rule_id" doc:"the rule"`
	TargetType string     `cbor:"3,keyasint" json:"target_type" doc:"scope, principal, object_type, object, environment or connector"`
	TargetID   string     `cbor:"4,keyasint" json:"target_id" doc:"an id; for object_type the type itself"`
	Lifecycle  string     `cbor:"5,keyasint" json:"lifecycle" doc:"active or archived; a binding ends with its rule"`
	BoundAt    state.Time `cbor:"6,keyasint" json:"bound_at" doc:"when it was bound last"`
	BoundBy    urn.ID     `cbor:"7,keyasint" json:"bound_by" doc:"who bound it last"`
	UnboundAt  state.Time `cbor:"8,keyasint,omitempty" json:"unbound_at,omitzero" doc:"when it was taken off"`
	UnboundBy  urn.ID     `cbor:"9,keyasint,omitempty" json:"unbound_by,omitempty" doc:"who took it off"`
	Version    uint64     `cbor:"10,keyasint" json:"version" doc:"raised by each change"`
}

func (b *Binding) target() target { return target{b.TargetType, b.TargetID} }

var byRule = &state.Index[Binding]{
	Space: key.RuleBindingRule,
	Keys: func(b *Binding, add func(key.Key)) {
		add(state.Key(key.RuleBindingRule, b.RuleID, b.TargetType, b.TargetID, b.ID))
	},
}

var byTarget = &state.Index[Binding]{
	Space: key.RuleBindingTarget,
	Keys: func(b *Binding, add func(key.Key)) {
		add(state.Key(key.RuleBindingTarget, b.TargetType, b.TargetID, b.ID))
	},
}

var bindings = state.NewTable(state.Spec[Binding]{
	Space:   key.RuleBinding,
	Key:     func(b *Binding) key.Key { return state.Key(key.RuleBinding, b.ID) },
	Refers:  func(b *Binding, to func(key.Key)) { to(state.Key(key.Rule, b.RuleID)) },
	Indexes: []*state.Index[Binding]{byRule, byTarget},
})

func findBinding(v state.View, id urn.ID) (*Binding, bool) {
	if !urn.IsValid(id, urn.PrefixBinding) {
		return nil, false
	}
	return bindings.Get(v, state.Key(key.RuleBinding, id))
}

// bound finds the binding of a rule to a target.
func bound(v state.View, rule urn.ID, t target) (*Binding, bool) {
	found := byRule.Scan(v, state.Range{Prefix: state.Key(key.RuleBindingRule, rule, t.kind, t.id)})
	defer found.Close()
	if !found.Next() {
		return nil, false
	}
	return found.Row(), true
}

// roster is what a decision reads of a target: the rules about access that are
// bound to it. There is none for a target without.
type roster struct {
	TargetType string   `cbor:"1,keyasint"`
	TargetID   string   `cbor:"2,keyasint"`
	Rules      []urn.ID `cbor:"3,keyasint"`
}

var rosters = state.NewTable(state.Spec[roster]{
	Space:   key.RuleRoster,
	Derived: true,
	Key:     func(r *roster) key.Key { return state.Key(key.RuleRoster, r.TargetType, r.TargetID) },
	Refers: func(r *roster, to func(key.Key)) {
		for _, id := range r.Rules {
			to(state.Key(key.Rule, id))
		}
	},
})

func rosterOf(v state.View, t target) *roster {
	if r, ok := rosters.Get(v, state.Key(key.RuleRoster, t.kind, t.id)); ok {
		return r
	}
	return &roster{TargetType: t.kind, TargetID: t.id}
}

// counts say where a decision need not look: there is one row of them.
type counts struct {
	// Denials are the active rules that deny access.
	Denials uint64 `cbor:"1,keyasint"`
	// Bound are the active bindings of rules about access, by kind of target.
	Bound [6]uint64 `cbor:"2,keyasint"`
}

var tallies = state.NewTable(state.Spec[counts]{
	Space: key.RuleTally,
	Key:   func(*counts) key.Key { return state.Key(key.RuleTally) },
})

func tallied(v state.View) *counts {
	if t, ok := tallies.Get(v, state.Key(key.RuleTally)); ok {
		return t
	}
	return &counts{}
}

// tally changes the counts, and writes them if that made a difference.
func tally(tx *op.Tx, change func(t *counts)) {
	t := tallied(tx)
	before := *t
	if change(t); *t != before {
		tallies.Put(tx.Tx, t)
	}
}

// enlist makes a binding count, or no more.
func (b *Binding) enlist(tx *op.Tx, rule *row, active bool) *fault.Fault {
	if active {
		b.Lifecycle, b.BoundAt, b.BoundBy, b.UnboundAt, b.UnboundBy = Active, tx.Time(), tx.Caller.ID, 0, ""
	} else {
		b.Lifecycle, b.UnboundAt, b.UnboundBy = Archived, tx.Time(), tx.Caller.ID
	}
	b.Version++
	bindings.Put(tx.Tx, b)
	if !policy(rule.Type) {
		return nil
	}
	kind := slices.Index(targets, b.TargetType)
	r := rosterOf(tx, b.target())
	if active {
		if len(r.Rules) == MaxBound {
			return fault.New(fault.LimitExceeded, "one target has at most %d rules; say more in the conditions of fewer", MaxBound).With("max_rules", int64(MaxBound))
		}
		r.Rules = append(r.Rules, b.RuleID)
		tally(tx, func(t *counts) { t.Bound[kind]++ })
	} else {
		r.Rules = slices.DeleteFunc(r.Rules, func(id urn.ID) bool { return id == b.RuleID })
		tally(tx, func(t *counts) { t.Bound[kind]-- })
	}
	if len(r.Rules) == 0 {
		rosters.Delete(tx.Tx, state.Key(key.RuleRoster, r.TargetType, r.TargetID))
	} else {
		rosters.Put(tx.Tx, r)
	}
	return nil
}

// record leaves the trace of a change.
func (b *Binding) record(tx *op.Tx, rule *row, before *Binding) {
	r := op.Record{
		Action: "rule_change", Entity: EntityBinding, TargetID: b.ID, ScopeID: rule.ScopeID, After: b,
		Metadata: []fault.Member{{Name: "rule_id", Value: string(b.RuleID)}, {Name: "bound_to", Value: b.TargetType}},
	}
	if b.TargetType == TargetScope {
		r.ScopeID = urn.ID(b.TargetID)
	}
	if before != nil {
		r.Before = before
	}
	tx.Record(r)
}

var exampleBinding = Binding{
	ID: "bnd_01890a5d0c1e7000a000000000000009", RuleID: exampleID, TargetType: TargetObjectType, TargetID: "invoice",
	Lifecycle: Active, BoundAt: exampleTime, BoundBy: "root", Version: 1,
}
