package audit

import (
	"sort"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/state"
)

// RevisionAt is the newest revision whose time is not after t; 0 if there is
// none, or it was pruned. It is found in the trail, so it is exact for all that
// leaves a trace.
func RevisionAt(v state.View, t state.Time) uint64 {
	at := t.String()
	n := last(v, func(r *row) bool { return chain.Text(r.Entry, "timestamp") <= at })
	if b := base(v); n == b.Size {
		if b.Timestamp <= at {
			return b.Revision
		}
		return 0
	}
	return load(v, n).Revision
}

// TimeAt is the time of a revision: that of the newest entry at or below it; 0
// if there is none, or it was pruned.
func TimeAt(v state.View, revision uint64) state.Time {
	n := SizeAt(v, revision)
	b := base(v)
	if n == b.Size && (n == 0 || revision < b.Revision) {
		return 0
	}
	text := b.Timestamp
	if n > b.Size {
		text = chain.Text(load(v, n).Entry, "timestamp")
	}
	t, f := state.ParseTime(text)
	if f != nil {
		panic(&state.Broken{Err: f})
	}
	return t
}

// SizeAt is the number of entries at or below a revision. The view is of the
// newest state.
func SizeAt(v state.View, revision uint64) uint64 {
	return last(v, func(r *row) bool { return r.Revision <= revision })
}

// last is the sequence of the last entry that passes, where all before it do;
// that of the last pruned one if none does. Revisions, times and ids never fall
// along the trail.
func last(v state.View, passes func(r *row) bool) uint64 {
	b := base(v).Size
	return b + uint64(sort.Search(int(head(v).Sequence-b), func(i int) bool { return !passes(load(v, b+uint64(i)+1)) }))
}
