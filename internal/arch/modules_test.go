package arch

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"
)

// TestEveryModuleHasItsReason compares what go.mod requires directly with the
// rows of docs/dependencies.md, which leave github.com/ out.
func TestEveryModuleHasItsReason(t *testing.T) {
	mod, err := modfile.Parse("go.mod", []byte(read(t, "../../go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var required, explained []string
	for _, r := range mod.Require {
		if !r.Indirect {
			required = append(required, r.Mod.Path)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(read(t, "../../docs/dependencies.md"), -1) {
		path := row[1]
		if !external(path) {
			path = "github.com/" + path
		}
		explained = append(explained, path)
	}
	slices.Sort(required)
	slices.Sort(explained)
	if diff := cmp.Diff(required, explained); diff != "" {
		t.Errorf("required directly (-) and explained in docs/dependencies.md (+):\n%s", diff)
	}
}
