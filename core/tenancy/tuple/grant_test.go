package tuple_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// status gives a membership another status.
func (s *store) status(id urn.ID, status string) {
	s.Change(func(tx *op.Tx) {
		m, _ := tenancy.FindMembership(tx, id)
		m.Status = status
		members.Put(tx.Tx, m)
	})
}

// come grants a relation to the note for as long as a stay goes on.
func (s *store) come(t *testing.T, m *tenancy.Membership, relation string) (id urn.ID, existed bool) {
	t.Helper()
	s.Change(func(tx *op.Tx) {
		r, was, err := tuple.Grant(tx, tuple.Key{Subject: m.PrincipalID, Relation: relation, Object: s.note}, ann, m.Root)
		if err != nil {
			t.Fatal(err)
		}
		id, existed = r.ID, was
	})
	return id, existed
}

func (s *store) holds(t *testing.T, relation string) bool {
	t.Helper()
	a, code := s.check(bea, input(bea, relation, s.note))
	if code != "" {
		t.Fatal(code)
	}
	listed := false
	for _, x := range s.list(bea, tuple.ListInput{SubjectType: "usr", SubjectID: bea}) {
		listed = listed || x.Relation == relation && x.ObjectID == s.note
	}
	if listed != a.Allowed {
		t.Errorf("check says %v, the list %v", a.Allowed, listed)
	}
	return a.Allowed
}

// A grant that came with a stay survives changes of role, is withheld with the
// membership or the organization, and does not outlive the stay.
func TestGrantEndsWithItsStay(t *testing.T) {
	s := setUp(t)
	m := s.join(bea, tenancy.Member)
	first, existed := s.come(t, m, "viewer")
	if existed || !s.holds(t, "viewer") {
		t.Fatal("the grant is not there")
	}
	if again, existed := s.come(t, m, "viewer"); !existed || again != first {
		t.Errorf("granted twice: %v, %s", existed, again)
	}
	if _, code := s.write(ann, input(bea, "viewer", s.note)); code != fault.DuplicateTuple {
		t.Errorf("written beside it: %q", code)
	}
	s.Change(func(tx *op.Tx) { x, _ := tenancy.FindMembership(tx, m.ID); m = x.Succeed(tx, tenancy.Editor) })
	if !s.holds(t, "viewer") {
		t.Error("the grant does not survive a change of role")
	}
	for _, change := range []struct {
		name string
		set  func(on bool)
	}{
		{"the membership", func(on bool) {
			s.status(m.ID, map[bool]string{false: tenancy.StatusActive, true: tenancy.StatusSuspended}[on])
		}},
		{"the organization", func(on bool) {
			s.Change(func(tx *op.Tx) {
				h, _ := tenancy.Find(tx, s.org)
				h.Suspended = on
				scopes.Put(tx.Tx, h)
			})
		}},
		{"the member", func(on bool) {
			s.SetLifecycle(bea, map[bool]string{false: identity.Active, true: identity.Suspended}[on])
		}},
	} {
		change.set(true)
		if a, _ := s.check(app, input(bea, "viewer", s.note)); a.Allowed {
			t.Errorf("%s is suspended, and the grant counts", change.name)
		}
		change.set(false)
		if !s.holds(t, "viewer") {
			t.Errorf("%s is back, and the grant is not", change.name)
		}
	}
	then := s.Revision()
	s.Change(func(tx *op.Tx) { x, _ := tenancy.FindMembership(tx, m.ID); x.End(tx, tenancy.EndLeft, "") })
	if s.holds(t, "viewer") {
		t.Error("the grant outlives the stay")
	}
	if _, code := stage.Do(s.Stage, ann, tuple.Delete.Call, tuple.DeleteInput{ID: first}); code != fault.NotFound {
		t.Errorf("what is over is deleted: %q", code)
	}
	m = s.join(bea, tenancy.Member)
	if s.holds(t, "viewer") {
		t.Error("who comes back finds the old grant")
	}
	second, existed := s.come(t, m, "viewer")
	if existed || second <= first || !s.holds(t, "viewer") {
		t.Errorf("granted anew: %v, %s", existed, second)
	}
	s.LookAt(then, func(v state.View) {
		if r, ok := tuple.Find(v, first); !ok || !r.InForce(v, s.TimeAt(then)) {
			t.Error("in the past the grant does not count")
		}
	})
}

// One that stands by itself takes the place of a grant that is withheld, and is
// not touched by one that comes later.
func TestGrantsOfTwoKinds(t *testing.T) {
	s := setUp(t)
	m := s.join(bea, tenancy.Member)
	derived, _ := s.come(t, m, "viewer")
	s.status(m.ID, tenancy.StatusSuspended)
	own, code := s.write(ann, input(bea, "viewer", s.note))
	if code != "" || own.ID == derived {
		t.Fatalf("written over a withheld one: %q, %+v", code, own)
	}
	if len(s.Records) != 2 || s.Records[0].Action != "tuple_delete" || s.Records[1].Action != "tuple_create" {
		t.Errorf("the trail gets %+v", s.Records)
	}
	if !s.holds(t, "viewer") {
		t.Error("it does not count")
	}
	s.status(m.ID, tenancy.StatusActive)
	if again, existed := s.come(t, m, "viewer"); !existed || again != own.ID {
		t.Errorf("granted beside it: %v, %s", existed, again)
	}
	s.Change(func(tx *op.Tx) { x, _ := tenancy.FindMembership(tx, m.ID); x.End(tx, tenancy.EndLeft, "") })
	if !s.holds(t, "viewer") {
		t.Error("what stood by itself ended with the stay")
	}
}

// Who grants is judged by his rights of the moment.
func TestGrantableBy(t *testing.T) {
	s := setUp(t)
	if _, code := s.write(app, input(bea, "admin", doc)); code != "" {
		t.Fatal(code)
	}
	s.join(cyd, tenancy.Admin)
	managed, f := tuple.ParseObject("viewer", "org", s.org)
	if f != nil {
		t.Fatal(f)
	}
	rows := []struct {
		name string
		by   urn.ID
		k    tuple.Key
		want fault.Code
	}{
		{"an object's owner", ann, tuple.Key{Relation: "viewer", Object: s.note}, ""},
		{"a stranger", sam, tuple.Key{Relation: "viewer", Object: s.note}, fault.NotFound},
		{"an admin by tuple", bea, tuple.Key{Relation: "viewer", Object: "doc_01890a5d0c1e7000a0000000000000d1"}, ""},
		{"an organization's admin", cyd, tuple.Key{Relation: "auditor", Object: s.org}, ""},
		{"a host", host, tuple.Key{Relation: "viewer", Object: s.note}, ""},
		{"what follows from memberships", host, managed, fault.ManagedTuple},
		{"what is not there", host, tuple.Key{Relation: "viewer", Object: "obj_01890a5d0c1e7000a0000000000000d1"}, fault.NotFound},
		{"nobody", gone, tuple.Key{Relation: "viewer", Object: s.note}, fault.PermissionDenied},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s.Change(func(tx *op.Tx) {
				err := tuple.GrantableBy(tx, row.by, row.k)
				if f, _ := fault.Of(err); (err == nil) != (row.want == "") || f != nil && f.Code != row.want {
					t.Errorf("got %v, want %q", err, row.want)
				}
			})
		})
	}
	for _, bad := range []struct {
		relation, typ string
		id            urn.ID
		want          fault.Code
	}{{"v", "doc", doc, fault.InvalidFormat}, {"viewer", "folders", doc, fault.InvalidFormat}, {"viewer", "doc", "x", fault.InvalidID}} {
		if _, f := tuple.ParseObject(bad.relation, bad.typ, bad.id); f == nil || f.Code != bad.want {
			t.Errorf("%+v: %v", bad, f)
		}
	}
}
