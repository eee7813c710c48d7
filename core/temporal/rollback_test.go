package temporal_test

import (
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
)

// B8: a deletion is rolled back: the object is there again, no version is lost,
// and whoever saw it sees it again.
func TestB8TombstoneThenRollBack(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	p.update(o.ID, `{"n":2}`)
	gone := p.one(func() { must(p, p.alice, objects.Delete, objects.DeleteInput{ID: o.ID}) })
	out := p.undo(p.alice, gone)
	if !out.Success || len(out.RolledBack) != 1 || out.RolledBack[0] != gone || len(out.RollbackTraceIDs) != 1 {
		t.Errorf("%+v", out)
	}
	if got := must(p, p.alice, objects.Get, objects.GetInput{ID: o.ID}); got.Version != 3 || string(got.Data) != `{"n":2}` {
		t.Errorf("%+v", got)
	}
	if all := must(p, p.alice, objects.Versions, objects.VersionsInput{ID: o.ID}); len(all.Items) != 3 {
		t.Errorf("%d versions", len(all.Items))
	}
	p.Verify()
}

// B10: the same entry twice is skipped the second time; out of order is a
// conflict; no version is lost and no number used again.
func TestB10TwiceAndOutOfOrder(t *testing.T) {
	p := setUp(t)
	var o objects.Object
	made := p.one(func() { o = p.newNote(`{"n":1}`) })
	second := p.one(func() { p.update(o.ID, `{"n":2}`) })
	third := p.one(func() { p.update(o.ID, `{"n":3}`) })
	for _, early := range []urn.ID{second, made} {
		if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: early}); c != fault.RollbackConflict {
			t.Errorf("out of order: %q", c)
		}
	}
	undone := p.undo(p.alice, third).RollbackTraceIDs[0]
	before := p.size()
	if out := p.undo(p.alice, third); !out.Success || len(out.Skipped) != 1 || len(out.RollbackTraceIDs) != 0 || p.size() != before {
		t.Errorf("again: %+v", out)
	}
	if got := p.get(o.ID); got.Version != 4 || string(got.Data) != `{"n":2}` {
		t.Errorf("%+v", got)
	}
	// What was rolled back counts no more: now the one before it can go.
	p.undo(p.alice, second)
	if got := p.get(o.ID); got.Version != 5 || string(got.Data) != `{"n":1}` {
		t.Errorf("%+v", got)
	}
	if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: undone}); c != fault.RollbackConflict && c != "" {
		t.Errorf("the first rollback: %q", c)
	}
	p.update(o.ID, `{"n":6}`)
	p.update(o.ID, `{"n":7}`)
	all := must(p, p.alice, objects.Versions, objects.VersionsInput{ID: o.ID})
	for i, v := range all.Items {
		if v.Version != uint64(i+1) {
			t.Errorf("version %d stands at %d", v.Version, i+1)
		}
	}
	if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: second}); c != "" {
		t.Errorf("what was rolled back and has later changes is %q, not skipped", c)
	}
}

// A rollback of a rollback does the change again, and clears its mark.
func TestUndoOfTheUndo(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	change := p.one(func() { p.update(o.ID, `{"n":2}`) })
	want := []string{`{"n":1}`, `{"n":2}`}
	next := change
	for i := range 6 {
		next = p.undo(p.alice, next).RollbackTraceIDs[0]
		if got := p.get(o.ID); string(got.Data) != want[i%2] || got.Version != uint64(i+3) {
			t.Fatalf("after %d: %s, version %d", i+1, got.Data, got.Version)
		}
		out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: change, DryRun: true})
		if counts := i%2 == 1; (len(out.WouldRollback) == 1) != counts || (len(out.WouldSkip) == 1) == counts {
			t.Fatalf("after %d: %+v", i+1, out)
		}
	}
}

// E3.6: a later update with the same data is a later change too.
func TestSameDataIsALaterChange(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	change := p.one(func() { p.update(o.ID, `{"n":2}`) })
	again := p.one(func() { p.update(o.ID, `{"n":2}`) })
	if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: change}); c != fault.RollbackConflict {
		t.Errorf("%q", c)
	}
	// It is taken back by an entry that says so, and then it is in nobody's way.
	if out := p.undo(p.alice, again); len(out.RolledBack) != 1 || p.get(o.ID).Version != 3 {
		t.Errorf("%+v, %+v", out, p.get(o.ID))
	}
	if out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: change, DryRun: true}); len(out.WouldRollback) != 1 {
		t.Errorf("%+v", out)
	}
	out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: change, Mode: temporal.Overwrite})
	if got := p.get(o.ID); string(got.Data) != `{"n":1}` || got.Version != 4 || len(out.Ranges) != 1 || out.Ranges[0].ToSequence-out.Ranges[0].FromSequence < 2 {
		t.Errorf("%+v, %+v", got, out)
	}
}

// Changes between rollbacks: those that were taken back do not stand in the way
// of an earlier one, the others do.
func TestConflictsAmongRollbacks(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":0}`)
	var changes []urn.ID
	for i := range 4 {
		changes = append(changes, p.one(func() { p.update(o.ID, fmt.Sprintf(`{"n":%d}`, i+1)) }))
		if i > 0 {
			p.undo(p.alice, changes[i])
		}
	}
	if got := p.get(o.ID); string(got.Data) != `{"n":1}` {
		t.Fatalf("%s", got.Data)
	}
	p.undo(p.alice, changes[0])
	if got := p.get(o.ID); string(got.Data) != `{"n":0}` {
		t.Fatalf("%s", got.Data)
	}
	for _, c := range changes {
		if out := p.undo(p.alice, c); len(out.Skipped) != 1 {
			t.Errorf("%+v", out)
		}
	}
}

// Who may not, what is no change, and what does not exist.
func TestRefusals(t *testing.T) {
	p := setUp(t)
	var o objects.Object
	made := p.one(func() { o = p.newNote(`{"n":1}`) })
	read := p.one(func() { must(p, p.Admin(), audit.Entries, audit.EntriesInput{Filter: audit.Filter{TargetID: o.ID}}) })
	denied := p.one(func() {
		if c := refused(p, p.zoe, objects.Update, objects.UpdateInput{ID: o.ID, Data: []byte(`{}`)}); c != fault.NotFound {
			t.Fatal(c)
		}
	})
	var founded urn.ID
	p.look(func(v state.View) {
		e, _ := audit.EntryAt(v, 1)
		founded = e.ID
	})
	for name, row := range map[string]struct {
		as   op.Runner
		in   temporal.CreateInput
		want fault.Code
	}{
		"a stranger":                 {p.zoe, temporal.CreateInput{EntryID: made}, fault.NotFound},
		"a stranger, of a dry run":   {p.zoe, temporal.CreateInput{EntryID: made, DryRun: true}, fault.NotFound},
		"a stranger, to a time":      {p.zoe, temporal.CreateInput{Target: string(o.ID), At: "1"}, fault.NotFound},
		"an auditor without a right": {p.Admin(), temporal.CreateInput{EntryID: made}, fault.RollbackDenied},
		"the same, to a time":        {p.Admin(), temporal.CreateInput{Target: string(o.ID), At: "1"}, fault.RollbackDenied},
		"an entry that is not there": {p.alice, temporal.CreateInput{EntryID: "aud_01890a5d0c1e7000a000000000000007"}, fault.RollbackFailed},
		"a read of the trail":        {p.Admin(), temporal.CreateInput{EntryID: read}, fault.RollbackDenied},
		"a refusal":                  {p.alice, temporal.CreateInput{EntryID: denied}, fault.RollbackFailed},
		"what is final":              {p.Admin(), temporal.CreateInput{EntryID: founded}, fault.RollbackFailed},
		"a thing that is not there":  {p.alice, temporal.CreateInput{Target: "obj_01890a5d0c1e7000a000000000000007", At: "1"}, fault.NotFound},
		"no thing":                   {p.alice, temporal.CreateInput{Target: "tmb_01890a5d0c1e7000a000000000000007", At: "1"}, fault.ValidationFailed},
		"an id of another kind":      {p.alice, temporal.CreateInput{Target: "alice", Entity: "object", At: "1"}, fault.InvalidID},
		"the future":                 {p.alice, temporal.CreateInput{Target: string(o.ID), At: "2050-01-01T00:00:00Z"}, fault.ValidationFailed},
		"a revision that is not":     {p.alice, temporal.CreateInput{Target: string(o.ID), At: "999999"}, fault.ValidationFailed},
		"nothing":                    {p.alice, temporal.CreateInput{}, fault.ValidationFailed},
		"an entry and a target":      {p.alice, temporal.CreateInput{EntryID: made, Target: string(o.ID), At: "1"}, fault.ValidationFailed},
		"a cascade from a time":      {p.alice, temporal.CreateInput{Target: string(o.ID), At: "1", Cascade: true}, fault.ValidationFailed},
		"a target without a time":    {p.alice, temporal.CreateInput{Target: string(o.ID)}, fault.ValidationFailed},
	} {
		t.Run(name, func(t *testing.T) {
			if c := refused(p, row.as, temporal.Create, row.in); c != row.want {
				t.Errorf("%q, want %q", c, row.want)
			}
		})
	}
	if got := p.get(o.ID); got.Version != 1 || got.Lifecycle != objects.Active {
		t.Errorf("%+v", got)
	}
}
