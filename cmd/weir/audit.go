package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/node"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/trail"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
)

// extendAudit replaces two derived verbs by ones that do more: verify also
// takes a file and tells by its exit status, export gets the whole trail.
func extendAudit(root *cobra.Command, target *remote.Target) {
	noun, _, err := root.Find([]string{audit.Ops.Noun})
	if err != nil || noun == root {
		return
	}
	for _, c := range noun.Commands() {
		if c.Name() == audit.Verify.Verb || c.Name() == audit.Export.Verb {
			noun.RemoveCommand(c)
		}
	}
	noun.AddCommand(newVerify(target), newExport(target))
}

// errBroken ends a verification that found the trail broken; the report is
// printed already.
var errBroken = fault.New(fault.TraceIntegrity, "the trail is not what it was; the report names the entry")

func newVerify(target *remote.Target) *cobra.Command {
	var in audit.VerifyInput
	var file, key, data string
	var each bool
	c := &cobra.Command{
		Use: audit.Verify.Verb, Short: "Verify the trail of a store, or an exported copy of it", Args: known,
		Long: audit.Verify.Summary + "\n\nWith --file or --data nothing is asked of a store: the chain, the tree and the signed checkpoints\n" +
			"of an export, or of the data directory of a stopped node, are computed again; the directory stays as\n" +
			"it is. The exit status is 1 where the trail is broken.",
		Example: "  weir audit verify\n  weir audit export --file trail.ndjson\n  weir audit verify --file trail.ndjson --key 'weir/…+…+…'\n  weir audit verify --data /var/lib/weir --bodies",
	}
	f := c.Flags()
	f.Uint64Var(&in.From, "from", 0, "the first entry; 1 when absent")
	f.Uint64Var(&in.To, "to", 0, "the last entry; the newest when absent")
	f.StringVar(&file, "file", "", "verify this export instead; - is the standard input")
	f.BoolVar(&each, "each", false, "have each node of the cluster verify its own copy, and compare them")
	f.StringVar(&data, "data", "", "verify the data directory of a stopped node instead")
	f.BoolVar(&in.Bodies, "bodies", false, "also hold what lies beside entries, and the states of things before and after, against what the entries commit to; not for exports, which have none of it")
	f.StringVar(&key, "key", "", "verifier key of the log to believe, as you know it from elsewhere; that of the export when absent")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if each {
			if file != "" || data != "" {
				return &failure.UsageError{Key: "--each", Problem: "does not go with --file or --data", Fix: "leave one of them out"}
			}
			return verifyEach(c, target, in)
		}
		report, err := func() (chain.Report, error) {
			switch {
			case file != "" && (data != "" || in.Bodies || in.From+in.To > 0):
				return chain.Report{}, &failure.UsageError{Key: "--file", Problem: "does not go with --data, --bodies, --from or --to", Fix: "leave one of them out"}
			case file != "":
				return verifyFile(c, file, key)
			case data != "":
				return verifyStopped(data, audit.Check{From: in.From, To: in.To, Bodies: in.Bodies})
			}
			runner, _, err := target.Connect(false)
			if err != nil {
				return chain.Report{}, err
			}
			ctx, cancel := target.Context(c.Context())
			defer cancel()
			return audit.Verify.Call(ctx, runner, in)
		}()
		if err != nil {
			return err
		}
		if err := show(c, target, report); err != nil {
			return err
		}
		if report.Verdict == chain.Broken {
			return errBroken
		}
		return nil
	}
	return c
}

// verifyEach has each node verify its own copy of the trail.
func verifyEach(c *cobra.Command, target *remote.Target, in audit.VerifyInput) error {
	runner, endpoint, err := target.Connect(false)
	if err != nil {
		return err
	}
	ctx, cancel := target.Context(c.Context())
	defer cancel()
	status, err := system.StatusQuery.Call(ctx, runner, system.StatusInput{})
	if err != nil {
		return err
	}
	var nodes []trail.Node
	for _, n := range status.Nodes {
		alone := endpoint
		alone.Servers = []string{n.URL}
		runner, err := target.Dial(alone)
		if err != nil {
			return err
		}
		nodes = append(nodes, trail.Node{ID: n.ID, Runner: runner})
	}
	comparison, err := trail.Compare(ctx, nodes, in)
	if err != nil {
		return err
	}
	if err := show(c, target, comparison); err != nil {
		return err
	}
	if !comparison.Valid {
		return errBroken
	}
	return nil
}

// verifyStopped verifies the trail in the data directory of a stopped node.
func verifyStopped(data string, check audit.Check) (report chain.Report, err error) {
	if check.To != 0 && check.From > check.To {
		return report, &failure.UsageError{Key: "--to", Problem: "is before --from", Fix: "give the first entry as --from"}
	}
	err = node.Stopped(data, func(v state.View, look func(uint64, func(state.View))) error {
		head, err := state.LoadHead(v)
		if err != nil {
			return err
		}
		bar := newBar(os.Stderr)
		defer bar.clear()
		check.Progress = func(sequence uint64) {
			bar.show(int64(sequence), int64(head.Sequence), fmt.Sprintf("%d entries", sequence))
		}
		check.Catalog, check.Look = op.NewCatalog(core.Sets()...), look
		report, err = check.Run(v)
		return err
	})
	return report, err
}

// verifyFile verifies an export without a store.
func verifyFile(c *cobra.Command, file, key string) (report chain.Report, err error) {
	x := chain.Export{VerifierKey: key}
	if file == "-" {
		return x.Verify(c.InOrStdin())
	}
	f, err := os.Open(file)
	if err != nil {
		return report, &failure.UsageError{Key: "--file", Problem: "can't be read: " + err.Error(), Fix: "name a file that weir audit export wrote"}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return report, err
	}
	read := &counter{from: f}
	bar := newBar(os.Stderr)
	x.Progress = func(sequence uint64) {
		bar.show(read.count, info.Size(), fmt.Sprintf("%d entries", sequence))
	}
	report, err = x.Verify(read)
	bar.clear()
	return report, err
}

// counter counts the bytes that are read.
type counter struct {
	from  io.Reader
	count int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.count += int64(n)
	return n, err
}

func newExport(target *remote.Target) *cobra.Command {
	var in audit.ExportInput
	var file string
	c := &cobra.Command{
		Use: audit.Export.Verb, Short: "Copy the trail into a file that can be verified without a store", Args: known,
		Long:    audit.Export.Summary + "\n\nThe copy holds the entries, the newest signed checkpoint and the key of the log.",
		Example: "  weir audit export --file trail.ndjson\n  weir audit export --format csv --file trail.csv\n  weir audit export --actor-id alice --file alice.ndjson",
	}
	f := c.Flags()
	f.Uint64Var(&in.From, "from", 1, "the first entry")
	f.Uint64Var(&in.To, "to", 0, "the last entry; the newest when absent")
	f.StringVar(&in.Format, "format", "", "ndjson, when absent, can be verified; csv is for spreadsheets")
	f.StringVar((*string)(&in.ActorID), "actor-id", "", "only what this principal did")
	f.StringVar((*string)(&in.TargetID), "target-id", "", "only entries about this thing")
	f.StringVar((*string)(&in.ScopeID), "scope-id", "", "only entries of this scope")
	f.StringVar(&in.Action, "action", "", "only this action, or one of several with commas between them")
	f.StringVar(&file, "file", "-", "file to write, which must not exist; - is the standard output")
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		runner, _, err := target.Connect(false)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		if file != "-" {
			// The trail says who did what: it is for its owner only.
			f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return &failure.UsageError{Key: "--file", Problem: "can't be written: " + err.Error(), Fix: "name a file that does not exist"}
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			out = f
		}
		buffered := bufio.NewWriter(out)
		bar := newBar(os.Stderr)
		// A long trail takes many calls: the timeout is for each of them.
		in.From = max(in.From, 1)
		whole := in == audit.ExportInput{From: in.From, To: in.To}
		progress := func(sequence uint64) { bar.show(0, 0, fmt.Sprintf("up to entry %d", sequence)) }
		if whole {
			err = trail.Export(c.Context(), patient{runner, target}, in.From, in.To, buffered, progress)
		} else {
			err = trail.Pick(c.Context(), patient{runner, target}, in, buffered, progress)
		}
		bar.clear()
		return errors.Join(err, buffered.Flush())
	}
	return c
}
