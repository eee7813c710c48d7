package access

import (
	"slices"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// toObject finds the ways to an object: to own it, to have a tuple to it, or to
// belong to a scope that it is projected into, or to one below such a scope.
func toObject(v state.View, r op.Request) []op.Reason {
	h, ok := objects.Find(v, r.Target.ID)
	if !ok {
		return nil
	}
	var why []op.Reason
	if h.OwnerID == r.Principal {
		why = append(why, op.Reason{Via: op.ViaOwnership, Level: op.Own})
	}
	if !r.Closed && (len(why) > 0 || h.Lifecycle == objects.Tombstoned) {
		return why
	}
	for _, t := range tuple.To(v, r.Principal, h.ID, r.Closed) {
		why = granted(why, t, v, r.Time, r.Closed)
	}
	s := enter(v, r.Time, r.Closed, relevant(v, h.ID, held(v, r.Principal, r.Time, r.Closed)))
	for i := range s.places {
		if p, ok := tenancy.Projected(v, s.places[i].scope, h.ID); ok {
			why = s.places[i].through(why, h, p, r.Closed)
		}
	}
	return why
}

// granted adds what a tuple gives.
func granted(why []op.Reason, t *tuple.Row, v state.View, at state.Time, closed bool) []op.Reason {
	way := op.Reason{Via: op.ViaTuple, TupleID: t.ID, Role: t.Relation, Level: tuple.Gives(t.Relation)}
	if way.Level == op.None {
		way.Cut = cutRole
	}
	if shut := t.ClosedBy(v, at); shut != "" {
		way.Level, way.Cut = op.None, shut
	}
	if closed || way.Level > op.None {
		why = append(why, way)
	}
	return why
}

// From how many memberships on, and up to how many projections, it pays to look
// at the object's projections first.
const (
	manyMemberships = 4
	fewProjections  = 64
)

// relevant keeps the memberships that reach a scope which the object is
// projected into. A few are all kept: to look is as cheap as to sort out.
func relevant(v state.View, object urn.ID, held []*tenancy.Membership) []*tenancy.Membership {
	if len(held) < manyMemberships {
		return held
	}
	var into []urn.ID
	tenancy.Shares(v, object).Each(func(p *tenancy.Projection) bool {
		into = append(into, p.ScopeID)
		return len(into) <= fewProjections
	})
	if len(into) > fewProjections {
		return held
	}
	return slices.DeleteFunc(held, func(m *tenancy.Membership) bool { return !slices.ContainsFunc(into, m.Reaches) })
}

// through adds what a projection into the place gives by each of its doors.
func (p *place) through(why []op.Reason, h *objects.Header, shared *tenancy.Projection, closed bool) []op.Reason {
	for i := range p.doors {
		way := p.doors[i].way(p, shared)
		switch {
		case way.Level == op.None:
		case !shared.Live():
			way.Level, way.Cut = op.None, cutRevoked
		case h.Lifecycle == objects.Tombstoned:
			way.Level, way.Cut = op.None, cutTombstoned
		}
		if closed || way.Level > op.None {
			why = append(why, way)
		}
	}
	return why
}

// way is what comes through a door of what is projected into the place.
func (d *door) way(p *place, shared *tenancy.Projection) op.Reason {
	way := op.Reason{Via: op.ViaMembership, ScopeID: d.home, Role: string(d.role), Level: min(shared.Level, d.most)}
	if d.inherited {
		way.Via, way.FromScopeID = op.ViaHierarchy, p.scope
	}
	if way.Level < shared.Level {
		way.Cut = d.limit
	}
	if d.shut != "" {
		way.Level, way.Cut = op.None, d.shut
	}
	return way
}
