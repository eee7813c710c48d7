package testkit_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// hostile makes inputs that fit the shape of an operation more often than not,
// of ids that exist, that do not, and that only look like ids.
type hostile struct {
	*rand.Rand
	ids []string
}

func (h *hostile) text() string {
	texts := []string{"", "x", "system", "note", "alice", "root", "\x00", "ü", "weir_", strings.Repeat("a", 128), "9223372036854775807", "active", "tombstoned", "viewer", "owner", "admin", "read", "sequence", "*.*"}
	return texts[h.IntN(len(texts))]
}

func (h *hostile) id(f *op.Field) string {
	switch h.IntN(16) {
	case 0:
		return h.text()
	case 1:
		return lookalike
	}
	tail := "_" + []string{"00000000000000000000000000000000", "00000000000010000000000000000000", "ffffffffffff8fffffffffffffffffff", "01890a5d0c1e7000a00000000000000" + string("0123456789abcdef"[h.IntN(16)])}[h.IntN(4)]
	if h.IntN(3) > 0 {
		for range 8 {
			id := h.ids[h.IntN(len(h.ids))]
			for _, p := range f.Prefixes {
				if strings.HasPrefix(id, p+"_") || (p == "principal" && !strings.Contains(id, "_")) {
					return id
				}
			}
		}
	}
	if len(f.Prefixes) == 0 || f.Prefixes[0] == "principal" {
		return []string{"alice", "bob", "usr" + tail, "root", "system"}[h.IntN(5)]
	}
	return f.Prefixes[h.IntN(len(f.Prefixes))] + tail
}

func (h *hostile) value(f *op.Field, s *op.Shape, depth int) any {
	if h.IntN(20) == 0 {
		return []any{nil, true, -1, 1.5, "", []any{}, map[string]any{}}[h.IntN(7)]
	}
	switch s.Form {
	case op.FormString:
		if s.Format == "id" {
			return h.id(f)
		}
		if s.Format == "time" {
			return []string{"2026-01-31T12:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "x"}[h.IntN(4)]
		}
		if len(f.Enum) > 0 && h.IntN(4) > 0 {
			return f.Enum[h.IntN(len(f.Enum))]
		}
		return h.text()
	case op.FormInteger:
		return []int64{0, 1, 2, 3, 200, -1, 1 << 53, 1<<63 - 1}[h.IntN(8)]
	case op.FormBoolean:
		return h.IntN(2) == 0
	case op.FormJSON:
		return map[string]any{h.text(): h.text()}
	case op.FormArray:
		list := []any{}
		for range h.IntN(4) {
			list = append(list, h.value(f, s.Elem, depth+1))
		}
		return list
	case op.FormObject:
		if depth < 4 {
			return h.object(s, depth+1)
		}
	}
	return map[string]any{}
}

func (h *hostile) object(s *op.Shape, depth int) map[string]any {
	in := map[string]any{}
	for _, f := range s.Fields {
		if f.Prepared || (!f.Required && h.IntN(3) > 0) {
			continue
		}
		in[f.Name] = h.value(f, f.Shape, depth)
	}
	return in
}

func (h *hostile) input(o *op.Operation, earlier int) op.JSON {
	in := h.object(o.Input, 0)
	for name := range in {
		if earlier > 0 && h.IntN(3) == 0 {
			in[name] = map[string]any{"$result": []any{h.IntN(earlier+1) - h.IntN(2), []string{"id", "owner_id", "token", "data", "type"}[h.IntN(5)]}}
		}
	}
	raw, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return raw
}

// learn keeps the ids of an answer.
func (h *hostile) learn(v any) {
	switch v := v.(type) {
	case string:
		if id := urn.ID(v); urn.IsValid(id) && len(h.ids) < 4096 {
			h.ids = append(h.ids, v)
		}
	case []any:
		for _, e := range v {
			h.learn(e)
		}
	case map[string]any:
		for _, e := range v {
			h.learn(e)
		}
	}
}

// shutting are the operations by which callers can lose all that they may do.
var shutting = []string{"key.revoke", "key.rotate", "principal.suspend", "principal.archive", "rule.create", "rule.bind"}

// No input stops the machine or shows a defect: what one replica cannot take,
// none can.
func TestNoInputBreaksTheStore(t *testing.T) {
	_, done := anything(t, 20_000)
	for _, name := range []string{"object.create", "object.delete", "scope.create", "key.create", "access.visible", ""} {
		if done[name] == 0 {
			t.Errorf("no call of %q went through: the inputs are no test", name)
		}
	}
}

// anything has callers make random calls, and counts those that went through by
// operation; batches count as "".
func anything(t *testing.T, calls int) (s *testkit.Solo, done map[string]int) {
	t.Helper()
	s = testkit.New(t)
	h := &hostile{Rand: rand.New(rand.NewPCG(1, 2)), ids: []string{"alice", "bob"}}
	callers := []op.Runner{s.Admin(), s.User("alice"), s.User("bob"), s.Admin()}
	operations := s.Catalog.Operations()
	var commands []*op.Operation
	for _, o := range operations {
		if o.Kind == op.KindCommand && !o.Internal() {
			commands = append(commands, o)
		}
	}
	// Operations that shut out are rare, else nobody is left in soon.
	pick := func(from []*op.Operation) *op.Operation {
		o := from[h.IntN(len(from))]
		for slices.Contains(shutting, o.Name) && h.IntN(100) > 0 {
			o = from[h.IntN(len(from))]
		}
		return o
	}
	done = map[string]int{}
	for range calls {
		call := &op.Call{RequestID: []string{h.text(), lookalike}[h.IntN(2)]}
		if h.IntN(4) == 0 {
			for i := range 1 + h.IntN(5) {
				o := pick(commands)
				call.Items = append(call.Items, op.Item{Op: o.Name, Input: h.input(o, i)})
			}
		} else {
			o := pick(operations)
			call.Op, call.Input = o.Name, h.input(o, 0)
			if o.Kind == op.KindQuery && h.IntN(3) == 0 {
				call.At = []string{"1", "2", "7", "2026-01-01T00:00:00.000500Z", "18446744073709551615", "2030-01-01T00:00:00Z"}[h.IntN(6)]
			}
		}
		if h.IntN(5) == 0 {
			call.IdempotencyKey = strings.Repeat("k", 31) + string("abc"[h.IntN(3)])
		}
		if h.IntN(10) == 0 {
			call.IfMatch = uint64(h.IntN(3))
		}
		reply, err := callers[h.IntN(len(callers))].Run(context.Background(), call)
		if t.Failed() || fault.Is(err, fault.Internal) {
			t.Fatalf("%s %s %+v: %v", call.Op, call.Input, call.Items, err)
		}
		if err != nil {
			if _, ok := fault.Of(err); !ok {
				t.Fatalf("%s %s: no fault: %v", call.Op, call.Input, err)
			}
			continue
		}
		done[call.Op]++
		var out any
		if len(reply.Output) > 0 && json.Unmarshal(reply.Output, &out) == nil {
			h.learn(out)
		}
	}
	return s, done
}
