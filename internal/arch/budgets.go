package arch

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Limits are the largest sizes of things: lines of files, functions and
// packages (tests not counted), and members of the rest.
type Limits struct {
	File, FileNever, Function, Switch, Struct, Interface, Methods, Package int
}

// House is what this tree keeps to.
var House = Limits{
	File: 500, FileNever: 700, Function: 80, Switch: 15,
	Struct: 25, Interface: 8, Methods: 30, Package: 2500,
}

// Budgets finds what has grown past its limit. Generated files are not counted.
// A file above FileNever has a rule of its own, which has no exceptions.
func (t *Tree) Budgets(l Limits) []Finding {
	var found []Finding
	for _, group := range t.packages() {
		b := budget{tree: t, limits: l, methods: map[string]int{}}
		total := 0
		for _, f := range group {
			if f.generated {
				continue
			}
			if !f.test {
				total += f.lines
			}
			b.measure(f)
		}
		if total > l.Package {
			b.over(group[0].dir, 0, "package-size", "", "package", total, l.Package)
		}
		found = append(found, b.found...)
	}
	return found
}

type budget struct {
	tree    *Tree
	limits  Limits
	methods map[string]int // type: methods so far
	found   []Finding
}

func (b *budget) over(path string, line int, rule, name, what string, size, limit int) {
	if size <= limit {
		return
	}
	b.found = append(b.found, Finding{
		Rule: rule, Path: path, Line: line, Name: name,
		Text: fmt.Sprintf("%s %s is %d long, the limit is %d", what, name, size, limit),
	})
}

func (b *budget) measure(f *file) {
	head := b.tree.line(f.syntax.Name)
	if f.lines > b.limits.FileNever {
		b.over(f.path, head, "file-never", "", "file", f.lines, b.limits.FileNever)
	} else {
		b.over(f.path, head, "file-size", "", "file", f.lines, b.limits.File)
	}
	for _, d := range f.syntax.Decls {
		name := declared(d)
		if fn, ok := d.(*ast.FuncDecl); ok {
			b.function(f, fn, name)
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				name = s.Name.Name
			}
			b.node(f, n, name)
			return true
		})
	}
}

func (b *budget) function(f *file, fn *ast.FuncDecl, name string) {
	lines := b.tree.fset.Position(fn.End()).Line - b.tree.line(fn) + 1
	b.over(f.path, b.tree.line(fn), "function-size", name, "function", lines, b.limits.Function)
	if fn.Recv == nil || f.test {
		return
	}
	owner := receiver(fn)
	b.methods[owner]++
	if b.methods[owner] == b.limits.Methods+1 {
		b.over(f.path, b.tree.line(fn), "methods", owner, "method set of", b.methods[owner], b.limits.Methods)
	}
}

func (b *budget) node(f *file, n ast.Node, name string) {
	switch n := n.(type) {
	case *ast.SwitchStmt:
		b.over(f.path, b.tree.line(n), "switch-size", name, "switch in", len(n.Body.List), b.limits.Switch)
	case *ast.TypeSwitchStmt:
		b.over(f.path, b.tree.line(n), "switch-size", name, "switch in", len(n.Body.List), b.limits.Switch)
	case *ast.SelectStmt:
		b.over(f.path, b.tree.line(n), "switch-size", name, "select in", len(n.Body.List), b.limits.Switch)
	case *ast.StructType:
		b.over(f.path, b.tree.line(n), "struct-size", name, "struct", n.Fields.NumFields(), b.limits.Struct)
	case *ast.InterfaceType:
		b.over(f.path, b.tree.line(n), "interface-size", name, "interface", n.Methods.NumFields(), b.limits.Interface)
	}
}

// declared is the name of a declaration as exceptions give it: F, T.Method, T.
func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return receiver(d) + "." + d.Name.Name
		}
		return d.Name.Name
	case *ast.GenDecl:
		if d.Tok == token.VAR || d.Tok == token.CONST {
			if v, ok := d.Specs[0].(*ast.ValueSpec); ok {
				return v.Names[0].Name
			}
		}
	}
	return ""
}

func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
