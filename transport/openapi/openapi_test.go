package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/openapi"
	"github.com/weir-store/weir/transport/wire"
)

var update = flag.Bool("update", false, "write testdata/openapi.golden.json")

// sets are all that the program serves, and what only these tests declare.
func sets() []*op.Set { return append(core.Sets(), ops) }

func document(t *testing.T) ([]byte, map[string]any) {
	t.Helper()
	raw, err := openapi.Document(sets(), "test")
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return raw, d
}

// TestGolden shows each kind of declaration in one small document. The whole
// catalog has its golden among the reference pages.
func TestGolden(t *testing.T) {
	raw, err := openapi.Document([]*op.Set{ops}, "test")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/openapi.golden.json"
	if *update {
		if err := os.WriteFile(golden, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(raw)); diff != "" {
		t.Errorf("run with -update if this is meant (-golden +document):\n%s", diff)
	}
	for range 5 {
		again, err := openapi.Document([]*op.Set{ops}, "test")
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("the document is not always the same: %v", err)
		}
	}
}

// TestDocumentAndRoutesAgree holds in both directions: what is served is
// described, what is described is served.
func TestDocumentAndRoutesAgree(t *testing.T) {
	_, d := document(t)
	want := []string{wire.BatchMethod + " " + wire.BatchPath}
	for _, set := range sets() {
		for _, o := range set.Operations() {
			for _, r := range wire.Routes(o) {
				want = append(want, strings.ReplaceAll(r.Pattern(), "...}", "}"))
			}
		}
	}
	var got []string
	each(d, func(method, path string, o map[string]any) {
		if _, derived := o["x-operation"]; !derived && o["operationId"] != "batch" {
			return // a test of rest holds that these are served
		}
		got = append(got, strings.ToUpper(method)+" "+path)
	})
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-served +described:\n%s", diff)
	}
}

func TestReferencesLead(t *testing.T) {
	_, d := document(t)
	walk(d, "", func(at string, v map[string]any) {
		ref, ok := v["$ref"].(string)
		if !ok {
			return
		}
		if len(v) != 1 {
			t.Errorf("%s: a reference has siblings", at)
		}
		if _, found := lookup(d, ref); !found {
			t.Errorf("%s: %s leads nowhere", at, ref)
		}
	})
}

func TestOperationsAreComplete(t *testing.T) {
	_, d := document(t)
	ids := map[string]bool{}
	tags := map[string]bool{}
	for _, tag := range d["tags"].([]any) {
		tags[tag.(map[string]any)["name"].(string)] = true
	}
	each(d, func(method, path string, o map[string]any) {
		at := method + " " + path
		id, _ := o["operationId"].(string)
		if id == "" || ids[id] {
			t.Errorf("%s: the operationId %q is empty or not unique", at, id)
		}
		ids[id] = true
		for _, tag := range o["tags"].([]any) {
			if !tags[tag.(string)] {
				t.Errorf("%s: the tag %v is not described", at, tag)
			}
		}
		if o["summary"] == "" {
			t.Errorf("%s: no summary", at)
		}
		pathMembers(t, at, path, o)
		want := 0
		if o["x-kind"] == op.KindCommand.String() {
			want = 2 // with a key or without
		}
		if security, open := o["security"].([]any); open && len(security) != want {
			t.Errorf("%s: %v of an open %v", at, security, o["x-kind"])
		}
		for status, r := range o["responses"].(map[string]any) {
			response := r.(map[string]any)
			if response["description"] == "" {
				t.Errorf("%s: %s is not described", at, status)
			}
			if _, content := response["content"]; content == (status == "204" || status == "304") {
				t.Errorf("%s: the content of %s is wrong", at, status)
			}
		}
	})
}

func pathMembers(t *testing.T, at, path string, o map[string]any) {
	t.Helper()
	var described []string
	list, _ := o["parameters"].([]any)
	for _, p := range list {
		if p := p.(map[string]any); p["in"] == "path" {
			described = append(described, "{"+p["name"].(string)+"}")
			if p["required"] != true {
				t.Errorf("%s: %s is optional", at, p["name"])
			}
		}
	}
	for _, name := range described {
		if !strings.Contains(path, name) {
			t.Errorf("%s: %s is not in the path", at, name)
		}
	}
	if strings.Count(path, "{") != len(described) {
		t.Errorf("%s: only %v are described", at, described)
	}
}

// TestExamplesFitTheirSchemas checks each example of a body, a parameter, an
// answer or a problem by the schema beside it.
func TestExamplesFitTheirSchemas(t *testing.T) {
	_, d := document(t)
	checked := 0
	walk(d["paths"], "", func(at string, v map[string]any) {
		schema, ok := v["schema"].(map[string]any)
		if !ok {
			return
		}
		if example, ok := v["example"]; ok {
			checked++
			for _, wrong := range fits(d, schema, example, at) {
				t.Error(wrong)
			}
		}
		several, _ := v["examples"].(map[string]any)
		for _, e := range several {
			example, _ := lookup(d, e.(map[string]any)["$ref"].(string))
			checked++
			for _, wrong := range fits(d, schema, example["value"], at) {
				t.Error(wrong)
			}
		}
	})
	if checked < 50 {
		t.Errorf("only %d examples were found", checked)
	}
}

func TestTheCheckOfExamplesCanFail(t *testing.T) {
	_, d := document(t)
	object := map[string]any{"$ref": "#/components/schemas/Object"}
	for _, row := range []struct {
		name    string
		example any
	}{
		{"a word", "x"},
		{"an empty object", map[string]any{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if len(fits(d, object, row.example, "")) == 0 {
				t.Error("it fits")
			}
		})
	}
}

func each(d map[string]any, visit func(method, path string, o map[string]any)) {
	for path, item := range d["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			visit(method, path, o.(map[string]any))
		}
	}
}

func walk(v any, at string, visit func(at string, v map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(at, v)
		for name, e := range v {
			if name != "example" && name != "value" {
				walk(e, at+"/"+name, visit)
			}
		}
	case []any:
		for i, e := range v {
			walk(e, fmt.Sprintf("%s/%d", at, i), visit)
		}
	}
}

func lookup(d map[string]any, ref string) (map[string]any, bool) {
	at := d
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		next, ok := at[name].(map[string]any)
		if !ok {
			return nil, false
		}
		at = next
	}
	return at, true
}

// fits checks a value by the part of JSON Schema that the document uses.
func fits(d, schema map[string]any, v any, at string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = lookup(d, ref)
	}
	var wrong []string
	for _, part := range list(schema["allOf"]) {
		wrong = append(wrong, fits(d, part.(map[string]any), v, at)...)
	}
	if some := list(schema["anyOf"]); len(some) > 0 && !slices.ContainsFunc(some, func(s any) bool { return len(fits(d, s.(map[string]any), v, at)) == 0 }) {
		wrong = append(wrong, at+": fits none")
	}
	if types := typesOf(schema); len(types) > 0 && !slices.Contains(types, typeOf(v)) {
		return append(wrong, fmt.Sprintf("%s: %v is no %v", at, v, types))
	}
	if enum := list(schema["enum"]); len(enum) > 0 && !slices.Contains(enum, v) {
		wrong = append(wrong, fmt.Sprintf("%s: %v is none of %v", at, v, enum))
	}
	switch v := v.(type) {
	case map[string]any:
		wrong = append(wrong, fitsObject(d, schema, v, at)...)
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, e := range v {
			wrong = append(wrong, fits(d, items, e, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	return wrong
}

func fitsObject(d, schema, v map[string]any, at string) []string {
	var wrong []string
	for _, name := range list(schema["required"]) {
		if _, ok := v[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s: no %v", at, name))
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, e := range v {
		p, ok := properties[name].(map[string]any)
		if ok {
			wrong = append(wrong, fits(d, p, e, at+"/"+name)...)
		} else if schema["additionalProperties"] == false {
			wrong = append(wrong, at+": unknown "+name)
		}
	}
	return wrong
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func typesOf(schema map[string]any) []string {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var all []string
		for _, e := range t {
			all = append(all, e.(string))
		}
		return all
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
