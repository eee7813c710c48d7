// Package verbs derives the client half of the command line from the
// declarations of operations: weir object create is object.create.
package verbs

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/core/op"
)

// Group is the heading in the help under which nouns stand.
const Group = "nouns"

// Commands makes one command per noun, with one per verb below it. Operations
// that only the cluster itself may run have none.
func Commands(sets []*op.Set, target *remote.Target) []*cobra.Command {
	var nouns []*cobra.Command
	byName := map[string]*cobra.Command{}
	for _, set := range sets {
		for _, o := range set.Operations() {
			if !Shown(o) {
				continue
			}
			noun := byName[set.Noun]
			if noun == nil {
				noun = &cobra.Command{Use: Word(set.Noun), Short: sentence(set), GroupID: Group}
				byName[set.Noun] = noun
				nouns = append(nouns, noun)
			}
			noun.AddCommand(newVerb(o, target).command)
		}
	}
	return nouns
}

// Shown says whether an operation is a verb.
func Shown(o *op.Operation) bool { return !o.Internal() && o.Path != "" }

// Word is a name of the wire as the command line writes it.
func Word(name string) string { return strings.ReplaceAll(name, "_", "-") }

func sentence(s *op.Set) string {
	if s.Doc != "" {
		return s.Doc
	}
	return "Operations on " + s.Noun + "."
}

// verb is one operation as a command.
type verb struct {
	op      *op.Operation
	target  *remote.Target
	command *cobra.Command
	path    []*op.Field
	inputs  []*input

	at, consistency, key, ifMatch string
	all                           bool
}

func newVerb(o *op.Operation, target *remote.Target) *verb {
	v := &verb{op: o, target: target}
	use := []string{Word(o.Verb)}
	for _, f := range o.Input.Fields {
		if f.Path {
			v.path = append(v.path, f)
			use = append(use, strings.ToUpper(Word(f.Name)))
		}
	}
	v.command = &cobra.Command{
		Use: strings.Join(use, " "), Short: o.Summary, Long: long(o), Example: "  " + Line(o),
		Args: v.args, RunE: v.run, DisableFlagsInUseLine: len(o.Input.Fields) == len(v.path),
	}
	f := v.command.Flags()
	f.SortFlags = false
	for _, field := range o.Input.Fields {
		if field.Path || field.Prepared {
			continue
		}
		in := &input{field: field, stdin: v.command.InOrStdin}
		v.inputs = append(v.inputs, in)
		flag := v.command.Flags().VarPF(in, Word(field.Name), "", usage(field))
		if field.Form == op.FormBoolean {
			flag.NoOptDefVal = "true"
		}
		if field.Patch {
			v.command.Flags().VarPF(clearing{in}, "clear-"+Word(field.Name), "", "take it away").NoOptDefVal = "true"
		}
	}
	switch o.Kind {
	case op.KindCommand:
		f.StringVar(&v.key, "idempotency-key", "", "makes a repeated call happen once; one is made when absent")
	case op.KindQuery:
		f.StringVar(&v.at, "at", "", "ask for an earlier state: a revision, or a time such as 2026-03-01T00:00:00Z")
		f.StringVar(&v.consistency, "consistency", "", "confirmed (the default), or stale to be answered without a quorum")
	}
	if o.Versioned {
		f.StringVar(&v.ifMatch, "if-match", "", "change only if this is still the version, such as v3")
	}
	if o.Paged() {
		f.BoolVar(&v.all, "all", false, "get every page")
	}
	return v
}

func long(o *op.Operation) string {
	text := o.Summary
	if o.Doc != "" {
		text += "\n\n" + o.Doc
	}
	text += "\n\nWho may: " + o.Rights() + "."
	if o.Undo != (op.Undo{}) {
		text += "\nTo take it back: " + o.Undo.String() + "."
	}
	var fields []string
	for _, f := range o.Input.Fields {
		if f.Path {
			fields = append(fields, "  "+strings.ToUpper(Word(f.Name))+"  "+f.Doc)
		}
	}
	if fields != nil {
		text += "\n\nArguments:\n" + strings.Join(fields, "\n")
	}
	return text
}

// usage is the help of a field's flag.
func usage(f *op.Field) string {
	text := f.Doc
	if len(f.Enum) > 0 {
		text += " (" + strings.Join(f.Enum, ", ") + ")"
	}
	if f.Required {
		text += " (required)"
	}
	return text
}

func (v *verb) args(c *cobra.Command, args []string) error {
	if len(args) == len(v.path) {
		return nil
	}
	var names []string
	for _, f := range v.path {
		names = append(names, strings.ToUpper(Word(f.Name)))
	}
	problem := "takes no arguments"
	if len(names) > 0 {
		problem = "takes " + strings.Join(names, " ") + ", " + strconv.Itoa(len(args)) + " given"
	}
	return &failure.UsageError{Key: Word(v.op.Noun) + " " + c.Name(), Problem: problem, Fix: "see " + c.CommandPath() + " --help"}
}

// call makes the wire form of what the command line says.
func (v *verb) call(args []string) (*op.Call, error) {
	input, err := v.input(args)
	if err != nil {
		return nil, err
	}
	call := &op.Call{Op: v.op.Name, Operation: v.op, Input: input, At: v.at, RequestID: Random()}
	if v.op.Kind == op.KindCommand {
		if call.IdempotencyKey = v.key; v.key == "" {
			call.IdempotencyKey = Random()
		}
	}
	switch v.consistency {
	case "", "confirmed":
	case "stale":
		call.Stale = true
	default:
		return nil, &failure.UsageError{Key: "--consistency", Problem: "is not a value that it can have", Fix: "use confirmed or stale"}
	}
	if v.ifMatch != "" {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.Trim(v.ifMatch, `"`), "v"), 10, 64)
		if err != nil || n == 0 {
			return nil, &failure.UsageError{Key: "--if-match", Problem: "is not a version", Fix: "write a number, or v and a number"}
		}
		call.IfMatch = n
	}
	if _, err := time.Parse(time.RFC3339Nano, v.at); v.at != "" && err != nil {
		if _, err := strconv.ParseUint(v.at, 10, 64); err != nil {
			return nil, &failure.UsageError{Key: "--at", Problem: "is neither a revision nor a time", Fix: "write a number, or a time such as 2026-03-01T00:00:00Z"}
		}
	}
	return call, nil
}
