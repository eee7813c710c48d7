package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// parameters are the path, query and header parameters of a route.
func (b *builder) parameters(route *wire.Route) []object {
	o := route.Operation
	examples := values(o.Example)
	list := []object{}
	add := func(f *op.Field, in string, required bool) {
		p := object{"name": f.Name, "in": in, "required": required, "schema": b.schema(f.Shape, f, o.Noun, true)}
		if f.Doc != "" {
			p["description"] = f.Doc
		}
		if example, ok := examples[f.Name]; ok {
			p["example"] = example
		}
		list = append(list, p)
	}
	for _, f := range route.InPath() {
		add(f, "path", true)
	}
	for _, f := range route.Query {
		add(f, "query", f.Required && !slices.Contains(route.Body, f))
	}
	if authenticated(o) {
		list = append(list, actParameter())
	}
	switch o.Kind {
	case op.KindCommand:
		list = append(list, keyParameter(o.Secret()))
	case op.KindQuery:
		list = append(list, readParameters()...)
	}
	if o.Versioned {
		list = append(list, header("If-Match", `the version that must be current, as "v3"`, object{"type": "string", "pattern": `^(\*|"v[1-9][0-9]*")$`}))
	}
	if o.ETagged() && o.Method == http.MethodGet {
		list = append(list, header("If-None-Match", "versions that need not be sent again", object{"type": "string"}))
	}
	return list
}

// authenticated says whether the operation looks at who calls.
func authenticated(o *op.Operation) bool { return !o.Open() || o.Kind == op.KindCommand }

func actParameter() object {
	return header(wire.HeaderActAs, "the user in whose name a host calls", object{"type": "string"})
}

func keyParameter(secret bool) object {
	least := wire.MinKey
	if secret {
		least = wire.MinSecretKey
	}
	return header(wire.HeaderIdempotencyKey, "makes a repeated call happen once; a new UUID for each new call",
		object{"type": "string", "minLength": least, "maxLength": wire.MaxKey})
}

func readParameters() []object {
	query := func(name, doc string, schema object) object {
		return object{"name": name, "in": "query", "required": false, "description": doc, "schema": schema}
	}
	return []object{
		query(wire.ParamAt, "asks for the state at a revision, or at an RFC 3339 time; rights are those of now", object{"type": "string"}),
		query(wire.ParamConsistency, "stale asks for an answer that no quorum confirms, for cluster administrators in need",
			object{"type": "string", "enum": []string{wire.Linearizable, wire.Stale}}),
		header(wire.HeaderMinRevision, "the least revision that the answer must have", object{"type": "integer", "minimum": 0}),
	}
}

func header(name, doc string, schema object) object {
	return object{"name": name, "in": "header", "required": false, "description": doc, "schema": schema}
}

// headers are the headers of answers.
func headers() object {
	describe := func(doc string, schema object) object { return object{"description": doc, "schema": schema} }
	return object{
		"Revision": describe("the revision of the state that the answer speaks of", object{"type": "integer", "minimum": 0}),
		"ETag":     describe("the version of the thing in the answer", object{"type": "string"}),
		"Location": describe("the path of what was created, if it has one", object{"type": "string"}),
		"Link":     describe(`the next page, as rel="next"`, object{"type": "string"}),
		"Replayed": describe("true if the call had happened before under the same key", object{"type": "string", "enum": []string{"true"}}),
	}
}

func reference(name string) object { return object{"$ref": "#/components/headers/" + name} }

func revisionHeader() object { return object{wire.HeaderRevision: reference("Revision")} }

func answerHeaders(o *op.Operation, created bool) object {
	all := revisionHeader()
	if o.ETagged() {
		all["ETag"] = reference("ETag")
	}
	if created {
		all["Location"] = reference("Location")
	}
	if o.Paged() {
		all["Link"] = reference("Link")
	}
	if o.Kind == op.KindCommand {
		all[wire.HeaderReplayed] = reference("Replayed")
	}
	return all
}

// values are the members of an example, as JSON.
func values(example any) map[string]json.RawMessage {
	raw, err := op.Marshal(example)
	if err != nil {
		panic(fmt.Sprintf("openapi: example: %v", err))
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &all); err != nil {
		panic(fmt.Sprintf("openapi: example is no object: %v", err))
	}
	return all
}

// chosen are the members of an example that the given fields have.
func chosen(example any, fields []*op.Field) map[string]json.RawMessage {
	all := values(example)
	some := map[string]json.RawMessage{}
	for _, f := range fields {
		if v, ok := all[f.Name]; ok && !f.Prepared {
			some[f.Name] = v
		}
	}
	return some
}
