package temporal

import (
	"strconv"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// moment is the revision that a text names, a revision or a time, as of which
// the past is asked for; 0 is before everything.
func moment(v *op.View, text, pointer string) (uint64, *fault.Fault) {
	bad := func(why string) (uint64, *fault.Fault) {
		return 0, fault.New(fault.ValidationFailed, "%s", why).At(fault.Item{Pointer: pointer, Code: "bad-at", Detail: why})
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		if n == 0 || n > v.Now.Revision() {
			return bad("the newest revision is " + strconv.FormatUint(v.Now.Revision(), 10))
		}
		return n, nil
	}
	t, f := state.ParseTime(text)
	switch {
	case f != nil:
		return bad("give a revision, or a time such as 2026-01-31T12:00:00Z")
	case t > v.Time:
		return bad("the time lies in the future")
	}
	return audit.RevisionAt(v.Now, t), nil
}
