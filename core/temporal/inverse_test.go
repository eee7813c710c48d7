package temporal_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// team is a play with a scope of alice's, in which bob is, and a note of hers
// that is shared there.
type team struct {
	*play
	scope urn.ID
	note  objects.Object
	// bob's membership and the note's projection.
	member tenancy.Membership
	shared tenancy.Projection
}

func setUpTeam(t *testing.T) *team {
	t.Helper()
	p := setUp(t)
	s := &team{play: p, note: p.newNote(`{"n":1}`)}
	s.scope = must(p, p.alice, tenancy.Create, tenancy.CreateInput{Name: "team"}).ID
	s.member = must(p, p.alice, tenancy.Add, tenancy.AddInput{ID: s.scope, PrincipalID: "bob", Role: tenancy.Editor})
	s.shared = must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: s.scope, ObjectID: s.note.ID, Level: "write"})
	return s
}

func (s *team) archive(scope urn.ID) {
	s.t.Helper()
	must(s.play, s.alice, tenancy.Archive, tenancy.ScopeInput{ID: scope})
}

func (s *team) removeBob() {
	s.t.Helper()
	must(s.play, s.alice, tenancy.Remove, tenancy.RemoveInput{ID: s.scope, PrincipalID: "bob"})
}

func (s *team) unshare() {
	s.t.Helper()
	must(s.play, s.alice, tenancy.Unproject, tenancy.UnprojectInput{ID: s.scope, ObjectID: s.note.ID})
}

// bobSees says whether bob reads the note.
func (s *team) bobSees() bool {
	s.t.Helper()
	return refused(s.play, s.bob, objects.Get, objects.GetInput{ID: s.note.ID}) == ""
}

func (s *team) status() string {
	s.t.Helper()
	return must(s.play, s.alice, tenancy.Get, tenancy.ScopeInput{ID: s.scope}).Status
}

// B9: a projection, a membership, a freeze and a dissolve are rolled back: each
// time exactly that thing reverts, and the object is left alone.
func TestB9OnlyThatThingReverts(t *testing.T) {
	s := setUpTeam(t)
	for _, row := range []struct {
		name string
		act  func()
		// sees is whether bob reads the note after the act; it is the other way
		// round once that is rolled back, or stays where stays is set.
		sees, stays bool
	}{
		{"revoke of a projection", s.unshare, false, false},
		{"revoke of a membership", s.removeBob, false, false},
		{"freeze", func() { must(s.play, s.alice, tenancy.Freeze, tenancy.ScopeInput{ID: s.scope}) }, true, true},
		{"dissolve", func() { s.archive(s.scope) }, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			before, status := s.get(s.note.ID), s.status()
			entry := s.one(row.act)
			if s.bobSees() != row.sees {
				t.Error("the act has another effect")
			}
			out := s.undo(s.alice, entry)
			if len(out.RolledBack) != 1 || len(out.RollbackTraceIDs) != 1 {
				t.Errorf("%+v", out)
			}
			if s.bobSees() == row.sees != row.stays || s.status() != status {
				t.Errorf("bob sees %v, the scope is %s", s.bobSees(), s.status())
			}
			if after := s.get(s.note.ID); after.Version != before.Version || after.Lifecycle != before.Lifecycle {
				t.Errorf("the object became %+v", after)
			}
		})
	}
	// The other way: an added projection, and a change of its level.
	other := s.newNote(`{}`)
	entry := s.one(func() {
		must(s.play, s.alice, tenancy.Project, tenancy.ProjectInput{ID: s.scope, ObjectID: other.ID})
	})
	s.undo(s.alice, entry)
	if got := s.get(other.ID); got.Lifecycle != objects.Active || got.Version != 1 {
		t.Errorf("the object whose sharing was taken back is %+v", got)
	}
	if c := refused(s.play, s.bob, objects.Get, objects.GetInput{ID: other.ID}); c != fault.NotFound {
		t.Errorf("bob: %q", c)
	}
	s.Verify()
}

// skipped stands for an outcome that changed nothing.
const skipped = fault.Code("skipped")

// overwrite is a rollback that later changes do not stop.
var overwrite = temporal.CreateInput{Mode: temporal.Overwrite}

// inverse is one row of the inverse table: something is done, and something else
// may stand against taking it back.
type inverse struct {
	name string
	act  func(s *team)
	// against is what happens before the rollback.
	against func(s *team)
	in      temporal.CreateInput
	as      func(s *team) op.Runner
	want    fault.Code
	// check looks at what became of it.
	check func(s *team) bool
}

var inverses = []inverse{
	{
		name: "object create", act: func(s *team) { s.note = s.newNote(`{}`) },
		check: func(s *team) bool { return s.get(s.note.ID).Lifecycle == objects.Tombstoned },
	},
	{
		name: "object create, deleted since", act: func(s *team) { s.note = s.newNote(`{}`) }, in: overwrite, want: skipped,
		against: func(s *team) { must(s.play, s.alice, objects.Delete, objects.DeleteInput{ID: s.note.ID}) },
	},
	{
		name: "object update", act: func(s *team) { s.update(s.note.ID, `{"n":2}`) },
		check: func(s *team) bool { return string(s.get(s.note.ID).Data) == `{"n":1}` },
	},
	{
		name: "object update, updated since", act: func(s *team) { s.update(s.note.ID, `{"n":2}`) }, want: fault.RollbackConflict,
		against: func(s *team) { s.update(s.note.ID, `{"n":3}`) },
	},
	{
		name: "object update, updated since, overwritten", act: func(s *team) { s.update(s.note.ID, `{"n":2}`) }, in: overwrite,
		against: func(s *team) { s.update(s.note.ID, `{"n":3}`) },
		check:   func(s *team) bool { return string(s.get(s.note.ID).Data) == `{"n":1}` },
	},
	{
		name: "object update, by an editor", act: func(s *team) { s.update(s.note.ID, `{"n":2}`) }, want: fault.RollbackDenied,
		as: func(s *team) op.Runner { return s.bob },
	},
	{
		name: "object delete", act: func(s *team) { must(s.play, s.alice, objects.Delete, objects.DeleteInput{ID: s.note.ID}) },
		check: func(s *team) bool { return s.get(s.note.ID).Lifecycle == objects.Active && s.bobSees() },
	},
	{name: "projection revoke", act: (*team).unshare, check: (*team).bobSees},
	{
		name: "projection revoke, the scope archived since", act: (*team).unshare, in: overwrite, want: fault.RollbackConflict,
		against: func(s *team) { s.archive(s.scope) },
	},
	{
		name: "projection revoke, the object deleted since", act: (*team).unshare, in: overwrite, want: fault.RollbackConflict,
		against: func(s *team) { must(s.play, s.alice, objects.Delete, objects.DeleteInput{ID: s.note.ID}) },
	},
	{name: "membership revoke", act: (*team).removeBob, check: (*team).bobSees},
	{
		name: "membership revoke, the scope archived since", act: (*team).removeBob, in: overwrite, want: fault.RollbackConflict,
		against: func(s *team) { s.archive(s.scope) },
	},
	{
		name: "membership add, the last owner's", want: fault.PreconditionFailed, as: func(s *team) op.Runner { return s.bob },
		act: func(s *team) {
			must(s.play, s.alice, tenancy.Add, tenancy.AddInput{ID: s.scope, PrincipalID: "bob", Role: tenancy.Owner})
		},
		against: func(s *team) { must(s.play, s.alice, tenancy.Leave, tenancy.ScopeInput{ID: s.scope}) },
	},
	{
		name: "scope create", act: func(s *team) { s.scope = must(s.play, s.alice, tenancy.Create, tenancy.CreateInput{Name: "x"}).ID },
		in: temporal.CreateInput{Cascade: true}, check: func(s *team) bool { return s.status() == "archived" },
	},
	{
		name: "scope create, with a member since", act: func(s *team) { s.scope = must(s.play, s.alice, tenancy.Create, tenancy.CreateInput{Name: "x"}).ID },
		against: func(s *team) { must(s.play, s.alice, tenancy.Add, tenancy.AddInput{ID: s.scope, PrincipalID: "bob"}) }, want: fault.RollbackConflict,
	},
	{
		name: "scope create, with a scope below since", act: func(s *team) { s.scope = must(s.play, s.alice, tenancy.Create, tenancy.CreateInput{Name: "x"}).ID },
		against: func(s *team) {
			must(s.play, s.alice, tenancy.Create, tenancy.CreateInput{Name: "y", ParentID: s.scope})
		}, want: fault.RollbackConflict,
	},
	{name: "scope update", act: func(s *team) {
		name := "renamed"
		must(s.play, s.alice, tenancy.Update, tenancy.UpdateInput{ID: s.scope, Name: &name})
	}, check: func(s *team) bool {
		return must(s.play, s.alice, tenancy.Get, tenancy.ScopeInput{ID: s.scope}).Name == "team"
	}},
	{name: "scope dissolve", act: func(s *team) { s.archive(s.scope) }, check: (*team).bobSees},
	{name: "scope dissolve, by an editor", act: func(s *team) { s.archive(s.scope) }, as: func(s *team) op.Runner { return s.bob }, want: fault.RollbackDenied},
	{name: "dissolve below what was dissolved since", act: func(s *team) {
		parent := s.scope
		s.scope = must(s.play, s.alice, tenancy.Create, tenancy.CreateInput{Name: "below", ParentID: parent}).ID
		s.archive(s.scope)
	}, against: func(s *team) {
		up := must(s.play, s.alice, tenancy.Get, tenancy.ScopeInput{ID: s.scope}).ParentID
		s.archive(*up)
	}, want: fault.RollbackConflict},
	{
		name: "principal create", act: func(s *team) {
			must(s.play, s.Admin(), identity.Create, identity.CreateInput{ID: "new", Kind: identity.KindUser})
		},
		as:    func(s *team) op.Runner { return s.Admin() },
		check: func(s *team) bool { return s.lifecycle("new") == identity.Archived },
	},
	{
		name: "principal suspend", act: func(s *team) { must(s.play, s.Admin(), identity.Suspend, identity.LifecycleInput{ID: "bob"}) },
		as:    func(s *team) op.Runner { return s.Admin() },
		check: func(s *team) bool { return s.lifecycle("bob") == identity.Active && s.bobSees() },
	},
	{
		name: "the last administrator", want: fault.PreconditionFailed, as: func(s *team) op.Runner { return s.alice },
		act: func(s *team) {
			must(s.play, s.Admin(), identity.Permit, identity.PermitInput{ID: "alice", Permission: op.Administer})
		},
		against: func(s *team) {
			must(s.play, s.alice, identity.Forbid, identity.ForbidInput{ID: "root", Permission: op.Administer})
		},
	},
	{
		name: "principal suspend, by himself", act: func(s *team) { must(s.play, s.Admin(), identity.Suspend, identity.LifecycleInput{ID: "bob"}) },
		want: fault.NotFound,
	},
}

// The inverse table, each row with its refusals.
func TestInverseTable(t *testing.T) {
	for _, row := range inverses {
		t.Run(row.name, func(t *testing.T) {
			s := setUpTeam(t)
			entry := s.left(func() { row.act(s) })
			if row.against != nil {
				row.against(s)
			}
			as := s.alice
			if row.as != nil {
				as = row.as(s)
			}
			in := row.in
			in.EntryID = s.about(entry)
			out, got := try(s.play, as, in)
			if got == "" && len(out.Skipped) > 0 && len(out.RolledBack) == 0 {
				got = skipped
			}
			if got != row.want {
				t.Fatalf("%q, want %q (%+v)", got, row.want, out)
			}
			if row.check != nil && !row.check(s) {
				t.Errorf("it did not come back: %+v", out)
			}
		})
	}
}

// about is the last of some entries that an act left which begins a command.
func (s *team) about(entries []urn.ID) (id urn.ID) {
	s.look(func(v state.View) {
		for _, e := range entries {
			if entry := entryOf(s.t, v, e); entry.ParentTraceID == "" {
				id = e
			}
		}
	})
	return id
}

func (s *team) lifecycle(id urn.ID) (lifecycle string) {
	s.look(func(v state.View) {
		p, _ := identity.Find(v, id)
		lifecycle = p.Lifecycle
	})
	return lifecycle
}
