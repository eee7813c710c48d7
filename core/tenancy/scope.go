// Package tenancy makes sharing explicit: scopes hold members and the objects
// that are projected into them. It keeps the rows and who may change them;
// what a principal may see by them is decided above, through op.Sight.
package tenancy

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on scopes.
var Ops = &op.Set{Noun: "scope", Doc: "Scopes are where sharing happens: members see what is projected into a scope, and into those above it."}

// MaxDepth is the greatest number of scopes above a scope. Creation keeps to
// it, so each walk upward is complete.
const MaxDepth = 20

// The kinds of scopes. An organization is a root scope of its own kind.
const (
	KindPlain = "plain"
	KindOrg   = "org"
)

// The statuses of scopes, memberships and projections.
const (
	StatusActive    = "active"
	StatusFrozen    = "frozen"
	StatusSuspended = "suspended"
	StatusArchived  = "archived"
	StatusRevoked   = "revoked"
)

// Header is the row of a scope. ID, kind, parent and depth never change, so
// there are no cycles. Whatever ends with a scope ends by being read through
// its row: nothing below is rewritten, and to take an end back is exact.
type Header struct {
	ID       urn.ID `cbor:"1,keyasint" json:"id"`
	Kind     string `cbor:"2,keyasint" json:"kind"`
	ParentID urn.ID `cbor:"3,keyasint,omitempty" json:"parent_id,omitempty"`
	// Depth is the number of scopes above.
	Depth uint64 `cbor:"4,keyasint,omitempty" json:"depth"`
	// OwnerID is who created the scope. It is history: authority comes from
	// owner memberships.
	OwnerID     urn.ID     `cbor:"5,keyasint" json:"owner_id"`
	Name        string     `cbor:"6,keyasint,omitempty" json:"name,omitempty"`
	Slug        string     `cbor:"7,keyasint,omitempty" json:"slug,omitempty"`
	Description string     `cbor:"8,keyasint,omitempty" json:"description,omitempty"`
	Metadata    op.JSON    `cbor:"9,keyasint,omitempty" json:"metadata,omitempty"`
	Archived    bool       `cbor:"10,keyasint,omitempty" json:"archived"`
	Frozen      bool       `cbor:"11,keyasint,omitempty" json:"frozen"`
	Suspended   bool       `cbor:"12,keyasint,omitempty" json:"suspended"`
	CreatedAt   state.Time `cbor:"13,keyasint" json:"created_at"`
	Version     uint64     `cbor:"14,keyasint" json:"version"`
	EntryID     urn.ID     `cbor:"15,keyasint" json:"registry_entry_id"`
	// EndedAt and EndedBy are set when an organization is revoked: its
	// memberships end then and by that actor, without being rewritten.
	EndedAt   state.Time `cbor:"16,keyasint,omitempty" json:"ended_at,omitzero"`
	EndedBy   urn.ID     `cbor:"17,keyasint,omitempty" json:"ended_by,omitempty"`
	UpdatedAt state.Time `cbor:"18,keyasint,omitempty" json:"updated_at,omitzero"`
}

// Status is the one word for the scope's flags.
func (h *Header) Status() string {
	switch {
	case h.Archived && h.Kind == KindOrg:
		return StatusRevoked
	case h.Archived:
		return StatusArchived
	case h.Suspended:
		return StatusSuspended
	case h.Frozen:
		return StatusFrozen
	}
	return StatusActive
}

// Shares says whether memberships and projections of the scope count.
func (h *Header) Shares() bool { return !h.Archived && !h.Suspended }

var byParent = &state.Index[Header]{
	Space: key.ScopeParent,
	Keys: func(h *Header, add func(key.Key)) {
		if h.ParentID != "" {
			add(state.Key(key.ScopeParent, h.ParentID, h.ID))
		}
	},
}

var headers = state.NewTable(state.Spec[Header]{
	Space: key.Scope,
	Key:   func(h *Header) key.Key { return state.Key(key.Scope, h.ID) },
	Refers: func(h *Header, to func(key.Key)) {
		to(state.Key(key.Principal, string(h.OwnerID)))
		to(state.Key(key.Registry, h.EntryID))
		if h.ParentID != "" {
			to(state.Key(key.Scope, h.ParentID))
		}
	},
	Indexes: []*state.Index[Header]{byParent, bySlug},
})

// bySlug finds the organization that has a slug. Revoked ones give theirs up.
var bySlug = &state.Index[Header]{
	Space: key.OrgSlug,
	Keys: func(h *Header, add func(key.Key)) {
		if h.Kind == KindOrg && h.Slug != "" && !h.Archived {
			add(state.Key(key.OrgSlug, h.Slug))
		}
	},
}

// SlugHolder finds the organization that has a slug now.
func SlugHolder(v state.View, slug string) (*Header, bool) {
	return first(bySlug.Scan(v, state.Range{Prefix: state.Key(key.OrgSlug, slug)}))
}

// Find reads a scope.
func Find(v state.View, id urn.ID) (*Header, bool) {
	if _, ok := id.Bytes(); !ok {
		return nil, false
	}
	h, ok := headers.Get(v, state.Key(key.Scope, id))
	return h, ok && h.ID == id
}

// Below walks the scopes directly below one, in order of id, after a given one.
func Below(v state.View, parent, after urn.ID) *state.Rows[Header] {
	return byParent.Scan(v, state.Behind(after, key.ScopeParent, parent))
}

// Scope is a scope as callers see it.
type Scope struct {
	ID          urn.ID     `json:"id" doc:"the scope"`
	Name        string     `json:"name" doc:"a name for people; need not be unique"`
	Description string     `json:"description" doc:"what the scope is for"`
	ParentID    *urn.ID    `json:"parent_id" doc:"the scope above; null at the root"`
	OwnerID     urn.ID     `json:"owner_id" doc:"who created it; who owns it now is said by the owner memberships"`
	Status      string     `json:"status" doc:"active, frozen or archived; of an organization also suspended, and revoked for archived"`
	Metadata    op.JSON    `json:"metadata" doc:"facts of your own"`
	CreatedAt   state.Time `json:"created_at" doc:"when it was created"`
	Version     uint64     `json:"version" doc:"raised by each change"`
	Depth       uint64     `json:"depth" doc:"how many scopes are above it"`
}

// ETagVersion is the version that the reply's ETag names.
func (s Scope) ETagVersion() uint64 { return s.Version }

func (h *Header) shown() Scope {
	s := Scope{
		ID: h.ID, Name: h.Name, Description: h.Description, OwnerID: h.OwnerID, Status: h.Status(),
		Metadata: h.Metadata, CreatedAt: h.CreatedAt, Version: h.Version, Depth: h.Depth,
	}
	if h.ParentID != "" {
		parent := h.ParentID
		s.ParentID = &parent
	}
	if len(s.Metadata) == 0 {
		s.Metadata = op.JSON("{}")
	}
	return s
}

// put writes a changed scope as its next version.
func (h *Header) put(tx *op.Tx) {
	h.Version++
	h.UpdatedAt = tx.Time()
	headers.Put(tx.Tx, h)
}

// change writes a changed scope and leaves the trace.
func (h *Header) change(tx *op.Tx, action string, before Header) {
	h.put(tx)
	tx.Record(op.Record{Action: action, Entity: op.EntityScope, TargetID: h.ID, ScopeID: h.ID, Before: &before, After: h})
}

const (
	exampleID    urn.ID = "scp_01890a5d0c1e7000a000000000000004"
	exampleTime         = state.Time(1767225600000000)
	exampleOwner urn.ID = "alice"
)

var example = Scope{
	ID: exampleID, Name: "Team", Description: "What the team works on", OwnerID: exampleOwner, Status: StatusActive,
	Metadata: op.JSON(`{"color":"blue"}`), CreatedAt: exampleTime, Version: 1,
}
