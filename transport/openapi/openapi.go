// Package openapi writes the catalog as an OpenAPI 3.1 document: every route
// with its parameters, examples, answers and faults.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// object is a JSON object; encoding/json writes its members sorted, so that
// nodes of one version give the same bytes.
type object = map[string]any

// Document writes the document of a catalog. The version is the program's.
func Document(sets []*op.Set, version string) ([]byte, error) {
	b := builder{schemas: object{}, owners: map[string]string{}, paths: object{}, examples: object{}}
	var tags []object
	for _, set := range sets {
		if b.set(set) {
			tags = append(tags, object{"name": set.Noun, "description": set.Doc})
		}
	}
	b.batch()
	b.service()
	b.schemas["Problem"] = problemSchema()
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Weir", "version": version,
			"description": "A replicated store of application data with provable isolation, revocation, history and audit.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/", "description": "this node; any node takes any call"}},
		"security": []object{{"bearer": []string{}}},
		"tags": append(tags,
			object{"name": "batch", "description": "Several operations that happen together or not at all."},
			object{"name": "service", "description": "The node as a service: probes, measurements, documents."}),
		"paths": b.paths,
		"components": object{
			"schemas":  b.schemas,
			"examples": b.examples,
			"securitySchemes": object{"bearer": object{
				"type": "http", "scheme": "bearer", "description": "A key of a principal: weir_<key id>_<secret>.",
			}},
			"headers": headers(),
		},
	}
	out, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return append(out, '\n'), nil
}

// builder gathers the parts that operations share.
type builder struct {
	schemas object
	// owners are the schemas' texts by name, to tell two types of one name
	// apart.
	owners   map[string]string
	paths    object
	examples object
}

// set adds the routes of a set, and says whether it has any.
func (b *builder) set(set *op.Set) bool {
	found := false
	for _, o := range set.Operations() {
		for i, route := range wire.Routes(o) {
			id := o.Name
			if i > 0 {
				id = fmt.Sprintf("%s.alias%d", o.Name, i)
			}
			b.add(route.Method, route.Path, b.operation(route, id))
			found = true
		}
	}
	return found
}

func (b *builder) add(method, path string, operation object) {
	path = strings.ReplaceAll(path, "...}", "}")
	item, ok := b.paths[path].(object)
	if !ok {
		item = object{}
		b.paths[path] = item
	}
	item[strings.ToLower(method)] = operation
}

func (b *builder) operation(route *wire.Route, id string) object {
	o := route.Operation
	text := strings.TrimSpace(o.Doc + "\n\nAllowed: " + o.Rights() + ".")
	d := object{
		"operationId": id, "tags": []string{o.Noun}, "summary": o.Summary, "description": text,
		"parameters": b.parameters(route), "responses": b.responses(o),
		"x-operation": o.Name, "x-kind": o.Kind.String(),
	}
	switch {
	case o.Open() && o.Kind == op.KindCommand:
		d["security"] = []object{{}, {"bearer": []string{}}} // with a key or without
	case o.Open():
		d["security"] = []object{}
	}
	if body := b.body(route); body != nil {
		d["requestBody"] = body
	}
	return d
}

// body describes the body of a route; nil if it has none.
func (b *builder) body(route *wire.Route) object {
	if len(route.Body) == 0 {
		return nil
	}
	schema := b.members(route.Body, route.Operation.Noun, true)
	required := false
	for _, f := range route.Body {
		required = required || (f.Required && !f.Query)
	}
	return object{"required": required, "content": object{wire.JSONType: object{
		"schema": schema, "example": chosen(route.Operation.Example, route.Body),
	}}}
}

func (b *builder) responses(o *op.Operation) object {
	all := b.problems(codes(o))
	switch result := o.Result.(type) {
	case op.Nothing:
		all["204"] = object{"description": "Done.", "headers": answerHeaders(o, false)}
	case op.Raw:
		all["200"] = object{"description": o.Summary, "headers": answerHeaders(o, false), "content": object{
			result.ContentType: object{"schema": object{"type": "string"}},
		}}
	default:
		status := "200"
		if o.Status != 0 {
			status = strconv.Itoa(o.Status)
		}
		all[status] = object{"description": o.Summary, "headers": answerHeaders(o, status == "201"), "content": object{
			wire.JSONType: object{"schema": b.schema(o.Output, nil, o.Noun, false), "example": o.Result},
		}}
	}
	if o.ETagged() && o.Method == http.MethodGet {
		all["304"] = object{"description": "The version that If-None-Match names is the current one."}
	}
	return all
}

// batch adds the route that is of no operation.
func (b *builder) batch() {
	item := object{
		"type": "object", "additionalProperties": false, "required": []string{"op"},
		"properties": object{
			"op":    object{"type": "string", "description": "the name of a command, such as object.create"},
			"input": object{"type": "object", "description": `the command's input; {"$result": [k, "id"]} in place of an id stands for what operation k gave`},
		},
	}
	list := func(of object) object {
		return object{"type": "array", "items": of, "minItems": 1, "maxItems": wire.MaxBatch}
	}
	b.add(wire.BatchMethod, wire.BatchPath, object{
		"operationId": "batch", "tags": []string{"batch"}, "summary": "Run commands that happen together or not at all.",
		"description": "A refusal names the operation that was refused by its index, and nothing has happened.",
		"parameters":  []object{actParameter(), keyParameter(false)},
		"requestBody": object{"required": true, "content": object{wire.JSONType: object{
			"schema": object{
				"type": "object", "additionalProperties": false, "required": []string{"operations"},
				"properties": object{"operations": list(item)},
			},
			"example": object{"operations": []object{{"op": "object.create", "input": object{"type": "note", "data": object{"title": "draft"}}}}},
		}}},
		"responses": func() object {
			all := b.problems(append(slices.Concat(commandCodes(), bodyCodes(), callerCodes()), fault.LimitExceeded, fault.VersionConflict))
			all["200"] = object{"description": "All of them happened.", "headers": revisionHeader(), "content": object{wire.JSONType: object{
				"schema":  object{"type": "object", "required": []string{"results"}, "properties": object{"results": object{"type": "array", "items": object{}}}},
				"example": object{"results": []object{{"id": "obj_01890a5d0c1e7000a000000000000003"}}},
			}}}
			return all
		}(),
	})
}
