package audit

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// walk goes over the entries that may pass a filter, in order of sequence:
// those that the node's index has by the index, the others one by one. What it
// finds does not depend on how far the index is.
type walk struct {
	v       state.View
	falling bool
	look    op.Lookup
	lists   intersection
	// from is the next sequence to look at, to the last one.
	from, to uint64
	// steps is how many steps in the index are left.
	steps int
	rows  *state.Rows[row]
	// end is the last sequence that rows may give.
	end uint64
}

// The bounds of one page: how many entries are read, and how many steps are
// taken in the index. A page can be short, or empty, and have more behind it.
const (
	maxScan  = 2000
	maxSteps = 20_000
)

// begin starts a walk over the entries low..high. Close must be called.
func begin(v *op.View, m *match, low, high uint64, falling bool) *walk {
	w := &walk{v: v.Now, falling: falling, from: low, to: high, steps: maxSteps}
	if falling {
		w.from, w.to = high, low
	}
	if v.Postings != nil {
		w.look = v.Postings.Look()
		w.lists = m.postings(w.look)
	}
	return w
}

func (w *walk) close() {
	w.drop()
	if w.look != nil {
		w.look.Close()
	}
}

func (w *walk) drop() {
	if w.rows != nil {
		w.rows.Close()
		w.rows = nil
	}
}

// beyond says whether a sequence lies behind the end of the walk.
func (w *walk) beyond(n, end uint64) bool {
	if w.falling {
		return n < end || n == 0
	}
	return n > end
}

// next steps to the next entry. Where more is false there is none. Where more is
// true and the row nil, the steps of the page are used up: the next page begins
// at from.
func (w *walk) next() (r *row, more bool) {
	for !w.beyond(w.from, w.to) {
		if w.rows == nil && len(w.lists) > 0 && w.from <= w.look.Indexed() {
			if w.steps <= 0 {
				return nil, true
			}
			if r, ok := w.seek(); ok {
				return r, true
			}
			continue
		}
		if r, ok := w.scan(); ok {
			return r, true
		}
	}
	return nil, false
}

// seek takes one step in the index.
func (w *walk) seek() (*row, bool) {
	n, agreed, err := w.lists.seek(w.from, w.falling, &w.steps)
	switch {
	case err != nil:
		w.lists = nil // without it, then
	case n == 0 && w.falling:
		w.from = 0
	case n == 0 || n > w.look.Indexed():
		w.from = w.look.Indexed() + 1
	case !agreed || w.beyond(n, w.to):
		w.from = n
	default:
		w.from = n
		w.pass()
		return load(w.v, n), true
	}
	return nil, false
}

// scan reads the next entry that is not in the index, or any if there is none.
func (w *walk) scan() (*row, bool) {
	if w.rows == nil {
		w.end = w.to
		if w.falling && len(w.lists) > 0 {
			w.end = max(w.to, w.look.Indexed()+1)
		}
		r := state.Range{Prefix: state.Key(key.Audit), Reverse: w.falling}
		if w.falling {
			r.After = state.Key(key.Audit, w.from+1)
		} else {
			r.After = state.Key(key.Audit, w.from-1)
		}
		w.rows = entries.Scan(w.v, r)
	}
	if w.rows.Next() && !w.beyond(w.rows.Row().Sequence, w.end) {
		r := w.rows.Row()
		w.from = r.Sequence
		w.pass()
		return r, true
	}
	w.drop()
	w.from = w.end
	w.pass()
	return nil, false
}

// pass goes on behind from.
func (w *walk) pass() {
	if w.falling {
		w.from--
	} else {
		w.from++
	}
}

// done is the last sequence that was dealt with.
func (w *walk) done() uint64 {
	if w.falling {
		return w.from + 1
	}
	return w.from - 1
}
