// Package order depends on the order of maps.
package order

import (
	"maps"
	"reflect"
	"slices"
)

type named map[string]int

type alias = named

func order(m map[string]int, n alias, list []int) {
	for range m { // want map-order
	}
	for range n { // want map-order
	}
	for range list {
	}
	for range maps.Keys(m) { // want map-order
	}
	_ = slices.Collect(maps.Values(m)) // want map-order
	all := maps.All[named]             // want map-order
	_ = all
	_ = reflect.ValueOf(m).MapKeys()                                    // want map-order
	maps.DeleteFunc(m, func(string, int) bool { return len(list) > 0 }) // want map-order
}

func generic[M ~map[K]V, K comparable, V any](m M) {
	for range m { // want map-order
	}
}

func either[M interface{ alias | map[string]int }](m M) {
	for range m { // want map-order
	}
}
