package testkit_test

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// hostile makes inputs that fit the shape of an operation more often than not,
// of ids that exist, that do not, and that only look like ids.
type hostile struct {
	*rand.Rand
	tokens []string
	// ids are those of answers, by kind; names that callers chose under none.
	ids map[string][]string
}

// words are what fields take that hold no free text.
var words = map[string][]string{
	"role": roles, "new_role": roles, "from_new_role": roles, "relation": append([]string{"parent", "reads"}, roles...),
	"tupleset_relation": roles, "computed_userset_relation": roles,
	"object_type": kinds, "subject_type": kinds, "slug": {"one", "two", "three", "a-b"},
	"identifier": people, "accepting_identifier": people, "query": {"o", "W", "%"},
}

var (
	roles  = []string{"owner", "admin", "member", "editor", "viewer", "guest"}
	kinds  = []string{"usr", "usr", "org", "scp", "obj", "obj", "doc"}
	people = []string{"zoe@example.com", "Zoe@example.com", "yan"}
)

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
	if len(f.Prefixes) > 0 && h.IntN(8) > 0 {
		if id := h.known(f.Prefixes[h.IntN(len(f.Prefixes))]); id != "" {
			return id
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
		if known := words[f.Name]; known != nil && h.IntN(8) > 0 {
			return known[h.IntN(len(known))]
		}
		if f.Name == "token" && len(h.tokens) > 0 {
			late := h.tokens[max(0, len(h.tokens)-4):]
			return late[h.IntN(len(late))]
		}
		if s.Format == "id" {
			return h.id(f)
		}
		if s.Format == "time" {
			return []string{"2026-01-01T09:00:00Z", "2026-01-31T12:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "x"}[h.IntN(5)]
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
	for _, end := range []string{"subject", "object"} {
		if _, typed := in[end+"_type"]; typed && in[end+"_id"] != nil && h.IntN(8) > 0 {
			in[end+"_type"], in[end+"_id"] = h.thing()
		}
	}
	return in
}

// known is an id of a kind that an answer had, rather a late one.
func (h *hostile) known(kind string) string {
	if kind == "principal" {
		kind = []string{"", "usr", "usr", "svc"}[h.IntN(4)]
	}
	all := h.ids[kind]
	if len(all) == 0 {
		return ""
	}
	if h.IntN(3) > 0 {
		all = all[max(0, len(all)-6):]
	}
	return all[h.IntN(len(all))]
}

// thing is something that tuples and shares are about, by its type and id.
func (h *hostile) thing() (typ, id string) {
	typ = kinds[h.IntN(len(kinds))]
	if id = h.known(typ); id == "" {
		typ, id = "doc", "01890a5d-0c1e-7000-a000-00000000000"+string("0123"[h.IntN(4)])
	}
	return typ, id
}

func (h *hostile) input(o *op.Operation, earlier int) op.JSON {
	in := h.object(o.Input, 0)
	for name := range in {
		if earlier > 0 && h.IntN(3) == 0 {
			in[name] = map[string]any{"$result": []any{h.IntN(earlier+1) - h.IntN(2), []string{"id", "owner_id", "token", "data", "type", "usr_id", "org_id"}[h.IntN(7)]}}
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
		if kind, _, _ := strings.Cut(v, "_"); urn.IsValid(urn.ID(v)) && len(h.ids[kind]) < 4096 {
			h.ids[kind] = append(h.ids[kind], v)
		}
	case []any:
		for _, e := range v {
			h.learn(e)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[name].(string); ok && name == "token" {
				h.tokens = append(h.tokens, text)
			}
			h.learn(v[name])
		}
	}
}

// shutting are the operations by which callers can lose all that they may do.
var shutting = []string{"key.revoke", "key.rotate", "principal.suspend", "principal.archive", "rule.create", "rule.bind"}

// closing are those by which organizations and scopes take no more members.
var closing = []string{"org.revoke", "org.freeze", "org.suspend", "scope.archive", "scope.freeze"}

// No input stops the machine or shows a defect: what one replica cannot take,
// none can.
func TestNoInputBreaksTheStore(t *testing.T) {
	_, done := anything(t, 40_000)
	for _, name := range []string{
		"object.create", "object.delete", "scope.create", "key.create", "access.visible", "",
		"org.create", "org.update", "org.add_member", "org.suspend", "org.revoke", "org.members", "membership.change_role",
		"membership.admin_remove", "membership.chain", "invitation.create", "invitation.revoke", "invitation.list",
		"tuple.create", "tuple.delete", "tuple.check", "share.create", "share.verify", "share.revoke",
	} {
		if done[name] == 0 {
			t.Errorf("no call of %q went through: the inputs are no test", name)
		}
	}
}

// yan and zoe are users as organizations know them, gate is a host.
const (
	gate = "svc_01890a5d0c1e7000a0000000000000fc"
	yan  = "usr_01890a5d0c1e7000a0000000000000fa"
	zoe  = "usr_01890a5d0c1e7000a0000000000000fb"
)

// sweep notes what has expired, as the leader does.
func sweep(t *testing.T, s *testkit.Solo) {
	t.Helper()
	var members, invitations []urn.ID
	if err := s.Look(func(v state.View) error {
		now := state.Time(s.Clock.Now().UnixMicro())
		members, invitations = tenancy.Expired(v, now), invitation.Expired(v, now)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(members) > 0 {
		s.System(tenancy.Expire.Operation, tenancy.ExpireInput{IDs: members})
	}
	if len(invitations) > 0 {
		s.System(invitation.Expire.Operation, invitation.ExpireInput{IDs: invitations})
	}
}

// anything has callers make random calls, and counts those that went through by
// operation; batches count as "".
func anything(t *testing.T, calls int) (s *testkit.Solo, done map[string]int) {
	t.Helper()
	s = testkit.New(t)
	h := &hostile{Rand: rand.New(rand.NewPCG(1, 2)), ids: map[string][]string{"": {"alice", "bob"}, "usr": {yan, zoe}, "svc": {gate}}}
	host := s.Host(gate)
	callers := []op.Runner{
		s.Admin(), s.User("alice"), s.User("bob"), s.Admin(), s.User(yan), s.User(zoe), s.As(host), s.For(host, yan), s.For(host, zoe), s.As(""),
	}
	operations := s.Catalog.Operations()
	var commands, societies []*op.Operation
	for _, o := range operations {
		if noun, _, _ := strings.Cut(o.Name, "."); slices.Contains([]string{"org", "membership", "invitation", "tuple", "share", "rollback"}, noun) && !o.Internal() {
			societies = append(societies, o)
		}
		if o.Kind == op.KindCommand && !o.Internal() {
			commands = append(commands, o)
		}
	}
	inSocieties := slices.DeleteFunc(slices.Clone(societies), func(o *op.Operation) bool { return o.Kind != op.KindCommand })
	// Operations that shut out are rare, else nobody is left in soon.
	pick := func(from []*op.Operation) *op.Operation {
		o := from[h.IntN(len(from))]
		for slices.Contains(shutting, o.Name) && h.IntN(100) > 0 || slices.Contains(closing, o.Name) && h.IntN(4) > 0 {
			o = from[h.IntN(len(from))]
		}
		return o
	}
	done = map[string]int{}
	for i := range calls {
		if i%100 == 99 {
			s.Clock.Advance(10 * time.Minute)
			sweep(t, s)
		}
		call := &op.Call{RequestID: []string{h.text(), lookalike}[h.IntN(2)]}
		// Half of all is about organizations, of those who can belong to them.
		operations, commands, callers := operations, commands, callers
		if h.IntN(2) == 0 {
			operations, commands, callers = slices.Concat(societies, inSocieties), inSocieties, callers[4:]
		}
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
