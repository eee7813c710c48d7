// Package storage imports what it may not.
package storage

import (
	"example.org/tree/fsm" // want import
	"example.org/unknown"  // want import
	"example.org/used/deep"
)

var _, _, _ = fsm.Lock, unknown.X, deep.X
