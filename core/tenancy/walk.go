package tenancy

import (
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// All walks all scopes of the cluster, in the order of their creation, after a
// given one.
func All(v state.View, after urn.ID) *state.Rows[Header] {
	return headers.Scan(v, state.Behind(after, key.Scope))
}

// In walks all memberships that a scope ever had, in the order in which they
// were granted first.
func In(v state.View, scope urn.ID) *state.Rows[Membership] {
	return MembersAfter(v, scope, "")
}

// MembersAfter is In from behind a membership on.
func MembersAfter(v state.View, scope, after urn.ID) *state.Rows[Membership] {
	return byScope.Scan(v, state.Behind(after, key.MembershipScope, scope))
}

// InOrgs walks all memberships of organizations that a principal ever had, in
// the order in which they came to be, after a given one.
func InOrgs(v state.View, principal, after urn.ID) *state.Rows[Membership] {
	return byPrincipal.Scan(v, state.Behind(after, key.MembershipPrincipal, string(principal)))
}

// Owners walks the memberships of a scope's owners that were not taken back.
func Owners(v state.View, scope urn.ID) *state.Rows[Membership] {
	return byOwner.Scan(v, state.Range{Prefix: state.Key(key.MembershipOwner, scope)})
}

// maxEnded is how many ended memberships of one organization a walk reads before
// it seeks for the newest there.
const maxEnded = 4

// EachHeld gives what Held does of all scopes that a principal ever belonged to,
// by scope, until fn says no. Ended rows of organizations are left out, and from
// a few on not even read.
func EachHeld(v state.View, principal urn.ID, fn func(m *Membership) bool) {
	rows := Of(v, principal)
	defer func() { rows.Close() }()
	var last *Membership // the newest so far in an organization
	for ended := 0; rows.Next(); {
		m := rows.Row()
		switch {
		case last == nil || last.ScopeID != m.ScopeID:
			if last != nil && !fn(last) {
				return
			}
			last, ended = nil, 0
		case ended == maxEnded:
			rows.Close()
			m = Held(v, m.ScopeID, principal)[0]
			rows = memberships.Scan(v, state.Range{
				Prefix: state.Key(key.Membership, string(principal)), After: state.Key(key.Membership, string(principal), m.ScopeID, m.ID),
			})
		default:
			ended++
		}
		if m.Root != "" {
			last = m
		} else if !fn(m) {
			return
		}
	}
	if last != nil {
		fn(last)
	}
}
