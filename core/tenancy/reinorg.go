package tenancy

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// A membership of an organization that has ended stays as it is. So what a
// rollback brings back is what a principal is there, by whichever row: it ends
// the row of now, lets a new one follow, or begins a new stay, each under the
// rules for whoever would do the same by hand. The first row that the principal
// ever had stands for all of them.

// newest is the last row of a principal in an organization.
func newest(v state.View, org, principal urn.ID) *Membership {
	if held := Held(v, org, principal); len(held) > 0 {
		return held[0]
	}
	return nil
}

func firstMembership(v state.View, id urn.ID) urn.ID {
	m, ok := FindMembership(v, id)
	if !ok {
		return id
	}
	if scope, _ := Find(v, m.ScopeID); scope.Kind != KindOrg {
		return id
	}
	oldest, _ := first(Stood(v, m.ScopeID, m.PrincipalID, ""))
	return oldest.ID
}

// standing is what a row makes of its member; nothing if it has ended.
func (m *Membership) standing() membershipContent {
	if m == nil || m.Status == StatusRevoked {
		return membershipContent{Status: StatusRevoked}
	}
	return m.content()
}

// knownInOrg shows a row as a part of what its member is in the organization: it
// has not ended while the member is there, by whichever row.
func knownInOrg(v state.View, org *Header, m *Membership) op.Known {
	last := newest(v, org.ID, m.PrincipalID)
	return op.Known{
		Type: EntityMembership, ScopeID: org.ID, Version: m.Version,
		Ended: last.Status == StatusRevoked || org.Archived, State: m, Content: last.standing(),
	}
}

func revertInOrg(tx *op.Tx, org *Header, principal urn.ID, past state.View) error {
	is, was := newest(tx, org.ID, principal), newest(past, org.ID, principal)
	if is.standing() == was.standing() {
		return op.Moot("the member is what it was")
	}
	if org.Archived {
		return conflict("the organization is revoked, and its memberships with it")
	}
	lived := was.standing().Status != StatusRevoked
	if lived && was.expired(tx.Time()) {
		return op.Moot("the membership would have expired by now")
	}
	now, lives := Current(tx, org, principal, tx.Time())
	if !lives && !lived {
		return op.Moot("the membership has ended")
	}
	who, err := manages(tx, org, actionMembership)
	if err != nil {
		return err
	}
	if !lived {
		return who.takesBack(tx, org, now)
	}
	if !lives {
		return who.bringsBack(tx, org, was)
	}
	return who.turnsBack(tx, org, now, was)
}

// takesBack ends a membership that was not there.
func (who *manager) takesBack(tx *op.Tx, org *Header, m *Membership) error {
	if err := who.lowers(org, m); err != nil {
		return err
	}
	if f := lastOwner(tx, org, m, tx.Time()); f != nil {
		return f
	}
	m.End(tx, EndRolledBack, tx.Caller.ID)
	return nil
}

// bringsBack begins a new stay with what somebody was.
func (who *manager) bringsBack(tx *op.Tx, org *Header, was *Membership) error {
	if f := org.Admits(); f != nil {
		return f
	}
	if err := who.gives(org, was.Role); err != nil {
		return err
	}
	m, f := Join(tx, org, was.PrincipalID, was.Role, tx.Caller.ID, was.ExpiresAt)
	if f != nil {
		return f
	}
	if was.Status == StatusSuspended {
		m.become(tx, StatusSuspended)
	}
	return nil
}

// turnsBack makes of a member what it was.
func (who *manager) turnsBack(tx *op.Tx, org *Header, m, was *Membership) error {
	if err := who.above(org, m); err != nil {
		return err
	}
	if err := who.gives(org, was.Role); err != nil {
		return err
	}
	if m.Role != was.Role || was.Status == StatusActive {
		if f := org.Admits(); f != nil {
			return f
		}
	}
	if m.Role != was.Role || was.Status != StatusActive {
		if err := who.lowers(org, m); err != nil {
			return err
		}
		if f := lastOwner(tx, org, m, tx.Time()); f != nil {
			return f
		}
	}
	if m.Role != was.Role || m.ExpiresAt != was.ExpiresAt {
		m = m.succeed(tx, actionMembership, was.Role, was.ExpiresAt)
	}
	if m.Status != was.Status {
		m.become(tx, was.Status)
	}
	return nil
}
