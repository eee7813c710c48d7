package access

import (
	"slices"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// toScope finds the ways to a scope itself: by a role in it, or to look at it
// by one in a scope above. An archived scope is still looked at by those whom
// its end took; what cannot be done in it any more its handlers say. A suspended
// organization is there for those alone who run it.
func toScope(v state.View, r op.Request) []op.Reason {
	s := subject{view: v, at: r.Time, scopes: map[urn.ID]*tenancy.Header{}}
	chain := s.chain(r.Target.ID)
	var why []op.Reason
	for i, h := range chain {
		if i > 0 && !h.Shares() {
			break
		}
		for _, m := range tenancy.Held(v, h.ID, r.Principal) {
			way := op.Reason{Via: op.ViaMembership, ScopeID: h.ID, Role: string(m.Role), Level: m.Role.OnScope()}
			if i > 0 {
				way.Via, way.Level, way.Cut = op.ViaHierarchy, min(op.Read, m.Role.Cap()), cutInherited
				if h.Kind == tenancy.KindOrg && m.Role == tenancy.Owner && abandoned(v, chain[0], r.Time) {
					way.Level, way.Cut = op.Own, ""
				}
			}
			shut := closedBy(m, r.Time)
			if shut == "" {
				shut = s.closes(m, h, chain[len(chain)-1])
			}
			if shut == "" && h.Suspended && m.Role.OnScope() < op.Admin {
				shut = cutSuspended
			}
			if shut != "" {
				way.Level, way.Cut = op.None, shut
			}
			if r.Closed || way.Level > op.None {
				why = append(why, way)
			}
		}
	}
	return why
}

// abandoned says whether a scope has nobody left who could act as its owner.
// Below an organization its owners do, or whoever leaves that would leave behind
// what nobody can change or end.
func abandoned(v state.View, scope *tenancy.Header, at state.Time) bool {
	return !scope.Archived && !tenancy.OwnedBeside(v, scope, "", at)
}

// effective are the memberships of a principal that count, if the principal
// itself does.
func effective(v state.View, principal urn.ID, at state.Time) []*tenancy.Membership {
	s := subject{view: v, at: at, scopes: map[urn.ID]*tenancy.Header{}}
	return slices.DeleteFunc(held(v, principal, at, false), func(m *tenancy.Membership) bool {
		chain := s.chain(m.ScopeID)
		return len(chain) == 0 || s.barred(m, chain) != ""
	})
}

// hosting is what a host may do with organizations: whatever their owners may.
func hosting(v state.View, p *identity.Principal, scope urn.ID) []op.Reason {
	if !p.Holds(op.ActAsHost) {
		return nil
	}
	if h, ok := tenancy.Find(v, scope); !ok || h.Kind != tenancy.KindOrg {
		return nil
	}
	return []op.Reason{{Via: op.ViaPermission, ScopeID: scope, Level: op.Own}}
}

// toMembership finds the ways to a membership: to be the member, or by a role in
// its scope itself, above that of a guest. Who sees the scope from above is not
// told who is in it.
func toMembership(v state.View, p *identity.Principal, r op.Request) []op.Reason {
	m, known := tenancy.FindMembership(v, r.Target.ID)
	if !known {
		return nil
	}
	var why []op.Reason
	if m.PrincipalID == p.ID {
		why = append(why, op.Reason{Via: op.ViaSelf, Level: op.Read})
	}
	r.Target = op.Scope(m.ScopeID)
	ways := slices.DeleteFunc(toScope(v, r), func(way op.Reason) bool {
		return way.Via == op.ViaHierarchy || way.Role == string(tenancy.Guest)
	})
	return append(append(append(why, ways...), hosting(v, p, m.ScopeID)...), administering(p)...)
}
