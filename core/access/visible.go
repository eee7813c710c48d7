package access

import (
	"container/heap"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// pageScan bounds the objects that one walk looks at.
const pageScan = 1000

// Visible implements op.Sight. It merges the objects that the principal owns
// with those projected into each place that it reaches, all in order of id, so
// its cost is that of the page and not of the store.
func (s Sight) Visible(v state.View, g op.Gaze) op.Walk {
	principal, at, after := g.Principal, g.Time, g.After
	w := &walk{sight: s, view: v, principal: principal, at: at}
	if !identity.IsActive(v, principal) {
		return w
	}
	if _, ok := after.Bytes(); !ok {
		after = ""
	}
	w.add(&source{owned: objects.Owned(v, principal, after)})
	reached := enter(v, at, false, held(v, principal, at, false))
	for i := range reached.places {
		p := &reached.places[i]
		w.add(&source{place: p, shared: tenancy.Shown(v, p.scope, after)})
	}
	heap.Init(&w.sources)
	return w
}

// walk implements op.Walk.
type walk struct {
	sight     Sight
	view      state.View
	principal urn.ID
	at        state.Time
	sources   sources
	seen      int
	id        urn.ID
	level     op.Level
	more      bool
}

// source is one sorted walk over ids of objects: the owner's, or one place's.
type source struct {
	id     urn.ID
	owned  *state.Rows[objects.Header]
	place  *place
	shared *state.Rows[tenancy.Projection]
}

func (w *walk) add(s *source) {
	if s.step() {
		w.sources = append(w.sources, s)
	}
}

// step moves on; at its end a source closes itself.
func (s *source) step() bool {
	if s.owned != nil {
		if s.owned.Next() {
			s.id = state.TailID(urn.PrefixObject, s.owned.Key())
			return true
		}
	} else if s.shared.Next() {
		s.id = state.TailID(urn.PrefixObject, s.shared.Key())
		return true
	}
	s.close()
	return false
}

func (s *source) close() {
	if s.owned != nil {
		s.owned.Close()
		return
	}
	s.shared.Close()
}

// Next implements op.Walk.
func (w *walk) Next() bool {
	for len(w.sources) > 0 {
		if w.seen == pageScan {
			w.more = true
			return false
		}
		w.seen++
		if d := w.judge(); d.Allowed {
			w.level = d.Level
			return true
		}
	}
	return false
}

// judge takes the next object off all sources that hold it, and decides about
// it by what they said: nothing is looked up that the walk has read already.
func (w *walk) judge() op.Decision {
	w.id = w.sources[0].id
	r := op.Request{Principal: w.principal, Action: "read", Target: op.Object(w.id), Need: op.Read, Time: w.at}
	h, known := objects.Find(w.view, w.id)
	var why []op.Reason
	for len(w.sources) > 0 && w.sources[0].id == w.id {
		s := w.sources[0]
		switch {
		case !known:
		case s.owned != nil:
			why = append(why, op.Reason{Via: op.ViaOwnership, Level: op.Own})
		case h.OwnerID != w.principal:
			why = s.place.through(why, h, s.shared.Row(), false)
		}
		if s.step() {
			heap.Fix(&w.sources, 0)
		} else {
			heap.Pop(&w.sources)
		}
	}
	return w.sight.judge(w.view, r, why)
}

// ID implements op.Walk.
func (w *walk) ID() urn.ID { return w.id }

// Level implements op.Walk.
func (w *walk) Level() op.Level { return w.level }

// More implements op.Walk.
func (w *walk) More() bool { return w.more }

// Last implements op.Walk.
func (w *walk) Last() urn.ID { return w.id }

// Close implements op.Walk.
func (w *walk) Close() {
	for _, s := range w.sources {
		s.close()
	}
	w.sources = nil
}

// sources implements heap.Interface, by the id that each stands on.
type sources []*source

func (s sources) Len() int           { return len(s) }
func (s sources) Less(i, j int) bool { return s[i].id < s[j].id }
func (s sources) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sources) Push(x any)        { *s = append(*s, x.(*source)) }
func (s *sources) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}
