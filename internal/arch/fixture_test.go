package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRulesFail runs every check on a tree that breaks every rule: each line
// there that breaks one says so in a want comment.
func TestRulesFail(t *testing.T) {
	tree, err := Load("testdata/tree")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := ParsePolicy(read(t, "testdata/tree/layers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	limits := Limits{File: 42, FileNever: 50, Function: 15, Switch: 2, Struct: 2, Interface: 2, Methods: 2, Package: 90}
	var got []string
	for _, f := range inspect(t, tree, policy, limits) {
		got = append(got, fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.Rule))
	}
	// What no line can say of itself.
	want := []string{
		"big:0 package-size",
		"core/clock/only.go:1 build-constraint",
		"go.mod:0 pin",
		"lone:0 layer",
		"lone:0 package-comment",
		"plain:0 design",
	}
	for _, f := range tree.files {
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				_, rules, _ := strings.Cut(c.Text, "// want ")
				for rule := range strings.FieldsSeq(rules) {
					want = append(want, fmt.Sprintf("%s:%d %s", f.path, tree.line(c), rule))
				}
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestExceptions shows that an exception hides what it names and nothing else,
// and is itself a finding when it hides nothing.
func TestExceptions(t *testing.T) {
	found := []Finding{
		{Rule: "float", Path: "core/a/x.go", Line: 3, Name: "F"},
		{Rule: "float", Path: "core/a/x.go", Line: 9, Name: "G"},
		{Rule: "init", Path: "core/ab/y.go", Line: 1},
	}
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"none":          {"# float core/a not a line\n\n", []string{"float core/a/x.go:F", "float core/a/x.go:G", "init core/ab/y.go"}},
		"declaration":   {"float core/a/x.go:F shows a share", []string{"float core/a/x.go:G", "init core/ab/y.go"}},
		"file":          {"float core/a/x.go shows a share", []string{"init core/ab/y.go"}},
		"folder":        {"float core/a shows a share", []string{"init core/ab/y.go"}},
		"another rule":  {"clock core/a shows a share", []string{"exception core/a", "float core/a/x.go:F", "float core/a/x.go:G", "init core/ab/y.go"}},
		"a whole level": {"float core shows a share\ninit core starts a thing", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := ParseExceptions(row.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range e.Apply(found) {
				subject := f.Subject()
				if f.Rule == "exception" {
					subject = f.Name
				}
				got = append(got, f.Rule+" "+subject)
			}
			slices.Sort(got)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("findings left (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExceptionsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no reason":     "float core/a",
		"short reason":  "float core/a because so",
		"no exceptions": "file-never core/a/x.go it is a long table",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseExceptions(text); err == nil {
				t.Errorf("ParseExceptions(%q) succeeded", text)
			}
		})
	}
}
