package arch

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Imports holds each import to the policy, and the policy to the tree: a
// package that has no line and a pin of a module that go.mod does not name are
// findings too.
func (t *Tree) Imports(p *Policy) ([]Finding, error) {
	var found []Finding
	for _, group := range t.packages() {
		if dir := group[0].dir; p.below[dir] == nil {
			found = append(found, Finding{Rule: "layer", Path: dir, Text: "the package has no line in layers.txt"})
		}
	}
	for _, f := range t.files {
		for _, spec := range f.syntax.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
			if text := t.refuse(p, f, name); text != "" {
				found = append(found, Finding{Rule: "import", Path: f.path, Line: t.line(spec), Name: name, Text: text})
			}
		}
	}
	for _, m := range slices.Sorted(maps.Keys(p.pins)) {
		if external(m) && !t.require[m] {
			found = append(found, Finding{Rule: "pin", Path: "go.mod", Name: m, Text: m + " is pinned in layers.txt but not required"})
		}
	}
	return found, nil
}

// refuse says why f may not import name, or nothing.
func (t *Tree) refuse(p *Policy, f *file, name string) string {
	own, isOwn := strings.CutPrefix(name, t.module+"/")
	switch {
	case isOwn:
		return p.refuseOwn(f, own)
	case name == "C":
		return "cgo is not used: the binary is static"
	case !external(name):
		granted, limited := p.grants(f.dir)
		if limited && !f.test && !slices.Contains(granted, name) {
			return name + " is not granted to the deterministic part"
		}
		return ""
	}
	folders, ok := p.pinned(name)
	if !ok {
		return name + " has no line in layers.txt"
	}
	return f.outside(folders, name)
}

func (p *Policy) refuseOwn(f *file, name string) string {
	if name == f.dir || p.below[f.dir] == nil {
		return "" // a test from outside; a package that has a finding already
	}
	granted := p.below[f.dir][name] || f.test && p.below[anyTest][name]
	if !granted {
		return fmt.Sprintf("%s may not import %s", f.dir, name)
	}
	if folders, ok := p.pins[name]; ok {
		return f.outside(folders, name)
	}
	return ""
}

func (f *file) outside(folders []string, name string) string {
	if within(f.dir, folders) || f.test && slices.Contains(folders, anyTest) {
		return ""
	}
	return fmt.Sprintf("%s may be imported by %s only", name, strings.Join(folders, ", "))
}

// external says whether an import path is a module's and not the standard
// library's.
func external(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(first, ".")
}
