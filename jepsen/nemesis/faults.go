package nemesis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// Fault is one kind of harm.
type Fault string

// The faults.
const (
	KillLeader   Fault = "kill-leader"
	KillFollower Fault = "kill-follower"
	PauseLeader  Fault = "pause-leader"
)

// Faults lists every fault.
func Faults() []Fault { return []Fault{KillLeader, KillFollower, PauseLeader} }

// Event is a fault that happened.
type Event struct {
	Fault Fault         `json:"fault"`
	Node  string        `json:"node"`
	At    time.Duration `json:"at"`
}

// Plan is how faults come: which, and how long between them.
type Plan struct {
	Faults []Fault
	// Every is the mean time between the end of a fault and the next.
	Every time.Duration
	// Leader finds the node id of the leader.
	Leader func(ctx context.Context) (string, error)
}

// Rage does harm to a cluster until the context ends, then leaves all nodes
// running. The seed fixes the order of faults and their lengths.
func (p *Processes) Rage(ctx context.Context, seed uint64, plan Plan) ([]Event, error) {
	r := rand.New(rand.NewPCG(seed, 0xFA))
	begin := time.Now()
	var events []Event
	// Every kind comes once before any comes again, so that even a short run
	// meets all of them.
	order := r.Perm(len(plan.Faults))
	for n := 0; ; n++ {
		if !wait(ctx, plan.Every/2+time.Duration(r.Int64N(int64(plan.Every)))) {
			return events, nil
		}
		fault := plan.Faults[order[n%len(order)]]
		node, err := p.victim(ctx, r, fault, plan)
		if err != nil {
			continue // there is no leader just now: the next turn finds one
		}
		events = append(events, Event{fault, p.Name(node), time.Since(begin)})
		if err := p.harm(ctx, r, fault, node); err != nil {
			return events, err
		}
	}
}

func (p *Processes) victim(ctx context.Context, r *rand.Rand, fault Fault, plan Plan) (int, error) {
	name, err := plan.Leader(ctx)
	if err != nil {
		return 0, err
	}
	leader := p.Index(name)
	if leader < 0 {
		return 0, fmt.Errorf("nemesis: no node is called %s", name)
	}
	if fault != KillFollower {
		return leader, nil
	}
	return (leader + 1 + r.IntN(len(p.nodes)-1)) % len(p.nodes), nil
}

// harm does one fault and undoes it, whatever becomes of the context.
func (p *Processes) harm(ctx context.Context, r *rand.Rand, fault Fault, node int) error {
	length := 200*time.Millisecond + time.Duration(r.Int64N(int64(2500*time.Millisecond)))
	if fault == PauseLeader {
		if err := p.Signal(node, syscall.SIGSTOP); err != nil {
			return err
		}
		wait(ctx, length)
		return p.Signal(node, syscall.SIGCONT)
	}
	if err := p.Kill(node); err != nil {
		return err
	}
	wait(ctx, length)
	if err := p.Start(node); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return p.Ready(ctx, node)
}

// wait passes time; false if the context ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
