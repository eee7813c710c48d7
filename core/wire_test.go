package core_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/op"
)

//go:generate go test . -run TestWire -update

var update = flag.Bool("update", false, "write the golden file anew")

const golden = "testdata/wire.golden"

// Entries of the log carry an operation's name and the schema of its input. A
// name that is gone, or an input that changed under its old number, would be
// read wrongly by a log that was written before.
func TestWire(t *testing.T) {
	now := written(op.NewCatalog(core.Sets()...))
	old, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for _, problem := range broken(sections(old), sections(now)) {
		t.Error(problem)
	}
	if t.Failed() {
		return // also -update does not write down what breaks old logs
	}
	if *update {
		if err := os.WriteFile(golden, now, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(old, now) {
		t.Errorf("%s is not the catalog any more; go generate ./core", golden)
	}
}

func TestWireBreaks(t *testing.T) {
	const was = "a.b command 1\n\tid string required\n"
	tests := []struct {
		name, now string
		problems  int
	}{
		{"nothing changed", was, 0},
		{"one more operation", was + "a.c command 1\n", 0},
		{"gone", "", 1},
		{"changed under its number", "a.b command 1\n\tid string\n", 1},
		{"changed with a new number", "a.b command 2\n\tid string\n", 0},
		{"a number taken back", "a.b command 0\n\tid string\n", 1},
		{"another kind", strings.ReplaceAll(was, "command", "query"), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := broken(sections([]byte(was)), sections([]byte(test.now))); len(got) != test.problems {
				t.Errorf("got %q", got)
			}
		})
	}
}

// section is one operation of the file.
type section struct {
	name, kind, fields string
	schema             uint64
}

func sections(b []byte) (all []section) {
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "\t") {
			all[len(all)-1].fields += line
			continue
		}
		words := strings.Fields(line)
		schema, err := strconv.ParseUint(words[2], 10, 64)
		if err != nil {
			panic(err)
		}
		all = append(all, section{name: words[0], kind: words[1], schema: schema})
	}
	return all
}

// broken says what of the old wire the new one no longer reads.
func broken(old, now []section) (problems []string) {
	byName := map[string]section{}
	for _, s := range now {
		byName[s.name] = s
	}
	for _, was := range old {
		is, there := byName[was.name]
		switch {
		case !there:
			problems = append(problems, was.name+" is gone; names are forever")
		case is.kind != was.kind:
			problems = append(problems, was.name+" is another kind of operation")
		case is.schema < was.schema:
			problems = append(problems, was.name+" goes back to an earlier schema")
		case is.schema == was.schema && is.fields != was.fields:
			problems = append(problems, was.name+" takes another input; raise its Schema")
		}
	}
	return problems
}

// written gives the wire of a catalog as text.
func written(c *op.Catalog) []byte {
	var b bytes.Buffer
	for _, o := range c.Operations() {
		fmt.Fprintf(&b, "%s %s %d\n", o.Name, o.Kind, o.Schema)
		fields(&b, "\t", o.Input)
	}
	return b.Bytes()
}

var forms = map[op.Form]string{
	op.FormObject: "object", op.FormString: "string", op.FormInteger: "integer", op.FormBoolean: "boolean",
	op.FormArray: "array", op.FormMap: "map", op.FormJSON: "json", op.FormAny: "any",
}

func fields(b *bytes.Buffer, indent string, s *op.Shape) {
	if s == nil {
		return
	}
	for _, f := range s.Fields {
		b.WriteString(indent + f.Name + " " + forms[f.Form])
		for _, mark := range []struct {
			word string
			set  bool
		}{
			{"required", f.Required},
			{"path", f.Path},
			{"query", f.Query},
			{"prepared", f.Prepared},
			{"secret", f.Secret},
			{"nullable", f.Nullable},
			{"unsigned", f.Unsigned},
			{"format=" + f.Format, f.Format != ""},
			{"min=" + strconv.FormatInt(f.Min, 10), f.Min != 0},
			{"max=" + strconv.FormatInt(f.Max, 10), f.Max != 0},
			{"enum=" + strings.Join(f.Enum, "|"), len(f.Enum) > 0},
			{"id=" + strings.Join(f.Prefixes, "|"), len(f.Prefixes) > 0},
		} {
			if mark.set {
				b.WriteString(" " + mark.word)
			}
		}
		b.WriteString("\n")
		fields(b, indent+"\t", f.Shape)
		if f.Elem != nil {
			b.WriteString(indent + "\t[] " + forms[f.Elem.Form] + "\n")
			fields(b, indent+"\t\t", f.Elem)
		}
	}
}
