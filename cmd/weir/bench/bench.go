// Package bench measures a cluster from outside: clients that make one call
// after the other, or calls at a fixed rate, and how long each took.
package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Config is one measurement.
type Config struct {
	// Workload is the name of one of Workloads.
	Workload string
	// Clients is how many callers there are, each with one call at a time.
	Clients int
	// Warmup is how long calls are made before they count, Duration how long
	// they count.
	Warmup, Duration time.Duration
	// Rate is how many calls a second are begun, by all clients together,
	// whether or not earlier ones have ended; 0 for as fast as answers come.
	Rate float64
	// Size is the size of the data of an object in bytes, canonical.
	Size int
	// Objects is how many objects are made before reads and updates.
	Objects int
	// Seed makes the choices of a run repeatable.
	Seed uint64
	// Member runs the workload as a member of a scope into which everything is
	// projected, by principals that an administrator's token makes.
	Member bool
	// Token is the bearer token to begin with.
	Token string
	// Connect gives the n-th client a way to the cluster.
	Connect func(token string, client int) (op.Runner, error)
	// Progress, if set, is told about once a second how many calls have ended
	// and failed so far.
	Progress func(elapsed time.Duration, ended, failed int64)
}

// The bounds of a latency that is told apart from others, in microseconds.
const (
	shortest = 1
	longest  = int64(10 * time.Minute / time.Microsecond)
	digits   = 3
)

// client is one caller.
type client struct {
	number int
	runner op.Runner
	random *rand.Rand
	bench  *run
	// histogram holds microseconds of calls that succeeded.
	histogram *hdrhistogram.Histogram
	failed    map[fault.Code]int64
	// first is one error of those that were no fault, for the user.
	first error
}

// run is a measurement that is going on.
type run struct {
	Config
	work    *Workload
	objects []string
	owner   op.Runner
	ended   atomic.Int64
	failed  atomic.Int64
}

// Run measures. Calls that fail are counted and do not end the run; what fails
// while it is prepared does.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	work, err := find(cfg.Workload)
	if err != nil {
		return nil, err
	}
	r := &run{Config: cfg, work: work}
	clients, err := r.prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", cfg.Workload, err)
	}
	began := time.Now()
	counts := began.Add(cfg.Warmup)
	ctx, cancel := context.WithDeadline(ctx, counts.Add(cfg.Duration))
	defer cancel()
	var callers, watcher sync.WaitGroup
	watcher.Go(func() { r.watch(ctx, began) })
	for _, c := range clients {
		callers.Go(func() { c.loop(ctx, began, counts) })
	}
	callers.Wait()
	cancel()
	watcher.Wait()
	return r.report(clients)
}

func (r *run) watch(ctx context.Context, began time.Time) {
	if r.Progress == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			r.Progress(now.Sub(began), r.ended.Load(), r.failed.Load())
		}
	}
}

// loop makes calls until the context ends. At a fixed rate the latency counts
// from when the call should have begun, so that a slow cluster cannot hide by
// being asked less.
func (c *client) loop(ctx context.Context, began, counts time.Time) {
	for n := 0; ; n++ {
		start := time.Now()
		if c.bench.Rate > 0 {
			at := float64(n*c.bench.Clients+c.number) / c.bench.Rate
			start = began.Add(time.Duration(at * float64(time.Second)))
			if !wait(ctx, time.Until(start)) {
				return
			}
		}
		err := c.bench.work.step(ctx, c)
		if ctx.Err() != nil {
			return // a call that the end of the run cut says nothing
		}
		if start.Before(counts) {
			continue
		}
		c.count(time.Since(start), err)
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (c *client) count(took time.Duration, err error) {
	c.bench.ended.Add(1)
	if err == nil {
		// The bounds of the histogram hold: it is clamped here.
		_ = c.histogram.RecordValue(min(max(took.Microseconds(), shortest), longest))
		return
	}
	c.bench.failed.Add(1)
	code := fault.Code("unreachable")
	if f, ok := fault.Of(err); ok {
		code = f.Code
	} else if errors.Is(err, context.DeadlineExceeded) {
		code = "timeout"
	}
	if c.first == nil {
		c.first = err
	}
	c.failed[code]++
}
