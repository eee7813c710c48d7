package access_test

import (
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// What each relation to an object gives, in decisions, lists and explanations.
func TestTuplesGiveRights(t *testing.T) {
	for relation, want := range map[string]op.Level{
		"owner": op.Admin, "admin": op.Admin, "editor": op.Write, "member": op.Read, "viewer": op.Read, "guest": op.None, "reviewer": op.None,
	} {
		t.Run(relation, func(t *testing.T) {
			s := setUp(t)
			s.Principal(uma)
			id := s.grant(uma, relation)
			v := must(s, uma, access.Check.Call, access.Question{Action: "read", ObjectID: s.private})
			if v.Level != want || v.Allowed != (want > op.None) {
				t.Errorf("decided %+v, want %s", v, want)
			}
			if want > op.None && (len(v.Why) != 1 || v.Why[0].Via != op.ViaTuple || v.Why[0].TupleID != id || v.Why[0].Role != relation) {
				t.Errorf("why is %+v", v.Why)
			}
			listed := len(must(s, uma, objects.List.Call, objects.ListInput{}).Items)
			typed := len(must(s, uma, objects.List.Call, objects.ListInput{Type: "memo"}).Items)
			if want > op.None {
				if listed != 1 || typed != 1 {
					t.Errorf("listed are %d, of the type %d", listed, typed)
				}
			} else if listed+typed != 0 {
				t.Errorf("listed are %d, of the type %d", listed, typed)
			}
			if other := must(s, uma, objects.List.Call, objects.ListInput{Type: "note"}).Items; len(other) != 0 {
				t.Errorf("of another type are %+v", other)
			}
		})
	}
}

// grant gives somebody a relation to the object that is alice's alone.
func (s *shared) grant(id urn.ID, relation string) urn.ID {
	s.t.Helper()
	in := tuple.KeyInput{SubjectType: "usr", SubjectID: id, Relation: relation, ObjectType: "obj", ObjectID: s.private}
	return must(s, "alice", tuple.Create.Call, tuple.CreateInput{KeyInput: in}).ID
}

func TestWhatClosesATuple(t *testing.T) {
	rows := []struct {
		name  string
		close func(s *shared, id urn.ID)
		cut   string
	}{
		{"deleted", func(s *shared, id urn.ID) { must(s, "alice", tuple.Delete.Call, tuple.DeleteInput{ID: id}) }, "revoked"},
		{"the object is deleted", func(s *shared, _ urn.ID) {
			must(s, "alice", objects.Delete.Call, objects.DeleteInput{ID: s.private})
		}, "tombstoned"},
		{"a rule denies it", func(s *shared, _ urn.ID) {
			rule := must(s, "root", rules.Create.Call, rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny})
			must(s, "root", rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: rules.TargetPrincipal, TargetID: string(uma)})
		}, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			s.Principal(uma)
			row.close(s, s.grant(uma, "editor"))
			about := access.Question{PrincipalID: uma, Action: "write", ObjectID: s.private}
			a := must(s, "root", access.Explain.Call, about)
			if a.Allowed || len(a.Why) != 1 || a.Why[0].Via != op.ViaTuple || a.Why[0].Cut != row.cut || (row.cut == "") != (a.DeniedBy != nil) {
				t.Errorf("explained by %+v", a)
			}
			if _, code := ask(s, uma, objects.Get.Call, objects.GetInput{ID: s.private}); code != fault.NotFound {
				t.Errorf("the object is read: %q", code)
			}
		})
	}
	t.Run("the subject is suspended", func(t *testing.T) {
		s := setUp(t)
		s.Principal(uma)
		s.grant(uma, "editor")
		s.SetLifecycle(uma, identity.Suspended)
		if v := must(s, "root", access.Check.Call, access.Question{PrincipalID: uma, Action: "read", ObjectID: s.private}); v.Allowed {
			t.Errorf("decided %+v", v)
		}
	})
}

// An owner by tuple leads the object: it may give relations to others, and take
// what gave it its own.
func TestOwnerByTuple(t *testing.T) {
	s := setUp(t)
	s.Principal(uma)
	s.Principal(tia)
	id := s.grant(uma, "owner")
	in := tuple.KeyInput{SubjectType: "usr", SubjectID: tia, Relation: "viewer", ObjectType: "obj", ObjectID: s.private}
	if _, code := ask(s, tia, tuple.Create.Call, tuple.CreateInput{KeyInput: in}); code != fault.NotFound {
		t.Errorf("a stranger writes: %q", code)
	}
	must(s, uma, tuple.Create.Call, tuple.CreateInput{KeyInput: in})
	if _, code := ask(s, tia, tuple.Delete.Call, tuple.DeleteInput{ID: id}); code != fault.NotFound {
		t.Errorf("a viewer deletes: %q", code)
	}
	must(s, uma, objects.Delete.Call, objects.DeleteInput{ID: s.private})
	if _, code := stage.Do(s.Stage, tia, objects.Get.Call, objects.GetInput{ID: s.private}); code != fault.NotFound {
		t.Errorf("a deleted object is read: %q", code)
	}
}
