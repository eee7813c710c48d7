package audit

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// shared is a log in which alice has an object and a scope, bob changed both,
// and somebody else did something of his own. It gives the object and the
// scope; the entries so far are 1 to 3 founding, 4 object, 5 and 6 scope.
func shared(t *testing.T) (l *testLog, object, scope urn.ID) {
	l = newLog(t)
	exec := func(who urn.ID, o *op.Operation, in any) (out any) {
		t.Helper()
		if f := l.do(who, func(tx *op.Tx) {
			tx.Enter(o.Name)
			var err error
			if out, err = o.Execute(tx, in); err != nil {
				t.Fatal(err)
			}
		}); f != nil {
			t.Fatal(f)
		}
		return out
	}
	object = exec("alice", objects.Create.Operation, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).(objects.Object).ID
	scope = exec("alice", tenancy.Create.Operation, tenancy.CreateInput{Name: "Team"}).(tenancy.Scope).ID
	for _, r := range []op.Record{
		{Action: "update", Entity: op.EntityObject, TargetType: "note", TargetID: object},
		{Action: "leave", Entity: tenancy.EntityMembership, TargetID: "mem_1", ScopeID: scope},
		{Action: "update", Entity: op.EntityPrincipal, TargetID: "bob"},
	} {
		if f := l.append("bob", r); f != nil {
			t.Fatal(f)
		}
	}
	return l, object, scope
}

func TestEntriesShowWhatOneMaySee(t *testing.T) {
	l, object, scope := shared(t)
	all := func(want func(e *chain.Entry) bool) []uint64 {
		var list []uint64
		for n := uint64(1); n <= l.head.Sequence; n++ {
			if want(parse(load(l.view(), n))) {
				list = append(list, n)
			}
		}
		return list
	}
	for _, row := range []struct {
		who  urn.ID
		want []uint64
	}{
		{"auditor", all(func(*chain.Entry) bool { return true })},
		{"bob", all(func(e *chain.Entry) bool { return e.ActorID == "bob" })},
		{"alice", all(func(e *chain.Entry) bool { return e.ActorID == "alice" || e.TargetID == object || e.ScopeID == scope })},
	} {
		t.Run(string(row.who), func(t *testing.T) {
			page, traces, err := ask(l, row.who, Entries, EntriesInput{})
			if err != nil {
				t.Fatal(err)
			}
			if got := sequences(page); !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
			if len(traces) != 1 || traces[0].Action != "read" || traces[0].Operation != "audit.entries" {
				t.Errorf("traces are %+v", traces)
			}
			for n := uint64(1); n <= l.head.Sequence; n++ {
				raw, traces, err := ask(l, row.who, Raw, GetInput{Sequence: n})
				if visible := slices.Contains(row.want, n); visible != (err == nil) || visible != (len(traces) == 1) {
					t.Errorf("raw %d: %v, %d traces", n, err, len(traces))
				}
				if err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("raw %d: %v", n, err)
				}
				if err == nil && !bytes.Equal(raw.Body, load(l.view(), n).Entry) {
					t.Errorf("raw %d differs", n)
				}
			}
		})
	}
	if _, _, err := ask(l, "auditor", Get, GetInput{Sequence: l.head.Sequence + 1}); !fault.Is(err, fault.NotFound) {
		t.Errorf("beyond the head: %v", err)
	}
}

func TestEntriesFilter(t *testing.T) {
	l, object, scope := shared(t)
	last := l.head.Sequence
	third, _ := state.ParseTime(parse(load(l.view(), 4)).Timestamp)
	for _, row := range []struct {
		name string
		in   EntriesInput
		want []uint64
	}{
		{"a target", EntriesInput{Filter: Filter{TargetID: object}}, []uint64{4, last - 2}},
		{"an actor", EntriesInput{Filter: Filter{ActorID: "bob"}}, []uint64{last - 2, last - 1, last}},
		{"an actor and an action", EntriesInput{Filter: Filter{ActorID: "bob", Action: "update"}}, []uint64{last - 2, last}},
		{"an entity", EntriesInput{Filter: Filter{Entity: op.EntityObject}}, []uint64{4, last - 2}},
		{"a type", EntriesInput{Filter: Filter{TargetType: "note"}}, []uint64{4, last - 2}},
		{"a scope, by bob", EntriesInput{Filter: Filter{ScopeID: scope, ActorID: "bob"}}, []uint64{last - 1}},
		{"newest first", EntriesInput{Filter: Filter{ActorID: "bob"}, Order: "-sequence"}, []uint64{last, last - 1, last - 2}},
		{"until", EntriesInput{Filter: Filter{Until: third}}, []uint64{1, 2, 3, 4}},
		{"until, newest first", EntriesInput{Filter: Filter{Until: third}, Order: "-sequence"}, []uint64{4, 3, 2, 1}},
		{"between", EntriesInput{Filter: Filter{Since: third, Until: third}}, []uint64{4}},
		{"between, newest first", EntriesInput{Filter: Filter{Since: third, Until: third}, Order: "-sequence"}, []uint64{4}},
		{"since later than all", EntriesInput{Filter: Filter{Since: l.head.Time + 1}}, nil},
		{"until before all", EntriesInput{Filter: Filter{Until: testStart}}, nil},
		{"nothing", EntriesInput{Filter: Filter{Action: "none"}}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := sequences(must(l, Entries, row.in)); !slices.Equal(got, row.want) {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
	if _, f := Entries.Decode(parsed(t, `{"since":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"}`)); f == nil || f.Status() != 400 {
		t.Errorf("an inverted time gives %v", f)
	}
}

func TestEntriesPage(t *testing.T) {
	l := newLog(t)
	l.fill(2*maxScan+100, 500)
	for _, order := range []string{"sequence", "-sequence"} {
		for _, limit := range []int{7, 200} {
			t.Run(fmt.Sprint(order, limit), func(t *testing.T) {
				in := EntriesInput{Filter: Filter{ActorID: op.System}, Order: order, Paging: op.Paging{Limit: limit}}
				var got []uint64
				pages := 0
				for more := true; more; pages++ {
					page := must(l, Entries, in)
					got = append(got, sequences(page)...)
					in.Cursor, more = string(page.NextCursor), page.HasMore
				}
				slices.Sort(got)
				if !slices.Equal(got, []uint64{1, 2, 3}) || pages != 3 {
					t.Errorf("got %v in %d pages", got, pages)
				}
			})
		}
	}
	if _, _, err := ask(l, "auditor", Entries, EntriesInput{Paging: op.Paging{Cursor: "x"}}); !fault.Is(err, fault.InvalidCursor) {
		t.Errorf("a foreign cursor: %v", err)
	}
}

func TestThePastEndsWhereItDid(t *testing.T) {
	l := newLog(t)
	l.fill(5, 1)
	revision, size := l.engine.Published(), l.head.Sequence
	l.fill(5, 1)
	now, past := l.view(), state.Over(l.snapshot(revision))
	v := op.NewView(op.View{View: past, Now: now, Caller: op.Caller{ID: op.System}, Time: l.head.Time}, nil)
	out, err := Entries.Answer(v, EntriesInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := sequences(out.(op.Page[Entry])); uint64(len(got)) != size {
		t.Errorf("the past shows %v, want %d entries", got, size)
	}
	proof, err := Inclusion.Answer(v, InclusionInput{Sequence: 1})
	if err != nil || proof.(InclusionProof).Size != size {
		t.Errorf("the past has %+v, %v", proof, err)
	}
}

func sequences(p op.Page[Entry]) []uint64 {
	var list []uint64
	for _, e := range p.Items {
		list = append(list, e.Sequence)
	}
	return list
}

func TestTraces(t *testing.T) {
	l := newLog(t)
	doer := op.Doer{Caller: op.Caller{ID: "bob", Credential: "pat_01890a5d0c1e7000a000000000000002"}, RequestID: "req-9", Trace: op.Trace{Client: "cli/1"}}
	read := Of(doer, op.Record{
		Action: "read", Operation: "audit.get", Entity: EntityAudit, TargetID: EntityAudit,
		Metadata: []fault.Member{{Name: "sequence", Value: uint64(0)}, {Name: "all", Value: true}, {Name: "order", Value: "-sequence"}},
	})
	refused := Of(doer, Denied("read", "object.get", op.Object("obj_01890a5d0c1e7000a000000000000003"), &op.Decision{}))
	refused.Count = 3
	raw, err := op.Marshal(TraceInput{Traces: []Trace{read, refused}})
	if err != nil {
		t.Fatal(err)
	}
	in, f := Commit.Load(parsed(t, string(raw)))
	if f != nil {
		t.Fatal(f)
	}
	if err := l.run(Commit.Operation, in); err != nil {
		t.Fatal(err)
	}
	first := parse(load(l.view(), l.head.Sequence-1))
	second := parse(load(l.view(), l.head.Sequence))
	if first.ActorID != "bob" || first.RequestID != "req-9" || first.Client != "cli/1" || first.Operation != "audit.get" || first.Outcome != chain.OK {
		t.Errorf("got %+v", first)
	}
	if got := string(first.Metadata); got != `{"all":"true","order":"-sequence","sequence":0}` {
		t.Errorf("metadata are %s", got)
	}
	if second.Outcome != chain.Denied || second.ParentTraceID != "" || string(second.Metadata) != `{"count":3,"requested_action":"read"}` {
		t.Errorf("got %+v %s", second, second.Metadata)
	}
}

func TestReadsThatLeaveNoTrace(t *testing.T) {
	l := newLog(t)
	l.sign(l.key())
	var traces [][]op.Record
	keep := func(r []op.Record, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		traces = append(traces, r)
	}
	_, r, err := ask(l, "auditor", Verify, VerifyInput{})
	keep(r, err)
	_, r, err = ask(l, "alice", Checkpoint, CheckpointInput{})
	keep(r, err)
	_, r, err = ask(l, "alice", Keys, KeysInput{})
	keep(r, err)
	_, r, err = ask(l, "alice", Inclusion, InclusionInput{Sequence: 1})
	keep(r, err)
	_, r, err = ask(l, "alice", Consistency, ConsistencyInput{From: 1})
	keep(r, err)
	_, r, err = ask(l, "auditor", Tile, TileInput{Path: "0/000.p/1"})
	keep(r, err)
	for i, r := range traces {
		if len(r) != 0 {
			t.Errorf("read %d left %+v", i, r)
		}
	}
	if _, _, err := ask(l, "alice", Tile, TileInput{Path: "0/000.p/1"}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("a tile for a stranger: %v", err)
	}
}

// TestOpeningsAreForReaders lets somebody see what he did to a thing that he
// may not read: the entry, and not the key by which guesses could be tested.
func TestOpeningsAreForReaders(t *testing.T) {
	l, object, _ := shared(t)
	if f := l.append("bob", op.Record{Action: "update", Entity: op.EntityObject, TargetType: "note", TargetID: object, After: someState{"a"}}); f != nil {
		t.Fatal(f)
	}
	for who, want := range map[urn.ID]bool{"bob": false, "alice": true, "auditor": true} {
		e, _, err := ask(l, who, Get, GetInput{Sequence: l.head.Sequence})
		if err != nil || (e.Opening != "") != want {
			t.Errorf("%s gets the opening %q, %v", who, e.Opening, err)
		}
	}
}
