package invitation

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// MaxExpire is how many invitations one command notes as ended.
const MaxExpire = 100

// Expired lists invitations whose time is over at a time and of which the trail
// does not say that they ended, those that expired first in front, at most
// MaxExpire. They cannot be accepted any more, noted or not.
func Expired(v state.View, at state.Time) []urn.ID {
	var found []urn.ID
	byExpiry.Scan(v, state.Range{Prefix: state.Key(key.InvitationExpiry)}).Each(func(r *Row) bool {
		if at < r.ExpiresAt {
			return false
		}
		found = append(found, r.ID)
		return len(found) < MaxExpire
	})
	return found
}

// ExpireInput names invitations.
type ExpireInput struct {
	IDs []urn.ID `json:"ids" op:"required,max=100,id=inv" doc:"the invitations, at most 100"`
}

// Expire notes that invitations have ended with their time, so that the trail is
// complete. Nobody sees them otherwise than before. What has not ended as of the
// command's own time is passed over.
var Expire = op.NewCommand(Ops, op.Spec[ExpireInput, op.Nothing]{
	Name:    "expire",
	Summary: "Note that invitations have expired.",
	Access:  op.Internal[ExpireInput](actionExpire),
	Example: ExpireInput{IDs: []urn.ID{exampleID}},
	Undo:    op.Final("its time is over; send a new invitation"),
}, func(tx *op.Tx, in ExpireInput) (op.Nothing, error) {
	for _, id := range in.IDs {
		if r, org, ok := find(tx, id); ok {
			r.note(tx, org)
		}
	}
	return op.Nothing{}, nil
})

// note writes down what ended an invitation, if it has ended and its row does
// not say so. It reports whether the invitation is over.
func (r *Row) note(tx *op.Tx, org *tenancy.Header) bool {
	e := r.ended(tx, org, tx.Time())
	if e.status == "" || r.Status != StatusPending {
		return e.status != ""
	}
	action := actionRevoke
	if e.status == StatusExpired {
		action = actionExpire
	}
	r.settle(tx, action, e)
	return true
}
