package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/bench"
	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/op"
)

// newBench makes the command that measures a cluster.
func newBench(target *remote.Target) *cobra.Command {
	cfg := bench.Config{}
	as := "owner"
	c := &cobra.Command{
		Use: "bench", Short: "Measure a cluster: calls a second, and how long they take", Args: known,
		Long:    "Bench makes calls as the principal of its token and needs no other right. As member it needs\nan administrator's token, with which it makes two principals and a scope of its own. What it\ncreates stays.\n\nWorkloads:\n" + workloads(),
		Example: "  weir bench --workload object-create --clients 64 --duration 10s --server http://127.0.0.1:8420,http://127.0.0.1:8430",
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&cfg.Workload, "workload", "object-create", "what is called: "+strings.Join(bench.Names(), ", "))
	f.IntVar(&cfg.Clients, "clients", 16, "callers, each with one call at a time; they are spread over the servers")
	f.DurationVar(&cfg.Duration, "duration", 10*time.Second, "how long calls count")
	f.DurationVar(&cfg.Warmup, "warmup", 2*time.Second, "how long calls are made before they count")
	f.Float64Var(&cfg.Rate, "rate", 0, "calls begun per second by all clients together; 0 for as fast as answers come")
	f.IntVar(&cfg.Size, "size", 256, "data of an object in bytes")
	f.IntVar(&cfg.Objects, "objects", 1000, "objects made before reads and updates")
	f.Uint64Var(&cfg.Seed, "seed", 1, "makes the choices of a run repeatable")
	f.StringVar(&as, "as", as, "owner, or member of a scope into which everything is projected")
	target.Register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg.Member = as == "member"
		if err := checkBench(&cfg, as); err != nil {
			return err
		}
		_, endpoint, err := target.Connect(false)
		if err != nil {
			return err
		}
		cfg.Token = endpoint.Token
		cfg.Connect = func(token string, client int) (op.Runner, error) {
			e := endpoint
			e.Token, e.Servers = token, []string{endpoint.Servers[client%len(endpoint.Servers)]}
			return target.Dial(e)
		}
		line := newBar(os.Stderr)
		cfg.Progress = progress(&cfg, line)
		report, err := bench.Run(c.Context(), cfg)
		line.clear()
		if err != nil {
			return err
		}
		if err := show(c, target, report); err != nil || target.Output == output.JSON {
			return err
		}
		if _, err := fmt.Fprintln(c.OutOrStdout()); err != nil {
			return err
		}
		return report.Picture(c.OutOrStdout())
	}
	return c
}

func checkBench(cfg *bench.Config, as string) error {
	for _, rule := range []struct {
		ok           bool
		key, problem string
	}{
		{as == "owner" || as == "member", "--as", "is neither owner nor member"},
		{cfg.Clients > 0, "--clients", "is less than 1"},
		{cfg.Duration > 0, "--duration", "is not above 0"},
		{cfg.Warmup >= 0, "--warmup", "is below 0"},
		{cfg.Rate >= 0, "--rate", "is below 0"},
		{cfg.Objects > 0, "--objects", "is less than 1"},
	} {
		if !rule.ok {
			return &failure.UsageError{Key: rule.key, Problem: rule.problem, Fix: "see weir bench --help"}
		}
	}
	return nil
}

func workloads() string {
	var rows [][]string
	for _, w := range bench.Workloads() {
		rows = append(rows, []string{"  " + w.Name, w.Doc})
	}
	return strings.TrimRight(output.Columns(rows), "\n")
}

// progress says how far a measurement is.
func progress(cfg *bench.Config, line *bar) func(time.Duration, int64, int64) {
	whole := cfg.Warmup + cfg.Duration
	return func(elapsed time.Duration, ended, failed int64) {
		text := "warming up"
		if counted := elapsed - cfg.Warmup; counted > 0 {
			text = fmt.Sprintf("%.0f a second, %d failed", float64(ended)/counted.Seconds(), failed)
		}
		line.show(int64(elapsed), int64(whole), text)
	}
}
