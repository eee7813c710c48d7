package invitation

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// maxCascade is how many invitations one command writes down as revoked because
// their sender lost the right to send them, of the first maxLooked that wait.
// Those beyond are shown as revoked all the same: that is derived.
const (
	maxCascade = 200
	maxLooked  = 1000
)

// Who leaves an organization, is removed or comes down in it takes with him what
// he could not have sent any more.
var _ = tenancy.Follow(func(tx *op.Tx, org, principal urn.ID) error {
	cascade(tx, state.Key(key.InvitationInviter, string(principal), org))
	return nil
})

// So does who is archived.
var _ = op.NewGuard(Ops, identity.Archive, func(tx *op.Tx, in identity.ArchiveInput) error {
	cascade(tx, state.Key(key.InvitationInviter, string(in.ID)))
	return nil
})

// cascade revokes what has lost its sender, in the name of the caller.
func cascade(tx *op.Tx, sent key.Key) {
	var lost []*Row
	var ends []end
	looked := 0
	orgs := map[urn.ID]*tenancy.Header{}
	byInviter.Scan(tx, state.Range{Prefix: sent}).Each(func(r *Row) bool {
		org, known := orgs[r.OrgID]
		if !known {
			org, _ = tenancy.Find(tx, r.OrgID)
			orgs[r.OrgID] = org
		}
		e := r.ended(tx, org, tx.Time())
		looked++
		if e.status != StatusRevoked {
			return looked < maxLooked
		}
		if e.at >= tx.Time() { // it ends by this very command
			e = end{StatusRevoked, tx.Time(), tx.Caller.ID}
		}
		lost, ends = append(lost, r), append(ends, e)
		return looked < maxLooked && len(lost) < maxCascade
	})
	for i, r := range lost {
		r.settle(tx, actionRevoke, ends[i])
	}
}
