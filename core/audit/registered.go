package audit

import "github.com/weir-store/weir/core/state"

// Registered says whether the key of the cluster's present log is known.
func Registered(v state.View) bool {
	_, ok := current(v)
	return ok
}
