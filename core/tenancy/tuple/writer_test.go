package tuple_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// What is shared into a scope can be taken back, and a tuple stays. So admin by a
// projection writes none, and deletes none.
func TestProjectedAdminWritesNone(t *testing.T) {
	s := setUp(t)
	stage.Must(s.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: s.scope, PrincipalID: bea, Role: tenancy.Admin})
	stage.Must(s.Stage, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: s.scope, ObjectID: s.note, Level: "admin"})
	if _, code := s.write(bea, input(bea, "owner", s.note)); code != fault.PermissionDenied {
		t.Errorf("grants herself a tuple: %q", code)
	}
	of, _ := s.write(ann, input(cyd, "viewer", s.note))
	if _, code := stage.Do(s.Stage, bea, tuple.Delete.Call, tuple.DeleteInput{ID: of.ID}); code != fault.PermissionDenied {
		t.Errorf("deletes a tuple: %q", code)
	}
	s.say(t, bea, "admin", s.note)
	if _, code := s.write(bea, input(bea, "editor", s.note)); code != "" {
		t.Errorf("admin by a tuple: %q", code)
	}
}

// Nor does admin by a projection bring about by a rollback what it may not do.
func TestProjectedAdminRollsNoneBack(t *testing.T) {
	s := setUp(t)
	stage.Must(s.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: s.scope, PrincipalID: bea, Role: tenancy.Admin})
	stage.Must(s.Stage, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: s.scope, ObjectID: s.note, Level: "admin"})
	before := s.Revision()
	id := s.say(t, cyd, "viewer", s.note)
	e, _ := op.NewCatalog(tuple.Ops).Entity(tuple.Entity)
	revert := func(as urn.ID, to uint64) (err error) {
		s.LookAt(to, func(past state.View) {
			s.Change(func(tx *op.Tx) {
				tx.Caller = op.Caller{ID: as}
				err = e.Revert(tx, id, past)
			})
		})
		return err
	}
	there := s.Revision()
	if err := revert(bea, before); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("takes the tuple back: %v", err)
	}
	if err := revert(ann, before); err != nil {
		t.Error(err)
	}
	if err := revert(bea, there); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("brings the tuple back: %v", err)
	}
	if err := revert(ann, there); err != nil {
		t.Error(err)
	}
	if a, _ := s.check(app, input(cyd, "viewer", s.note)); !a.Allowed || *a.MatchedTupleID != id {
		t.Errorf("it is not as it was: %+v", a)
	}
}

// A rule against deleting tuples hides none from who sees them.
func TestRuleAgainstDeletes(t *testing.T) {
	s := setUp(t)
	of, _ := s.write(ann, input(cyd, "billing", s.org))
	rule := stage.Must(s.Stage, root, rules.Create.Call, rules.CreateInput{Name: "keep", Type: "access", Effect: rules.Deny, Conditions: op.JSON(`{"action":"tuple_delete"}`)})
	stage.Must(s.Stage, root, rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: rules.TargetScope, TargetID: string(s.org)})
	for as, want := range map[urn.ID]fault.Code{ann: fault.PermissionDenied, cyd: fault.PermissionDenied, app: fault.PermissionDenied, sam: fault.NotFound} {
		if _, code := stage.Do(s.Stage, as, tuple.Delete.Call, tuple.DeleteInput{ID: of.ID}); code != want {
			t.Errorf("%s: %q, want %q", as, code, want)
		}
	}
}

// What the rules of a type lead to is authority over an application's things,
// and none over the store's.
func TestRulesGiveNoAuthority(t *testing.T) {
	s := setUp(t)
	s.join(cyd, tenancy.Member)
	for _, typ := range []string{"org", "obj", "doc"} {
		stage.Must(s.Stage, host, tuple.Put.Call, tuple.PutInput{ObjectType: typ, Rules: map[string][]tuple.Node{"owner": {
			{Type: "computed_userset", Relation: "member"}, {Type: "computed_userset", Relation: "viewer"},
		}}})
	}
	s.say(t, bea, "viewer", s.note)
	s.say(t, bea, "viewer", thing("doc", 0xd1))
	for _, row := range []struct {
		as, object urn.ID
		want       fault.Code
	}{{cyd, s.org, fault.PermissionDenied}, {bea, s.note, fault.PermissionDenied}, {bea, thing("doc", 0xd1), ""}} {
		k := input(row.as, "keeper", row.object)
		k.ObjectType = string(row.object[:3])
		if _, code := s.write(row.as, k); code != row.want {
			t.Errorf("%s writes to %s: %q, want %q", row.as, row.object, code, row.want)
		}
	}
}

// A page that is just full has no cursor when nothing that fits lies behind it,
// whatever else does.
func TestLastPage(t *testing.T) {
	s := setUp(t)
	s.join(bea, tenancy.Member)
	for _, relation := range []string{"aa", "bb"} {
		s.say(t, bea, relation, thing("doc", 0xd1))
	}
	s.say(t, cyd, "aa", thing("doc", 0xd1))
	s.SetLifecycle(cyd, identity.Suspended)
	for _, row := range []struct {
		name string
		in   tuple.ListInput
	}{
		{"of a relation", tuple.ListInput{SubjectType: "usr", SubjectID: bea, Relation: "member"}},
		{"between two", tuple.ListInput{SubjectType: "usr", SubjectID: bea, ObjectType: "org", ObjectID: s.org}},
		{"behind it one that does not count", tuple.ListInput{ObjectType: "doc", ObjectID: doc, Relation: "aa"}},
	} {
		row.in.Limit = 1
		if p := stage.Must(s.Stage, host, tuple.List.Call, row.in); len(p.Items) != 1 || p.HasMore || p.NextCursor != "" {
			t.Errorf("%s: %+v", row.name, p)
		}
	}
	for cursor, n := "", 0; n < 3; n++ {
		p := stage.Must(s.Stage, host, tuple.List.Call, tuple.ListInput{SubjectType: "usr", SubjectID: bea, Paging: op.Paging{Limit: 1, Cursor: cursor}})
		if len(p.Items) != 1 || p.HasMore != (n < 2) {
			t.Fatalf("page %d: %+v", n, p)
		}
		if p.HasMore {
			cursor = string(p.NextCursor)
		}
	}
}
