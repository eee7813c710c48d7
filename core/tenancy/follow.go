package tenancy

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Follower is told that a row of a principal in an organization has ended, for
// good or for another role, once the command that ended it is done.
type Follower func(tx *op.Tx, org, principal urn.ID) error

// followers are those of the layers above, in the order in which they were
// declared. What they do happens in the same entry.
var followers []Follower

// Follow declares a follower. It is called for package variables only.
func Follow(f Follower) Follower {
	followers = append(followers, f)
	return f
}

// follow tells of the end of the row.
func (m *Membership) follow(tx *op.Tx) {
	org, principal := m.ScopeID, m.PrincipalID
	for _, f := range followers {
		tx.Afterwards(func() error { return f(tx, org, principal) })
	}
}
