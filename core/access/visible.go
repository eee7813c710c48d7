package access

import (
	"container/heap"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// pageScan bounds the objects that one walk looks at.
const pageScan = 1000

// Visible implements op.Sight. It merges the objects that the principal owns
// with those projected into each place that it reaches and those that it has a
// tuple to, all in the order asked for, so its cost is that of the page and not
// of the store.
func (Sight) Visible(v state.View, g op.Gaze) op.Walk {
	if _, ok := g.After.Bytes(); !ok {
		g.After = ""
	}
	w := &walk{view: v, gaze: g, sources: sources{gaze: g}}
	p, ok := identity.Find(v, g.Principal)
	if !ok || p.Lifecycle != identity.Active {
		return w
	}
	w.judge = newJudge(v, p, g.Time, g.Environment)
	for _, rows := range objects.Owned(v, g) {
		w.add(&source{rows: rows})
	}
	if !g.Owned {
		reached := enter(v, g.Time, false, held(v, g.Principal, g.Time, false))
		for i := range reached.places {
			rows := tenancy.Listed(v, reached.places[i].scope, g)
			w.add(&source{rows: rows, place: &reached.places[i], shared: rows})
		}
		if rows := tuple.Listed(v, g); rows != nil {
			w.add(&source{rows: rows, granted: rows})
		}
	}
	heap.Init(&w.sources)
	return w
}

// walk implements op.Walk.
type walk struct {
	view    state.View
	judge   *judge
	gaze    op.Gaze
	sources sources
	seen    int
	id      urn.ID
	header  *objects.Header
	level   op.Level
	more    bool
}

func (w *walk) add(s *source) {
	if s.step(w.gaze) {
		w.sources.list = append(w.sources.list, s)
	}
}

// Next implements op.Walk.
func (w *walk) Next() bool {
	for w.sources.Len() > 0 {
		if w.seen == pageScan {
			w.more = true
			return false
		}
		w.seen++
		if d := w.take(); d.Allowed {
			w.level = d.Level
			return true
		}
	}
	return false
}

// take takes the next object off all sources that hold it, and decides about
// it by what they said: nothing is looked up that the walk has read already.
func (w *walk) take() op.Decision {
	first := w.sources.list[0]
	w.id, w.header = first.id, nil
	r := op.Request{
		Principal: w.gaze.Principal, Action: "read", Target: op.Object(w.id), Need: op.Read,
		Time: w.gaze.Time, Environment: w.gaze.Environment,
	}
	owned := first.owned()
	var why []op.Reason
	if owned {
		why = []op.Reason{{Via: op.ViaOwnership, Level: op.Own}}
	}
	for w.sources.Len() > 0 && w.sources.list[0].id == w.id {
		s := w.sources.list[0]
		if !owned && w.Header() != nil {
			why = s.ways(why, w.header, w.view, w.gaze.Time)
		}
		if s.step(w.gaze) {
			heap.Fix(&w.sources, 0)
		} else {
			heap.Pop(&w.sources)
		}
	}
	if w.judge.denials != nil && w.Header() != nil {
		r.Target.Type = w.header.Type
	}
	return w.judge.decide(&r, why)
}

// Header implements objects.Walk.
func (w *walk) Header() *objects.Header {
	if w.header == nil {
		w.header, _ = objects.Find(w.view, w.id)
	}
	return w.header
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
	for _, s := range w.sources.list {
		s.rows.Close()
	}
	w.sources.list = nil
}
