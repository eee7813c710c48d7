package tenancy

import (
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// All walks all scopes of the cluster, in the order of their creation, after a
// given one.
func All(v state.View, after urn.ID) *state.Rows[Header] {
	r := state.Range{Prefix: state.Key(key.Scope)}
	if after != "" {
		r.After = state.Key(key.Scope, after)
	}
	return headers.Scan(v, r)
}

// In walks all memberships that a scope ever had, in the order in which they
// were granted first.
func In(v state.View, scope urn.ID) *state.Rows[Membership] {
	return byScope.Scan(v, state.Range{Prefix: state.Key(key.MembershipScope, scope)})
}

// MembersAfter is In from behind a membership on.
func MembersAfter(v state.View, scope, after urn.ID) *state.Rows[Membership] {
	r := state.Range{Prefix: state.Key(key.MembershipScope, scope)}
	if after != "" {
		r.After = state.Key(key.MembershipScope, scope, after)
	}
	return byScope.Scan(v, r)
}

// Owners walks the memberships of a scope's owners that were not taken back.
func Owners(v state.View, scope urn.ID) *state.Rows[Membership] {
	return byOwner.Scan(v, state.Range{Prefix: state.Key(key.MembershipOwner, scope)})
}
