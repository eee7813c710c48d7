// Package workload is what clients do to a cluster while faults happen to it.
package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/jepsen/history"
	"github.com/weir-store/weir/jepsen/model"
)

// The bounds of one partition of a history: the checker's time grows
// exponentially beyond them.
const (
	maxPerPart    = 600
	maxUnknown    = 3
	clientsToPart = 3
)

// checkLimit is how long one history may be checked; running out is a failure.
const checkLimit = 2 * time.Minute

// Cluster is where a workload runs.
type Cluster struct {
	// Nodes are the base URLs of the nodes.
	Nodes []string
	// Root is the administrator's token.
	Root string
	// Connect gives a runner that sends every call to one node and repeats
	// nothing by itself.
	Connect func(node, token string) op.Runner
	// Patience is how long one call may take.
	Patience time.Duration
}

// Result is what a workload found.
type Result struct {
	Name       string                `json:"name"`
	Operations int                   `json:"operations"`
	OK         int                   `json:"ok"`
	Refused    int                   `json:"refused"`
	Nothing    int                   `json:"nothing"`
	Unknown    int                   `json:"unknown"`
	Verdict    string                `json:"verdict"`
	Kept       []string              `json:"kept,omitempty"`
	Check      porcupine.CheckResult `json:"-"`
}

// Passed says whether the history was possible, and enough happened for that
// to mean something.
func (r Result) Passed() bool {
	return r.Check == porcupine.Ok && r.OK+r.Refused >= r.Operations*6/10 && r.OK > 0
}

// Violated says whether the history was impossible.
func (r Result) Violated() bool { return r.Check == porcupine.Illegal }

// Workload is one kind of load: it prepares a cluster before faults begin,
// runs until the context ends, and judges what was seen.
type Workload interface {
	Name() string
	Prepare(ctx context.Context, c *Cluster) error
	Run(ctx context.Context, seed uint64)
	Judge(keep string) (Result, error)
}

// judge checks a history, and keeps it with its picture if it fails.
func judge[In, Out any](name, keep string, m porcupine.Model, ops []history.Operation[In, Out]) (Result, error) {
	r := Result{Name: name, Operations: len(ops)}
	for _, o := range ops {
		switch o.Outcome {
		case history.OK:
			r.OK++
		case history.Refused:
			r.Refused++
		case history.Nothing:
			r.Nothing++
		case history.Unknown:
			r.Unknown++
		}
	}
	v := model.Check(m, ops, checkLimit)
	r.Check, r.Verdict = v.Result, string(v.Result)
	if r.Passed() || keep == "" {
		return r, nil
	}
	lines, picture := filepath.Join(keep, name+".jsonl"), filepath.Join(keep, name+".html")
	r.Kept = []string{lines, picture}
	if err := history.Save(lines, ops); err != nil {
		return r, err
	}
	return r, v.Picture(picture)
}

// parts runs clientsToPart clients on each of n parts of the state until the
// context ends or the part has had enough. Each client asks nodes in turn, at
// random.
func parts(ctx context.Context, n int, seed uint64, turn func(ctx context.Context, r *rand.Rand, client, part int) history.Outcome) {
	var group sync.WaitGroup
	for part := range n {
		budget := newBudget(maxPerPart)
		for k := range clientsToPart {
			client := part*clientsToPart + k
			group.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(client)))
				for ctx.Err() == nil && budget.take() {
					budget.spend(turn(ctx, r, client, part))
					pause(ctx, r)
				}
			})
		}
	}
	group.Wait()
}

// pause spreads the operations of a part over the run, so that faults meet
// them.
func pause(ctx context.Context, r *rand.Rand) {
	t := time.NewTimer(time.Duration(r.IntN(120)) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// budget bounds the operations of one part.
type budget struct {
	mu            sync.Mutex // guards both
	left, unknown int
}

func newBudget(calls int) *budget { return &budget{left: calls, unknown: maxUnknown} }

func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left--
	return b.left >= 0 && b.unknown > 0
}

func (b *budget) spend(o history.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o == history.Unknown {
		b.unknown--
	}
}

// user creates a principal with a key and gives its token.
func (c *Cluster) user(ctx context.Context, id urn.ID) (string, error) {
	admin := c.Connect(c.Nodes[0], c.Root)
	if _, err := identity.Create.Call(ctx, admin, identity.CreateInput{ID: id, Kind: identity.KindUser}); err != nil {
		return "", fmt.Errorf("workload: create %s: %w", id, err)
	}
	key, err := apikey.Create.Call(ctx, admin, apikey.CreateInput{PrincipalID: id, Name: "workload"})
	if err != nil {
		return "", fmt.Errorf("workload: key of %s: %w", id, err)
	}
	return key.Token, nil
}

// anywhere gives a runner on a random node.
func (c *Cluster) anywhere(r *rand.Rand, token string) op.Runner {
	return c.Connect(c.Nodes[r.IntN(len(c.Nodes))], token)
}

// within bounds one call.
func (c *Cluster) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), c.Patience)
}
