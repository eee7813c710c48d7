package tuple_test

import (
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// The cast: ann owns a note, an organization and a scope; bea and cyd are users,
// sam is a stranger, host an application that acts for users, app may write
// tuples, aud reads the trail, and root administers the cluster. zed has a name
// that a caller chose.
const (
	ann  urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	bea  urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
	cyd  urn.ID = "usr_01890a5d0c1e7000a0000000000000a3"
	sam  urn.ID = "usr_01890a5d0c1e7000a0000000000000a5"
	gone urn.ID = "usr_01890a5d0c1e7000a0000000000000a9"
	host urn.ID = "svc_01890a5d0c1e7000a0000000000000a6"
	app  urn.ID = "svc_01890a5d0c1e7000a0000000000000a7"
	aud  urn.ID = "aud-itor"
	root urn.ID = "root"
	zed  urn.ID = "zed"

	doc = "01890a5d-0c1e-7000-a000-0000000000d1"
)

type store struct {
	*stage.Stage
	note  urn.ID
	org   urn.ID
	scope urn.ID
}

func setUp(t *testing.T) *store {
	t.Helper()
	s := &store{Stage: stage.New(t, access.Sight{}, system.Ops, identity.Ops, objects.Ops, tenancy.Ops, tenancy.Memberships, tuple.Ops, tuple.RuleOps, org.Ops, rules.Ops, access.Ops)}
	for _, id := range []urn.ID{ann, bea, cyd, sam, zed} {
		s.Principal(id)
	}
	s.Principal(host, op.ActAsHost)
	s.Principal(app, op.WriteTuples)
	s.Principal(aud, op.ReadAudit)
	s.Principal(root, op.Administer)
	s.note = stage.Must(s.Stage, ann, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
	s.org = stage.Must(s.Stage, ann, org.Create.Call, org.CreateInput{}).Org.ID
	s.scope = stage.Must(s.Stage, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team"}).ID
	return s
}

// join makes somebody a member of the organization.
func (s *store) join(id urn.ID, role tenancy.Role) (m *tenancy.Membership) {
	s.Change(func(tx *op.Tx) {
		o, _ := tenancy.Find(tx, s.org)
		m, _ = tenancy.Join(tx, o, id, role, ann, 0)
	})
	return m
}

func typeOf(id urn.ID) string { return string(id[:3]) }

func input(subject urn.ID, relation string, object urn.ID) tuple.KeyInput {
	typ := "doc"
	if len(object) == 36 && object[3] == '_' {
		typ = typeOf(object)
	}
	return tuple.KeyInput{SubjectType: typeOf(subject), SubjectID: subject, Relation: relation, ObjectType: typ, ObjectID: object}
}

func (s *store) write(as urn.ID, in tuple.KeyInput) (tuple.Tuple, fault.Code) {
	return stage.Do(s.Stage, as, tuple.Create.Call, tuple.CreateInput{KeyInput: in})
}

func (s *store) check(as urn.ID, in tuple.KeyInput, relations ...string) (tuple.Answer, fault.Code) {
	q := tuple.CheckInput{SubjectType: in.SubjectType, SubjectID: in.SubjectID, ObjectType: in.ObjectType, ObjectID: in.ObjectID}
	if len(relations) == 0 {
		q.Relation = &in.Relation
	} else {
		q.Relations = &relations
	}
	return stage.Do(s.Stage, as, tuple.Check.Call, q)
}

func (s *store) list(as urn.ID, in tuple.ListInput) []tuple.Tuple {
	return stage.Must(s.Stage, as, tuple.List.Call, in).Items
}

// TestForm has a row for each way of naming the five parts badly, or well.
func TestForm(t *testing.T) {
	const user = "01890a5d-0c1e-7000-a000-0000000000a2"
	rows := []struct {
		name string
		in   tuple.KeyInput
		want fault.Code
	}{
		{"all well", input(bea, "viewer", doc), ""},
		{"the subject as a UUID", tuple.KeyInput{"usr", user, "viewer", "doc", doc}, ""},
		{"the subject as digits", tuple.KeyInput{"usr", bea[4:], "viewer", "doc", doc}, ""},
		{"the object as digits", tuple.KeyInput{"usr", bea, "viewer", "doc", "01890a5d0c1e7000a0000000000000d1"}, ""},
		{"the object as typed", tuple.KeyInput{"usr", bea, "viewer", "doc", "doc_01890a5d0c1e7000a0000000000000d1"}, ""},
		{"the object in upper case", tuple.KeyInput{"usr", bea, "viewer", "doc", "01890A5D-0C1E-7000-A000-0000000000D1"}, ""},
		{"relation of one letter", input(bea, "v", doc), fault.InvalidFormat},
		{"relation of 33 letters", input(bea, "abcdefghijklmnopqrstuvwxyzabcdefg", doc), fault.InvalidFormat},
		{"relation of 32 letters", input(bea, "abcdefghijklmnopqrstuvwxyz_bcdef", doc), ""},
		{"relation with a digit", input(bea, "viewer2", doc), fault.InvalidFormat},
		{"relation in upper case", input(bea, "Viewer", doc), fault.InvalidFormat},
		{"relation with a newline", input(bea, "viewer\n", doc), fault.InvalidFormat},
		{"object type of seven letters", tuple.KeyInput{"usr", bea, "viewer", "folders", doc}, fault.InvalidFormat},
		{"object type of one letter", tuple.KeyInput{"usr", bea, "viewer", "d", doc}, fault.InvalidFormat},
		{"object type with a digit", tuple.KeyInput{"usr", bea, "viewer", "doc1", doc}, fault.InvalidFormat},
		{"object type with an underscore", tuple.KeyInput{"usr", bea, "viewer", "do_c", doc}, fault.InvalidFormat},
		{"subject type in upper case", tuple.KeyInput{"USR", bea, "viewer", "doc", doc}, fault.InvalidFormat},
		{"subject of another type", tuple.KeyInput{"svc", bea, "viewer", "doc", doc}, fault.InvalidFormat},
		{"object of another type", tuple.KeyInput{"usr", bea, "viewer", "doc", "map_01890a5d0c1e7000a0000000000000d1"}, fault.InvalidFormat},
		{"the UUID of zeros", tuple.KeyInput{"usr", bea, "viewer", "doc", "00000000-0000-0000-0000-000000000000"}, fault.InvalidID},
		{"the UUID of ones", tuple.KeyInput{"usr", bea, "viewer", "doc", "ffffffff-ffff-ffff-ffff-ffffffffffff"}, fault.InvalidID},
		{"the object too short", tuple.KeyInput{"usr", bea, "viewer", "doc", "01890a5d"}, fault.InvalidID},
		{"a subject with a name of its own", tuple.KeyInput{"usr", zed, "viewer", "doc", doc}, fault.InvalidID},
		{"a subject that is not there", input(gone, "viewer", doc), fault.NotFound},
		{"an object that is not there", input(bea, "viewer", "obj_01890a5d0c1e7000a0000000000000d1"), fault.NotFound},
		{"an organization that is not there", input(bea, "auditor", "org_01890a5d0c1e7000a0000000000000d1"), fault.NotFound},
		{"a kind of Weir's of which there is none", input(bea, "viewer", "mem_01890a5d0c1e7000a0000000000000d1"), fault.NotFound},
		{"a subject that an application knows", tuple.KeyInput{"team", "01890a5d-0c1e-7000-a000-0000000000f1", "viewer", "doc", doc}, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			got, code := s.write(app, row.in)
			if code != row.want {
				t.Fatalf("got %q, want %q", code, row.want)
			}
			if code == "" && (got.ObjectID != doc || got.CreatedBy != app || urn.IsValid(got.ID, "tup") == false) {
				t.Errorf("written is %+v", got)
			}
		})
	}
}

// TestWriters has a row for each who may write about an object or not.
func TestWriters(t *testing.T) {
	rows := []struct {
		name   string
		as     urn.ID
		object func(s *store) urn.ID
		want   fault.Code
		// deletes is the answer to who deletes such a tuple of bea's.
		deletes fault.Code
	}{
		{"an object's owner", ann, func(s *store) urn.ID { return s.note }, "", ""},
		{"a stranger to the object", sam, func(s *store) urn.ID { return s.note }, fault.NotFound, fault.NotFound},
		{"a viewer of the object", bea, func(s *store) urn.ID { return s.note }, fault.PermissionDenied, fault.PermissionDenied},
		{"a scope's owner", ann, func(s *store) urn.ID { return s.scope }, "", ""},
		{"a scope's viewer", bea, func(s *store) urn.ID { return s.scope }, fault.PermissionDenied, fault.PermissionDenied},
		{"a stranger to the scope", sam, func(s *store) urn.ID { return s.scope }, fault.NotFound, fault.NotFound},
		{"an organization's owner", ann, func(s *store) urn.ID { return s.org }, "", ""},
		{"an organization's admin", cyd, func(s *store) urn.ID { return s.org }, "", ""},
		{"a stranger to the organization", sam, func(s *store) urn.ID { return s.org }, fault.NotFound, fault.NotFound},
		{"a thing's owner by a tuple", cyd, func(*store) urn.ID { return doc }, "", ""},
		{"a thing's viewer by a tuple", bea, func(*store) urn.ID { return doc }, fault.PermissionDenied, fault.PermissionDenied},
		{"a stranger to a thing", sam, func(*store) urn.ID { return doc }, fault.PermissionDenied, fault.NotFound},
		{"somebody with a name of his own", zed, func(*store) urn.ID { return doc }, fault.PermissionDenied, fault.NotFound},
		{"who may write tuples", app, func(s *store) urn.ID { return s.note }, "", ""},
		{"a host", host, func(s *store) urn.ID { return s.scope }, "", ""},
		{"an administrator of the cluster", root, func(*store) urn.ID { return doc }, fault.PermissionDenied, fault.PermissionDenied},
		{"an auditor", aud, func(*store) urn.ID { return doc }, fault.PermissionDenied, fault.PermissionDenied},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			s.join(cyd, tenancy.Admin)
			stage.Must(s.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: s.scope, PrincipalID: bea, Role: tenancy.Viewer})
			stage.Must(s.Stage, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: s.scope, ObjectID: s.note, Level: "read"})
			for _, in := range []tuple.KeyInput{input(cyd, "owner", doc), input(bea, "viewer", doc)} {
				if _, code := s.write(app, in); code != "" {
					t.Fatal(code)
				}
			}
			got, code := s.write(row.as, input(bea, "reviewer", row.object(s)))
			if code != row.want {
				t.Fatalf("creates: %q, want %q", code, row.want)
			}
			if code != "" {
				got, _ = s.write(app, input(bea, "reviewer", row.object(s)))
			}
			if _, code := stage.Do(s.Stage, row.as, tuple.Delete.Call, tuple.DeleteInput{ID: got.ID}); code != row.deletes {
				t.Errorf("deletes: %q, want %q", code, row.deletes)
			}
		})
	}
}

func TestCreateDeleteAndThePast(t *testing.T) {
	s := setUp(t)
	in := input(bea, "viewer", s.note)
	if a, _ := s.check(bea, in); a.Allowed || a.MatchedTupleID != nil {
		t.Errorf("an empty store says %+v", a)
	}
	first, code := s.write(ann, in)
	if code != "" {
		t.Fatal(code)
	}
	if len(s.Records) != 1 || s.Records[0].Action != "tuple_create" || s.Records[0].TargetID != first.ID {
		t.Errorf("the trail gets %+v", s.Records)
	}
	if _, code := s.write(ann, in); code != fault.DuplicateTuple {
		t.Errorf("again: %q", code)
	}
	if _, code := s.write(ann, input(bea, "editor", s.note)); code != "" {
		t.Errorf("another relation: %q", code)
	}
	if a, _ := s.check(bea, in); !a.Allowed || *a.MatchedTupleID != first.ID {
		t.Errorf("the tuple is there: %+v", a)
	}
	then := s.Revision()
	stage.Must(s.Stage, ann, tuple.Delete.Call, tuple.DeleteInput{ID: first.ID})
	if s.Records[0].Action != "tuple_delete" {
		t.Errorf("the trail gets %+v", s.Records)
	}
	if _, code := stage.Do(s.Stage, ann, tuple.Delete.Call, tuple.DeleteInput{ID: first.ID}); code != fault.NotFound {
		t.Errorf("deleted again: %q", code)
	}
	if a, _ := s.check(bea, in); a.Allowed {
		t.Errorf("the tuple is gone: %+v", a)
	}
	reply, err := s.As(bea).Run(t.Context(), &op.Call{Op: tuple.Check.Name, At: itoa(then), Input: marshal(t, tuple.CheckInput{
		SubjectType: "usr", SubjectID: bea, Relation: &in.Relation, ObjectType: "obj", ObjectID: s.note,
	})})
	if err != nil || string(reply.Output) != `{"allowed":true,"matched_tuple_id":"`+string(first.ID)+`","denied_by":null}` {
		t.Errorf("in the past: %v, %+v", err, reply)
	}
	second, code := s.write(ann, in)
	if code != "" || second.ID <= first.ID {
		t.Errorf("written anew: %q, %+v", code, second)
	}
	got := s.list(bea, tuple.ListInput{SubjectType: "usr", SubjectID: bea})
	if len(got) != 2 || got[0].Relation != "editor" || got[1].ID != second.ID {
		t.Errorf("listed are %+v", got)
	}
}

func TestManaged(t *testing.T) {
	s := setUp(t)
	m := s.join(bea, tenancy.Editor)
	for _, object := range []urn.ID{s.org, s.scope, "org_01890a5d0c1e7000a0000000000000d1"} {
		for _, relation := range []string{"owner", "admin", "editor", "member", "viewer", "guest"} {
			for _, as := range []urn.ID{ann, host, app, sam} {
				if _, code := s.write(as, input(cyd, relation, object)); code != fault.ManagedTuple {
					t.Errorf("%s writes %s on %s: %q", as, relation, object, code)
				}
			}
		}
	}
	got := s.list(bea, tuple.ListInput{SubjectType: "usr", SubjectID: bea})
	if len(got) != 1 || got[0].Relation != "editor" || got[0].ObjectID != s.org || got[0].MembershipID != m.ID || got[0].ObjectType != "org" {
		t.Fatalf("the member has %+v", got)
	}
	if a, _ := s.check(host, input(bea, "editor", s.org)); !a.Allowed || *a.MatchedTupleID != got[0].ID {
		t.Errorf("check says %+v", a)
	}
	for _, relation := range []string{"owner", "admin", "member", "viewer", "guest"} {
		if a, _ := s.check(host, input(bea, relation, s.org)); a.Allowed {
			t.Errorf("an editor is %s too", relation)
		}
	}
	for as, want := range map[urn.ID]fault.Code{ann: fault.ManagedTuple, bea: fault.ManagedTuple, host: fault.ManagedTuple, app: fault.ManagedTuple, sam: fault.NotFound} {
		if _, code := stage.Do(s.Stage, as, tuple.Delete.Call, tuple.DeleteInput{ID: got[0].ID}); code != want {
			t.Errorf("%s deletes it: %q, want %q", as, code, want)
		}
	}
	all := s.list(ann, tuple.ListInput{ObjectType: "org", ObjectID: s.org})
	if len(all) != 2 || all[0].SubjectID != ann || all[0].CreatedBy != ann || all[1].SubjectID != bea {
		t.Errorf("the organization has %+v", all)
	}
	if some := s.list(ann, tuple.ListInput{ObjectType: "org", ObjectID: s.org, Relation: "editor"}); len(some) != 1 || some[0].ID != got[0].ID {
		t.Errorf("its editors are %+v", some)
	}
	s.Change(func(tx *op.Tx) { x, _ := tenancy.FindMembership(tx, m.ID); x.End(tx, tenancy.EndLeft, "") })
	if a, _ := s.check(host, input(bea, "editor", s.org)); a.Allowed {
		t.Error("a former member has the tuple")
	}
	if got := s.list(bea, tuple.ListInput{SubjectType: "usr", SubjectID: bea}); len(got) != 0 {
		t.Errorf("a former member has %+v", got)
	}
}

// TestInForce has a row for what makes a tuple count no more, and again.
func TestInForce(t *testing.T) {
	suspend := func(s *store, on bool) {
		lifecycle := identity.Active
		if on {
			lifecycle = identity.Suspended
		}
		s.SetLifecycle(bea, lifecycle)
	}
	headers := func(change func(h *tenancy.Header, on bool)) func(s *store, on bool) {
		return func(s *store, on bool) {
			s.Change(func(tx *op.Tx) {
				h, _ := tenancy.Find(tx, s.org)
				change(h, on)
				scopes.Put(tx.Tx, h)
			})
		}
	}
	rows := []struct {
		name     string
		in       func(s *store) tuple.KeyInput
		make     func(s *store)
		change   func(s *store, on bool)
		survives bool
	}{
		{"the subject is suspended", func(s *store) tuple.KeyInput { return input(bea, "viewer", s.note) }, nil, suspend, false},
		{"the member is suspended", func(s *store) tuple.KeyInput { return input(bea, "member", s.org) }, func(s *store) { s.join(bea, tenancy.Member) }, suspend, false},
		{"the organization is suspended", func(s *store) tuple.KeyInput { return input(bea, "auditor", s.org) }, nil, headers(func(h *tenancy.Header, on bool) { h.Suspended = on }), false},
		{"the member's organization is suspended", func(s *store) tuple.KeyInput { return input(bea, "member", s.org) }, func(s *store) { s.join(bea, tenancy.Member) }, headers(func(h *tenancy.Header, on bool) { h.Suspended = on }), false},
		{"the organization is frozen", func(s *store) tuple.KeyInput { return input(bea, "auditor", s.org) }, nil, headers(func(h *tenancy.Header, on bool) { h.Frozen = on }), true},
		{"the organization is revoked", func(s *store) tuple.KeyInput { return input(bea, "auditor", s.org) }, nil, headers(func(h *tenancy.Header, on bool) { h.Archived = on }), false},
		{"the object is deleted", func(s *store) tuple.KeyInput { return input(bea, "viewer", s.note) }, nil, func(s *store, on bool) {
			if on {
				stage.Must(s.Stage, ann, objects.Delete.Call, objects.DeleteInput{ID: s.note})
			} else if a, _ := s.check(app, input(bea, "viewer", s.note)); !a.Allowed {
				stage.Must(s.Stage, ann, objects.Restore.Call, objects.RestoreInput{ID: s.note})
			}
		}, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			in := row.in(s)
			if row.make != nil {
				row.make(s)
			} else if _, code := s.write(app, in); code != "" {
				t.Fatal(code)
			}
			for _, on := range []bool{false, true, false} {
				row.change(s, on)
				a, code := s.check(app, in)
				list := s.list(app, tuple.ListInput{SubjectType: "usr", SubjectID: bea})
				if want := !on || row.survives; code != "" || a.Allowed != want || len(list) == 1 != want {
					t.Errorf("changed: %v; %q, allowed %v, listed %+v", on, code, a.Allowed, list)
				}
			}
		})
	}
}

// A membership expires with its tuple, and one below an organization counts only
// while the one in the organization does.
func TestMembershipsBehindTuples(t *testing.T) {
	s := setUp(t)
	stage.Must(s.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: s.scope, PrincipalID: bea, Role: tenancy.Viewer, ExpiresAt: s.Now + stage.Hour})
	below := stage.Must(s.Stage, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: s.org}).ID
	m := s.join(bea, tenancy.Member)
	stage.Must(s.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: below, PrincipalID: bea, Role: tenancy.Editor})
	holds := func(relation string, object urn.ID) bool {
		a, _ := s.check(bea, input(bea, relation, object))
		return a.Allowed
	}
	if !holds("viewer", s.scope) || !holds("editor", below) {
		t.Error("the memberships are no tuples")
	}
	s.Now += stage.Hour
	if holds("viewer", s.scope) {
		t.Error("the membership has expired, and its tuple counts")
	}
	s.Change(func(tx *op.Tx) { x, _ := tenancy.FindMembership(tx, m.ID); x.End(tx, tenancy.EndLeft, "") })
	if holds("editor", below) {
		t.Error("below the organization a former member has a tuple")
	}
	s.join(bea, tenancy.Member)
	if holds("editor", below) {
		t.Error("who comes back finds the old tuple revived")
	}
	if got := s.list(bea, tuple.ListInput{SubjectType: "usr", SubjectID: bea}); len(got) != 1 || got[0].Relation != "member" {
		t.Errorf("listed are %+v", got)
	}
}
