package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is a planted fault: a change of one source file, made while the program
// is built and nowhere else, so that nothing of it can ship.
type mutant struct {
	file     string
	from, to string
	// more stands at the end of the file.
	more string
}

var mutants = map[string]mutant{
	// Reads are answered from whatever the node has.
	"stale-reads": {
		file: "cluster/calls.go",
		from: "func (n *Node) Confirm(ctx context.Context) error {\n",
		to:   "func (n *Node) Confirm(ctx context.Context) error {\n\treturn nil\n",
	},
	// Owners are counted as they were some commands before, as by a check that
	// comes before the entry.
	"early-count": {
		file: "core/tenancy/stay.go",
		from: "\tOwners(v, scope.ID).Each(",
		to:   "\tOwners(early(v), scope.ID).Each(",
		more: `
func early(v state.View) state.View {
	tx, ok := v.(interface{ Past(revision uint64) state.View })
	if !ok || v.Revision() <= 12 {
		return v
	}
	return tx.Past(v.Revision() - 12)
}
`,
	},
}

// plantable lists the faults that can be planted.
func plantable() string { return strings.Join(slices.Sorted(maps.Keys(mutants)), ", ") }

// plant writes the changed file, and a table for the compiler that puts it in
// the place of the real one.
func plant(ctx context.Context, dir, name string) (overlay string, err error) {
	m, ok := mutants[name]
	if !ok {
		return "", fmt.Errorf("there is no fault %s to plant; there are %s", name, plantable())
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/weir-store/weir").Output()
	if err != nil {
		return "", fmt.Errorf("find the source: %w", err)
	}
	file := filepath.Join(string(bytes.TrimSpace(root)), m.file)
	source, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("plant %s: %w", name, err)
	}
	if strings.Count(string(source), m.from) != 1 {
		return "", fmt.Errorf("plant %s: %s does not have the text to change exactly once; look where it is now", name, m.file)
	}
	changed, overlay := filepath.Join(dir, "planted.go"), filepath.Join(dir, "planted.json")
	table, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(
		os.WriteFile(changed, []byte(strings.Replace(string(source), m.from, m.to, 1)+m.more), 0o600),
		os.WriteFile(overlay, table, 0o600),
	)
}
