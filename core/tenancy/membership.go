package tenancy

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// The entities of this layer that the audit trail names beside scopes.
const (
	EntityMembership = "membership"
	EntityProjection = "projection"
)

// TargetMembership is a membership as what an operation acts on.
func TargetMembership(id urn.ID) op.Target { return op.Target{Entity: EntityMembership, ID: id} }

// Role is what a member is in a scope.
type Role string

// The roles.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Editor Role = "editor"
	Member Role = "member"
	Viewer Role = "viewer"
	Guest  Role = "guest"
)

// rights says what each role gives: on the scope itself, and at most on what
// is projected into it; and its rank among the members of an organization. A
// guest sees the scope and nothing in it.
var rights = []struct {
	role        Role
	scope, most op.Level
	rank        int
}{
	{Owner, op.Own, op.Admin, 4},
	{Admin, op.Admin, op.Admin, 3},
	{Editor, op.Write, op.Write, 2},
	{Member, op.Read, op.Read, 2},
	{Viewer, op.Read, op.Read, 1},
	{Guest, op.Read, op.None, 1},
}

// Rank orders the roles of an organization: nobody removes a member of higher
// rank, or gives a role of higher rank, than its own. Members and editors are
// of one rank, and so are viewers and guests.
func (r Role) Rank() int {
	for _, x := range rights {
		if x.role == r {
			return x.rank
		}
	}
	return 0
}

// OnScope is the level that the role gives on the scope itself.
func (r Role) OnScope() op.Level {
	for _, x := range rights {
		if x.role == r {
			return x.scope
		}
	}
	return op.None
}

// Cap is the most that the role gives on what is projected into the scope.
func (r Role) Cap() op.Level {
	for _, x := range rights {
		if x.role == r {
			return x.most
		}
	}
	return op.None
}

// MarshalText implements encoding.TextMarshaler.
func (r Role) MarshalText() ([]byte, error) { return []byte(r), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it takes the six roles.
func (r *Role) UnmarshalText(b []byte) error {
	names := make([]string, 0, len(rights))
	for _, x := range rights {
		if string(b) == string(x.role) {
			*r = x.role
			return nil
		}
		names = append(names, string(x.role))
	}
	return fault.New(fault.InvalidRole, "must be one of %s", strings.Join(names, ", "))
}

// Why a membership ended.
const (
	EndLeft    = "self_leave"
	EndRemoved = "admin_remove"
	EndExpired = "expired"
	// EndRoleChange is the end of a row that another one with a new role took
	// the place of.
	EndRoleChange = "role_change"
	// EndOrgRevoked and EndPrincipalRevoked are ends that follow from that of
	// the organization or the member; no row is rewritten for them.
	EndOrgRevoked       = "org_revoked"
	EndPrincipalRevoked = "principal_revoked"
	// EndRolledBack is the end of a grant that a rollback took back.
	EndRolledBack = "rollback"
)

// Membership is the belonging of a principal to a scope. On a plain scope
// there is one row to each principal and role, which comes back under its old
// id; an organization has one live row to a principal and never reuses one.
type Membership struct {
	ID          urn.ID `cbor:"1,keyasint" json:"id" doc:"the membership"`
	ScopeID     urn.ID `cbor:"2,keyasint" json:"scope_id" doc:"the scope"`
	PrincipalID urn.ID `cbor:"3,keyasint" json:"principal_id" doc:"the member"`
	Role        Role   `cbor:"4,keyasint" json:"role" doc:"owner, admin, editor, member, viewer or guest"`
	Status      string `cbor:"5,keyasint" json:"status" doc:"active, suspended or revoked, as it counts at the time of the reply"`
	// Replaces is the row that a change of role ended, in organizations.
	Replaces  urn.ID     `cbor:"6,keyasint,omitempty" json:"replaces,omitempty" doc:"the membership that this one took the place of"`
	GrantedBy urn.ID     `cbor:"7,keyasint" json:"granted_by" doc:"who granted it last"`
	GrantedAt state.Time `cbor:"8,keyasint" json:"granted_at" doc:"when it was granted last"`
	RemovedBy urn.ID     `cbor:"9,keyasint,omitempty" json:"removed_by,omitempty" doc:"who removed the member; absent after leaving"`
	EndReason string     `cbor:"10,keyasint,omitempty" json:"end_reason,omitempty" doc:"self_leave, admin_remove, role_change, org_revoked, principal_revoked, expired or rollback"`
	ExpiresAt state.Time `cbor:"11,keyasint,omitempty" json:"expires_at,omitzero" doc:"from when on it no longer counts; never for an owner"`
	CreatedAt state.Time `cbor:"12,keyasint" json:"created_at" doc:"when it was granted first"`
	UpdatedAt state.Time `cbor:"13,keyasint" json:"updated_at" doc:"when it was changed last"`
	Version   uint64     `cbor:"14,keyasint" json:"version" doc:"raised by each change"`
	// Above are the scopes above the scope, which never change: by them a
	// decision passes over memberships that do not matter to it, unread.
	Above []urn.ID `cbor:"15,keyasint,omitempty" json:"-"`
	// Root is the first row of the stay that the row belongs to, and Since when
	// that began, in organizations.
	Root  urn.ID     `cbor:"16,keyasint,omitempty" json:"-"`
	Since state.Time `cbor:"17,keyasint,omitempty" json:"-"`
	// TupleID names the relation tuple (member, role, scope) that the row
	// stands for while it is active, and TupleAt is since when.
	TupleID urn.ID     `cbor:"18,keyasint,omitempty" json:"-"`
	TupleAt state.Time `cbor:"19,keyasint,omitempty" json:"-"`
}

// Reaches says whether the membership leads into a scope: its own, or one
// above.
func (m *Membership) Reaches(scope urn.ID) bool {
	return m.ScopeID == scope || slices.Contains(m.Above, scope)
}

// Live says whether the row itself counts at a time: granted, not taken back,
// not expired. Scope and principal have a say too.
func (m *Membership) Live(at state.Time) bool { return m.Status == StatusActive && !m.expired(at) }

func (m *Membership) expired(at state.Time) bool { return m.ExpiresAt != 0 && at >= m.ExpiresAt }

// Memberships lie by principal and scope, so that one walk gives all that a
// decision about a principal needs.
var memberships = state.NewTable(state.Spec[Membership]{
	Space: key.Membership,
	Key: func(m *Membership) key.Key {
		return state.Key(key.Membership, string(m.PrincipalID), m.ScopeID, m.ID)
	},
	Refers: func(m *Membership, to func(key.Key)) {
		to(state.Key(key.Principal, string(m.PrincipalID)))
		to(state.Key(key.Scope, m.ScopeID))
		for _, above := range m.Above {
			to(state.Key(key.Scope, above))
		}
	},
	Indexes: []*state.Index[Membership]{byScope, byOwner, byMembership, byPrincipal, byExpiry, byTuple, byTupleSubject, byTupleObject},
})

// byMembership finds the row that the trail names.
var byMembership = &state.Index[Membership]{
	Space: key.MembershipID,
	Keys: func(m *Membership, add func(key.Key)) {
		add(state.Key(key.MembershipID, m.ID))
	},
}

// byPrincipal holds the memberships of organizations that a principal ever had,
// in the order in which they came to be.
var byPrincipal = &state.Index[Membership]{
	Space: key.MembershipPrincipal,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.Root != "" {
			add(state.Key(key.MembershipPrincipal, string(m.PrincipalID), m.ID))
		}
	},
}

// byExpiry holds what is still to expire, by time.
var byExpiry = &state.Index[Membership]{
	Space: key.MembershipExpiry,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.ExpiresAt != 0 && m.Status != StatusRevoked {
			add(state.Key(key.MembershipExpiry, m.ExpiresAt, m.ID))
		}
	},
}

// FindMembership reads a membership by its id.
func FindMembership(v state.View, id urn.ID) (*Membership, bool) {
	return first(byMembership.Scan(v, state.Range{Prefix: state.Key(key.MembershipID, id)}))
}

// first is the only row of a walk.
func first[R any](rows *state.Rows[R]) (*R, bool) {
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

var byScope = &state.Index[Membership]{
	Space: key.MembershipScope,
	Keys: func(m *Membership, add func(key.Key)) {
		add(state.Key(key.MembershipScope, m.ScopeID, m.ID))
	},
}

// byOwner holds the owners that were not removed, so that the last one is
// found out without a walk over all members.
var byOwner = &state.Index[Membership]{
	Space: key.MembershipOwner,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.Role == Owner && m.Status == StatusActive {
			add(state.Key(key.MembershipOwner, m.ScopeID, m.ID))
		}
	},
}

// Of walks all memberships that a principal ever had, by scope.
func Of(v state.View, principal urn.ID) *state.Rows[Membership] {
	return memberships.Scan(v, state.Range{Prefix: state.Key(key.Membership, string(principal))})
}

// Held reads the memberships by which a principal may be in one scope. In an
// organization that is the newest alone: what came before it ended before it
// came, however often the role has changed.
func Held(v state.View, scope, principal urn.ID) []*Membership {
	var held []*Membership
	memberships.Scan(v, state.Range{Prefix: inScope(scope, principal), Reverse: true}).Each(func(m *Membership) bool {
		held = append(held, m)
		return m.Root == ""
	})
	slices.Reverse(held)
	return held
}

// Stood walks all memberships that a principal ever had in one scope, the oldest
// in front, after a given one.
func Stood(v state.View, scope, principal, after urn.ID) *state.Rows[Membership] {
	return memberships.Scan(v, state.Behind(after, key.Membership, string(principal), scope))
}

func inScope(scope, principal urn.ID) key.Key {
	return state.Key(key.Membership, string(principal), scope)
}

// EffectiveIn is Effective for who has the scope at hand.
func (m *Membership) EffectiveIn(v state.View, scope *Header, at state.Time) Membership {
	s := *m
	switch {
	case m.Status == StatusRevoked:
		s.UpdatedAt = m.endedAt(v, scope, at)
	case scope.Kind == KindOrg:
		s.endBy(m.endIn(v, scope, at))
	case scope.Archived:
		s.Status = StatusRevoked
	case m.expired(at):
		s.endBy(ending{m.ExpiresAt, EndExpired, ""})
	case !identity.IsActive(v, m.PrincipalID):
		s.Status = StatusSuspended
	default:
		s.Status = m.below(v, at)
	}
	return s
}

// endedAt is when a row that has ended did. That an end was noted later than it
// came shows nowhere.
func (m *Membership) endedAt(v state.View, scope *Header, at state.Time) state.Time {
	switch m.EndReason {
	case EndExpired:
		return m.ExpiresAt
	case EndOrgRevoked, EndPrincipalRevoked:
		return m.endIn(v, scope, at).at
	}
	return m.UpdatedAt
}

// put writes a membership as its next version.
func (m *Membership) put(tx *op.Tx) {
	m.Version++
	m.UpdatedAt = max(tx.Time(), m.CreatedAt)
	switch {
	case m.Status != StatusActive:
		m.TupleID, m.TupleAt = "", 0
	case m.TupleID == "":
		m.TupleID, m.TupleAt = tx.NewID(urn.PrefixTuple), m.UpdatedAt
	}
	memberships.Put(tx.Tx, m)
	if m.Root != "" && m.Status == StatusRevoked {
		m.follow(tx)
	}
}

// save writes a membership and leaves the trace.
func (m *Membership) save(tx *op.Tx, action string, before *Membership, more ...fault.Member) {
	m.put(tx)
	r := op.Record{
		Action: action, Entity: EntityMembership, TargetID: m.ID, ScopeID: m.ScopeID, After: m,
		Metadata: append([]fault.Member{{Name: "principal_id", Value: string(m.PrincipalID)}, {Name: "role", Value: string(m.Role)}}, more...),
	}
	if before != nil {
		r.Before = before
	}
	tx.Record(r)
}

// grant makes a new membership.
func grant(tx *op.Tx, scope, principal urn.ID, role Role, expires state.Time) *Membership {
	m := &Membership{
		ID: tx.NewID(urn.PrefixMembership), ScopeID: scope, PrincipalID: principal, Role: role, Status: StatusActive,
		GrantedBy: tx.Caller.ID, GrantedAt: tx.Time(), ExpiresAt: expires, CreatedAt: tx.Time(), Above: above(tx, scope),
	}
	m.save(tx, "membership_change", nil)
	return m
}

// above lists the scopes above one, nearest first.
func above(v state.View, id urn.ID) []urn.ID {
	var found []urn.ID
	for h, ok := Find(v, id); ok && h.ParentID != ""; h, ok = Find(v, h.ParentID) {
		found = append(found, h.ParentID)
	}
	return found
}

var exampleMember = Membership{
	ID: "mem_01890a5d0c1e7000a000000000000005", ScopeID: exampleID, PrincipalID: "bob", Role: Viewer, Status: StatusActive,
	GrantedBy: exampleOwner, GrantedAt: exampleTime, CreatedAt: exampleTime, UpdatedAt: exampleTime, Version: 1,
}
