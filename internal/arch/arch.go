// Package arch holds the tree to its own rules: who imports whom, what the
// deterministic part may not touch, and how large things may grow. The rules
// run as an ordinary test, so nothing has to be installed to be held to them.
package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Finding is one place that breaks one rule.
type Finding struct {
	// Rule is the name that an exception gives.
	Rule string
	// Path is a file or folder below the root, with slashes.
	Path string
	// Line is 0 where the finding is about the whole of Path.
	Line int
	// Name is the declaration that the finding is about, if it is about one.
	Name string
	// Text says what is wrong and what to do instead.
	Text string
}

// Subject is what an exception names: Path, or Path:Name.
func (f Finding) Subject() string {
	if f.Name == "" {
		return f.Path
	}
	return f.Path + ":" + f.Name
}

func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", f.Path, f.Rule, f.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.Path, f.Line, f.Rule, f.Text)
}

// Tree is the syntax of a module, whatever build constraints its files have.
// Nested modules and testdata are not part of it.
type Tree struct {
	root    string
	module  string
	require map[string]bool
	fset    *token.FileSet
	files   []*file
}

type file struct {
	path, dir string
	test      bool
	generated bool
	lines     int
	syntax    *ast.File
}

// Load parses the module at root.
func Load(root string) (*Tree, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	t := &Tree{root: root, require: map[string]bool{}, fset: token.NewFileSet()}
	name := filepath.Join(root, "go.mod")
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(name, raw, nil)
	if err != nil {
		return nil, err
	}
	t.module = mod.Module.Mod.Path
	for _, r := range mod.Require {
		t.require[r.Mod.Path] = true
	}
	return t, filepath.WalkDir(root, t.visit)
}

func (t *Tree) visit(name string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if d.IsDir() {
		return t.enter(name, d.Name())
	}
	if !strings.HasSuffix(name, ".go") {
		return nil
	}
	syntax, err := parser.ParseFile(t.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(t.root, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	t.files = append(t.files, &file{
		path: rel, dir: path.Dir(rel),
		test:      strings.HasSuffix(rel, "_test.go"),
		generated: ast.IsGenerated(syntax),
		lines:     t.fset.File(syntax.FileStart).LineCount(),
		syntax:    syntax,
	})
	return nil
}

func (t *Tree) enter(name, base string) error {
	if name == t.root {
		return nil
	}
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func (t *Tree) line(n ast.Node) int { return t.fset.Position(n.Pos()).Line }

// packages groups the files by folder, in order of their names.
func (t *Tree) packages() [][]*file {
	files := slices.Clone(t.files)
	slices.SortStableFunc(files, func(a, b *file) int { return cmp.Compare(a.dir, b.dir) })
	var groups [][]*file
	for i, f := range files {
		if i == 0 || f.dir != files[i-1].dir {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], f)
	}
	return groups
}

// within says whether dir is one of the folders or lies below one.
func within(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		return dir == f || strings.HasPrefix(dir, f+"/")
	})
}
