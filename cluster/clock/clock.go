// Package clock judges whether a node may stamp commands with its wall clock.
package clock

import (
	"sync"
	"time"

	"github.com/weir-store/weir/core/fault"
)

const (
	// maxBehind is how far the wall clock may lag the newest stamp.
	maxBehind = 500 * time.Millisecond
	// maxStep is how far the wall clock may run ahead of the monotonic one.
	maxStep = 5 * time.Second
	// believed is how long a step must stand before it is taken for the truth: a
	// machine that slept, and not one whose clock is being set back and forth.
	believed = 30 * time.Second
)

// Clock judges whether this node's wall clock may stamp commands. Stamps never
// fall, so a clock that ran ahead once would hold the whole cluster's time. It is
// safe for concurrent use.
type Clock struct {
	mu   sync.Mutex
	now  func() reading
	last time.Time // the newest stamp that was applied
	base reading   // when wall and monotonic clock last agreed with the cluster
	odd  reading   // since when they differ; zero when they do not
}

// reading is both clocks at one moment.
type reading struct {
	wall time.Time
	mono time.Duration
}

// New returns the clock of this process; last is the newest stamp that the state
// has seen.
func New(last time.Time) *Clock {
	begin := time.Now()
	return start(last, func() reading {
		now := time.Now()
		return reading{wall: now.Round(0), mono: now.Sub(begin)}
	})
}

func start(last time.Time, now func() reading) *Clock {
	return &Clock{now: now, last: last, base: now()}
}

// Observe takes note of the newest applied stamp. A stamp near the wall clock is
// a sign that the wall clock is right.
func (c *Clock) Observe(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = t
	if r := c.now(); r.wall.Sub(t).Abs() <= maxStep {
		c.base, c.odd = r, reading{}
	}
}

// Stamp returns the time for commands that are proposed now, or a clock-skew
// fault.
func (c *Clock) Stamp() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.now()
	if behind := c.last.Sub(r.wall); behind > maxBehind {
		return time.Time{}, fault.New(fault.ClockSkew, "the leader's clock is %v behind the newest entry; set it", behind.Round(time.Millisecond))
	}
	step := r.wall.Sub(c.base.wall) - (r.mono - c.base.mono)
	if step <= maxStep {
		c.odd = reading{}
		return r.wall.UTC(), nil
	}
	if c.odd.wall.IsZero() {
		c.odd = r
	}
	if r.mono-c.odd.mono < believed {
		return time.Time{}, fault.New(fault.ClockSkew, "the leader's clock was just moved by %v; it is believed when it stays there", step.Round(time.Second))
	}
	c.base, c.odd = r, reading{}
	return r.wall.UTC(), nil
}
