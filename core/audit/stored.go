package audit

import "github.com/weir-store/weir/core/state"

// Stored gives the canonical bytes of an entry as a walk over all tables finds
// it; false for a row of something else.
func Stored(found any) ([]byte, bool) {
	r, ok := found.(*row)
	if !ok {
		return nil, false
	}
	return r.Entry, true
}

// Pruned is how many entries at the beginning of the trail were pruned. The
// view is of the newest state.
func Pruned(v state.View) uint64 { return base(v).Size }
