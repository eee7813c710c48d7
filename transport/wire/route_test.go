package wire_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/transport/wire"
)

var ops = &op.Set{Noun: "probe"}

type queryInput struct {
	ID    urn.ID `json:"id" op:"path,id=principal"`
	Kind  string `json:"kind,omitempty" op:"query"`
	Count int    `json:"count,omitempty" op:"query,min=-5"`
	Own   bool   `json:"own,omitempty" op:"query"`
	op.Paging
}

type commandInput struct {
	ID     urn.ID  `json:"id" op:"path,id=principal"`
	Reason string  `json:"reason,omitempty" op:"query"`
	Data   op.JSON `json:"data,omitempty"`
	Hash   string  `json:"hash,omitempty" op:"prepared"`
}

type tileInput struct {
	Level uint64 `json:"level" op:"path"`
	Tile  string `json:"tile" op:"path"`
}

var (
	query = op.NewQuery(ops, op.Spec[queryInput, op.Nothing]{
		Name: "list", Route: "GET /v1/probes/{id}/things", Aliases: []string{"GET /v1/old/{id}"}, Access: op.Anyone[queryInput]("list"),
	}, func(*op.View, queryInput) (op.Nothing, error) { return op.Nothing{}, nil })
	command = op.NewCommand(ops, op.Spec[commandInput, op.Nothing]{
		Name: "drop", Route: "DELETE /v1/probes/{id}", Access: op.Anyone[commandInput]("delete"),
	}, func(*op.Tx, commandInput) (op.Nothing, error) { return op.Nothing{}, nil })
	tile = op.NewQuery(ops, op.Spec[tileInput, op.Nothing]{
		Name: "tile", Route: "GET /v1/tile/{level}/{tile...}", Access: op.Anyone[tileInput]("read"),
	}, func(*op.View, tileInput) (op.Nothing, error) { return op.Nothing{}, nil })
)

// through sends an encoded request through a real mux and decodes it.
func through(t *testing.T, r *wire.Route, target string, body []byte) (*wire.Input, *fault.Fault) {
	t.Helper()
	var in *wire.Input
	var f *fault.Fault
	reached := false
	mux := http.NewServeMux()
	mux.HandleFunc(r.Pattern(), func(_ http.ResponseWriter, q *http.Request) {
		reached = true
		values, err := url.ParseQuery(q.URL.RawQuery)
		if err != nil {
			t.Fatalf("query of %s: %v", target, err)
		}
		in, f = r.Decode(wire.Parts{Path: q.PathValue, Query: values, Body: body})
	})
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(r.Method, target, nil))
	if !reached {
		t.Fatalf("%s does not reach its route", target)
	}
	return in, f
}

func TestInputsTravelWhole(t *testing.T) {
	for _, row := range []struct {
		name   string
		o      *op.Operation
		input  string
		target string
		body   string
	}{
		{"path and query", query.Operation, `{"count":-3,"id":"al:ice@x","kind":"a b&c","own":true}`, "/v1/probes/al:ice@x/things?count=-3&kind=a+b%26c&own=true", ""},
		{"path alone", query.Operation, `{"id":"bob"}`, "/v1/probes/bob/things", ""},
		{"body and query", command.Operation, `{"data":{"a":1.10},"id":"bob","reason":"ö/?"}`, "/v1/probes/bob?reason=%C3%B6%2F%3F", `{"data":{"a":1.10}}`},
		{"rest of the path", tile.Operation, `{"level":0,"tile":"x001/067.p/8"}`, "/v1/tile/0/x001/067.p/8", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := wire.Routes(row.o)[0]
			target, body, f := r.Encode(op.JSON(row.input))
			if f != nil {
				t.Fatal(f)
			}
			if target != row.target || string(body) != row.body {
				t.Errorf("got %s with %s, want %s with %s", target, body, row.target, row.body)
			}
			in, f := through(t, r, target, body)
			if f != nil || string(in.JSON) != row.input {
				t.Errorf("arrived as %+v, %v", in, f)
			}
		})
	}
}

func TestAliasesCarryTheSameInput(t *testing.T) {
	routes := wire.Routes(query.Operation)
	if len(routes) != 2 || routes[1].Pattern() != "GET /v1/old/{id}" {
		t.Fatalf("got %d routes", len(routes))
	}
	in, f := through(t, routes[1], "/v1/old/bob?limit=5", nil)
	if f != nil || string(in.JSON) != `{"id":"bob","limit":5}` {
		t.Errorf("got %+v, %v", in, f)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, row := range []struct {
		name  string
		o     *op.Operation
		input string
	}{
		{"no path member", query.Operation, `{}`},
		{"an empty path member", query.Operation, `{"id":""}`},
		{"a path member that a server would clean away", query.Operation, `{"id":".."}`},
		{"a slash in a path member", query.Operation, `{"id":"a/b"}`},
		{"a member that is none", query.Operation, `{"id":"bob","other":1}`},
		{"no object", query.Operation, `[]`},
		{"no JSON", query.Operation, `{`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if target, _, f := wire.Routes(row.o)[0].Encode(op.JSON(row.input)); f == nil {
				t.Errorf("it became %s", target)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, row := range []struct {
		name, target, body string
		o                  *op.Operation
		code               fault.Code
		status             int
		parameter, pointer string
	}{
		{"an unknown parameter", "/v1/probes/bob/things?colour=1", "", query.Operation, fault.MalformedRequest, 400, "colour", ""},
		{"a repeated parameter", "/v1/probes/bob/things?kind=a&kind=b", "", query.Operation, fault.MalformedRequest, 400, "kind", ""},
		{"a word for a number", "/v1/probes/bob/things?count=many", "", query.Operation, fault.MalformedRequest, 400, "count", ""},
		{"a number with a leading zero", "/v1/probes/bob/things?count=01", "", query.Operation, fault.MalformedRequest, 400, "count", ""},
		{"a fraction", "/v1/probes/bob/things?count=1.0", "", query.Operation, fault.MalformedRequest, 400, "count", ""},
		{"a number for a boolean", "/v1/probes/bob/things?own=1", "", query.Operation, fault.MalformedRequest, 400, "own", ""},
		{"bytes that are no UTF-8", "/v1/probes/bob/things?kind=%ff", "", query.Operation, fault.MalformedRequest, 400, "kind", ""},
		{"a path member in the query", "/v1/probes/bob/things?id=eve", "", query.Operation, fault.MalformedRequest, 400, "id", ""},
		{"a path member in the body", "/v1/probes/bob", `{"id":"eve"}`, command.Operation, fault.ValidationFailed, 422, "", "/id"},
		{"a member in query and body", "/v1/probes/bob?reason=a", `{"reason":"b"}`, command.Operation, fault.MalformedRequest, 400, "reason", ""},
		{"a body member in the query", "/v1/probes/bob?data=x", "", command.Operation, fault.MalformedRequest, 400, "data", ""},
		{"a prepared member in the query", "/v1/probes/bob?hash=x", "", command.Operation, fault.MalformedRequest, 400, "hash", ""},
		{"a body that is no object", "/v1/probes/bob", `[1]`, command.Operation, fault.ValidationFailed, 422, "", ""},
		{"a name twice", "/v1/probes/bob", `{"reason":"a","reason":"b"}`, command.Operation, fault.MalformedRequest, 400, "", "/reason"},
		{"something after the body", "/v1/probes/bob", `{} {}`, command.Operation, fault.MalformedRequest, 400, "", ""},
		{"NaN", "/v1/probes/bob", `{"data":{"a":NaN}}`, command.Operation, fault.MalformedRequest, 400, "", "/data/a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, f := through(t, wire.Routes(row.o)[0], row.target, []byte(row.body))
			if f == nil {
				t.Fatalf("it was read as %s", in.JSON)
			}
			item := fault.Item{}
			if len(f.Items) > 0 {
				item = f.Items[0]
			}
			if f.Code != row.code || f.Status() != row.status || item.Parameter != row.parameter || item.Pointer != row.pointer {
				t.Errorf("got %v, status %d, at %+v", f, f.Status(), item)
			}
		})
	}
}

func TestRelocate(t *testing.T) {
	for _, row := range []struct {
		name, target, body string
		given              *fault.Fault
		code               fault.Code
		status             int
		first              fault.Item
	}{
		{
			"a wrong id in the path", "/v1/probes/bob", "",
			fault.New(fault.InvalidID, "no id").At(fault.Item{Pointer: "/id", Code: "invalid-id"}),
			fault.InvalidID, 400,
			fault.Item{Parameter: "id", Code: "invalid-id"},
		},
		{
			"a wrong parameter", "/v1/probes/bob?reason=x", "",
			fault.New(fault.ValidationFailed, "long").At(fault.Item{Pointer: "/reason", Code: "long"}),
			fault.MalformedRequest, 400,
			fault.Item{Parameter: "reason", Code: "long"},
		},
		{
			"the same member in the body", "/v1/probes/bob", `{"reason":"x"}`,
			fault.New(fault.ValidationFailed, "long").At(fault.Item{Pointer: "/reason", Code: "long"}),
			fault.ValidationFailed, 422,
			fault.Item{Pointer: "/reason", Code: "long"},
		},
		{
			"a place inside the body", "/v1/probes/bob", `{"data":{"id":1}}`,
			fault.New(fault.ValidationFailed, "bad").At(fault.Item{Pointer: "/data/id", Code: "bad"}),
			fault.ValidationFailed, 422,
			fault.Item{Pointer: "/data/id", Code: "bad"},
		},
		{
			"both, the path first", "/v1/probes/bob", `{"data":{}}`,
			fault.New(fault.ValidationFailed, "bad").At(fault.Item{Pointer: "/data", Code: "bad"}).At(fault.Item{Pointer: "/id", Code: "bad"}),
			fault.MalformedRequest, 400,
			fault.Item{Parameter: "id", Code: "bad"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, f := through(t, wire.Routes(command.Operation)[0], row.target, []byte(row.body))
			if f != nil {
				t.Fatal(f)
			}
			in.Relocate(row.given)
			if row.given.Code != row.code || row.given.Status() != row.status || row.given.Items[0] != row.first {
				t.Errorf("got %v, status %d, at %+v", row.given, row.given.Status(), row.given.Items)
			}
		})
	}
}

func TestRoutesPanicOnWhatHTTPCannotCarry(t *testing.T) {
	type nested struct {
		Data op.JSON `json:"data"`
	}
	type timed struct {
		At string `json:"at,omitempty" op:"query"`
	}
	type lost struct {
		ID urn.ID `json:"id" op:"path"`
	}
	set := &op.Set{Noun: "broken"}
	for _, row := range []struct {
		name string
		o    *op.Operation
	}{
		{"an object in the query", op.NewLocal(set, op.Spec[nested, op.Nothing]{Name: "a", Route: "GET /a", Access: op.Anyone[nested]("read")}).Operation},
		{"a parameter that every read has", op.NewLocal(set, op.Spec[timed, op.Nothing]{Name: "b", Route: "GET /b", Access: op.Anyone[timed]("read")}).Operation},
		{"a path member that is not in the path", op.NewLocal(set, op.Spec[lost, op.Nothing]{Name: "c", Route: "GET /c", Access: op.Anyone[lost]("read")}).Operation},
		{"a path without its member", op.NewLocal(set, op.Spec[timed, op.Nothing]{Name: "d", Route: "GET /d/{id}", Access: op.Anyone[timed]("read")}).Operation},
		{"a method that is none", op.NewLocal(set, op.Spec[op.Nothing, op.Nothing]{Name: "e", Route: "FETCH /e", Access: op.Anyone[op.Nothing]("read")}).Operation},
	} {
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was taken")
				}
			}()
			wire.Routes(row.o)
		})
	}
}

// FuzzRequest holds that whatever a request holds is refused or becomes one
// canonical input, and that the client's form of that input means the same.
func FuzzRequest(f *testing.F) {
	f.Add("kind=a&count=3&own=true", `{}`, "bob")
	f.Add("reason=x", `{"data":{"a":[1,null]}}`, "a:b")
	f.Add("limit=%zz&;", `{"reason":"a","reason":"b"}`, "..")
	f.Fuzz(func(t *testing.T, rawQuery, body, id string) {
		values, err := url.ParseQuery(rawQuery)
		if err != nil {
			return
		}
		for _, o := range []*op.Operation{query.Operation, command.Operation} {
			r := wire.Routes(o)[0]
			in, bad := r.Decode(wire.Parts{Path: func(string) string { return id }, Query: values, Body: []byte(body)})
			if bad != nil {
				continue
			}
			same, bad := canon.Canonical(in.JSON)
			if bad != nil || string(same) != string(in.JSON) {
				t.Fatalf("%s is not canonical: %v", in.JSON, bad)
			}
			target, sent, bad := r.Encode(in.JSON)
			if bad != nil {
				continue // the input has members that the operation will refuse
			}
			if strings.ContainsAny(target, " \n\r") {
				t.Fatalf("the target %q is not one", target)
			}
			again, bad := through(t, r, target, sent)
			if bad != nil || string(again.JSON) != string(in.JSON) {
				t.Fatalf("%s arrived as %+v, %v", in.JSON, again, bad)
			}
		}
	})
}
