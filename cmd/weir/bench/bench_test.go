package bench_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/cmd/weir/bench"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

func config(s *testkit.Solo) bench.Config {
	return bench.Config{
		Clients: 3, Duration: 100 * time.Millisecond, Size: 256, Objects: 7, Seed: 1, Token: s.Root,
		Connect: func(token string, _ int) (op.Runner, error) { return s.As(token), nil },
	}
}

func TestWorkloads(t *testing.T) {
	for _, w := range bench.Workloads() {
		for name, member := range map[string]bool{"owner": false, "member": true} {
			t.Run(w.Name+" as "+name, func(t *testing.T) {
				s := testkit.New(t)
				cfg := config(s)
				cfg.Workload, cfg.Member = w.Name, member
				r, err := bench.Run(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				if r.Workload != w.Name || r.As != name || r.Operations == 0 || r.OpsPerSecond <= 0 || r.P50 > r.P99 || r.P99 > r.Max {
					t.Errorf("%+v", r)
				}
				if r.Errors != 0 {
					t.Errorf("%d calls failed: %v %s", r.Errors, r.ErrorCodes, r.FirstError)
				}
				s.Verify()
			})
		}
	}
}

// TestSize: the data of an object has the size that was asked for.
func TestSize(t *testing.T) {
	s := testkit.New(t)
	cfg := config(s)
	cfg.Workload = "object-create"
	if _, err := bench.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	page, err := objects.List.Call(t.Context(), s.Admin(), objects.ListInput{Type: "bench"})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("%d objects, %v", len(page.Items), err)
	}
	for _, o := range page.Items {
		if len(o.Data) != 256 {
			t.Fatalf("data of %d bytes", len(o.Data))
		}
	}
}

// failing refuses every other call.
type failing struct {
	op.Runner
	calls *int
}

func (f failing) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	*f.calls++
	if *f.calls%2 == 0 {
		return nil, fault.New(fault.NoLeader, "no leader")
	}
	return f.Runner.Run(ctx, call)
}

func TestFailuresAreCounted(t *testing.T) {
	s := testkit.New(t)
	cfg := config(s)
	cfg.Workload, cfg.Clients = "object-create", 1
	calls := 0
	cfg.Connect = func(token string, _ int) (op.Runner, error) { return failing{s.As(token), &calls}, nil }
	r, err := bench.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors == 0 || r.ErrorCodes[fault.NoLeader] != r.Errors || r.Operations < r.Errors || r.FirstError == "" {
		t.Errorf("%d succeeded, %d failed: %v %q", r.Operations, r.Errors, r.ErrorCodes, r.FirstError)
	}
}

// stalling answers at once but for one call, during which it stands still.
type stalling struct {
	op.Runner
	calls *int
	stall time.Duration
}

func (s stalling) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	*s.calls++
	if *s.calls == 3 {
		timer := time.NewTimer(s.stall)
		defer timer.Stop()
		<-timer.C
	}
	return s.Runner.Run(ctx, call)
}

// TestRateTellsOfStalls: at a fixed rate the calls that should have begun while
// the store stood still count as slow, all of them.
func TestRateTellsOfStalls(t *testing.T) {
	s := testkit.New(t)
	cfg := config(s)
	cfg.Workload, cfg.Clients, cfg.Rate = "object-create", 1, 200
	cfg.Duration = 500 * time.Millisecond
	calls := 0
	cfg.Connect = func(token string, _ int) (op.Runner, error) {
		return stalling{s.As(token), &calls, 300 * time.Millisecond}, nil
	}
	r, err := bench.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	// One slow call of about a hundred would leave the 90th percentile alone.
	if r.P90 < 100 {
		t.Errorf("the 90th percentile is %.1f ms after a stall of 300 ms of 500", r.P90)
	}
	var picture strings.Builder
	if err := r.Picture(&picture); err != nil || !strings.Contains(picture.String(), "█") {
		t.Errorf("%q %v", picture.String(), err)
	}
}

func TestUnknownWorkload(t *testing.T) {
	cfg := config(testkit.New(t))
	cfg.Workload = "nothing"
	if _, err := bench.Run(t.Context(), cfg); err == nil {
		t.Error("it ran")
	}
}
