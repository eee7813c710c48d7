// Package clean uses all that is granted and breaks no rule.
package clean

import (
	"cmp" // want import
	"fmt"
	"maps"
	"slices"
	"time"
)

// Keys is in order, whatever the map is like.
func Keys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Biggest is in order too.
func Biggest(m map[string]int) int {
	l := slices.SortedFunc(maps.Values[map[string]int](m), func(a, b int) int { return a - b })
	return l[len(l)-1]
}

// Stamp reads no clock.
func Stamp(micros int64, wait time.Duration) string {
	return fmt.Sprint(time.UnixMicro(micros).UTC().Add(wait))
}
