package acceptance_test

import (
	"bytes"
	"strings"
	"testing"
)

// create is an item of a batch.
func create(n int) object {
	return object{"op": "object.create", "input": object{"type": "note", "data": object{"n": n}}}
}

// share is an item of a batch that projects what item k made.
func share(k int, scope string) object {
	return object{"op": "scope.project", "input": object{"id": scope, "object_id": object{"$result": []any{k, "id"}}, "level": "read"}}
}

// owns counts the objects of a person, of which there is no more than one page.
func (p person) owns(t *testing.T) int {
	t.Helper()
	return len(p.ask(t, "GET", "/v1/objects?owned_only=true", nil).items(t))
}

func TestBatches(t *testing.T) {
	alice, bob := newcomer(t, "alice"), newcomer(t, "bob")
	scope := alice.scope(t, "")
	alice.add(t, scope, bob, "viewer")
	got := alice.must(t, "POST", "/v1/batch", object{"operations": []object{create(1), create(2), share(1, scope)}})
	results, _ := got["results"].([]any)
	if len(results) != 3 {
		t.Fatalf("the batch gives %v", got)
	}
	shared := results[1].(object)["id"].(string)
	for node := range 3 {
		if a := bob.at(t, node, "GET", "/v1/objects/"+shared, nil); a.status != 200 {
			t.Errorf("the shared object: %v", a)
		}
	}
	if n := alice.owns(t); n != 2 {
		t.Errorf("there are %d objects", n)
	}
	data := object{"ref": object{"$result": []any{0, "id"}}}
	kept := alice.must(t, "POST", "/v1/batch", object{"operations": []object{create(5), {"op": "object.create", "input": object{"type": "n", "data": data}}}})
	if ref := kept["results"].([]any)[1].(object)["data"].(object)["ref"]; ref.(object)["$result"] == nil {
		t.Errorf("$result inside data became %v", ref)
	}
}

func TestBatchesFailAsOne(t *testing.T) {
	alice, bob := newcomer(t, "alice"), newcomer(t, "bob")
	scope, shared := alice.scope(t, ""), alice.note(t, object{})
	foreign := bob.scope(t, "")
	rows := []struct {
		name  string
		third any
		// status and code are those of the third alone.
		status int
		code   string
		index  int64
	}{
		{"a scope that is not hers", share(1, foreign), 404, "not-found", 2},
		{"a stale version", object{"op": "object.update", "input": object{"id": shared, "data": object{}, "version": 7}}, 409, "version-conflict", 2},
		{"an unknown field", object{"op": "object.create", "input": object{"type": "n", "data": object{}, "x": 1}}, 422, "validation-failed", 2},
		{"a result of later", share(2, scope), 422, "-", 2},
		{"a result that is no id", object{"op": "scope.project", "input": object{"id": scope, "object_id": object{"$result": []any{0, "type"}}}}, 422, "-", 2},
		{"an unknown operation", object{"op": "object.fly", "input": object{}}, 422, "-", 2},
		{"a query", object{"op": "object.list", "input": object{}}, 422, "-", 2},
		{"an operation of the system", object{"op": "audit.checkpointed", "input": object{}}, 422, "-", 2},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a := alice.ask(t, "POST", "/v1/batch", object{"operations": []any{create(3), create(4), row.third}})
			code := row.code
			if code == "-" {
				code = a.code(t)
			}
			a.is(t, row.status, code)
			p := a.decode(t)
			if place := a.place(t); num(p["index"]) != row.index && !strings.HasPrefix(place, "/operations/2") {
				t.Errorf("%v names neither index nor place", a)
			}
			if n := alice.owns(t); n != 1 {
				t.Errorf("there are %d objects after a batch that failed", n)
			}
		})
	}
}

func TestBatchesRepeated(t *testing.T) {
	alice := newcomer(t, "alice")
	key := random()
	in := object{"operations": []object{create(6), create(7)}}
	first := alice.ask(t, "POST", "/v1/batch", in, "Idempotency-Key", key)
	again := alice.ask(t, "POST", "/v1/batch", in, "Idempotency-Key", key)
	if first.status != 200 || !bytes.Equal(first.body, again.body) || alice.owns(t) != 2 {
		t.Errorf("%v, then %v; %d objects", first, again, alice.owns(t))
	}
	alice.ask(t, "POST", "/v1/batch", object{"operations": []object{}}).is(t, 422, "validation-failed")
	many := make([]object, 101)
	for i := range many {
		many[i] = create(i)
	}
	if a := alice.ask(t, "POST", "/v1/batch", object{"operations": many}); a.status != 422 {
		t.Errorf("101 operations: %v", a)
	}
}
