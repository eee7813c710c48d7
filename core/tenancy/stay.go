package tenancy

import (
	"bytes"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// A stay is the time that a principal belongs to an organization without a
// break: one row after the other, each replacing the one before, of which only
// the last is live. Who comes back begins a new one.

// Current is the membership by which a principal is in an organization at a
// time: active or suspended, as it counts. There is at most one.
func Current(v state.View, org *Header, principal urn.ID, at state.Time) (*Membership, bool) {
	for _, m := range Held(v, org.ID, principal) {
		if s := m.EffectiveIn(v, org, at); s.Status != StatusRevoked {
			return &s, true
		}
	}
	return nil, false
}

// Stay is the membership by which a principal belongs to an organization; false
// if he does not now, is suspended in it, or it is itself. Memberships below
// count only if they do not precede the stay, so that who comes back does not
// find them revived.
func Stay(v state.View, org *Header, principal urn.ID, at state.Time) (in *Membership, ok bool) {
	if !org.Shares() {
		return nil, false
	}
	in, ok = Current(v, org, principal, at)
	return in, ok && in.Status == StatusActive
}

// Precedes says whether a membership was granted before a stay began. Several
// commands may have one time; then ids tell, for they always rise.
func (m *Membership) Precedes(in *Membership) bool {
	if m.GrantedAt != in.Since {
		return m.GrantedAt < in.Since
	}
	granted, _ := m.TupleID.Bytes()
	began, _ := in.Root.Bytes()
	return bytes.Compare(granted[:], began[:]) < 0
}

// below is what an active membership is by the organization that its scope lies
// below, if it lies below one: over since its holder left that, also when he
// came back, and suspended while he is.
func (m *Membership) below(v state.View, at state.Time) string {
	if len(m.Above) == 0 {
		return m.Status
	}
	root, ok := Find(v, m.Above[len(m.Above)-1])
	if !ok || root.Kind != KindOrg {
		return m.Status
	}
	in, ok := Current(v, root, m.PrincipalID, at)
	switch {
	case !ok || m.Precedes(in):
		return StatusRevoked
	case root.Suspended:
		return StatusSuspended
	}
	return in.Status
}

// Effective is a membership as it counts at a time: what ended with its scope,
// its member or its time is shown as ended.
func (m *Membership) Effective(v state.View, at state.Time) Membership {
	scope, ok := Find(v, m.ScopeID)
	if !ok {
		return *m
	}
	return m.EffectiveIn(v, scope, at)
}

// ending is when and why a row ended without having been rewritten.
type ending struct {
	at     state.Time
	reason string
	by     urn.ID
}

// endIn finds the first end of a live row in an organization.
func (m *Membership) endIn(v state.View, org *Header, at state.Time) ending {
	ends := make([]ending, 0, 3)
	if org.Archived {
		ends = append(ends, ending{org.EndedAt, EndOrgRevoked, org.EndedBy})
	}
	if m.expired(at) {
		ends = append(ends, ending{m.ExpiresAt, EndExpired, ""})
	}
	if p, ok := identity.Find(v, m.PrincipalID); ok {
		if archived, ok := p.ArchivedSince(m.GrantedAt); ok {
			ends = append(ends, ending{archived, EndPrincipalRevoked, ""})
		}
	}
	if len(ends) == 0 {
		return ending{}
	}
	return slices.MinFunc(ends, func(a, b ending) int { return int(a.at - b.at) })
}

// endBy makes a row what it is after an end.
func (m *Membership) endBy(e ending) {
	if e.reason == "" {
		return
	}
	m.Status, m.EndReason, m.RemovedBy, m.UpdatedAt = StatusRevoked, e.reason, e.by, e.at
	m.TupleID, m.TupleAt = "", 0
	m.Version++
}

// OwnedBeside says whether somebody else is an owner of the scope who can act.
func OwnedBeside(v state.View, scope *Header, but urn.ID, at state.Time) (yes bool) {
	Owners(v, scope.ID).Each(func(m *Membership) bool {
		yes = m.PrincipalID != but && m.EffectiveIn(v, scope, at).Status == StatusActive && identity.IsActive(v, m.PrincipalID)
		return !yes
	})
	return yes
}

// Join begins a stay: the principal becomes a member of an organization, let in
// by somebody, or by nobody if it is its creator. The organization must be one
// that takes members (see Admits).
func Join(tx *op.Tx, org *Header, principal urn.ID, role Role, by urn.ID, expires state.Time) (*Membership, *fault.Fault) {
	if f := admissible(tx, principal); f != nil {
		return nil, f
	}
	if !urn.IsValid(principal, urn.PrefixUser, urn.PrefixService) {
		detail := "members of organizations have ids with usr or svc"
		return nil, fault.New(fault.InvalidIDType, "%s", detail).At(fault.Item{Pointer: "/principal_id", Code: string(fault.InvalidIDType), Detail: detail})
	}
	if f := ownable(role, principal); f != nil {
		return nil, f
	}
	if m, ok := Current(tx, org, principal, tx.Time()); ok {
		return nil, fault.New(fault.DuplicateMembership, "this principal is in the organization already; change that membership, or reinstate it").
			With("membership_id", string(m.ID)).With("status", m.Status)
	}
	m := &Membership{
		ID: tx.NewID(urn.PrefixMembership), ScopeID: org.ID, PrincipalID: principal, Role: role, Status: StatusActive,
		GrantedBy: by, GrantedAt: tx.Time(), ExpiresAt: expires, CreatedAt: tx.Time(), Since: tx.Time(),
	}
	m.Root = m.ID
	m.save(tx, actionMembership, nil)
	return m, nil
}

// End ends a live membership for good.
func (m *Membership) End(tx *op.Tx, reason string, by urn.ID) {
	m.end(tx, actionMembership, reason, by)
}

func (m *Membership) end(tx *op.Tx, action, reason string, by urn.ID) {
	before := *m
	m.Status, m.EndReason, m.RemovedBy = StatusRevoked, reason, by
	m.save(tx, action, &before, fault.Member{Name: "end_reason", Value: reason})
}

// Succeed ends a live membership and gives the one that follows it in the stay,
// with another role and the same expiry, but for an owner none.
func (m *Membership) Succeed(tx *op.Tx, role Role) *Membership {
	expires := m.ExpiresAt
	if role == Owner {
		expires = 0
	}
	return m.succeed(tx, actionMembership, role, expires)
}

// succeed gives the next membership of a stay. Its creation is strictly later.
func (m *Membership) succeed(tx *op.Tx, action string, role Role, expires state.Time) *Membership {
	next := &Membership{
		ID: tx.NewID(urn.PrefixMembership), ScopeID: m.ScopeID, PrincipalID: m.PrincipalID, Role: role, Status: StatusActive,
		Replaces: m.ID, GrantedBy: m.GrantedBy, GrantedAt: tx.Time(), ExpiresAt: expires, CreatedAt: max(tx.Time(), m.CreatedAt+1),
		Root: m.Root, Since: m.Since,
	}
	m.end(tx, action, EndRoleChange, "")
	next.save(tx, action, nil)
	return next
}
