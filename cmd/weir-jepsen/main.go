// Command weir-jepsen breaks a cluster of real processes while clients use it,
// and says whether everything that they saw was possible.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/jepsen"
	"github.com/weir-store/weir/jepsen/nemesis"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "weir-jepsen:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called above
	}
}

func command() *cobra.Command {
	c := jepsen.Config{Log: os.Stderr}
	var faults []string
	var o options
	cmd := &cobra.Command{
		Use:   "weir-jepsen",
		Short: "Break a cluster of real processes and check what its clients saw",
		Long: `weir-jepsen starts nodes as processes, lets clients read, write, share and
revoke on all of them, kills and pauses nodes meanwhile, and then asks a checker
of linearizability whether the histories were possible. A failing history is
kept with a picture of it, beside the data and logs of the nodes.`,
		Example: `  weir-jepsen --duration 60s
  weir-jepsen --duration 10m --seed 7 --nodes 5 --faults kill-leader,pause-leader`,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, f := range faults {
				c.Faults = append(c.Faults, nemesis.Fault(f))
			}
			return run(cmd.Context(), &c, o)
		},
	}
	var names []string
	for _, f := range nemesis.Faults() {
		names = append(names, string(f))
	}
	var kinds []string
	for _, w := range jepsen.Workloads() {
		kinds = append(kinds, w.Name())
	}
	f := cmd.Flags()
	f.StringVar(&c.Binary, "binary", "", "the weir program; built from this module when empty")
	f.StringVar(&c.Dir, "dir", "", "where data, logs and failing histories go; a temporary folder, removed after success, when empty")
	f.IntVar(&c.Nodes, "nodes", 3, "number of nodes")
	f.DurationVar(&c.Duration, "duration", time.Minute, "how long to break things")
	f.DurationVar(&c.Every, "every", 4*time.Second, "mean time between faults")
	f.Uint64Var(&c.Seed, "seed", uint64(time.Now().UnixNano()), "fixes faults and the choices of clients; drawn when not given")
	f.StringSliceVar(&faults, "faults", names, "what to do: "+strings.Join(names, ", "))
	f.StringSliceVar(&c.Workloads, "workloads", kinds, "what clients do: "+strings.Join(kinds, ", "))
	f.StringVar(&o.output, "output", "text", "text or json")
	f.StringVar(&o.mutant, "mutant", "", "build the program with a planted fault, and fail unless it is noticed: "+plantable())
	return cmd
}

// options are what a run is told beside its configuration.
type options struct{ output, mutant string }

func run(ctx context.Context, c *jepsen.Config, o options) (err error) {
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "weir-jepsen-"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = os.RemoveAll(c.Dir)
			}
		}()
	} else if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	if c.Binary == "" {
		if c.Binary, err = build(ctx, c.Dir, o.mutant); err != nil {
			return err
		}
	}
	report, err := jepsen.Run(ctx, c)
	if err != nil {
		return fmt.Errorf("%w\nthe nodes' logs are in %s", err, c.Dir)
	}
	if err := report.Save(c.Dir); err != nil {
		return err
	}
	if err := show(report, o.output); err != nil {
		return err
	}
	if o.mutant != "" {
		if report.Violated() {
			fmt.Fprintln(os.Stderr, "the planted fault was noticed")
			return nil
		}
		return fmt.Errorf("the planted fault %s was not noticed; seed %d", o.mutant, c.Seed)
	}
	if !report.Passed(c) {
		return fmt.Errorf("the run failed; data, logs and histories are in %s; repeat it with --seed %d", c.Dir, c.Seed)
	}
	return nil
}

// build compiles the program, so that a checkout needs no other step, with one
// fault planted if one is named.
func build(ctx context.Context, dir, mutant string) (string, error) {
	binary := filepath.Join(dir, "weir")
	args := []string{"build", "-o", binary}
	if mutant != "" {
		overlay, err := plant(ctx, dir, mutant)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/weir-store/weir/cmd/weir")...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build weir: %w", err)
	}
	return binary, nil
}

func show(r *jepsen.Report, output string) error {
	if output == "json" {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%-10s %10s %8s %8s %8s %8s  %s\n", "workload", "operations", "ok", "refused", "nothing", "unknown", "verdict")
	for _, w := range r.Results {
		fmt.Printf("%-10s %10d %8d %8d %8d %8d  %s\n", w.Name, w.Operations, w.OK, w.Refused, w.Nothing, w.Unknown, w.Verdict)
		for _, kept := range w.Kept {
			fmt.Println("  kept:", kept)
		}
	}
	count := map[nemesis.Fault]int{}
	for _, e := range r.Faults {
		count[e.Fault]++
	}
	for _, f := range nemesis.Faults() {
		fmt.Printf("%-14s %d times\n", f, count[f])
	}
	fmt.Printf("audit trail: %d entries, valid and equal on all nodes: %v (seed %d)\n", r.Chain.Entries, r.Chain.Valid, r.Seed)
	return nil
}
