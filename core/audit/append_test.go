package audit

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", name, got)
	}
}

const (
	token   = "weir_01890a5d0c1e7000a000000000000002_abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP_0"
	content = "Müller & Søn"
)

type someState struct {
	Name string `json:"name"`
}

func TestEntryBytes(t *testing.T) {
	l := newLog(t)
	f := l.do("alice", func(tx *op.Tx) {
		tx.Record(op.Record{
			Action: "update", Entity: op.EntityObject, TargetType: "note \"x\"", TargetID: "obj_01890a5d0c1e7000a000000000000003",
			ScopeID: "scp_01890a5d0c1e7000a000000000000004", Before: someState{"a"}, After: someState{content},
			Metadata: []fault.Member{
				{Name: "before_version", Value: uint64(1)},
				{Name: "delta", Value: int64(-3)},
				{Name: "while_frozen", Value: true},
				{Name: "role", Value: "viewer"},
				{Name: "reason", Value: content},
			},
		})
		tx.Record(op.Record{Action: "grant", Entity: "membership", TargetID: "mem_01890a5d0c1e7000a000000000000005"})
		tx.Record(op.Record{Action: "revoke", Entity: "membership", TargetID: "mem_01890a5d0c1e7000a000000000000005"})
	})
	if f != nil {
		t.Fatal(f)
	}
	var b []byte
	for n := uint64(1); n <= l.head.Sequence; n++ {
		b = append(append(b, load(l.view(), n).Entry...), '\n')
	}
	golden(t, "entries.ndjson", b)
	if bytes.Contains(b, []byte("ller")) {
		t.Error("content of a state or a fact is in the chain")
	}
}

func TestEntriesOfACommand(t *testing.T) {
	l := newLog(t)
	before := l.head
	l.fill(3, 3)
	v := l.view()
	first := parse(load(v, before.Sequence+1))
	if first.ParentTraceID != "" || first.Previous != chain.Hex(before.Chain) {
		t.Errorf("the first entry is %+v", first)
	}
	for n := first.Sequence + 1; n <= l.head.Sequence; n++ {
		e := parse(load(v, n))
		if e.ParentTraceID != first.ID || e.Timestamp != first.Timestamp || e.Revision != first.Revision {
			t.Errorf("entry %d is %+v", n, e)
		}
	}
	if e := parse(load(v, 1)); e.Previous != "" || e.Sequence != 1 {
		t.Errorf("the first entry of all is %+v", e)
	}
}

func TestDigestsOpen(t *testing.T) {
	l := newLog(t)
	if f := l.do("alice", func(tx *op.Tx) {
		tx.Record(op.Record{
			Action: "update", Entity: "scope", TargetID: "s", Before: someState{"same"}, After: someState{"same"},
			Metadata: []fault.Member{{Name: "reason", Value: content}},
		})
	}); f != nil {
		t.Fatal(f)
	}
	e := must(l, Get, GetInput{Sequence: l.head.Sequence})
	r := load(l.view(), l.head.Sequence)
	for _, row := range []struct{ name, content, digest string }{
		{"before", `{"name":"same"}`, e.BeforeDigest},
		{"after", `{"name":"same"}`, e.AfterDigest},
	} {
		if got := chain.Digest(r.Opening, row.name, []byte(row.content)); got != row.digest {
			t.Errorf("%s: got %s, want %s", row.name, row.digest, got)
		}
	}
	if e.BeforeDigest == e.AfterDigest {
		t.Error("equal states show that they are equal")
	}
	if !strings.Contains(string(e.Metadata), chain.Digest(r.Opening, "reason", []byte(content))) {
		t.Errorf("metadata are %s", e.Metadata)
	}
	if bytes.Contains(r.Entry, []byte(e.Opening)) {
		t.Error("the opening is in the chain")
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		code   fault.Code
		record op.Record
	}{
		{"a token in a state", fault.ValidationFailed, op.Record{Action: "create", Entity: "x", After: someState{token}}},
		{"a token inside of a text", fault.ValidationFailed, op.Record{Action: "create", Entity: "x", Before: someState{"see weir_weir_ and " + token + "."}}},
		{"a token in a fact", fault.ValidationFailed, op.Record{Action: "create", Entity: "x", Metadata: []fault.Member{{Name: "n", Value: token}}}},
		{"a token as a type", fault.ValidationFailed, op.Record{Action: "create", Entity: "x", TargetType: token}},
		{"a fact of another type", fault.Internal, op.Record{Action: "create", Entity: "x", Metadata: []fault.Member{{Name: "n", Value: []string{"a"}}}}},
		{"a number that JSON readers round", fault.Internal, op.Record{Action: "create", Entity: "x", Metadata: []fault.Member{{Name: "n", Value: uint64(1) << 53}}}},
		{"a fact twice", fault.Internal, op.Record{Action: "create", Entity: "x", Metadata: []fault.Member{{Name: "n", Value: "a"}, {Name: "n", Value: "b"}}}},
		{"an entry that is too long", fault.Internal, op.Record{Action: "create", Entity: "x", TargetType: strings.Repeat("x", chain.MaxEntry)}},
		{"a state that is no JSON", fault.Internal, op.Record{Action: "create", Entity: "x", After: func() {}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLog(t)
			before := l.head.Sequence
			f := l.do("alice", func(tx *op.Tx) { tx.Record(row.record) })
			if f == nil || f.Code != row.code {
				t.Errorf("got %v", f)
			}
			if f != nil && strings.Contains(f.Error(), "abcdefgh") {
				t.Error("the fault shows the secret")
			}
			if l.head.Sequence != before {
				t.Error("something was written")
			}
		})
	}
}

func TestDenied(t *testing.T) {
	for _, row := range []struct {
		name   string
		target op.Target
		d      *op.Decision
		want   chain.Entry
		facts  string
	}{
		{
			"an object", op.Object("obj_01890a5d0c1e7000a000000000000003"), &op.Decision{},
			chain.Entry{Entity: "object", TargetType: "object", TargetID: "obj_01890a5d0c1e7000a000000000000003"},
			`{"requested_action":"update"}`,
		},
		{
			"a scope, by a rule", op.Scope("scp_01890a5d0c1e7000a000000000000004"), &op.Decision{DeniedBy: "rul_1"},
			chain.Entry{Entity: "scope", TargetType: "scope", TargetID: "scp_01890a5d0c1e7000a000000000000004", ScopeID: "scp_01890a5d0c1e7000a000000000000004"},
			`{"denied_by":"rul_1","requested_action":"update"}`,
		},
		{
			"no target",
			op.Target{},
			nil,
			chain.Entry{Entity: "operation", TargetType: "operation", TargetID: "object.update"},
			`{"requested_action":"update"}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLog(t)
			f := l.append("bob", Denied("update", "object.update", row.target, row.d))
			if f != nil {
				t.Fatal(f)
			}
			e := parse(load(l.view(), l.head.Sequence))
			if e.Action != "access_check" || e.Outcome != chain.Denied || e.ActorID != "bob" || e.Operation != "object.update" {
				t.Errorf("got %+v", e)
			}
			if e.Entity != row.want.Entity || e.TargetType != row.want.TargetType || e.TargetID != row.want.TargetID || e.ScopeID != row.want.ScopeID {
				t.Errorf("got %+v", e)
			}
			if string(e.Metadata) != row.facts {
				t.Errorf("metadata are %s", e.Metadata)
			}
		})
	}
}

func TestRevisionsAndTimes(t *testing.T) {
	l := newLog(t)
	l.fill(20, 3)
	v := l.view()
	for n := uint64(1); n <= l.head.Sequence; n++ {
		e := parse(load(v, n))
		at, f := state.ParseTime(e.Timestamp)
		if f != nil {
			t.Fatal(f)
		}
		if got := RevisionAt(v, at); got != e.Revision {
			t.Errorf("the revision at entry %d is %d, want %d", n, got, e.Revision)
		}
		if got := RevisionAt(v, at+1); got != e.Revision {
			t.Errorf("the revision just after entry %d is %d, want %d", n, got, e.Revision)
		}
		if got := RevisionAt(v, at-1); got >= e.Revision {
			t.Errorf("the revision just before entry %d is %d", n, got)
		}
		if got := TimeAt(v, e.Revision); got != at {
			t.Errorf("the time of revision %d is %v, want %v", e.Revision, got, at)
		}
		if got := TimeAt(v, e.Revision+1); got != at {
			t.Errorf("the time of the revision after %d is %v, want %v", e.Revision, got, at)
		}
	}
	if RevisionAt(v, 1) != 0 || TimeAt(v, 0) != 0 {
		t.Error("there is something before the beginning")
	}
}

func BenchmarkAppend(b *testing.B) {
	l := newLog(b)
	record := l.full()
	record.By = nil
	snapshot := l.snapshot(l.engine.Published())
	b.ReportAllocs()
	for b.Loop() {
		batch := state.NewBatch(snapshot, l.head)
		tx := batch.Begin(l.head.Time, make([]byte, 32))
		if _, f := Append(tx, op.Caller{ID: "alice"}, "req-1", op.Trace{}, []op.Record{record}); f != nil {
			b.Fatal(f)
		}
	}
}
