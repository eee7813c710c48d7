package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Memberships are the operations on memberships as such.
var Memberships = &op.Set{Noun: "membership", Doc: "Memberships say who belongs to which scope, as what and until when."}

// MaxExpire is how many memberships one command notes as expired.
const MaxExpire = 100

// Expired lists memberships that have expired by a time and of which the trail
// does not say so yet, those that expired first in front, at most MaxExpire. A
// membership counts no more from its time on, noted or not.
func Expired(v state.View, at state.Time) []urn.ID {
	var found []urn.ID
	byExpiry.Scan(v, state.Range{Prefix: state.Key(key.MembershipExpiry)}).Each(func(m *Membership) bool {
		if !m.expired(at) {
			return false
		}
		found = append(found, m.ID)
		return len(found) < MaxExpire
	})
	return found
}

// ExpireInput names memberships.
type ExpireInput struct {
	IDs []urn.ID `json:"ids" op:"required,max=100,id=mem" doc:"the memberships, at most 100"`
}

// Expire notes that memberships have expired, so that the trail is complete.
// What has not expired as of the command's own time, or has ended otherwise, is
// passed over.
var Expire = op.NewCommand(Memberships, op.Spec[ExpireInput, op.Nothing]{
	Name:    "expire",
	Summary: "Note that memberships have expired.",
	Access:  op.Internal[ExpireInput]("revoke"),
	Example: ExpireInput{IDs: []urn.ID{exampleMember.ID}},
	Undo:    op.Final("its time is over; add the member again"),
}, func(tx *op.Tx, in ExpireInput) (op.Nothing, error) {
	for _, id := range in.IDs {
		m, ok := FindMembership(tx, id)
		if !ok || m.Status == StatusRevoked || !m.expired(tx.Time()) {
			continue
		}
		m.expire(tx)
	}
	return op.Nothing{}, nil
})

// expire writes down the end of a row whose time is over. In an organization
// something else may have ended it before, and that is what is written.
func (m *Membership) expire(tx *op.Tx) {
	before, e := *m, ending{reason: EndExpired}
	if scope, _ := Find(tx, m.ScopeID); scope.Kind == KindOrg {
		e = m.endIn(tx, scope, tx.Time())
	}
	m.Status, m.EndReason, m.RemovedBy = StatusRevoked, e.reason, e.by
	m.save(tx, "revoke", &before, fault.Member{Name: "reason", Value: e.reason})
}
