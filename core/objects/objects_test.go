package objects_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// A step of an object's life, as its owner: what is called and what comes out.
type step struct {
	call    op.Call
	code    fault.Code
	status  int
	version uint64
	data    string
}

func TestLivesOfObjects(t *testing.T) {
	call := func(name, input string) op.Call { return op.Call{Op: name, Input: op.JSON(input)} }
	matching := func(c op.Call, version uint64) op.Call {
		c.IfMatch = version
		return c
	}
	update := func(more string) op.Call { return call("object.update", `{"id":"$","data":{"n":2}`+more+`}`) }
	get, remove, restore := call("object.get", `{"id":"$"}`), call("object.delete", `{"id":"$"}`), call("object.restore", `{"id":"$"}`)
	tests := []struct {
		name  string
		steps []step
	}{
		{"numbers keep their digits", []step{{call: get, version: 1, data: `{"n":1152921504606846977}`}}},
		{"versions are dense", []step{
			{call: update(""), version: 2},
			{call: update(""), version: 3},
			{call: update(`,"version":2`), code: fault.VersionConflict, status: 409},
			{call: update(`,"version":3`), version: 4},
			{call: call("object.get", `{"id":"$","version":1}`), version: 1, data: `{"n":1152921504606846977}`},
			{call: call("object.get", `{"id":"$","version":5}`), code: fault.NotFound, status: 404},
		}},
		{"a precondition", []step{
			{call: matching(update(""), 2), code: fault.VersionConflict, status: 412},
			{call: matching(update(""), 1), version: 2},
			{call: matching(remove, 1), code: fault.VersionConflict, status: 412},
			{call: matching(remove, 2)},
		}},
		{"a deletion and its restore", []step{
			{call: restore, code: fault.IsolationViolation, status: 409},
			{call: remove},
			{call: remove},
			{call: get, code: fault.NotFound, status: 404},
			{call: update(""), code: fault.IsolationViolation, status: 409},
			{call: call("object.get", `{"id":"$","include":"tombstoned"}`), version: 1},
			{call: restore, version: 2, data: `{"n":1152921504606846977}`},
			{call: get, version: 2},
			{call: remove},
			{call: restore, version: 3},
		}},
		{"a difference", []step{
			{call: update("")},
			{call: call("object.diff", `{"id":"$","from":1,"to":3}`), code: fault.NotFound, status: 404},
			{call: call("object.diff", `{"id":"$","from":1,"to":2}`)},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := testkit.New(t)
			alice := s.User("alice")
			made := run(t, alice, step{call: call("object.create", `{"type":"note","data":{"n":1152921504606846977}}`), version: 1}, "")
			for i, x := range test.steps {
				t.Logf("step %d: %s %s", i, x.call.Op, x.call.Input)
				run(t, alice, x, made.ID)
			}
		})
	}
}

type shown struct {
	ID      string
	Version uint64
	Data    op.JSON
}

func run(t *testing.T, r op.Runner, x step, id string) (out shown) {
	t.Helper()
	c := x.call
	c.Input = op.JSON(strings.ReplaceAll(string(c.Input), "$", id))
	reply, err := r.Run(context.Background(), &c)
	if x.code != "" {
		f, ok := fault.Of(err)
		if !ok || f.Code != x.code || f.Status() != x.status {
			t.Fatalf("got %v, want %s with %d", err, x.code, x.status)
		}
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := op.Unmarshal(reply.Output, &out); err != nil {
		t.Fatal(err)
	}
	if x.version != 0 && out.Version != x.version {
		t.Errorf("version %d, want %d", out.Version, x.version)
	}
	if x.data != "" && string(out.Data) != x.data {
		t.Errorf("data %s, want %s", out.Data, x.data)
	}
	return out
}
