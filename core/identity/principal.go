// Package identity names who acts: principals of a kind that the application
// chooses, their lifecycle and their cluster permissions.
package identity

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on principals.
var Ops = &op.Set{Noun: "principal", Doc: "Principals are who acts: users, services, teams, agents."}

// The lifecycles of a principal. Only an active one acts, and only an active
// one has effective access; the rest is derived from this one field.
const (
	Active    = "active"
	Suspended = "suspended"
	Archived  = "archived"
)

// KindUser is the kind whose ids have the prefix usr.
const KindUser = "user"

// Principal is one that acts. ID and kind never change.
type Principal struct {
	ID          urn.ID          `cbor:"1,keyasint" json:"id" doc:"the principal"`
	Kind        string          `cbor:"2,keyasint" json:"kind" doc:"what it is to the application: user, service, team, agent"`
	DisplayName string          `cbor:"3,keyasint,omitempty" json:"display_name" doc:"a name for people"`
	Lifecycle   string          `cbor:"4,keyasint" json:"lifecycle" doc:"active, suspended or archived"`
	CreatedAt   state.Time      `cbor:"5,keyasint" json:"created_at" doc:"when it was created"`
	CreatedBy   urn.ID          `cbor:"6,keyasint" json:"created_by" doc:"who created it"`
	Version     uint64          `cbor:"7,keyasint" json:"version" doc:"raised by each change"`
	EntryID     urn.ID          `cbor:"8,keyasint" json:"registry_entry_id" doc:"its entry in the registry"`
	Permissions []op.Permission `cbor:"9,keyasint,omitempty" json:"permissions,omitempty" doc:"cluster permissions it holds"`
	Metadata    op.JSON         `cbor:"10,keyasint,omitempty" json:"metadata,omitempty" doc:"facts of your own"`
	// Archivals are the times at which it was archived, those too that were
	// taken back: what ended with it for good ended then.
	Archivals []state.Time `cbor:"11,keyasint,omitempty" json:"-"`
}

// Example is a principal as the documents show it.
var Example = Principal{ID: "alice", Kind: KindUser, DisplayName: "Alice", Lifecycle: Active, CreatedAt: 1767225600000000, CreatedBy: "root", Version: 1, EntryID: "reg_01890a5d0c1e7000a000000000000001"}

// ETagVersion is the version that the reply's ETag names.
func (p Principal) ETagVersion() uint64 { return p.Version }

var principals = state.NewTable(state.Spec[Principal]{
	Space:   key.Principal,
	Key:     func(p *Principal) key.Key { return state.Key(key.Principal, string(p.ID)) },
	Refers:  func(p *Principal, to func(key.Key)) { to(state.Key(key.Registry, p.EntryID)) },
	Indexes: []*state.Index[Principal]{byKind, byLifecycle, byPermission},
})

var byKind = &state.Index[Principal]{
	Space: key.PrincipalKind,
	Keys: func(p *Principal, add func(key.Key)) {
		add(state.Key(key.PrincipalKind, p.Kind, string(p.ID)))
	},
}

// byLifecycle holds those who are not active. The active ones are nearly all,
// and found as fast by walking the rows.
var byLifecycle = &state.Index[Principal]{
	Space: key.PrincipalLifecycle,
	Keys: func(p *Principal, add func(key.Key)) {
		if p.Lifecycle != Active {
			add(state.Key(key.PrincipalLifecycle, p.Lifecycle, string(p.ID)))
		}
	},
}

// byPermission finds the holders of a cluster permission, in particular the
// administrator who would be the last.
var byPermission = &state.Index[Principal]{
	Space: key.PrincipalPermission,
	Keys: func(p *Principal, add func(key.Key)) {
		for _, held := range p.Permissions {
			add(state.Key(key.PrincipalPermission, string(held), string(p.ID)))
		}
	},
}

// Find reads a principal.
func Find(v state.View, id urn.ID) (*Principal, bool) {
	return principals.Get(v, state.Key(key.Principal, string(id)))
}

// IsActive says whether a principal exists and is active.
func IsActive(v state.View, id urn.ID) bool {
	p, ok := Find(v, id)
	return ok && p.Lifecycle == Active
}

// ArchivedSince is when the principal was archived first from a time on, whether
// that was taken back or not; false if it was not.
func (p *Principal) ArchivedSince(from state.Time) (state.Time, bool) {
	i := slices.IndexFunc(p.Archivals, func(at state.Time) bool { return at >= from })
	if i < 0 {
		return 0, false
	}
	return p.Archivals[i], true
}

// Holds says whether the principal has a cluster permission.
func (p *Principal) Holds(permission op.Permission) bool {
	return slices.Contains(p.Permissions, permission)
}

// Add creates a principal in the transaction, with its registry entry and its
// trace. An empty id is replaced by one of the kind's prefix.
func Add(tx *op.Tx, p Principal) (*Principal, *fault.Fault) {
	if p.ID == "" {
		p.ID = tx.NewID(prefixOf(p.Kind))
	}
	if p.ID == op.System {
		return nil, fault.New(fault.AlreadyExists, "the id system is the cluster's own; choose another")
	}
	if _, taken := Find(tx, p.ID); taken {
		return nil, fault.New(fault.AlreadyExists, "there is a principal with this id; choose another, or leave the id out")
	}
	p.Lifecycle, p.CreatedAt, p.CreatedBy, p.Version = Active, tx.Time(), tx.Caller.ID, 1
	return &p, insert(tx, &p)
}

func prefixOf(kind string) string {
	if kind == KindUser {
		return urn.PrefixUser
	}
	return urn.PrefixService
}
