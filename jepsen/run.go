// Package jepsen breaks a real cluster while clients use it, and checks that
// what they saw was possible. It knows the cluster only as its clients do.
package jepsen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/jepsen/nemesis"
	"github.com/weir-store/weir/jepsen/workload"
)

// Config is what a run does.
type Config struct {
	// Binary is the program whose serve verb starts a node.
	Binary string
	// Dir is where nodes keep their data, and where failing histories go.
	Dir string
	// Nodes is how many nodes there are.
	Nodes    int
	Duration time.Duration
	// Seed fixes faults and the choices of clients, not their interleaving.
	Seed   uint64
	Faults []nemesis.Fault
	// Workloads are the names of those to run; none stands for all.
	Workloads []string
	// Every is the mean time between faults.
	Every time.Duration
	Log   io.Writer
}

// Report is what a run found.
type Report struct {
	Seed     uint64            `json:"seed"`
	Nodes    int               `json:"nodes"`
	Duration string            `json:"duration"`
	Faults   []nemesis.Event   `json:"faults"`
	Results  []workload.Result `json:"results"`
	Chain    Chain             `json:"chain"`
}

// Chain is the audit trail as every node showed it at the end.
type Chain struct {
	Entries uint64   `json:"entries"`
	Heads   []string `json:"heads"`
	Valid   bool     `json:"valid"`
}

// Passed says whether everything held. A run in which a planned fault never
// fired shows nothing, and has not passed.
func (r *Report) Passed(c *Config) bool {
	fired := map[nemesis.Fault]bool{}
	for _, e := range r.Faults {
		fired[e.Fault] = true
	}
	for _, f := range c.Faults {
		if !fired[f] {
			return false
		}
	}
	for _, w := range r.Results {
		if !w.Passed() {
			return false
		}
	}
	return r.Chain.Valid
}

// Violated says whether some history was impossible.
func (r *Report) Violated() bool {
	for _, w := range r.Results {
		if w.Violated() {
			return true
		}
	}
	return false
}

// Run starts a cluster, breaks it for the configured time, and judges.
func Run(ctx context.Context, c *Config) (report *Report, err error) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(c.Log, format+"\n", args...) }
	loads, err := c.loads()
	if err != nil {
		return nil, err
	}
	say("starting %d nodes in %s", c.Nodes, c.Dir)
	start, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	nodes, err := nemesis.StartProcesses(start, c.Binary, c.Dir, c.Nodes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, nodes.Close()) }()
	to, err := connect(nodes.Nodes())
	if err != nil {
		return nil, err
	}
	cluster := &workload.Cluster{Nodes: nodes.Nodes(), Root: nodes.Root, Connect: to, Patience: 10 * time.Second}
	for _, w := range loads {
		if err := w.Prepare(start, cluster); err != nil {
			return nil, fmt.Errorf("jepsen: prepare %s: %w", w.Name(), err)
		}
	}
	say("running %d workloads for %s under %v, seed %d", len(loads), c.Duration, c.Faults, c.Seed)
	report = &Report{Seed: c.Seed, Nodes: c.Nodes, Duration: c.Duration.String()}
	if report.Faults, err = rage(ctx, c, nodes, cluster, loads); err != nil {
		return report, err
	}
	say("%d faults happened; judging", len(report.Faults))
	for _, w := range loads {
		result, err := w.Judge(c.Dir)
		if err != nil {
			return report, err
		}
		report.Results = append(report.Results, result)
	}
	report.Chain, err = chain(ctx, nodes, cluster)
	return report, err
}

// Workloads lists what clients can do.
func Workloads() []workload.Workload {
	return []workload.Workload{
		&workload.Register{}, &workload.Access{}, workload.Owners(), workload.Pairs(), &workload.Grants{},
		&workload.Shares{}, &workload.Slugs{}, &workload.Invitations{},
	}
}

// loads are the workloads of the run.
func (c *Config) loads() (chosen []workload.Workload, err error) {
	all := Workloads()
	for _, name := range c.Workloads {
		i := slices.IndexFunc(all, func(w workload.Workload) bool { return w.Name() == name })
		if i < 0 {
			return nil, fmt.Errorf("jepsen: there is no workload %s", name)
		}
		chosen = append(chosen, all[i])
	}
	if len(chosen) == 0 {
		return all, nil
	}
	return chosen, nil
}

// rage runs workloads and faults beside each other until the time is over.
func rage(ctx context.Context, c *Config, nodes *nemesis.Processes, cluster *workload.Cluster, loads []workload.Workload) ([]nemesis.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Duration)
	defer cancel()
	var group sync.WaitGroup
	for _, w := range loads {
		group.Go(func() { w.Run(ctx, c.Seed) })
	}
	events, err := nodes.Rage(ctx, c.Seed, nemesis.Plan{
		Faults: c.Faults, Every: c.Every,
		Leader: func(ctx context.Context) (string, error) { return leader(ctx, cluster) },
	})
	group.Wait()
	return events, err
}

// leader asks the nodes who leads.
func leader(ctx context.Context, c *workload.Cluster) (string, error) {
	var last error
	for _, node := range c.Nodes {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		status, err := system.StatusQuery.Call(ctx, c.Connect(node, c.Root), system.StatusInput{})
		cancel()
		if err != nil {
			last = err
			continue
		}
		if status.LeaderID != "" {
			return status.LeaderID, nil
		}
	}
	return "", fmt.Errorf("jepsen: no node names a leader: %w", last)
}

// chain verifies the trail on every node, up to the same entry.
func chain(ctx context.Context, nodes *nemesis.Processes, c *workload.Cluster) (Chain, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	found := Chain{Valid: true}
	for i, node := range c.Nodes {
		if err := nodes.Ready(ctx, i); err != nil {
			return found, err
		}
		v, err := audit.Verify.Call(ctx, c.Connect(node, c.Root), audit.VerifyInput{To: found.Entries})
		if err != nil {
			return found, fmt.Errorf("jepsen: verify the trail at %s: %w", nodes.Name(i), err)
		}
		found.Entries = v.Last
		found.Heads = append(found.Heads, v.Head)
		found.Valid = found.Valid && v.Valid && v.Head == found.Heads[0]
	}
	return found, nil
}

// Keep is where the report of a run goes.
func Keep(dir string) string { return filepath.Join(dir, "report.json") }

// Save writes the report.
func (r *Report) Save(dir string) error {
	raw, err := op.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(Keep(dir), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("jepsen: %w", err)
	}
	return nil
}
