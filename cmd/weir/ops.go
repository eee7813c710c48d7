package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/cmd/weir/verbs"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/op"
)

// newOps makes the commands that show the catalog itself; they call no store.
func newOps() *cobra.Command {
	c := &cobra.Command{Use: "ops", Short: "Look at the declarations of operations", Args: known, RunE: showHelp}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List all operations", Args: known,
			RunE: func(c *cobra.Command, _ []string) error {
				rows := [][]string{{"OPERATION", "KIND", "ROUTE", "SUMMARY"}}
				for _, o := range op.NewCatalog(core.Sets()...).Operations() {
					rows = append(rows, []string{o.Name, o.Kind.String(), strings.TrimSpace(o.Method + " " + o.Path), o.Summary})
				}
				_, err := io.WriteString(c.OutOrStdout(), output.Columns(rows))
				return err
			},
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show one operation: route, rights, fields, faults, and where it is declared", Args: one,
			Example: "  weir ops show object.create",
			RunE: func(c *cobra.Command, args []string) error {
				o, ok := op.NewCatalog(core.Sets()...).Lookup(args[0])
				if !ok {
					return &failure.UsageError{Key: args[0], Problem: "there is no operation of that name", Fix: "see weir ops list"}
				}
				return showOperation(c.OutOrStdout(), o)
			},
		},
	)
	return c
}

func showOperation(w io.Writer, o *op.Operation) error {
	var faults []string
	for _, f := range o.Faults {
		faults = append(faults, string(f))
	}
	rows := [][]string{
		{"operation", o.Name},
		{"summary", o.Summary},
		{"kind", o.Kind.String()},
		{"schema", strconv.FormatUint(o.Schema, 10)},
		{"route", strings.TrimSpace(o.Method + " " + o.Path)},
		{"aliases", strings.Join(o.Aliases, ", ")},
		{"who may", o.Rights()},
		{"audit action", o.Action()},
		{"undo", o.Undo.String()},
		{"faults", strings.Join(faults, ", ")},
		{"declared", declared(o)},
	}
	if verbs.Shown(o) {
		rows = append(rows, []string{"example", verbs.Line(o)})
	}
	if len(o.Input.Fields) > 0 {
		rows = append(rows, []string{"input", ""})
	}
	rows = append(rows, fieldRows(o.Input.Fields)...)
	if len(o.Output.Fields) > 0 {
		rows = append(rows, []string{"output", ""})
	}
	rows = append(rows, fieldRows(o.Output.Fields)...)
	kept := rows[:0]
	for _, r := range rows {
		if len(r) != 2 || r[1] != "" || r[0] == "input" || r[0] == "output" {
			kept = append(kept, r)
		}
	}
	_, err := fmt.Fprint(w, output.Columns(kept))
	return err
}

// declared is where an operation stands in the source tree.
func declared(o *op.Operation) string {
	_, here, _, _ := runtime.Caller(0)
	root := strings.TrimSuffix(here, "cmd/weir/ops.go")
	return strings.TrimPrefix(o.File, root) + ":" + strconv.Itoa(o.Line)
}

func fieldRows(fields []*op.Field) [][]string {
	var rows [][]string
	for _, f := range fields {
		rows = append(rows, []string{"  " + f.Name, f.Doc})
	}
	return rows
}
