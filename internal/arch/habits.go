package arch

import (
	"errors"
	"go/ast"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Habits finds what the house does not do: packages without their one comment,
// init functions, imports for their effect outside programs, sleeping tests,
// and top-level folders of code without a DESIGN.md.
func (t *Tree) Habits() ([]Finding, error) {
	var found []Finding
	folders := map[string]bool{}
	for _, group := range t.packages() {
		found = append(found, t.packageComment(group)...)
		top, _, _ := strings.Cut(group[0].dir, "/")
		if folders[top] || top == "." {
			continue
		}
		folders[top] = true
		design := path.Join(top, "DESIGN.md")
		_, err := os.Stat(filepath.Join(t.root, filepath.FromSlash(design)))
		if errors.Is(err, fs.ErrNotExist) {
			found = append(found, Finding{Rule: "design", Path: top, Text: "the folder holds code and has no DESIGN.md"})
		} else if err != nil {
			return nil, err
		}
	}
	for _, f := range t.files {
		found = append(found, t.effects(f)...)
		if f.test {
			found = append(found, t.sleeps(f)...)
		}
	}
	return found, nil
}

func (t *Tree) packageComment(group []*file) []Finding {
	var found []Finding
	seen := ""
	for _, f := range group {
		if f.test || strings.TrimSpace(f.syntax.Doc.Text()) == "" {
			continue
		}
		if seen != "" {
			found = append(found, Finding{
				Rule: "package-comment", Path: f.path, Line: t.line(f.syntax.Name),
				Text: "a second package comment; the first is in " + seen,
			})
		}
		seen = f.path
		if name := f.syntax.Name.Name; name != "main" && !strings.HasPrefix(f.syntax.Doc.Text(), "Package "+name+" ") {
			found = append(found, Finding{
				Rule: "package-comment", Path: f.path, Line: t.line(f.syntax.Name),
				Text: "the comment does not begin with Package " + name,
			})
		}
	}
	if seen == "" && slices.ContainsFunc(group, func(f *file) bool { return !f.test }) {
		found = append(found, Finding{Rule: "package-comment", Path: group[0].dir, Text: "the package has no comment"})
	}
	return found
}

func (t *Tree) effects(f *file) []Finding {
	var found []Finding
	for _, d := range f.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, Finding{
				Rule: "init", Path: f.path, Line: t.line(fn),
				Text: "init runs in an order that nobody reads; use a package variable or a constructor",
			})
		}
	}
	for _, spec := range f.syntax.Imports {
		if spec.Name != nil && spec.Name.Name == "_" && !within(f.dir, []string{"cmd"}) {
			found = append(found, Finding{
				Rule: "blank-import", Path: f.path, Line: t.line(spec),
				Text: "only programs import for an effect",
			})
		}
	}
	return found
}

// sleeps finds time.Sleep in a test. Within the function given to
// synctest.Test it only moves a clock that stands still, and is right.
func (t *Tree) sleeps(f *file) []Finding {
	clock, bubble := importedAs(f.syntax, "time"), importedAs(f.syntax, "testing/synctest")
	var found []Finding
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isMember(call.Fun, bubble, "Test") {
			return false
		}
		if e, ok := n.(ast.Expr); ok && isMember(e, clock, "Sleep") {
			found = append(found, Finding{
				Rule: "sleep", Path: f.path, Line: t.line(n),
				Text: "tests wait for a condition or own the clock (testing/synctest)",
			})
		}
		return true
	})
	return found
}

func importedAs(f *ast.File, importPath string) string {
	for _, spec := range f.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err != nil || name != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

func isMember(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name || pkg == "" {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}
