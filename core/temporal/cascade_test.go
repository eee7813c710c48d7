package temporal_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// because is a runner whose calls name an entry as their cause.
type because struct {
	op.Runner
	entry urn.ID
}

func (b because) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.Trace.ParentID = b.entry
	return b.Runner.Run(ctx, &c)
}

// E7.10: what an entry caused, and what that caused, goes with it: newest first,
// each once, all in one command, and the rollback of the root is the parent of
// the others.
func TestCascade(t *testing.T) {
	p := setUp(t)
	var first, second, third objects.Object
	made := func(as op.Runner, o *objects.Object) urn.ID {
		return p.one(func() { *o = must(p, as, objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}) })
	}
	root := made(p.alice, &first)
	child := made(because{p.alice, root}, &second)
	grandchild := made(because{p.alice, child}, &third)
	aside := p.newNote(`{}`)
	before := p.size()
	in := temporal.CreateInput{EntryID: root, Cascade: true, DryRun: true}
	want := []urn.ID{grandchild, child, root}
	if out := must(p, p.alice, temporal.Create, in); !out.Success || !slices.Equal(out.WouldRollback, want) || out.EntryCount != 3 || out.RolledBack != nil || p.size() != before {
		t.Errorf("the dry run gives %+v and leaves %d entries", out, p.size()-before)
	}
	in.DryRun = false
	out := must(p, p.alice, temporal.Create, in)
	if !slices.Equal(out.RolledBack, want) || len(out.RollbackTraceIDs) != 3 || len(out.Denied)+len(out.Skipped) != 0 {
		t.Errorf("%+v", out)
	}
	for _, o := range []objects.Object{first, second, third} {
		if got := p.get(o.ID); got.Lifecycle != objects.Tombstoned {
			t.Errorf("%+v", got)
		}
	}
	if got := p.get(aside.ID); got.Lifecycle != objects.Active {
		t.Errorf("what had another cause became %+v", got)
	}
	p.look(func(v state.View) {
		parent := entryOf(t, v, out.RollbackTraceIDs[0])
		if parent.TargetID != first.ID || parent.ParentTraceID != "" {
			t.Errorf("the first rollback is of %s, caused by %s", parent.TargetID, parent.ParentTraceID)
		}
		for _, id := range out.RollbackTraceIDs[1:] {
			if e := entryOf(t, v, id); e.ParentTraceID != parent.ID || e.Action != "rollback" || e.Revision != parent.Revision {
				t.Errorf("%+v", e)
			}
		}
	})
	// The rollback of the rollback, with all that belongs to it.
	must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: out.RollbackTraceIDs[0], Cascade: true})
	if got := p.get(third.ID); got.Lifecycle != objects.Active {
		t.Errorf("%+v", got)
	}
	p.Verify()
}

// Several changes of one thing in a cascade are one rollback of it.
func TestCascadeOverOneThing(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":0}`)
	root := p.one(func() { p.update(o.ID, `{"n":1}`) })
	for i := range 3 {
		must(p, op.Runner(because{p.alice, root}), objects.Update, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{"n":` + strconv.Itoa(i+2) + `}`)})
	}
	out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: root, Cascade: true})
	if got := p.get(o.ID); len(out.RolledBack) != 4 || len(out.RollbackTraceIDs) != 1 || got.Version != 6 || string(got.Data) != `{"n":0}` {
		t.Errorf("%+v, %+v", out, got)
	}
}

// A part that the caller may not take back refuses the whole; with partial it
// is listed, and the refusal traced. What he cannot see is no part of it.
func TestPartOfACascadeIsDenied(t *testing.T) {
	s := setUpTeam(t)
	must(s.play, s.Admin(), identity.Permit, identity.PermitInput{ID: "bob", Permission: op.ReadAudit})
	root := s.one(func() { s.update(s.note.ID, `{"n":2}`) })
	var shown objects.Object
	byBob := because{s.bob, root}
	seen := s.one(func() {
		shown = must(s.play, op.Runner(byBob), objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	})
	must(s.play, s.bob, tenancy.Project, tenancy.ProjectInput{ID: s.scope, ObjectID: shown.ID, Level: "read"})
	hidden := must(s.play, op.Runner(byBob), objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	in := temporal.CreateInput{EntryID: root, Cascade: true}
	before := s.size()
	if c := refused(s.play, s.alice, temporal.Create, in); c != fault.RollbackDenied {
		t.Fatalf("%q", c)
	}
	if n := s.size() - before; n != 1 || string(s.get(s.note.ID).Data) != `{"n":2}` {
		t.Errorf("a refused cascade left %d entries, or changed something", n)
	}
	in.DryRun = true
	if out := must(s.play, s.alice, temporal.Create, in); out.Success || !slices.Equal(out.WouldDeny, []urn.ID{seen}) || !slices.Equal(out.WouldRollback, []urn.ID{root}) {
		t.Errorf("%+v", out)
	}
	in.DryRun, in.Partial = false, true
	before = s.size()
	out := must(s.play, s.alice, temporal.Create, in)
	if !out.Success || !slices.Equal(out.Denied, []urn.ID{seen}) || !slices.Equal(out.RolledBack, []urn.ID{root}) || len(out.Reasons) != 1 {
		t.Errorf("%+v", out)
	}
	s.look(func(v state.View) {
		done, _ := audit.EntryAt(v, before+1)
		denial, ok := audit.EntryAt(v, before+2)
		if !ok || done.Action != "rollback" || denial.Outcome != chain.Denied || denial.TargetID != shown.ID {
			t.Errorf("%+v, %+v", done, denial)
		}
	})
	for _, o := range []urn.ID{shown.ID, hidden.ID} {
		if got := must(s.play, s.bob, objects.Get, objects.GetInput{ID: o}); got.Lifecycle != objects.Active {
			t.Errorf("%+v", got)
		}
	}
}

// More than the bound allows is refused, and nothing is changed.
func TestCascadeIsBounded(t *testing.T) {
	p := setUp(t)
	root := p.one(func() { p.newNote(`{}`) })
	items := slices.Repeat([]op.Item{{Op: "object.create", Input: op.JSON(`{"type":"note","data":{}}`)}}, 100)
	for range 5 {
		if _, err := (because{p.alice, root}).Run(context.Background(), &op.Call{Items: items}); err != nil {
			t.Fatal(err)
		}
	}
	before := p.size()
	for _, dry := range []bool{true, false} {
		in := temporal.CreateInput{EntryID: root, Cascade: true, DryRun: dry}
		if c := refused(p, p.alice, temporal.Create, in); c != fault.LimitExceeded {
			t.Errorf("%q", c)
		}
	}
	if list := must(p, p.alice, objects.List, objects.ListInput{Paging: op.Paging{Limit: 200}}); p.size() != before || len(list.Items) != 200 {
		t.Errorf("%d entries more, %d objects", p.size()-before, len(list.Items))
	}
}

// A call rolls a thing back once: within it nothing tells what came before the
// rollback from what came after.
func TestTwiceInOneBatch(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	second := p.one(func() { p.update(o.ID, `{"n":2}`) })
	third := p.one(func() { p.update(o.ID, `{"n":3}`) })
	roll := func(id urn.ID) op.Item {
		return op.Item{Op: "rollback.create", Input: op.JSON(`{"entry_id":"` + string(id) + `"}`)}
	}
	_, err := p.alice.Run(context.Background(), &op.Call{Items: []op.Item{roll(third), roll(second)}})
	if !fault.Is(err, fault.RollbackConflict) || string(p.get(o.ID).Data) != `{"n":3}` {
		t.Errorf("%v", err)
	}
}
