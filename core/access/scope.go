package access

import (
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// toScope finds the ways to a scope itself: by a role in it, or to look at it
// by one in a scope above. An archived scope is still looked at by those whom
// its end took; what cannot be done in it any more its handlers say.
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
			}
			shut := closedBy(m, r.Time)
			if shut == "" {
				shut = gate(v, m, chain[len(chain)-1], r.Time)
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

// effective are the memberships of a principal that count, if the principal
// itself does.
func effective(v state.View, principal urn.ID, at state.Time) []*tenancy.Membership {
	s := subject{view: v, at: at, scopes: map[urn.ID]*tenancy.Header{}}
	return slices.DeleteFunc(held(v, principal, at, false), func(m *tenancy.Membership) bool {
		chain := s.chain(m.ScopeID)
		return len(chain) == 0 || s.barred(m, chain) != ""
	})
}
