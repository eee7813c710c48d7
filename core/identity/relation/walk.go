package relation

import (
	"slices"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// direction is a way along an edge.
type direction uint8

const (
	up direction = 1 << iota
	down
	either = up | down
)

// The bounds of a walk: how far it goes if nobody says, how many principals it
// meets, and how many edges it looks at for each of these, those that do not
// count included. Sight must be cheap, so it looks at fewer.
const (
	defaultDepth = 20
	maxMet       = 1000
	maxSight     = 200
	edgesEach    = 10
)

// node is a principal that a walk met: how far from the start, and by which
// edge from which node.
type node struct {
	id    urn.ID
	depth int
	from  int
	label string
}

// walk meets principals in the order of their distance, each once; edges of one
// principal are taken in the order of label and id.
type walk struct {
	view state.View
	// label, when set, restricts the walk to edges that have it.
	label string
	depth int
	// most is the number of principals that it may meet.
	most int
	// sees says which principals there are for whoever asks; nil is all.
	sees func(urn.ID) bool
	// until, when set, ends the walk where it is met.
	until urn.ID

	met []node
	// known says of all that were looked at whether they were met.
	known map[urn.ID]bool
	edges int
	// truncated says that a bound was reached before the walk was over.
	truncated bool
}

// from walks from a principal, which is the first node that is met.
func (w *walk) from(start urn.ID, way direction) {
	w.met, w.known = []node{{id: start, from: -1}}, map[urn.ID]bool{start: true}
	if start == w.until || !identity.IsActive(w.view, start) {
		return
	}
	for at := 0; at < len(w.met) && w.met[at].depth < w.depth; at++ {
		if way&up != 0 && !w.step(at, up) || way&down != 0 && !w.step(at, down) {
			return
		}
	}
}

// step meets the neighbours of a node and says whether the walk goes on.
func (w *walk) step(at int, way direction) bool {
	here := w.met[at]
	rows := edges(w.view, here.id, w.label, way, nil)
	defer rows.Close()
	for rows.Next() {
		if w.edges == w.most*edgesEach || len(w.met) > w.most {
			w.truncated = true
			return false
		}
		w.edges++
		r := rows.Row()
		next := r.end(way)
		if _, looked := w.known[next]; looked || r.Lifecycle != identity.Active {
			continue
		}
		w.known[next] = identity.IsActive(w.view, next) && (w.sees == nil || w.sees(next))
		if !w.known[next] {
			continue
		}
		w.met = append(w.met, node{id: next, depth: here.depth + 1, from: at, label: r.Label})
		if next == w.until {
			return false
		}
	}
	return true
}

// path is the way from the start to the node that was met last.
func (w *walk) path() []node {
	var steps []node
	for at := len(w.met) - 1; at >= 0; at = w.met[at].from {
		steps = append(steps, w.met[at])
	}
	slices.Reverse(steps)
	return steps
}

// edges walks the edges of a principal that lead up or down, by label and other
// end, after a given one.
func edges(v state.View, id urn.ID, label string, way direction, after *Relationship) *state.Rows[Relationship] {
	space, scan := key.Relationship, relationships.Scan
	if way == up {
		space, scan = key.RelationshipChild, byChild.Scan
	}
	parts := []any{string(id)}
	if label != "" {
		parts = append(parts, label)
	}
	r := state.Range{Prefix: state.Key(space, parts...)}
	if after != nil {
		r.After = state.Key(space, string(id), after.Label, string(after.end(way)))
	}
	return scan(v, r)
}

// end is where the edge leads.
func (r *Relationship) end(way direction) urn.ID {
	if way == up {
		return r.ParentID
	}
	return r.ChildID
}

// Above says whether a principal is among the nearest that are above another.
func Above(v state.View, id, above urn.ID) bool {
	w := walk{view: v, depth: defaultDepth, most: maxSight, until: above}
	w.from(id, up)
	return len(w.met) > 1 && w.met[len(w.met)-1].id == above
}
