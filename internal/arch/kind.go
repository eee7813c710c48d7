package arch

import "go/types"

// qualified is path.Name, or path.Type.Name of a method.
func qualified(obj types.Object) string {
	if obj == nil || obj.Pkg() == nil {
		return ""
	}
	fn, ok := obj.(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		if obj.Parent() != obj.Pkg().Scope() {
			return ""
		}
		return obj.Pkg().Path() + "." + obj.Name()
	}
	t := fn.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok {
		return ""
	}
	return obj.Pkg().Path() + "." + named.Obj().Name() + "." + obj.Name()
}

func isMap(t types.Type) bool {
	return anyTerm(t, func(u types.Type) bool { _, ok := u.(*types.Map); return ok })
}

// isFloat leaves type parameters out: what they are instantiated with is an
// expression of its own.
func isFloat(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

// anyTerm asks about the type, or about each type that a type parameter may
// stand for.
func anyTerm(t types.Type, ask func(types.Type) bool) bool {
	if t == nil {
		return false
	}
	param, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return ask(t.Underlying())
	}
	return anyInterface(param.Constraint(), ask)
}

func anyInterface(t types.Type, ask func(types.Type) bool) bool {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		for e := range u.EmbeddedTypes() {
			if union, ok := e.(*types.Union); ok {
				for term := range union.Terms() {
					if ask(term.Type().Underlying()) {
						return true
					}
				}
			} else if anyInterface(e, ask) {
				return true
			}
		}
		return false
	default:
		return ask(u)
	}
}
