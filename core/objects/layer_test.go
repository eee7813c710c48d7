package objects_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// actions are what the last command asked the trail to say.
func (s *shelf) actions() string {
	var words []string
	for _, r := range s.Records {
		words = append(words, r.Action+" "+r.Entity+" "+r.TargetType)
	}
	return strings.Join(words, ", ")
}

// share gives bob a level on the object, by a scope in which he has a role.
func (s *shelf) share(role tenancy.Role, level string) (scope urn.ID) {
	s.t.Helper()
	scope = must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "team"}).ID
	must(s, "alice", tenancy.Add.Call, tenancy.AddInput{ID: scope, PrincipalID: "bob", Role: role})
	must(s, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: scope, ObjectID: s.id, Level: level})
	return scope
}

func TestE31StrangersSeeNothing(t *testing.T) {
	s := newShelf(t)
	for name, got := range map[string]fault.Code{
		"get":             codeOf(s, "bob", objects.Get.Call, objects.GetInput{ID: s.id}),
		"update":          codeOf(s, "bob", objects.Update.Call, objects.UpdateInput{ID: s.id, Data: op.JSON(`{}`)}),
		"delete":          codeOf(s, "bob", objects.Delete.Call, objects.DeleteInput{ID: s.id}),
		"restore":         codeOf(s, "bob", objects.Restore.Call, objects.RestoreInput{ID: s.id}),
		"transfer":        codeOf(s, "bob", objects.Transfer.Call, objects.TransferInput{ID: s.id, OwnerID: "bob"}),
		"versions":        codeOf(s, "bob", objects.Versions.Call, objects.VersionsInput{ID: s.id}),
		"get_version":     codeOf(s, "bob", objects.GetVersion.Call, objects.VersionInput{ID: s.id, Version: 1}),
		"current_version": codeOf(s, "bob", objects.CurrentVersion.Call, objects.CurrentInput{ID: s.id}),
		"diff":            codeOf(s, "bob", objects.Diff.Call, objects.DiffInput{ID: s.id, From: 1, To: 1}),
		"get_tombstone":   codeOf(s, "bob", objects.GetTombstone.Call, objects.MarkerInput{ID: s.id}),
	} {
		if got != fault.NotFound {
			t.Errorf("%s: %q, want what an object that does not exist gives", name, got)
		}
	}
	if page := must(s, "bob", objects.List.Call, objects.ListInput{}); len(page.Items) != 0 || page.HasMore {
		t.Errorf("bob lists %+v", page)
	}
	if n := must(s, "bob", objects.Count.Call, objects.CountInput{}); n.Count != 0 || !n.Complete {
		t.Errorf("bob counts %+v", n)
	}
}

func TestE32DeletedObjectsAreNotUpdated(t *testing.T) {
	s := newShelf(t)
	s.delete()
	if got := codeOf(s, "alice", objects.Update.Call, objects.UpdateInput{ID: s.id, Data: op.JSON(`{}`)}); got != fault.IsolationViolation {
		t.Errorf("got %q", got)
	}
	if known, _ := s.known(s.Revision()); known.Version != 1 {
		t.Errorf("version %d", known.Version)
	}
}

// A second deletion is answered like the first, and leaves nothing.
func TestE33DeletedTwice(t *testing.T) {
	s := newShelf(t)
	s.delete()
	s.delete()
	if got := s.actions(); got != "" {
		t.Errorf("the trail says %s", got)
	}
}

func TestE34VersionsOutliveTheObject(t *testing.T) {
	s := newShelf(t)
	s.share(tenancy.Admin, "admin")
	s.update(`{"n":2}`)
	s.delete()
	if page := must(s, "alice", objects.Versions.Call, objects.VersionsInput{ID: s.id}); len(page.Items) != 2 {
		t.Errorf("the owner reads %+v", page)
	}
	if got := codeOf(s, "bob", objects.Versions.Call, objects.VersionsInput{ID: s.id}); got != fault.NotFound {
		t.Errorf("a member reads them: %q", got)
	}
}

// The commitment is to the canonical form, so the order of names is none of its
// business; its salt differs with each version.
func TestE35TheOrderOfNamesIsNoDifference(t *testing.T) {
	s := newShelf(t)
	s.update(`{"a":1,"b":{"x":1,"y":2}}`)
	s.update(`{"b":{"y":2,"x":1},"a":1}`)
	d := must(s, "alice", objects.Diff.Call, objects.DiffInput{ID: s.id, From: 2, To: 3})
	if len(d.Added)+len(d.Removed)+len(d.Changed) != 0 {
		t.Errorf("they differ: %+v", d)
	}
	d = must(s, "alice", objects.Diff.Call, objects.DiffInput{ID: s.id, From: 1, To: 2})
	if len(d.Added) != 2 || len(d.Removed) != 1 || len(d.Changed) != 0 {
		t.Errorf("from {n} to {a, b}: %+v", d)
	}
}

func TestE36TheSameDataIsAVersion(t *testing.T) {
	s := newShelf(t)
	s.update(`{"n":1}`)
	if known, _ := s.known(s.Revision()); known.Version != 2 {
		t.Errorf("version %d", known.Version)
	}
}

func TestE38PagesOfVersions(t *testing.T) {
	s := newShelf(t)
	for range 4 {
		s.update(`{"n":2}`)
	}
	for order, want := range map[string][]uint64{"": {1, 2, 3, 4, 5}, "version": {1, 2, 3, 4, 5}, "-version": {5, 4, 3, 2, 1}} {
		in := objects.VersionsInput{ID: s.id, Order: order, Paging: op.Paging{Limit: 2}}
		var got []uint64
		for more := true; more; {
			page := must(s, "alice", objects.Versions.Call, in)
			for _, x := range page.Items {
				got = append(got, x.Version)
			}
			in.Cursor, more = string(page.NextCursor), page.HasMore
		}
		if !slices.Equal(got, want) {
			t.Errorf("order %q gives %v", order, got)
		}
	}
	if x := must(s, "alice", objects.CurrentVersion.Call, objects.CurrentInput{ID: s.id}); x.Version != 5 {
		t.Errorf("the newest is %+v", x)
	}
	if x := must(s, "alice", objects.GetVersion.Call, objects.VersionInput{ID: s.id, Version: 1}); string(x.Data) != `{"n":1}` || x.Reason != "created" {
		t.Errorf("the first is %+v", x)
	}
	if got := codeOf(s, "alice", objects.GetVersion.Call, objects.VersionInput{ID: s.id, Version: 6}); got != fault.NotFound {
		t.Errorf("the sixth: %q", got)
	}
}

// forbidding is a sight with a rule that denies the creation of secret things.
type forbidding struct{ access.Sight }

func (forbidding) Forbids(_ state.View, r op.Request) (urn.ID, bool) {
	return "rul_01890a5d0c1e7000a000000000000009", r.Action == "create" && r.Target.Type == "secret"
}

func items(types ...string) objects.CreateManyInput {
	in := objects.CreateManyInput{Items: []objects.CreateInput{}}
	for _, typ := range types {
		in.Items = append(in.Items, objects.CreateInput{Type: typ, Data: op.JSON(`{}`)})
	}
	return in
}

func TestCreateMany(t *testing.T) {
	s := newShelf(t)
	out := must(s, "alice", objects.CreateMany.Call, items("b", "a", "b"))
	if len(out.Items) != 3 || out.Items[0].Type != "b" || out.Items[1].Type != "a" || out.Items[0].CreatedAt != out.Items[2].CreatedAt {
		t.Errorf("made %+v", out)
	}
	if got := s.actions(); got != "create object b, create object a, create object b" {
		t.Errorf("the trail says %s", got)
	}
	before := s.Revision()
	if out := must(s, "alice", objects.CreateMany.Call, items()); len(out.Items) != 0 {
		t.Errorf("of nothing came %+v", out)
	}
	if s.actions() != "" || s.Revision() != before+1 {
		t.Errorf("an empty list left %q and moved the state from %d to %d", s.actions(), before, s.Revision())
	}
}

// One bad item and nothing happens; the answer says which one.
func TestE39B14OneBadItem(t *testing.T) {
	many := func(n int) []string { return slices.Repeat([]string{"note"}, n) }
	for _, row := range []struct {
		name  string
		in    objects.CreateManyInput
		code  fault.Code
		where string
	}{
		{"without a type", items("note", "", "note"), fault.ValidationFailed, "/items/1/type"},
		{"of a type that a rule forbids", items("note", "note", "secret"), fault.PermissionDenied, "/items/2"},
		{"without data", objects.CreateManyInput{Items: []objects.CreateInput{{Type: "note"}}}, fault.ValidationFailed, "/items/0/data"},
		{"too many", items(many(501)...), fault.ValidationFailed, "/items"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &shelf{Stage: stage.New(t, forbidding{}, identity.Ops, objects.Ops), t: t}
			s.Principal("alice")
			_, err := objects.CreateMany.Call(t.Context(), s.As("alice"), row.in)
			f, ok := fault.Of(err)
			if !ok || f.Code != row.code || len(f.Items) == 0 || f.Items[0].Pointer != row.where {
				t.Fatalf("got %+v, want %s at %s", f, row.code, row.where)
			}
			if n := must(s, "alice", objects.Count.Call, objects.CountInput{}); n.Count != 0 {
				t.Errorf("%d objects were made", n.Count)
			}
		})
	}
}

// A rule denies before anything is written; without rules all is allowed.
func TestE310RulesDenyCreation(t *testing.T) {
	s := &shelf{Stage: stage.New(t, forbidding{}, identity.Ops, objects.Ops), t: t}
	s.Principal("alice")
	in := objects.CreateInput{Type: "secret", Data: op.JSON(`{}`)}
	if got := codeOf(s, "alice", objects.CreateMany.Call, objects.CreateManyInput{Items: []objects.CreateInput{in}}); got != fault.PermissionDenied {
		t.Errorf("create_many: %q", got)
	}
	in.Type = "note"
	must(s, "alice", objects.Create.Call, in)
}

func TestE311B13DataThatCannotBeKept(t *testing.T) {
	s := newShelf(t)
	before := s.Revision()
	for _, data := range []string{`{"n":NaN}`, `{"n":1,"n":2}`, `{"at":2026-01-01}`, `[1]`, `"x"`, `null`, `{"n":01}`} {
		_, err := s.As("alice").Run(t.Context(), &op.Call{Op: "object.create", Input: op.JSON(`{"type":"note","data":` + data + `}`)})
		if f, ok := fault.Of(err); !ok || (f.Status() != 400 && f.Status() != 422) {
			t.Errorf("%s: %v", data, err)
		}
	}
	if s.Revision() != before {
		t.Errorf("the state moved from %d to %d", before, s.Revision())
	}
}

func TestB2EachVersionHasOneEntry(t *testing.T) {
	s := newShelf(t)
	updates := 0
	for range 5 {
		read := must(s, "alice", objects.Get.Call, objects.GetInput{ID: s.id}).Version
		for range 3 {
			in := objects.UpdateInput{ID: s.id, Version: read, Data: op.JSON(`{}`)}
			if got := codeOf(s, "alice", objects.Update.Call, in); got == "" {
				updates += len(s.Records)
			} else if got != fault.VersionConflict {
				t.Fatalf("got %q", got)
			}
		}
	}
	if known, _ := s.known(s.Revision()); updates != 5 || known.Version != 6 {
		t.Errorf("%d entries, version %d", updates, known.Version)
	}
}

// Whichever of two comes first, the other meets what it left.
func TestB3UpdateAndDelete(t *testing.T) {
	s := newShelf(t)
	s.delete()
	if got := codeOf(s, "alice", objects.Update.Call, objects.UpdateInput{ID: s.id, Version: 1, Data: op.JSON(`{}`)}); got != fault.IsolationViolation {
		t.Errorf("update behind delete: %q", got)
	}
	s = newShelf(t)
	s.update(`{"n":2}`)
	if got := codeOf(s, "alice", objects.Delete.Call, objects.DeleteInput{ID: s.id, Version: 1}); got != fault.VersionConflict {
		t.Errorf("delete of version 1 behind update: %q", got)
	}
}

func TestB6MembersWrite(t *testing.T) {
	for _, row := range []struct {
		role  tenancy.Role
		level string
		want  fault.Code
	}{
		{tenancy.Editor, "write", ""},
		{tenancy.Viewer, "write", fault.PermissionDenied},
		{tenancy.Editor, "read", fault.PermissionDenied},
	} {
		s := newShelf(t)
		s.share(row.role, row.level)
		if got := codeOf(s, "bob", objects.Update.Call, objects.UpdateInput{ID: s.id, Data: op.JSON(`{}`)}); got != row.want {
			t.Errorf("a member as %s at %s: %q", row.role, row.level, got)
		}
	}
}

func TestB8DeletedAndBroughtBack(t *testing.T) {
	s := newShelf(t)
	s.share(tenancy.Viewer, "read")
	s.update(`{"n":2}`)
	past := s.Revision()
	s.delete()
	if got := codeOf(s, "bob", objects.Get.Call, objects.GetInput{ID: s.id}); got != fault.NotFound {
		t.Errorf("a member sees what was deleted: %q", got)
	}
	if err := s.revert("alice", past); err != nil {
		t.Fatal(err)
	}
	if o := must(s, "bob", objects.Get.Call, objects.GetInput{ID: s.id}); string(o.Data) != `{"n":2}` {
		t.Errorf("a member sees %+v", o)
	}
	if page := must(s, "alice", objects.Versions.Call, objects.VersionsInput{ID: s.id}); len(page.Items) != 3 || page.Items[2].Origin != objects.OriginRestore {
		t.Errorf("the versions are %+v", page.Items)
	}
}
