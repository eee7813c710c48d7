package tenancy_test

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

func TestProject(t *testing.T) {
	rows := []struct {
		name    string
		prepare func(tr *troupe, object urn.ID)
		as      urn.ID // the owner is erin
		level   string
		want    fault.Code
		trail   string
		seen    op.Level // vic is a viewer, bob an admin
		admin   op.Level
	}{
		{"read is the level when none is given", nil, "erin", "", "", "projection projection", op.Read, op.Read},
		{"the role caps the level", nil, "erin", "admin", "", "projection projection", op.Read, op.Admin},
		{"the same again writes nothing", func(tr *troupe, o urn.ID) { tr.project("erin", tr.scope, o, "write") }, "erin", "write", "", "", op.Read, op.Write},
		{"E4.11 another level changes it", func(tr *troupe, o urn.ID) { tr.project("erin", tr.scope, o, "write") }, "erin", "read", "", "projection projection", op.Read, op.Read},
		{"E4.15 a level that there is not", nil, "erin", "owner", fault.ValidationFailed, "", op.None, op.None},
		{"an object of somebody else, unseen", nil, "bob", "read", fault.NotFound, "", op.None, op.None},
		{"an object of somebody else, seen", func(tr *troupe, o urn.ID) { tr.project("erin", tr.scope, o, "admin") }, "bob", "read", fault.PermissionDenied, "", op.Read, op.Admin},
		{"a deleted object", func(tr *troupe, o urn.ID) { must(tr, "erin", objects.Delete.Call, objects.DeleteInput{ID: o}) }, "erin", "read", fault.IsolationViolation, "", op.None, op.None},
		{"into a frozen scope", func(tr *troupe, _ urn.ID) { must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope}) }, "erin", "read", fault.ScopeFrozen, "", op.None, op.None},
		{"into an archived scope", func(tr *troupe, _ urn.ID) { must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope}) }, "erin", "read", fault.ScopeFrozen, "", op.None, op.None},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			object := tr.object("erin")
			if row.prepare != nil {
				row.prepare(tr, object)
			}
			if _, got := do(tr, row.as, tenancy.Project.Call, tenancy.ProjectInput{ID: tr.scope, ObjectID: object, Level: row.level}); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if got := tr.trail(); got != row.trail && row.want == "" {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
			if vic, bob := tr.level("vic", object), tr.level("bob", object); vic != row.seen || bob != row.admin {
				t.Errorf("vic has %s and bob %s, want %s and %s", vic, bob, row.seen, row.admin)
			}
			if gus := tr.level("gus", object); gus != op.None {
				t.Errorf("a guest has %s", gus)
			}
		})
	}
}

func TestUnproject(t *testing.T) {
	freeze := func(tr *troupe, _ urn.ID) { must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope}) }
	rows := []struct {
		name    string
		prepare func(tr *troupe, object urn.ID)
		as      urn.ID
		frozen  bool
		want    fault.Code
		trail   string
		seen    op.Level
	}{
		{"E4.1 the object's owner", nil, "erin", false, "", "revoke projection", op.None},
		{"E4.7 the object's owner, no longer a member", func(tr *troupe, _ urn.ID) {
			must(tr, "bob", tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: "erin"})
		}, "erin", false, "", "revoke projection", op.None},
		{"an admin of the scope", nil, "bob", false, "", "revoke projection", op.None},
		{"a viewer", nil, "vic", false, fault.PermissionDenied, "", op.Read},
		{"a stranger", nil, "sam", false, fault.NotFound, "", op.Read},
		{"a cluster administrator", nil, "root", false, fault.PermissionDenied, "", op.Read},
		{"what is not shared any more: no trace", func(tr *troupe, o urn.ID) {
			must(tr, "erin", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: o})
		}, "erin", false, "", "", op.None},
		{"D6 from a frozen scope", freeze, "erin", false, fault.ScopeFrozen, "", op.Read},
		{"D6 from a frozen scope, the object's owner insists", freeze, "erin", true, "", "revoke projection", op.None},
		{"D6 from a frozen scope, the scope's owner insists", freeze, "alice", true, "", "revoke projection", op.None},
		{"D6 from a frozen scope, an admin insists", freeze, "bob", true, fault.PermissionDenied, "", op.Read},
		{"from an archived scope", func(tr *troupe, _ urn.ID) { must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope}) }, "erin", true, fault.ScopeFrozen, "", op.None},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			object := tr.object("erin")
			tr.project("erin", tr.scope, object, "read")
			if row.prepare != nil {
				row.prepare(tr, object)
			}
			if _, got := do(tr, row.as, tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: object, WhileFrozen: row.frozen}); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if denied := row.want == fault.PermissionDenied || row.want == fault.NotFound; denied != (tr.Denied != nil) {
				t.Errorf("a trace of the refusal: %v", tr.Denied)
			}
			if got := tr.trail(); got != row.trail {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
			if got := tr.level("vic", object); got != row.seen {
				t.Errorf("vic has %s, want %s", got, row.seen)
			}
		})
	}
	t.Run("shared again it has its old id", func(t *testing.T) {
		tr := setUp(t)
		object := tr.object("erin")
		first := tr.project("erin", tr.scope, object, "read")
		must(tr, "bob", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: object})
		again := tr.project("erin", tr.scope, object, "write")
		if again.ID != first.ID || again.Status != tenancy.StatusActive || again.RevokedBy != "" || again.ProjectedAt <= first.ProjectedAt || again.Version != 3 {
			t.Errorf("came back as %+v, was %+v", again, first)
		}
	})
	t.Run("an owner learns nothing of scopes that he cannot see", func(t *testing.T) {
		tr := setUp(t)
		object := tr.object("sam")
		for _, scope := range []urn.ID{tr.scope, "scp_01890a5d0c1e7000a000000000000099"} {
			if _, got := do(tr, "sam", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: scope, ObjectID: object}); got != "" {
				t.Errorf("%s: got %q", scope, got)
			}
		}
	})
}

func TestLifecycle(t *testing.T) {
	type step func(tr *troupe) (tenancy.Scope, fault.Code)
	run := func(call func(tr *troupe, in tenancy.ScopeInput) (tenancy.Scope, fault.Code)) step {
		return func(tr *troupe) (tenancy.Scope, fault.Code) { return call(tr, tenancy.ScopeInput{ID: tr.scope}) }
	}
	freeze := run(func(tr *troupe, in tenancy.ScopeInput) (tenancy.Scope, fault.Code) {
		return do(tr, "alice", tenancy.Freeze.Call, in)
	})
	unfreeze := run(func(tr *troupe, in tenancy.ScopeInput) (tenancy.Scope, fault.Code) {
		return do(tr, "alice", tenancy.Unfreeze.Call, in)
	})
	archive := run(func(tr *troupe, in tenancy.ScopeInput) (tenancy.Scope, fault.Code) {
		return do(tr, "alice", tenancy.Archive.Call, in)
	})
	rows := []struct {
		name   string
		before []step
		last   step
		want   fault.Code
		status string
		trail  string
	}{
		{"freeze", nil, freeze, "", "frozen", "lifecycle_change scope"},
		{"freeze a frozen one", []step{freeze}, freeze, fault.ScopeFrozen, "", ""},
		{"unfreeze", []step{freeze}, unfreeze, "", "active", "lifecycle_change scope"},
		{"unfreeze an active one", nil, unfreeze, fault.InvalidTransition, "", ""},
		{"archive", nil, archive, "", "archived", "scope_dissolve scope"},
		{"E4.8 archive a frozen one", []step{freeze}, archive, "", "archived", "scope_dissolve scope"},
		{"archive twice", []step{archive}, archive, fault.ScopeFrozen, "", ""},
		{"freeze an archived one", []step{archive}, freeze, fault.ScopeFrozen, "", ""},
		{"unfreeze an archived one", []step{freeze, archive}, unfreeze, fault.ScopeFrozen, "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			for _, s := range row.before {
				if _, code := s(tr); code != "" {
					t.Fatal(code)
				}
			}
			s, got := row.last(tr)
			if got != row.want || s.Status != row.status {
				t.Errorf("got %q and %q, want %q and %q", got, s.Status, row.want, row.status)
			}
			if got := tr.trail(); got != row.trail {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
		})
	}
}

func TestArchiveEndsAll(t *testing.T) {
	tr := setUp(t)
	object := tr.object("erin")
	tr.project("erin", tr.scope, object, "write")
	must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope})
	for _, m := range tr.Records[0].Metadata {
		if want := map[string]any{"members": uint64(5), "projections": uint64(1)}[m.Name]; want != nil && m.Value != want {
			t.Errorf("the record counts %s %v, want %v", m.Name, m.Value, want)
		}
	}
	if len(tr.Records) != 1 {
		t.Errorf("%d records for one flag", len(tr.Records))
	}
	all := false
	if got := must(tr, "vic", tenancy.Members.Call, tenancy.MembersInput{ID: tr.scope}).Items; len(got) != 0 {
		t.Errorf("members that still count: %+v", got)
	}
	ended := must(tr, "vic", tenancy.Members.Call, tenancy.MembersInput{ID: tr.scope, ActiveOnly: &all}).Items
	if len(ended) != 5 || slices.ContainsFunc(ended, func(m tenancy.Membership) bool { return m.Status != tenancy.StatusRevoked }) {
		t.Errorf("E4.8 all rows are still listed, as ended; got %+v", ended)
	}
	shares := must(tr, "vic", tenancy.Projections.Call, tenancy.ProjectionsInput{ID: tr.scope, ActiveOnly: &all}).Items
	if len(shares) != 1 || shares[0].Status != tenancy.StatusRevoked {
		t.Errorf("the projections are %+v", shares)
	}
	if got := tr.level("vic", object); got != op.None {
		t.Errorf("vic still has %s", got)
	}
	if got := tr.level("erin", object); got != op.Own {
		t.Errorf("the owner has %s", got)
	}
}
