package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// A principal who is the only owner of a scope that is not archived is archived
// only if somebody takes the scope over: a frozen one too, for nobody could
// thaw it any more. A suspension is no end, and takes no owner away for good.
var _ = op.NewGuard(Ops, identity.Archive, func(tx *op.Tx, in identity.ArchiveInput) error {
	left := orphans(tx, in.ID)
	if len(left) == 0 {
		return nil
	}
	if in.TransferTo == "" {
		return fault.New(fault.PreconditionFailed, "this principal is the only active owner of %d scopes; name somebody in transfer_to, or give them other owners first", len(left)).
			With("scope_id", string(left[0])).With("scopes", int64(len(left)))
	}
	if f := admissible(tx, in.TransferTo); f != nil {
		return f
	}
	for _, scope := range left {
		add(tx, AddInput{ID: scope, PrincipalID: in.TransferTo, Role: Owner})
	}
	return nil
})

// orphans lists the scopes that have no owner but one who can act no more.
func orphans(tx *op.Tx, principal urn.ID) []urn.ID {
	var found []urn.ID
	Of(tx, principal).Each(func(m *Membership) bool {
		if m.Role == Owner && m.Live(tx.Time()) {
			if h, ok := Find(tx, m.ScopeID); ok && !h.Archived && !OwnedBeside(tx, h, principal, tx.Time()) {
				found = append(found, m.ScopeID)
			}
		}
		return true
	})
	return found
}
