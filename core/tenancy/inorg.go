package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// What is done to memberships of organizations, the same from whatever
// operation it comes. The caller sees what he acts on; then the state of the
// membership is looked at, then his right to do this, then the state of the
// organization, then ranks and owners. What takes access away works in
// suspended and frozen organizations too.

// InOrg finds a membership of an organization, as it counts now.
func InOrg(tx *op.Tx, id urn.ID) (*Header, *Membership, error) {
	row, ok := FindMembership(tx, id)
	if !ok {
		return nil, nil, op.NotFound()
	}
	org, _ := Find(tx, row.ScopeID)
	if org.Kind != KindOrg {
		return nil, nil, fault.New(fault.PreconditionFailed, "this is a membership of a scope that is no organization; use scope.add_member, scope.remove_member and scope.leave").
			With("scope_id", string(org.ID))
	}
	m := row.EffectiveIn(tx, org, tx.Time())
	return org, &m, nil
}

// notLive refuses to change a membership that has another status than needed.
func (m *Membership) notLive() *fault.Fault {
	return fault.New(fault.MembershipNotActive, "the membership is %s", m.Status).With("status", m.Status)
}

// Admit makes somebody a member of the organization, let in by the caller.
func (org *Header) Admit(tx *op.Tx, principal urn.ID, role Role, expires state.Time) (*Membership, error) {
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return nil, err
	}
	if f := org.Admits(); f != nil {
		return nil, f
	}
	if err := who.gives(org, role); err != nil {
		return nil, err
	}
	if expires != 0 && expires <= tx.Time() {
		return nil, badExpiry("expires_at is in the past; give a later time, or leave it out")
	}
	m, f := Join(tx, org, principal, role, tx.Caller.ID, expires)
	if f != nil {
		return nil, f
	}
	return m, nil
}

// ChangeRole gives a member another role, and the membership that has it. The
// same role changes nothing.
func (m *Membership) ChangeRole(tx *op.Tx, org *Header, role Role) (*Membership, error) {
	if m.Status != StatusActive {
		return nil, m.notLive()
	}
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return nil, err
	}
	if f := org.Admits(); f != nil {
		return nil, f
	}
	if err := who.lowers(org, m); err != nil {
		return nil, err
	}
	if err := who.gives(org, role); err != nil {
		return nil, err
	}
	if role == m.Role {
		return m, nil
	}
	if f := ownable(role, m.PrincipalID); f != nil {
		return nil, f
	}
	if f := lastOwner(tx, org, m, tx.Time()); f != nil {
		return nil, f
	}
	return m.Succeed(tx, role), nil
}

// ownable refuses to make an owner of what is no user.
func ownable(role Role, principal urn.ID) *fault.Fault {
	if role != Owner || urn.IsValid(principal, urn.PrefixUser) {
		return nil
	}
	return fault.New(fault.PreconditionFailed, "only a user can own an organization")
}

// Suspend pauses a membership.
func (m *Membership) Suspend(tx *op.Tx, org *Header) error {
	if m.Status != StatusActive {
		return m.notLive()
	}
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return err
	}
	if err := who.lowers(org, m); err != nil {
		return err
	}
	if f := lastOwner(tx, org, m, tx.Time()); f != nil {
		return f
	}
	m.become(tx, StatusSuspended)
	return nil
}

// Reinstate ends the suspension of a membership.
func (m *Membership) Reinstate(tx *op.Tx, org *Header) error {
	if m.Status != StatusSuspended {
		return fault.New(fault.InvalidTransition, "the membership is %s, not suspended", m.Status).With("status", m.Status)
	}
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return err
	}
	if f := org.Admits(); f != nil {
		return f
	}
	if err := who.above(org, m); err != nil {
		return err
	}
	m.become(tx, StatusActive)
	return nil
}

// become gives a live membership another status.
func (m *Membership) become(tx *op.Tx, status string) {
	before := *m
	m.Status = status
	m.save(tx, actionMembership, &before)
}

// Leave ends the caller's own membership. An owner may name another member who
// becomes an owner before; the last one has to.
func (m *Membership) Leave(tx *op.Tx, org *Header, heir urn.ID) error {
	switch own := m.PrincipalID == tx.Caller.ID; {
	case !own:
		if !tx.Caller.Holds(op.ActAsHost) {
			return barred(org, actionMembership, fault.PermissionDenied, "only the member itself leaves; an owner or admin removes others")
		}
		if err := seen(tx.Demand(actionMembership, op.Admin, op.Scope(org.ID))); err != nil {
			return err
		}
	case tx.Caller.Kind != identity.KindUser && !tx.Caller.Holds(op.ActAsHost):
		return barred(org, actionMembership, fault.PermissionDenied, "only users leave by themselves; ask an owner or admin to remove a service")
	default:
		if err := tx.Forbidden(actionMembership, op.Scope(org.ID)); err != nil {
			return err
		}
	}
	if m.Status != StatusActive {
		return m.notLive()
	}
	if heir != "" {
		if err := tx.Forbidden(actionTransfer, op.Scope(org.ID)); err != nil {
			return err
		}
		if err := m.bequeath(tx, org, heir); err != nil {
			return err
		}
	}
	if f := lastOwner(tx, org, m, tx.Time()); f != nil {
		return f
	}
	m.End(tx, EndLeft, "")
	return nil
}

// bequeath makes another member an owner, for an owner who leaves.
func (m *Membership) bequeath(tx *op.Tx, org *Header, heir urn.ID) error {
	switch {
	case heir == m.PrincipalID:
		return fault.New(fault.SelfTransfer, "transfer_to is the member that leaves; name another one")
	case m.Role != Owner:
		return fault.New(fault.FromNotOwner, "only an owner can transfer the ownership; leave transfer_to out")
	}
	target, ok := Current(tx, org, heir, tx.Time())
	if !ok || target.Status != StatusActive {
		return fault.New(fault.NotFound, "transfer_to is no active member of the organization")
	}
	if f := org.Admits(); f != nil {
		return f
	}
	if target.Role != Owner {
		target.succeed(tx, actionTransfer, Owner, 0)
	}
	return nil
}

// Remove ends the membership of somebody else.
func (m *Membership) Remove(tx *op.Tx, org *Header) error {
	if m.Status == StatusRevoked {
		return m.notLive()
	}
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return err
	}
	switch {
	case who.host:
		if f := lastOwner(tx, org, m, tx.Time()); f != nil {
			return f
		}
	case m.Role == Owner:
		return who.tooLow(org, "an owner is not removed; he leaves, or becomes something else first")
	case m.Role.Rank() > who.rank:
		return who.tooLow(org, "this member stands above you; ask an owner")
	case m.PrincipalID == who.caller:
		return fault.New(fault.UseSelfLeave, "this is your own membership; use membership.self_leave")
	}
	m.End(tx, EndRemoved, tx.Caller.ID)
	return nil
}

// Transfer gives the ownership that one member has to another, and gives the
// memberships that both have then.
func (org *Header) Transfer(tx *op.Tx, from, to *Membership, role Role) (*Membership, *Membership, error) {
	precondition := func(code fault.Code, why string) error { return fault.New(code, "%s", why) }
	host := tx.Caller.Holds(op.ActAsHost)
	switch {
	case from.ScopeID != org.ID || to.ScopeID != org.ID:
		return nil, nil, precondition(fault.OrgMismatch, "both memberships must be of this organization")
	case from.Status != StatusActive:
		return nil, nil, precondition(fault.FromNotActive, "the membership that gives the ownership away is "+from.Status)
	case to.Status != StatusActive:
		return nil, nil, precondition(fault.ToNotActive, "the membership that gets the ownership is "+to.Status)
	case from.Role != Owner:
		return nil, nil, precondition(fault.FromNotOwner, "only an owner has the ownership to give away")
	case from.PrincipalID == to.PrincipalID:
		return nil, nil, precondition(fault.SelfTransfer, "both memberships are of one user")
	case !host && from.PrincipalID != tx.Caller.ID:
		return nil, nil, barred(org, actionTransfer, fault.PermissionDenied, "an owner gives away nothing but his own ownership")
	}
	if err := seen(tx.Demand(actionTransfer, op.Own, op.Scope(org.ID))); err != nil {
		return nil, nil, err
	}
	if f := org.Admits(); f != nil {
		return nil, nil, f
	}
	if f := ownable(Owner, to.PrincipalID); f != nil {
		return nil, nil, f
	}
	if to.Role != Owner {
		to = to.succeed(tx, actionTransfer, Owner, 0)
	}
	if f := lastOwner(tx, org, from, tx.Time()); f != nil {
		return nil, nil, f
	}
	return from.succeed(tx, actionTransfer, role, 0), to, nil
}
