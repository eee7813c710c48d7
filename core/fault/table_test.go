package fault

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/codes.golden")

// declared are the codes of the constants in codes.go, in their order.
func declared(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, Code(text))
		}
		return true
	})
	return codes
}

func TestTableHoldsEachCodeOnce(t *testing.T) {
	var listed []Code
	for _, i := range All() {
		listed = append(listed, i.Code)
	}
	want := declared(t)
	slices.Sort(want)
	slices.Sort(listed)
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("the table and the constants differ (-constants +table):\n%s", diff)
	}
	if len(slices.Compact(want)) != len(declared(t)) {
		t.Error("two constants have one code")
	}
}

func TestTableIsComplete(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	exits := []int{ExitFailure, ExitUsage, ExitNotFound, ExitDenied, ExitConflict, ExitUnavailable}
	last := 0
	for _, i := range All() {
		t.Run(string(i.Code), func(t *testing.T) {
			if !kebab.MatchString(string(i.Code)) {
				t.Error("the code is not in kebab case")
			}
			if i.Status < 400 || i.Status > 599 || i.Status < last {
				t.Errorf("status %d is no error, or out of order", i.Status)
			}
			if i.Also != 0 && !slices.Contains([]int{400, 412, 422}, i.Also) {
				t.Errorf("no place asks for the second status %d", i.Also)
			}
			if !slices.Contains(exits, i.Exit) {
				t.Errorf("exit status %d is not one of the command line's", i.Exit)
			}
			if i.Title == "" || strings.HasSuffix(i.Title, ".") {
				t.Errorf("title %q is not a title", i.Title)
			}
			if !strings.HasSuffix(i.Next, ".") {
				t.Errorf("next step %q is not a sentence", i.Next)
			}
			if i.Retryable && i.Exit != ExitUnavailable && i.Code != IdempotencyInProgress {
				t.Error("what may go away by itself is unavailable to the command line")
			}
		})
		last = i.Status
	}
}

// TestCodesAreStable fails when a code is renamed or comes to mean something
// else: callers match on these.
func TestCodesAreStable(t *testing.T) {
	var b strings.Builder
	for _, i := range All() {
		fmt.Fprintf(&b, "%s %d %d exit=%d retryable=%t\n", i.Code, i.Status, i.Also, i.Exit, i.Retryable)
	}
	const golden = "testdata/codes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("run with -update if this is meant (-golden +table):\n%s", diff)
	}
}

func TestLookup(t *testing.T) {
	if i, ok := Lookup(SoleOwner); !ok || i.Status != 409 || i.Code != SoleOwner {
		t.Errorf("Lookup(%s) = %+v, %t", SoleOwner, i, ok)
	}
	if i, ok := Lookup("of-a-newer-node"); ok || i.Code != Internal {
		t.Errorf("an unknown code gave %+v, %t; want what internal means", i, ok)
	}
}

func TestAllIsACopy(t *testing.T) {
	All()[0].Status = 1
	if All()[0].Status == 1 {
		t.Error("a caller can change the table")
	}
}
