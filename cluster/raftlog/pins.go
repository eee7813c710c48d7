package raftlog

import (
	"sync"
	"time"
)

// Pins hold back the truncation of the log. A receiver of the state needs the
// entries after the position that was sent to it; if the log moved past them
// meanwhile, it would have to be sent the state again, and so on for ever. The
// zero value holds nothing back.
type Pins struct {
	mu   sync.Mutex
	held map[*Pin]struct{}
}

// Pin keeps the entry at its index and all later ones.
type Pin struct {
	pins  *Pins
	index uint64
	until time.Time
}

// Add pins an index. At the latest after limit the pin is void, so that a
// receiver that hangs cannot fill the disk.
func (p *Pins) Add(index uint64, limit time.Duration) *Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	pin := &Pin{pins: p, index: index, until: time.Now().Add(limit)}
	if p.held == nil {
		p.held = map[*Pin]struct{}{}
	}
	p.held[pin] = struct{}{}
	return pin
}

// ReleaseAfter lets the pin end after a grace, in which the receiver of the
// state asks for its first entries. It never makes a pin last longer than its
// limit.
func (p *Pin) ReleaseAfter(grace time.Duration) {
	p.pins.mu.Lock()
	defer p.pins.mu.Unlock()
	if end := time.Now().Add(grace); end.Before(p.until) {
		p.until = end
	}
}

// Oldest returns the lowest index that is pinned.
func (p *Pins) Oldest() (index uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for pin := range p.held {
		if !now.Before(pin.until) {
			delete(p.held, pin)
			continue
		}
		if !ok || pin.index < index {
			index, ok = pin.index, true
		}
	}
	return index, ok
}

// Drop voids every pin, because the log has grown beyond its bound.
func (p *Pins) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.held)
}
