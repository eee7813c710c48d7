package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/cmd/weir/verbs"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// operations is the page about everything that a store can do.
func operations(sets []*op.Set) string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Operations\n\nEverything that a store can do, by noun. Each operation is a route, a verb of the command line and a value of the Go packages\n" +
		"below `core`. [The HTTP contract](../guide/http.md) says what holds for all of them; [faults](faults.md) what the codes mean.\n\n" +
		"| operation | route | who may |\n|---|---|---|\n")
	for _, s := range sets {
		for _, o := range shown(s) {
			fmt.Fprintf(&b, "| [`%s`](#%s) | `%s %s` | %s |\n", o.Name, anchor(o), o.Method, o.Path, cell(o.Rights()))
		}
	}
	for _, s := range sets {
		if len(shown(s)) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.Noun, s.Doc)
		for _, o := range shown(s) {
			operation(&b, o)
		}
	}
	return b.String()
}

func shown(s *op.Set) []*op.Operation {
	return slices.DeleteFunc(s.Operations(), func(o *op.Operation) bool { return !verbs.Shown(o) })
}

// anchor is the fragment that renderers of Markdown make of a heading.
func anchor(o *op.Operation) string { return strings.ReplaceAll(o.Name, ".", "") }

func operation(b *strings.Builder, o *op.Operation) {
	fmt.Fprintf(b, "\n### %s\n\n%s", o.Name, o.Summary)
	if o.Doc != "" {
		b.WriteString(" " + o.Doc)
	}
	fmt.Fprintf(b, "\n\n```\n%s %s\n%s\n```\n\n", o.Method, o.Path, verbs.Line(o))
	facts := [][2]string{
		{"also", code(o.Aliases)},
		{"kind", o.Kind.String()},
		{"who may", o.Rights()},
		{"action in the trail", "`" + o.Action() + "`"},
		{"success", strconv.Itoa(status(o))},
		{"faults of its own", codes(o.Faults)},
		{"taken back by", o.Undo.String()},
	}
	for _, f := range facts {
		if f[1] != "" {
			fmt.Fprintf(b, "- %s: %s\n", f[0], f[1])
		}
	}
	if len(o.Input.Fields) > 0 {
		b.WriteString("\n| input | in | type | |\n|---|---|---|---|\n")
		for _, f := range o.Input.Fields {
			if !f.Prepared {
				fmt.Fprintf(b, "| `%s`%s | %s | %s | %s |\n", f.Name, required(f), place(o, f), cell(kind(f)), cell(f.Doc))
			}
		}
	}
	if raw, err := op.Marshal(o.Result); err == nil && !o.IsRaw() && len(o.Output.Fields) > 0 {
		fmt.Fprintf(b, "\n```json\n%s\n```\n", raw)
	}
}

// status is that of success: what is declared, or what follows from the output.
func status(o *op.Operation) int {
	switch {
	case o.Status != 0:
		return o.Status
	case len(o.Output.Fields) == 0 && !o.IsRaw():
		return 204
	}
	return 200
}

func required(f *op.Field) string {
	if f.Required {
		return " *"
	}
	return ""
}

// place is where HTTP carries a member of the input.
func place(o *op.Operation, f *op.Field) string {
	switch {
	case f.Path:
		return "path"
	case f.Query || o.Method == http.MethodGet:
		return "query"
	}
	return "body"
}

var forms = map[op.Form]string{
	op.FormObject: "object", op.FormString: "string", op.FormInteger: "integer", op.FormBoolean: "boolean",
	op.FormArray: "array", op.FormMap: "object", op.FormJSON: "JSON object", op.FormAny: "any",
}

// kind says what a member may be, with its bounds.
func kind(f *op.Field) string {
	words := []string{forms[f.Form]}
	if f.Format != "" {
		words[0] = f.Format
	}
	switch {
	case len(f.Enum) > 0:
		words = append(words, strings.Join(f.Enum, ", "))
	case len(f.Prefixes) > 0:
		words = append(words, strings.Join(f.Prefixes, " or "))
	}
	if f.Patch {
		words = append(words, "null clears it")
	}
	unit := map[op.Form]string{op.FormString: " characters", op.FormArray: " items", op.FormJSON: " bytes"}[f.Form]
	if f.Min > 0 {
		words = append(words, fmt.Sprintf("at least %d%s", f.Min, unit))
	}
	if f.Max > 0 {
		words = append(words, fmt.Sprintf("at most %d%s", f.Max, unit))
	}
	return strings.Join(words, "; ")
}

func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}

func codes(list []fault.Code) string {
	var words []string
	for _, c := range list {
		words = append(words, string(c))
	}
	return code(words)
}

// cell is a text inside a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// faults is the page about the codes.
func faults() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Faults\n\nEvery error of a store has one of these codes, over HTTP as `code` of the problem document. *exit* is the status with which the\n" +
		"command line ends, *again* says whether the same call may succeed later.\n\n| code | HTTP | exit | again | what to do |\n|---|---|---|---|---|\n")
	for _, i := range fault.All() {
		status := strconv.Itoa(i.Status)
		if i.Also != 0 {
			status += ", " + strconv.Itoa(i.Also)
		}
		again := ""
		if i.Retryable {
			again = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s |\n", i.Code, status, i.Exit, again, cell(i.Next))
	}
	return b.String()
}
