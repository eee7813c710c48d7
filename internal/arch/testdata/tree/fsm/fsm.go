// Package fsm may lock.
package fsm

import "sync"

// Lock is granted here.
var Lock sync.Mutex
