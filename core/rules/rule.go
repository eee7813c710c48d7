// Package rules is policy: versioned conditions with an effect, bound to what
// they shall govern. It keeps the rows and who may change them, and finds what
// a request runs into; that a denial always wins is decided above.
package rules

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on rules.
var Ops = &op.Set{Noun: "rule", Doc: "Rules deny what rights would allow: conditions and an effect, bound to scopes, principals, types, objects or environments."}

// The entities of the audit trail.
const (
	Entity        = "rule"
	EntityBinding = "rule_binding"
)

// What a matching rule says. A denial always wins; an allowance is what an
// evaluation reports, and gives no right.
const (
	Allow = "allow"
	Deny  = "deny"
)

// The lifecycles of rules and bindings.
const (
	Active   = "active"
	Archived = "archived"
)

// policies are the types of rules that take part in decisions about access.
// What those of the other types mean, the layers that use them say.
var policies = []string{"access", "sharing", "visibility", "ownership", "constraint"}

// Bounds of a priority.
const maxPriority = 1_000_000

// row is a rule. ID, name, type and home never change; Version is the number of
// the newest version.
type row struct {
	ID          urn.ID `cbor:"1,keyasint"`
	Name        string `cbor:"2,keyasint"`
	Description string `cbor:"3,keyasint,omitempty"`
	Type        string `cbor:"4,keyasint"`
	// ScopeID or ObjectID is the rule's home: it can be bound nowhere else, and
	// who administers the home administers the rule.
	ScopeID   urn.ID     `cbor:"5,keyasint,omitempty"`
	ObjectID  urn.ID     `cbor:"6,keyasint,omitempty"`
	Body      body       `cbor:"7,keyasint"`
	Lifecycle string     `cbor:"8,keyasint"`
	Version   uint64     `cbor:"9,keyasint"`
	CreatedAt state.Time `cbor:"10,keyasint"`
	CreatedBy urn.ID     `cbor:"11,keyasint"`
	UpdatedAt state.Time `cbor:"12,keyasint"`
	EntryID   urn.ID     `cbor:"13,keyasint"`
	// Changes counts the changes of the rule, archiving among them.
	Changes uint64 `cbor:"14,keyasint"`
}

// body is what a version of a rule fixes.
type body struct {
	Effect   string `cbor:"1,keyasint"`
	Priority int64  `cbor:"2,keyasint,omitempty"`
	// When are the conditions of rules about access, Other those of all the
	// rest, as canonical JSON.
	When  conditions `cbor:"3,keyasint,omitempty"`
	Other op.JSON    `cbor:"4,keyasint,omitempty"`
}

func (b *body) conditions() op.JSON {
	if len(b.Other) > 0 {
		return b.Other
	}
	return b.When.json()
}

func (b *body) equal(c *body) bool {
	return b.Effect == c.Effect && b.Priority == c.Priority && string(b.conditions()) == string(c.conditions())
}

// version is one immutable state of a rule's body.
type version struct {
	ID        urn.ID     `cbor:"1,keyasint"`
	RuleID    urn.ID     `cbor:"2,keyasint"`
	Number    uint64     `cbor:"3,keyasint"`
	Body      body       `cbor:"4,keyasint"`
	CreatedAt state.Time `cbor:"5,keyasint"`
	CreatedBy urn.ID     `cbor:"6,keyasint"`
	Reason    string     `cbor:"7,keyasint,omitempty"`
}

// byPriority lists rules, the greatest priority first.
var byPriority = &state.Index[row]{
	Space: key.RulePriority,
	Keys: func(r *row, add func(key.Key)) {
		add(state.Key(key.RulePriority, rank(r.Body.Priority), r.ID))
	},
}

// rank is a priority as it sorts.
func rank(priority int64) uint64 { return uint64(maxPriority - priority) }

var rows = state.NewTable(state.Spec[row]{
	Space: key.Rule,
	Key:   func(r *row) key.Key { return state.Key(key.Rule, r.ID) },
	Refers: func(r *row, to func(key.Key)) {
		to(state.Key(key.Registry, r.EntryID))
		if r.ScopeID != "" {
			to(state.Key(key.Scope, r.ScopeID))
		}
		if r.ObjectID != "" {
			to(state.Key(key.Object, r.ObjectID))
		}
	},
	Indexes: []*state.Index[row]{byPriority},
})

var versions = state.NewTable(state.Spec[version]{
	Space:  key.RuleVersion,
	Key:    func(x *version) key.Key { return state.Key(key.RuleVersion, x.RuleID, x.Number) },
	Refers: func(x *version, to func(key.Key)) { to(state.Key(key.Rule, x.RuleID)) },
})

func find(v state.View, id urn.ID) (*row, bool) {
	if !urn.IsValid(id, urn.PrefixRule) {
		return nil, false
	}
	return rows.Get(v, state.Key(key.Rule, id))
}

// denies says whether the rule, where it matches, takes rights away.
func (r *row) denies() bool {
	return r.Lifecycle == Active && r.Body.Effect == Deny && policy(r.Type)
}

// append adds a version to the rule with what its body says now.
func (r *row) append(tx *op.Tx, reason string) {
	r.Version++
	versions.Insert(tx.Tx, &version{
		ID: tx.NewID(urn.PrefixVersion), RuleID: r.ID, Number: r.Version, Body: r.Body,
		CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID, Reason: reason,
	})
}

// put writes the rule after a change.
func (r *row) put(tx *op.Tx, before *row) {
	r.Changes++
	r.UpdatedAt = tx.Time()
	tally(tx, func(t *counts) {
		if before != nil && before.denies() {
			t.Denials--
		}
		if r.denies() {
			t.Denials++
		}
	})
	rows.Put(tx.Tx, r)
}

// record leaves the trace of a change.
func (r *row) record(tx *op.Tx, action string, before *row) {
	x := op.Record{Action: action, Entity: Entity, TargetID: r.ID, ScopeID: r.ScopeID, After: r.shown()}
	if before != nil {
		x.Before = before.shown()
	}
	tx.Record(x)
}

// Rule is a rule as callers see it.
type Rule struct {
	ID          urn.ID     `json:"id" doc:"the rule"`
	Name        string     `json:"name" doc:"a name for people; need not be unique"`
	Description string     `json:"description" doc:"what the rule is for"`
	Type        string     `json:"rule_type" doc:"access, sharing, visibility, ownership or constraint govern access; redaction, rate_limit, quota and feature_flag are kept for others"`
	Effect      string     `json:"effect" doc:"allow or deny"`
	Priority    int64      `json:"priority" doc:"the order in lists and reports, greatest first; it never changes a verdict"`
	Conditions  op.JSON    `json:"conditions" doc:"what a request must be like for the rule to match; empty matches always"`
	ScopeID     *urn.ID    `json:"scope_id" doc:"the scope inside of which alone the rule can be bound; null if it is not"`
	ObjectID    *urn.ID    `json:"object_id" doc:"the object to which alone the rule can be bound; null if it is not"`
	Lifecycle   string     `json:"lifecycle" doc:"active or archived"`
	Version     uint64     `json:"version" doc:"the number of the newest version"`
	CreatedAt   state.Time `json:"created_at" doc:"when it was created"`
	CreatedBy   urn.ID     `json:"created_by" doc:"who created it"`
	UpdatedAt   state.Time `json:"updated_at" doc:"when it was changed last"`
	EntryID     urn.ID     `json:"registry_entry_id" doc:"its entry in the registry"`
}

// ETagVersion is the version that the reply's ETag names.
func (r Rule) ETagVersion() uint64 { return r.Version }

func (r *row) shown() Rule {
	return Rule{
		ID: r.ID, Name: r.Name, Description: r.Description, Type: r.Type, Effect: r.Body.Effect, Priority: r.Body.Priority,
		Conditions: r.Body.conditions(), ScopeID: optional(r.ScopeID), ObjectID: optional(r.ObjectID), Lifecycle: r.Lifecycle,
		Version: r.Version, CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, UpdatedAt: r.UpdatedAt, EntryID: r.EntryID,
	}
}

func optional(id urn.ID) *urn.ID {
	if id == "" {
		return nil
	}
	return &id
}

const (
	exampleID     urn.ID = "rul_01890a5d0c1e7000a000000000000008"
	exampleScope  urn.ID = "scp_01890a5d0c1e7000a000000000000004"
	exampleObject urn.ID = "obj_01890a5d0c1e7000a000000000000003"
	exampleTime          = state.Time(1767225600000000)
)

var example = Rule{
	ID: exampleID, Name: "No services", Description: "Services change no invoices.", Type: "access", Effect: Deny,
	Conditions: op.JSON(`{"action":["delete","update"],"principal_kind":"service"}`), Lifecycle: Active, Version: 1,
	CreatedAt: exampleTime, CreatedBy: "root", UpdatedAt: exampleTime, EntryID: "reg_01890a5d0c1e7000a000000000000001",
}
