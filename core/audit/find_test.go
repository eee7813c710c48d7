package audit

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

func TestSequenceOf(t *testing.T) {
	l := newLog(t)
	l.fill(700, 300)
	v := l.view()
	for n := uint64(1); n <= l.head.Sequence; n++ {
		e, ok := EntryAt(v, n)
		if !ok || e.Sequence != n {
			t.Fatalf("entry %d is %+v, %v", n, e, ok)
		}
		if got, ok := SequenceOf(v, e.ID); !ok || got != n {
			t.Fatalf("%s has sequence %d, %v; want %d", e.ID, got, ok, n)
		}
	}
	for _, id := range []urn.ID{"", "aud_", "obj_01890a5d0c1e7000a000000000000003", "aud_00000000000070008000000000000000", "aud_ffffffffffff7fffbfffffffffffffff"} {
		if n, ok := SequenceOf(v, id); ok {
			t.Errorf("%q has sequence %d", id, n)
		}
	}
	for _, n := range []uint64{0, l.head.Sequence + 1} {
		if e, ok := EntryAt(v, n); ok {
			t.Errorf("there is an entry %d: %+v", n, e)
		}
	}
}

// caused appends n records of one command whose caller named a parent.
func (l *testLog) caused(who, parent urn.ID, n int) *fault.Fault {
	l.t.Helper()
	return l.applyAs(who, op.Trace{ParentID: parent}, func(tx *op.Tx) []op.Record {
		for i := range n {
			tx.Record(op.Record{Action: "update", Entity: op.EntityObject, TargetType: "note", TargetID: urn.Make(urn.PrefixObject, 1, uint16(i), [8]byte{})})
		}
		return tx.Records()
	})
}

func TestChildren(t *testing.T) {
	l := newLog(t)
	l.fill(3, 3)
	root := l.head.Sequence - 2
	id := func(n uint64) urn.ID { return idOf(load(l.view(), n)) }
	l.fill(2, 1)
	if f := l.caused("bob", id(root), 2); f != nil {
		t.Fatal(f)
	}
	child := l.head.Sequence - 1
	if f := l.caused("bob", id(root), 1); f != nil {
		t.Fatal(f)
	}
	if f := l.caused("bob", id(child), 1); f != nil {
		t.Fatal(f)
	}
	if f := l.caused("bob", "aud_01890a5d0c1e7000a000000000000007", 1); f != nil {
		t.Fatal(f)
	}
	if e, _ := EntryAt(l.view(), l.head.Sequence); e.ParentTraceID != "" {
		t.Errorf("a parent that is not there is named: %+v", e)
	}
	for _, row := range []struct {
		of   uint64
		want []uint64
	}{
		{root, []uint64{root + 1, root + 2, child, child + 2}},
		{root + 1, nil},
		{child, []uint64{child + 1, child + 3}},
		{l.head.Sequence, nil},
		{l.head.Sequence + 1, nil},
	} {
		if got := slices.Collect(Children(l.view(), row.of)); !slices.Equal(got, row.want) {
			t.Errorf("children of %d are %v, want %v", row.of, got, row.want)
		}
	}
	for range Children(l.view(), root) {
		break // the walk can be left
	}
}

func TestCauseMustBeSeen(t *testing.T) {
	l, _, _ := shared(t)
	now := l.view()
	bobs := idOf(load(now, l.head.Sequence))
	for _, row := range []struct {
		who    urn.ID
		parent urn.ID
		ok     bool
	}{
		{"bob", "", true},
		{"bob", bobs, true},
		{"alice", bobs, false},
		{"alice", "aud_01890a5d0c1e7000a000000000000007", false},
		{"alice", "nonsense", false},
	} {
		v := &op.View{View: now, Now: now, Caller: op.Caller{ID: row.who}, Time: l.head.Time, Sight: access.Sight{}}
		f := CheckCause(v, row.parent)
		if (f == nil) != row.ok || f != nil && f.Code != fault.MalformedRequest {
			t.Errorf("%s names %q: %v", row.who, row.parent, f)
		}
	}
}
