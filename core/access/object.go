package access

import (
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
)

// toObject finds the ways to an object: to own it, or to belong to a scope
// that it is projected into, or to one below such a scope.
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
	s := enter(v, r.Principal, r.Time, r.Closed)
	for i := range s.places {
		if p, ok := tenancy.Projected(v, s.places[i].scope, h.ID); ok {
			why = s.places[i].through(why, h, p, r.Closed)
		}
	}
	return why
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
