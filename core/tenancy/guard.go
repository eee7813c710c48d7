package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// A principal who is the only owner of a scope that is not archived is archived
// only if somebody takes the scope over: a frozen or suspended one too, for
// nobody could lead it out of that any more. A suspension is no end, and takes
// no owner away for good.
var _ = op.NewGuard(Ops, identity.Archive, func(tx *op.Tx, in identity.ArchiveInput) error {
	heirs := map[urn.ID]urn.ID{}
	for _, s := range in.Successors {
		heirs[s.OrgID] = s.UsrID
	}
	left := orphans(tx, in.ID)
	for _, scope := range left {
		if heirs[scope.ID] == "" {
			heirs[scope.ID] = in.TransferTo
		}
		if heirs[scope.ID] == "" {
			return bereft(left, heirs)
		}
	}
	if len(left) > maxHeirless {
		return fault.New(fault.LimitExceeded, "this principal is the only active owner of more than %d scopes; give some of them other owners first", maxHeirless).
			With("scopes", int64(len(left)))
	}
	for _, scope := range left {
		if err := scope.inherit(tx, heirs[scope.ID]); err != nil {
			return err
		}
	}
	return nil
})

// maxHeirless is how many scopes get another owner by one command: about what it
// may write.
const maxHeirless = 200

// maxOrphans is how many organizations a refusal names.
const maxOrphans = 100

// bereft is the refusal to archive who owns scopes alone that nobody takes over.
func bereft(left []*Header, heirs map[urn.ID]urn.ID) *fault.Fault {
	orgs := []string{}
	for _, scope := range left {
		if scope.Kind == KindOrg && heirs[scope.ID] == "" && len(orgs) < maxOrphans {
			orgs = append(orgs, string(scope.ID))
		}
	}
	if len(orgs) > 0 {
		return fault.New(fault.SoleOwner, "this principal is the only active owner of organizations; name who takes them over in successors or transfer_to, or give them other owners first").
			With("org_ids", orgs).With("scopes", int64(len(left)))
	}
	return fault.New(fault.PreconditionFailed, "this principal is the only active owner of %d scopes; name somebody in transfer_to, or give them other owners first", len(left)).
		With("scope_id", string(left[0].ID)).With("scopes", int64(len(left)))
}

// inherit makes somebody an owner of a scope whose last one ends.
func (h *Header) inherit(tx *op.Tx, heir urn.ID) error {
	if f := admissible(tx, heir); f != nil {
		return f
	}
	if h.Kind != KindOrg {
		add(tx, h, AddInput{ID: h.ID, PrincipalID: heir, Role: Owner})
		return nil
	}
	if m, ok := Current(tx, h, heir, tx.Time()); ok {
		if m.Status != StatusActive {
			return m.notLive().With("membership_id", string(m.ID))
		}
		if f := ownable(Owner, heir); f != nil {
			return f
		}
		m.succeed(tx, actionTransfer, Owner, 0)
		return nil
	}
	if _, f := Join(tx, h, heir, Owner, tx.Caller.ID, 0); f != nil {
		return f
	}
	return nil
}

// orphans lists the scopes that have no owner but one who can act no more.
func orphans(tx *op.Tx, principal urn.ID) []*Header {
	var found []*Header
	EachHeld(tx, principal, func(m *Membership) bool {
		if m.Role == Owner && m.Live(tx.Time()) {
			if h, ok := Find(tx, m.ScopeID); ok && !h.Archived && !OwnedBeside(tx, h, principal, tx.Time()) {
				found = append(found, h)
			}
		}
		return true
	})
	return found
}
