package tenancy

import (
	"errors"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// The actions of the trail, and of rules, for changes of memberships.
const (
	actionMembership = "membership_change"
	actionTransfer   = "ownership_transfer"
)

// OrgRank is what a principal is in an organization at a time: its role, the
// rank of that, and whether both count: the membership is active, and so is the
// principal. What the state of the organization lets anybody do is asked for
// apart from it (see Admits).
func OrgRank(v state.View, org *Header, principal urn.ID, at state.Time) (rank int, role Role, active bool) {
	m, ok := Current(v, org, principal, at)
	if !ok || m.Status != StatusActive {
		return 0, "", false
	}
	return m.Role.Rank(), m.Role, identity.IsActive(v, principal)
}

// manager is who changes the memberships of an organization, as the rules about
// ranks see him. A host as itself stands above them.
type manager struct {
	caller urn.ID
	host   bool
	rank   int
}

// manages demands that the caller, who sees the organization or one of its
// memberships, is an owner or admin of it, or a host.
func manages(tx *op.Tx, org *Header, action string) (manager, error) {
	who := manager{caller: tx.Caller.ID, host: tx.Caller.Holds(op.ActAsHost)}
	who.rank, _, _ = OrgRank(tx, org, tx.Caller.ID, tx.Time())
	return who, seen(tx.Demand(action, op.Admin, op.Scope(org.ID)))
}

// seen turns the answer to a stranger into that to somebody who sees what he
// acts on, but may not do this.
func seen(err error) error {
	var refused *op.Refused
	if !errors.As(err, &refused) || refused.Decision.Visible {
		return err
	}
	r := *refused
	r.Decision.Visible = true
	r.Fault = r.Decision.Refusal(op.Admin)
	return &r
}

// barred is the refusal of who lacks the right, or the rank, for something in an
// organization that he sees.
func barred(org *Header, action string, code fault.Code, why string) error {
	return &op.Refused{
		Fault: fault.New(code, "%s", why), Action: action, Target: op.Scope(org.ID), Decision: op.Decision{Visible: true},
	}
}

func (who *manager) tooLow(org *Header, why string) error {
	return barred(org, actionMembership, fault.RoleHierarchy, why)
}

// above refuses to touch a member of higher rank.
func (who *manager) above(org *Header, m *Membership) error {
	if who.host || m.Role.Rank() <= who.rank {
		return nil
	}
	return who.tooLow(org, "this member stands above you; ask an owner")
}

// lowers refuses to lower or suspend a member of higher rank, and an owner who
// is somebody else: owners step down themselves.
func (who *manager) lowers(org *Header, m *Membership) error {
	if m.Role == Owner && !who.host && m.PrincipalID != who.caller {
		return who.tooLow(org, "an owner is lowered or suspended by nobody else; he changes his role himself, or transfers the ownership")
	}
	return who.above(org, m)
}

// gives refuses to grant a role of a higher rank than one's own.
func (who *manager) gives(org *Header, role Role) error {
	if who.host || role.Rank() <= who.rank {
		return nil
	}
	return who.tooLow(org, "you cannot give a role above your own; ask an owner")
}

// lastOwner refuses to end a membership, or to lower or suspend it, if it is
// that of the only owner who can act. Whatever ends owners asks it first: an
// owner who is suspended, in the scope or as a principal, keeps no scope.
func lastOwner(v state.View, scope *Header, m *Membership, at state.Time) *fault.Fault {
	if m.Role != Owner || !m.Live(at) || OwnedBeside(v, scope, m.PrincipalID, at) {
		return nil
	}
	if scope.Kind == KindOrg {
		return fault.New(fault.SoleOwner, "this is the only active owner of the organization; transfer the ownership first, make somebody else an owner, or revoke the organization")
	}
	return fault.New(fault.SoleOwner, "this is the only active owner of the scope; make somebody else an owner first, or archive the scope")
}
