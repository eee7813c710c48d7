package wire

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/op"
)

// The batch route is the one route that is of no single operation.
const (
	BatchMethod = http.MethodPost
	BatchPath   = "/v1/batch"
)

// Methods are the methods that routes may have.
func Methods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
}

// Route is one way to reach an operation over HTTP: where each member of the
// input travels. Server and client share it, so that they cannot disagree.
type Route struct {
	Operation *op.Operation
	Method    string
	// Path is the template, with {name} or a last {name...} for the members in
	// the path.
	Path string
	// Query are the members that may stand in the query.
	Query []*op.Field
	// Body are the members that may stand in the body.
	Body []*op.Field

	segments []segment
}

// segment is a piece of a path: a text, or a member of the input. The last
// one may take the rest of the path, slashes included.
type segment struct {
	text  string
	field *op.Field
	rest  bool
}

// Routes are the routes of an operation, the canonical one first. An
// operation that HTTP does not reach has none. It panics on a declaration that
// HTTP cannot carry, which is a mistake in the program.
func Routes(o *op.Operation) []*Route {
	if o.Path == "" || o.Internal() {
		return nil
	}
	routes := []*Route{newRoute(o, o.Method, o.Path)}
	for _, alias := range o.Aliases {
		method, path, _ := strings.Cut(alias, " ")
		routes = append(routes, newRoute(o, method, path))
	}
	return routes
}

func newRoute(o *op.Operation, method, path string) *Route {
	r := &Route{Operation: o, Method: method, Path: path}
	fail := func(why string) {
		panic(fmt.Sprintf("wire: %s (%s:%d): %s %s: %s", o.Name, o.File, o.Line, method, path, why))
	}
	if !slices.Contains(Methods(), method) || !strings.HasPrefix(path, "/") {
		fail("not a method and a path")
	}
	for text := range strings.SplitSeq(path[1:], "/") {
		name, ok := strings.CutPrefix(text, "{")
		if !ok {
			r.segments = append(r.segments, segment{text: text})
			continue
		}
		name, rest := strings.CutSuffix(strings.TrimSuffix(name, "}"), "...")
		f, ok := o.Input.Field(name)
		if !ok || !f.Path || !scalar(f) {
			fail("{" + name + "} is no scalar member tagged path")
		}
		r.segments = append(r.segments, segment{field: f, rest: rest})
	}
	for _, f := range o.Input.Fields {
		switch {
		case f.Prepared:
		case f.Path:
			if !r.inPath(f.Name) {
				fail(f.Name + " is not in the path")
			}
		default:
			r.place(f, fail)
		}
	}
	return r
}

// place decides between query and body. A read by GET has no body; elsewhere a
// member tagged query may stand in either.
func (r *Route) place(f *op.Field, fail func(string)) {
	bodyless := r.Method == http.MethodGet
	if f.Query || bodyless {
		if !scalar(f) {
			fail(f.Name + " is no scalar and cannot stand in the query")
		}
		if f.Name == ParamAt || f.Name == ParamConsistency {
			fail("every read has the parameter " + f.Name + " already")
		}
		r.Query = append(r.Query, f)
	}
	if !bodyless {
		r.Body = append(r.Body, f)
	}
}

// Pattern is the route as http.ServeMux takes it.
func (r *Route) Pattern() string { return r.Method + " " + r.Path }

// InPath are the members of the path, in its order.
func (r *Route) InPath() []*op.Field {
	var fields []*op.Field
	for _, s := range r.segments {
		if s.field != nil {
			fields = append(fields, s.field)
		}
	}
	return fields
}

func (r *Route) inPath(name string) bool {
	return slices.ContainsFunc(r.segments, func(s segment) bool { return s.field != nil && s.field.Name == name })
}

func scalar(f *op.Field) bool {
	return f.Form == op.FormString || f.Form == op.FormInteger || f.Form == op.FormBoolean
}

func find(fields []*op.Field, name string) (*op.Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}
