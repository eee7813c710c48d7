package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// worldly are the members of granted packages that look at the world or at the
// order of a map. The packages that do nothing else are not granted at all.
var worldly = map[string]string{
	"time.Now": "clock", "time.Since": "clock", "time.Until": "clock", "time.Sleep": "clock",
	"time.After": "clock", "time.AfterFunc": "clock", "time.Tick": "clock",
	"time.NewTimer": "clock", "time.NewTicker": "clock",
	"context.WithTimeout": "clock", "context.WithTimeoutCause": "clock",
	"context.WithDeadline": "clock", "context.WithDeadlineCause": "clock", "context.AfterFunc": "goroutine",
	"time.Local": "environment", "time.LoadLocation": "environment", "time.Time.Local": "environment",
	"fmt.Print": "io", "fmt.Printf": "io", "fmt.Println": "io",
	"fmt.Scan": "io", "fmt.Scanf": "io", "fmt.Scanln": "io",
	"crypto/ed25519.GenerateKey": "randomness",
	"maps.DeleteFunc":            "map-order", "maps.EqualFunc": "map-order",
	"reflect.Value.MapRange": "map-order", "reflect.Value.MapKeys": "map-order",
	"reflect.Value.Seq": "map-order", "reflect.Value.Seq2": "map-order", "reflect.Select": "channel",
}

// guarded members are right only as the argument, or the receiver, of another.
var guarded = map[string]struct {
	rule, text string
	by         []string
}{
	"maps.Keys":      {"map-order", "sort it at once: slices.Sorted(maps.Keys(m))", sorted},
	"maps.Values":    {"map-order", "sort it at once: slices.Sorted(maps.Values(m))", sorted},
	"maps.All":       {"map-order", "range over slices.Sorted(maps.Keys(m))", nil},
	"time.Unix":      {"environment", "is in the zone of the machine; add .UTC()", utc},
	"time.UnixMilli": {"environment", "is in the zone of the machine; add .UTC()", utc},
	"time.UnixMicro": {"environment", "is in the zone of the machine; add .UTC()", utc},
}

var (
	sorted = []string{"slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc"}
	utc    = []string{"time.Time.UTC", "time.Time.In"}
)

// Pure finds, in the packages that the policy calls pure, what could differ
// between two replicas that apply the same entry. Types are known, so neither
// an alias nor a named map type hides anything; tests are not looked at.
func (t *Tree) Pure(p *Policy) ([]Finding, error) {
	var patterns []string
	for _, dir := range p.pure {
		patterns = append(patterns, "./"+dir+"/...")
	}
	cfg := &packages.Config{Mode: packages.LoadSyntax, Dir: t.root, Fset: t.fset}
	loaded, err := packages.Load(cfg, patterns...)
	if err != nil {
		return nil, err
	}
	v := purity{tree: t}
	for _, pkg := range loaded {
		if len(pkg.Errors) > 0 {
			err = errors.Join(err, fmt.Errorf("%s: %d errors, the first: %w", pkg.PkgPath, len(pkg.Errors), pkg.Errors[0]))
		}
		v.info = pkg.TypesInfo
		for _, f := range pkg.Syntax {
			if ast.IsGenerated(f) {
				continue
			}
			if err := v.file(f); err != nil {
				return nil, err
			}
		}
	}
	return append(v.found, t.constrained(p)...), err
}

// constrained finds pure files that only some builds see: the types above are
// those of one build.
func (t *Tree) constrained(p *Policy) []Finding {
	var found []Finding
	for _, f := range t.files {
		if f.test || !within(f.dir, p.pure) {
			continue
		}
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				if constraint.IsGoBuild(c.Text) && c.Pos() < f.syntax.Package {
					found = append(found, Finding{
						Rule: "build-constraint", Path: f.path, Line: t.line(c),
						Text: "replicas of different builds must agree",
					})
				}
			}
		}
	}
	return found
}

type purity struct {
	tree  *Tree
	info  *types.Info
	path  string
	name  string // the declaration that is looked at
	found []Finding
}

func (v *purity) add(n ast.Node, rule, text string) {
	line := v.tree.line(n)
	same := func(f Finding) bool { return f.Path == v.path && f.Line == line && f.Rule == rule }
	if !slices.ContainsFunc(v.found, same) {
		v.found = append(v.found, Finding{Rule: rule, Path: v.path, Line: line, Name: v.name, Text: text})
	}
}

func (v *purity) file(f *ast.File) error {
	rel, err := filepath.Rel(v.tree.root, v.tree.fset.Position(f.FileStart).Filename)
	if err != nil {
		return err
	}
	v.path = filepath.ToSlash(rel)
	if filepath.IsAbs(rel) || strings.HasPrefix(v.path, "../") {
		return fmt.Errorf("%s lies outside the tree", v.path)
	}
	for _, d := range f.Decls {
		v.name = declared(d)
		ast.PreorderStack(d, nil, func(n ast.Node, stack []ast.Node) bool {
			v.node(n, stack)
			return true
		})
	}
	return nil
}

func (v *purity) node(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		v.add(n, "goroutine", "the order of goroutines differs between replicas")
	case *ast.SelectStmt:
		v.add(n, "channel", "select chooses at random")
	case *ast.ChanType:
		v.add(n, "channel", "channels belong to those who have goroutines")
	case *ast.RangeStmt:
		if isMap(v.info.TypeOf(n.X)) {
			v.add(n, "map-order", "range over slices.Sorted(maps.Keys(m))")
		}
	case *ast.Ident:
		v.use(n, stack)
	}
	if e, ok := n.(ast.Expr); ok && isFloat(v.info.TypeOf(e)) {
		v.add(n, "float", "floating point is not for decisions; count in integers")
	}
}

func (v *purity) use(id *ast.Ident, stack []ast.Node) {
	obj := v.info.Uses[id]
	name := qualified(obj)
	if b, ok := obj.(*types.Builtin); ok && strings.HasPrefix(b.Name(), "print") {
		v.add(id, "io", b.Name()+" writes to the standard error")
	}
	if rule, ok := worldly[name]; ok {
		v.add(id, rule, name+" is not the same on every replica")
	}
	if g, ok := guarded[name]; ok && !slices.Contains(g.by, v.consumer(stack)) {
		v.add(id, g.rule, name+": "+g.text)
	}
}

// consumer names the call that takes the result of the call whose callee ends
// the stack, as its receiver or argument.
func (v *purity) consumer(stack []ast.Node) string {
	i := len(stack) - 1
	if _, ok := stack[i].(*ast.SelectorExpr); ok {
		i--
	}
	for i >= 0 && isIndex(stack[i]) {
		i--
	}
	if i < 1 {
		return ""
	}
	if _, ok := stack[i].(*ast.CallExpr); !ok {
		return ""
	}
	switch outer := stack[i-1].(type) {
	case *ast.SelectorExpr:
		return qualified(v.info.Uses[outer.Sel])
	case *ast.CallExpr:
		if sel, ok := outer.Fun.(*ast.SelectorExpr); ok {
			return qualified(v.info.Uses[sel.Sel])
		}
	}
	return ""
}

// isIndex says whether the node instantiates a generic function.
func isIndex(n ast.Node) bool {
	switch n.(type) {
	case *ast.IndexExpr, *ast.IndexListExpr:
		return true
	}
	return false
}
