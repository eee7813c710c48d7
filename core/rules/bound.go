package rules

import "github.com/weir-store/weir/core/state"

// Bound lists the active rules about access that are bound to a target, as
// callers see them.
func Bound(v state.View, targetType, targetID string) []Rule {
	var found []Rule
	for _, id := range rosterOf(v, target{targetType, targetID}).Rules {
		if r, ok := find(v, id); ok && r.Lifecycle == Active {
			found = append(found, r.shown())
		}
	}
	return found
}
