package audit

import (
	"sort"

	"github.com/weir-store/weir/core/state"
)

// RevisionAt is the newest revision whose time is not after t; 0 if there is
// none. It is found in the trail, so it is exact for all that leaves a trace.
func RevisionAt(v state.View, t state.Time) uint64 {
	at := t.String()
	n := last(v, func(r *row) bool { return parse(r).Timestamp <= at })
	if n == 0 {
		return 0
	}
	return load(v, n).Revision
}

// TimeAt is the time of a revision: that of the newest entry at or below it; 0
// if there is none.
func TimeAt(v state.View, revision uint64) state.Time {
	n := SizeAt(v, revision)
	if n == 0 {
		return 0
	}
	t, f := state.ParseTime(parse(load(v, n)).Timestamp)
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

// last is the sequence of the last entry that passes, where all before it do.
// Revisions and times never fall along the trail.
func last(v state.View, passes func(r *row) bool) uint64 {
	return uint64(sort.Search(int(head(v).Sequence), func(i int) bool { return !passes(load(v, uint64(i)+1)) }))
}
