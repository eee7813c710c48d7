package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/node"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/compliance"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/internal/fuzz"
)

// extendCompliance replaces the derived run by one that asks for all pages, or
// looks at the data of a stopped node, and tells by its exit status.
func extendCompliance(root *cobra.Command, target *remote.Target) {
	noun, _, err := root.Find([]string{compliance.Ops.Noun})
	if err != nil || noun == root {
		return
	}
	for _, c := range noun.Commands() {
		if c.Name() == compliance.Run.Verb {
			noun.RemoveCommand(c)
		}
	}
	noun.AddCommand(newCheck(target), newFuzz(target))
}

// errViolated ends a run that found something; the report is printed already.
var errViolated = fault.New(fault.ComplianceViolation, "the store breaks an invariant; the report says where")

// checked is the report of a run.
type checked struct {
	Passed   bool                `json:"passed"`
	Revision uint64              `json:"revision"`
	Checks   []compliance.Result `json:"checks"`
}

func newCheck(target *remote.Target) *cobra.Command {
	var names, data string
	c := &cobra.Command{
		Use: compliance.Run.Verb, Short: "Check that the invariants hold, on all that is stored", Args: known,
		Long: "Run looks at everything as of one revision, and on a cluster compares the trails of all nodes. With --data it\n" +
			"looks at the directory of a node that is stopped, or a copy of one, and asks no store; a node that\n" +
			"did not stop in good order has its last entries in its log only, and they are not looked at.\n" +
			"The exit status is 1 where an invariant is broken.",
		Example: "  weir compliance run\n  weir compliance run --checks trace_integrity,version_integrity\n  weir compliance run --data /var/lib/weir --output json",
	}
	c.Flags().StringVar(&names, "checks", "", "names of checks, separated by commas; all when absent")
	c.Flags().StringVar(&data, "data", "", "directory of a stopped node, or a copy of one")
	c.RunE = func(c *cobra.Command, _ []string) error {
		var report checked
		var err error
		if data != "" {
			report, err = checkData(c.Context(), data, names)
		} else {
			report, err = checkCluster(c.Context(), target, names)
		}
		if err != nil {
			return err
		}
		if target.Output == output.JSON {
			err = show(c, target, report)
		} else {
			err = report.write(c.OutOrStdout())
		}
		if err != nil || report.Passed {
			return err
		}
		return errViolated
	}
	return c
}

// run asks for all pages of a run, which look at one revision.
func runChecks(ctx context.Context, runner op.Runner, names string) (report checked, err error) {
	report.Passed = true
	bar := newBar(os.Stderr)
	defer bar.clear()
	in, at := compliance.RunInput{Checks: names}, ""
	for {
		input, err := op.Marshal(in)
		if err != nil {
			return report, err
		}
		reply, err := runner.Run(ctx, &op.Call{Op: compliance.Run.Name, Operation: compliance.Run.Operation, Input: input, At: at})
		if err != nil {
			return report, err
		}
		var page op.Page[compliance.Result]
		if err := op.Unmarshal(reply.Output, &page); err != nil {
			return report, err
		}
		for _, r := range page.Items {
			report.add(r)
			bar.show(int64(len(report.Checks)), int64(len(compliance.Names())), fmt.Sprintf("%s: %d", r.Check, report.Checks[len(report.Checks)-1].Checked))
		}
		report.Revision = reply.Revision
		if !page.HasMore {
			return report, nil
		}
		in.Cursor, at = string(page.NextCursor), strconv.FormatUint(reply.Revision, 10)
	}
}

func (r *checked) add(x compliance.Result) {
	if n := len(r.Checks); n > 0 && r.Checks[n-1].Check == x.Check {
		r.Checks[n-1].Merge(x)
	} else {
		r.Checks = append(r.Checks, x)
	}
	r.Passed = r.Passed && x.Found == 0
}

// checkData looks at a directory.
func checkData(ctx context.Context, dir, names string) (report checked, err error) {
	err = node.Offline(dir, func(runner op.Runner) error {
		report, err = runChecks(ctx, runner, names)
		return err
	})
	return report, err
}

// checkCluster asks a store, and then each of its nodes for its trail.
func checkCluster(ctx context.Context, target *remote.Target, names string) (checked, error) {
	runner, endpoint, err := target.Connect(false)
	if err != nil {
		return checked{}, err
	}
	report, err := runChecks(ctx, patient{runner, target}, names)
	if err == nil && names == "" {
		report.add(compareNodes(ctx, patient{runner, target}, endpoint, target))
	}
	return report, err
}

// compareNodes has each node verify the newest entry that the asked one knows:
// its hash is that of all entries up to it.
func compareNodes(ctx context.Context, runner op.Runner, endpoint remote.Endpoint, target *remote.Target) compliance.Result {
	r := compliance.Result{Check: "replica_agreement", Outcome: compliance.Passed, Done: true, Details: "the trails of all nodes have one head", Warnings: []string{}, Violations: []string{}}
	fail := func(format string, args ...any) compliance.Result {
		r.Violations, r.Found, r.Outcome = append(r.Violations, fmt.Sprintf(format, args...)), r.Found+1, compliance.Failed
		return r
	}
	status, err := system.StatusQuery.Call(ctx, runner, system.StatusInput{})
	if err != nil {
		return fail("the members are not known: %v", err)
	}
	first, err := audit.Verify.Call(ctx, runner, audit.VerifyInput{})
	if err != nil {
		return fail("the trail cannot be verified: %v", err)
	}
	for _, n := range status.Nodes {
		dialed, err := target.Dial(remote.Endpoint{Servers: []string{n.URL}, Token: endpoint.Token, CAFile: endpoint.CAFile, ActAs: endpoint.ActAs})
		if err != nil {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s: %v", n.ID, err))
			continue
		}
		got, err := audit.Verify.Call(ctx, patient{dialed, target}, audit.VerifyInput{From: first.Last, To: first.Last})
		r.Checked++
		switch {
		case err != nil:
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s did not answer: %v", n.ID, err))
		case got.Head != first.Head:
			fail("%s has another entry %d than %s", n.ID, first.Last, status.NodeID)
		}
	}
	return r
}

// write is the report for people.
func (r *checked) write(w io.Writer) error {
	marks := map[string]string{compliance.Passed: "ok", compliance.Failed: "FAILED", compliance.NotApplicable: "-", compliance.Unfinished: "unfinished"}
	rows := [][]string{{"CHECK", "RESULT", "LOOKED AT", "DETAILS"}}
	for _, x := range r.Checks {
		rows = append(rows, []string{x.Check, marks[x.Outcome], strconv.FormatUint(x.Checked, 10), x.Details})
	}
	var b strings.Builder
	b.WriteString(output.Columns(rows))
	for _, x := range r.Checks {
		for _, text := range x.Violations {
			fmt.Fprintf(&b, "\nviolation, %s: %s", x.Check, output.Clean(text))
		}
		if hidden := x.Found - uint64(len(x.Violations)); hidden > 0 {
			fmt.Fprintf(&b, "\nviolation, %s: and %d more", x.Check, hidden)
		}
		for _, text := range x.Warnings {
			fmt.Fprintf(&b, "\nwarning, %s: %s", x.Check, output.Clean(text))
		}
	}
	verdict := "all invariants hold"
	if !r.Passed {
		verdict = "invariants are broken"
	}
	fmt.Fprintf(&b, "\n%s\n", verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

// newFuzz makes the command that compares the program itself with a model.
func newFuzz(target *remote.Target) *cobra.Command {
	config := fuzz.Config{}
	c := &cobra.Command{
		Use: "fuzz", Short: "Compare this program with a model of it on random graphs, in memory", Args: known,
		Long: "Fuzz makes up principals, scopes, memberships, shares and rules, changes them at random through\n" +
			"the real commands, and after each change compares decisions, lists and visible sets with a model,\n" +
			"now and in the past. It asks no store. A difference is printed as a short script with its seed.",
		Example: "  weir compliance fuzz --graphs 10000 --mutations 100 --seed 7",
	}
	f := c.Flags()
	f.Uint64Var(&config.Seed, "seed", 1, "decides everything that is random")
	f.IntVar(&config.Graphs, "graphs", 100, "how many graphs")
	f.IntVar(&config.First, "first", 0, "number of the first graph")
	f.IntVar(&config.Mutations, "mutations", 100, "how many changes each graph gets")
	f.IntVar(&config.Workers, "workers", 0, "how many graphs at once; one to a core when 0")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if config.Graphs < 1 || config.Mutations < 0 || config.First < 0 || config.Workers < 0 {
			return &failure.UsageError{Problem: "there is nothing to do", Fix: "give at least one graph, and no negative numbers"}
		}
		bar := newBar(os.Stderr)
		config.Progress = func(done int) {
			bar.show(int64(done), int64(config.Graphs), fmt.Sprintf("%d of %d graphs", done, config.Graphs))
		}
		result, err := fuzz.Run(c.Context(), config)
		bar.clear()
		if err != nil {
			return err
		}
		if target.Output == output.JSON {
			err = show(c, target, result)
		} else {
			_, err = io.WriteString(c.OutOrStdout(), result.String())
		}
		if err != nil || len(result.Violations) == 0 {
			return err
		}
		return errViolated
	}
	return c
}
