package clock

import (
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
)

func TestClockStampsOnlyWhenItIsRight(t *testing.T) {
	t.Parallel()
	noon := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		last time.Duration // newest stamp, from start
		// wall and mono are how far the clocks have run when asked.
		wall, mono time.Duration
		ok         bool
	}{
		{"in step", 0, time.Hour, time.Hour, true},
		{"a little behind the newest stamp", 400 * time.Millisecond, 0, 0, true},
		{"behind the newest stamp", 600 * time.Millisecond, 0, 0, false},
		{"far behind", time.Hour, 0, 0, false},
		{"slightly ahead of itself", 0, 4 * time.Second, 0, true},
		{"jumped ahead", 0, 6 * time.Second, 0, false},
		{"set back, and the newest stamp is older still", -time.Hour, -time.Minute, 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := reading{wall: noon}
			c := start(noon.Add(row.last), func() reading { return r })
			r = reading{wall: noon.Add(row.wall), mono: row.mono}
			got, err := c.Stamp()
			if (err == nil) != row.ok || (err != nil && !fault.Is(err, fault.ClockSkew)) {
				t.Fatalf("stamp: %v, want one: %v", err, row.ok)
			}
			if err == nil && !got.Equal(r.wall) {
				t.Errorf("stamped %v at %v", got, r.wall)
			}
		})
	}
}

func TestClockBelievesAStepThatStands(t *testing.T) {
	t.Parallel()
	noon := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	r := reading{wall: noon}
	c := start(noon, func() reading { return r })
	run := func(d time.Duration) { r.wall, r.mono = r.wall.Add(d), r.mono+d }
	ask := func(when string, ok bool) {
		t.Helper()
		if _, err := c.Stamp(); (err == nil) != ok {
			t.Errorf("%s: %v, want a stamp: %v", when, err, ok)
		}
	}
	r.wall = r.wall.Add(time.Hour) // the machine slept
	ask("at once", false)
	run(29 * time.Second)
	ask("after 29 s", false)
	run(2 * time.Second)
	ask("after 31 s", true)

	r.wall = r.wall.Add(time.Hour)
	ask("stepped again", false)
	c.Observe(r.wall) // another leader has the same time
	ask("when the cluster agrees", true)
}
