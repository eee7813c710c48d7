package tenancy

import (
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// In walks all memberships that a scope ever had, in the order in which they
// were granted first.
func In(v state.View, scope urn.ID) *state.Rows[Membership] {
	return byScope.Scan(v, state.Range{Prefix: state.Key(key.MembershipScope, scope)})
}

// Owners walks the memberships of a scope's owners that were not taken back.
func Owners(v state.View, scope urn.ID) *state.Rows[Membership] {
	return byOwner.Scan(v, state.Range{Prefix: state.Key(key.MembershipOwner, scope)})
}
