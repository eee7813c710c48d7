package tenancy_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// revertInput asks to give a thing the content that it had.
type revertInput struct {
	Entity string `json:"entity"`
	ID     urn.ID `json:"id"`
	// Revision is the newest one before what is taken back.
	Revision uint64 `json:"revision"`
}

// reverted says why nothing was brought back, if nothing was.
type reverted struct {
	Moot string `json:"moot"`
}

// probe stands in for the layer above that takes changes back.
var probe = &op.Set{Noun: "probe"}

var revert = op.NewCommand(probe, op.Spec[revertInput, reverted]{
	Name: "revert", Access: op.Anyone[revertInput]("rollback"), Undo: op.Final("a test"),
}, func(tx *op.Tx, in revertInput) (reverted, error) {
	e, ok := op.NewCatalog(tenancy.Ops).Entity(in.Entity)
	if !ok {
		return reverted{}, op.NotFound()
	}
	err := e.Revert(tx, in.ID, tx.Past(in.Revision))
	var moot op.Moot
	if errors.As(err, &moot) {
		return reverted{Moot: string(moot)}, nil
	}
	if err == nil {
		tx.Record(op.Record{Action: "rollback", Entity: in.Entity, TargetID: in.ID})
	}
	return reverted{}, err
})

// content is the content of a thing as JSON; empty once it has ended.
func (tr *troupe) content(entity string, id urn.ID) (text string) {
	tr.t.Helper()
	e, _ := op.NewCatalog(tenancy.Ops).Entity(entity)
	tr.Look(func(v state.View) {
		k, ok := e.Known(v, id)
		if !ok || k.Ended {
			return
		}
		raw, err := op.Marshal(k.Content)
		if err != nil {
			tr.t.Fatal(err)
		}
		text = string(bytes.TrimSpace(raw))
	})
	return text
}

var renamed = "renamed"

// takenBack is the inverse table for what this layer owns.
var takenBack = []struct {
	name         string
	prepare, act func(tr *troupe)
}{
	{"scope create", nil, func(tr *troupe) { tr.create("alice", "") }},
	{"scope update", nil, func(tr *troupe) {
		must(tr, "bob", tenancy.Update.Call, tenancy.UpdateInput{ID: tr.scope, Name: &renamed, Metadata: op.JSON(`{"a":1.0}`)})
	}},
	{"scope freeze", nil, func(tr *troupe) { tr.freeze() }},
	{"scope unfreeze", func(tr *troupe) { tr.freeze() }, func(tr *troupe) {
		must(tr, "alice", tenancy.Unfreeze.Call, tenancy.ScopeInput{ID: tr.scope})
	}},
	{"scope dissolve", nil, func(tr *troupe) { tr.archive(tr.scope) }},
	{"dissolve of a frozen scope", func(tr *troupe) { tr.freeze() }, func(tr *troupe) { tr.archive(tr.scope) }},
	{"membership add", nil, func(tr *troupe) { tr.add("alice", tr.scope, "sam", tenancy.Editor) }},
	{"membership add in a scope that was frozen since", nil, func(tr *troupe) { tr.add("alice", tr.scope, "sam", tenancy.Editor) }},
	{"membership revoke", nil, func(tr *troupe) { tr.remove("vic") }},
	{"membership again", func(tr *troupe) { tr.remove("vic") }, func(tr *troupe) { tr.add("alice", tr.scope, "vic", tenancy.Viewer) }},
	{"membership change", nil, func(tr *troupe) {
		must(tr, "alice", tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "vic", Role: tenancy.Viewer, ExpiresAt: tr.Now + stage.Hour})
	}},
	{"projection", func(tr *troupe) { tr.note = tr.object("alice") }, func(tr *troupe) { tr.project("alice", tr.scope, tr.note, "write") }},
	{"projection level", func(tr *troupe) {
		tr.note = tr.object("alice")
		tr.project("alice", tr.scope, tr.note, "write")
	}, func(tr *troupe) { tr.project("alice", tr.scope, tr.note, "read") }},
	{"projection revoke", func(tr *troupe) {
		tr.note = tr.object("alice")
		tr.project("alice", tr.scope, tr.note, "write")
	}, func(tr *troupe) {
		must(tr, "alice", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: tr.note})
	}},
}

// TestTakingBack does something, takes it back, and takes that back again.
func TestTakingBack(t *testing.T) {
	for _, row := range takenBack {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			if row.prepare != nil {
				row.prepare(tr)
			}
			start := tr.Revision()
			row.act(tr)
			entity, id := tr.Records[0].Entity, tr.Records[0].TargetID
			done, after := tr.Revision(), tr.content(entity, id)
			if row.name == "membership add in a scope that was frozen since" {
				tr.freeze()
			}
			var before string
			tr.LookAt(start, func(v state.View) {
				e, _ := op.NewCatalog(tenancy.Ops).Entity(entity)
				if k, ok := e.Known(v, id); ok && !k.Ended {
					raw, _ := op.Marshal(k.Content)
					before = string(raw)
				}
			})
			if before == after {
				t.Fatal("the act changes nothing")
			}
			if out := must(tr, "alice", revert.Call, revertInput{entity, id, start}); out.Moot != "" {
				t.Fatalf("nothing was brought back: %s", out.Moot)
			}
			if got := tr.content(entity, id); got != before {
				t.Errorf("taken back it is %s, was %s", got, before)
			}
			if out := must(tr, "alice", revert.Call, revertInput{entity, id, start}); out.Moot == "" {
				t.Error("the same is taken back twice")
			}
			if out := must(tr, "alice", revert.Call, revertInput{entity, id, done}); out.Moot != "" {
				t.Fatalf("the taking back was not taken back: %s", out.Moot)
			}
			if got := tr.content(entity, id); got != after {
				t.Errorf("done again it is %s, was %s", got, after)
			}
		})
	}
}

const moot = fault.Code("moot")

// notTakenBack is the column "refused when" of that table.
var notTakenBack = []struct {
	name string
	// act gives what is to be taken back, and stands in its way.
	act  func(tr *troupe) revertInput
	as   urn.ID
	want fault.Code
}{
	{"a scope with members", func(tr *troupe) revertInput { return revertInput{op.EntityScope, tr.scope, 1} }, "alice", fault.RollbackConflict},
	{"a scope with one below", func(tr *troupe) revertInput {
		start := tr.Revision()
		s := tr.create("alice", "")
		tr.create("alice", s)
		return revertInput{op.EntityScope, s, start}
	}, "alice", fault.RollbackConflict},
	{"a scope with an archived one below", func(tr *troupe) revertInput {
		start := tr.Revision()
		s := tr.create("alice", "")
		tr.archive(tr.create("alice", s))
		return revertInput{op.EntityScope, s, start}
	}, "alice", ""},
	{"the owner's membership that came with the scope", func(tr *troupe) revertInput {
		start := tr.Revision()
		tr.create("alice", "")
		return revertInput{tenancy.EntityMembership, tr.Records[1].TargetID, start}
	}, "alice", moot},
	{"the end of a scope below an archived one", func(tr *troupe) revertInput {
		s := tr.create("alice", tr.scope)
		start := tr.Revision()
		tr.archive(s)
		tr.archive(tr.scope)
		return revertInput{op.EntityScope, s, start}
	}, "alice", fault.RollbackConflict},
	{"a membership of an archived scope", func(tr *troupe) revertInput {
		start := tr.Revision()
		m := tr.add("alice", tr.scope, "sam", tenancy.Viewer)
		tr.archive(tr.scope)
		return revertInput{tenancy.EntityMembership, m.ID, start}
	}, "alice", fault.RollbackConflict},
	{"the end of a membership that would have expired", func(tr *troupe) revertInput {
		m := must(tr, "alice", tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", ExpiresAt: tr.Now + stage.Hour})
		start := tr.Revision()
		tr.remove("sam")
		tr.Now = m.ExpiresAt
		return revertInput{tenancy.EntityMembership, m.ID, start}
	}, "alice", moot},
	{"the last owner's membership", func(tr *troupe) revertInput {
		start := tr.Revision()
		m := tr.add("alice", tr.scope, "sam", tenancy.Owner)
		must(tr, "alice", tenancy.Leave.Call, tenancy.ScopeInput{ID: tr.scope})
		return revertInput{tenancy.EntityMembership, m.ID, start}
	}, "sam", fault.PreconditionFailed},
	{"a share of a deleted object", func(tr *troupe) revertInput {
		o := tr.object("alice")
		start := tr.Revision()
		p := tr.project("alice", tr.scope, o, "read")
		must(tr, "alice", objects.Delete.Call, objects.DeleteInput{ID: o})
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "alice", fault.RollbackConflict},
	{"a share in an archived scope", func(tr *troupe) revertInput {
		o := tr.object("alice")
		start := tr.Revision()
		p := tr.project("alice", tr.scope, o, "read")
		tr.archive(tr.scope)
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "alice", fault.RollbackConflict},
	{"a share that the object's owner ended, as the scope's owner", func(tr *troupe) revertInput {
		o := tr.object("erin")
		p := tr.project("erin", tr.scope, o, "write")
		start := tr.Revision()
		must(tr, "erin", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: o})
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "alice", fault.NotFound},
	{"a share that the scope ended, as the object's owner", func(tr *troupe) revertInput {
		o := tr.object("erin")
		p := tr.project("erin", tr.scope, o, "write")
		start := tr.Revision()
		must(tr, "bob", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: o})
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "erin", ""},
	{"the same, by one who has left", func(tr *troupe) revertInput {
		o := tr.object("erin")
		p := tr.project("erin", tr.scope, o, "write")
		start := tr.Revision()
		must(tr, "bob", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: o})
		must(tr, "erin", tenancy.Leave.Call, tenancy.ScopeInput{ID: tr.scope})
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "erin", fault.NotFound},
	{"a share, as the scope's owner", func(tr *troupe) revertInput {
		o := tr.object("erin")
		start := tr.Revision()
		p := tr.project("erin", tr.scope, o, "write")
		return revertInput{tenancy.EntityProjection, p.ID, start}
	}, "alice", ""},
}

func TestTakingBackRefused(t *testing.T) {
	for _, row := range notTakenBack {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			out, got := do(tr, row.as, revert.Call, row.act(tr))
			if out.Moot != "" {
				got = moot
			}
			if got != row.want {
				t.Errorf("got %q (%s), want %q", got, out.Moot, row.want)
			}
		})
	}
}

func (tr *troupe) freeze() {
	tr.t.Helper()
	must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope})
}

func (tr *troupe) archive(scope urn.ID) {
	tr.t.Helper()
	must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: scope})
}

func (tr *troupe) remove(id urn.ID) {
	tr.t.Helper()
	must(tr, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: id})
}
