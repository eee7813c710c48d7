package tuple_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

func thing(typ string, n int) urn.ID {
	return urn.ID(fmt.Sprintf("%s_01890a5d0c1e7000a00000000000%04x", typ, n))
}

func (s *store) put(t *testing.T, typ string, said map[string][]tuple.Node) {
	t.Helper()
	stage.Must(s.Stage, app, tuple.Put.Call, tuple.PutInput{ObjectType: typ, Rules: said})
}

func (s *store) say(t *testing.T, subject urn.ID, relation string, object urn.ID) urn.ID {
	t.Helper()
	kind := func(id urn.ID) string { k, _, _ := strings.Cut(string(id), "_"); return k }
	got, code := s.write(app, tuple.KeyInput{SubjectType: kind(subject), SubjectID: subject, Relation: relation, ObjectType: kind(object), ObjectID: object})
	if code != "" {
		t.Fatalf("%s %s %s: %s", subject, relation, object, code)
	}
	return got.ID
}

func about(subject urn.ID, object urn.ID, relations ...string) tuple.CheckInput {
	typ, _, _ := strings.Cut(string(object), "_")
	in := tuple.CheckInput{SubjectType: "usr", SubjectID: subject, ObjectType: typ, ObjectID: object}
	if len(relations) == 1 {
		in.Relation = &relations[0]
	} else {
		in.Relations = &relations
	}
	return in
}

func TestCheckForm(t *testing.T) {
	s := setUp(t)
	one, none, bad := "viewer", []string{}, []string{"viewer", "v"}
	rows := []struct {
		name      string
		relation  *string
		relations *[]string
		want      fault.Code
	}{
		{"a relation", &one, nil, ""},
		{"relations", nil, &[]string{"viewer", "editor"}, ""},
		{"neither", nil, nil, fault.ValidationFailed},
		{"both", &one, &[]string{"viewer"}, fault.ValidationFailed},
		{"both, one empty", &one, &none, fault.ValidationFailed},
		{"no relation of none", nil, &none, fault.EmptyRelationSet},
		{"an ill-formed one among others", nil, &bad, fault.InvalidFormat},
	}
	for _, row := range rows {
		in := tuple.CheckInput{SubjectType: "usr", SubjectID: bea, ObjectType: "doc", ObjectID: doc, Relation: row.relation, Relations: row.relations}
		if _, code := stage.Do(s.Stage, bea, tuple.Check.Call, in); code != row.want {
			t.Errorf("%s: %q, want %q", row.name, code, row.want)
		}
	}
}

// TestWhoMayAsk has a row for each asker, about bea and a thing, a note and an
// organization that ann leads.
func TestWhoMayAsk(t *testing.T) {
	s := setUp(t)
	s.say(t, cyd, "owner", thing("doc", 0xd1))
	for _, row := range []struct {
		as                 urn.ID
		thing, note, group fault.Code
		subject            fault.Code
	}{
		{bea, "", "", "", ""},
		{app, "", "", "", ""},
		{host, "", "", "", ""},
		{aud, "", "", "", ""},
		{root, "", "", "", ""},
		{ann, fault.PermissionDenied, "", "", fault.NotFound},
		{cyd, "", fault.NotFound, fault.NotFound, fault.NotFound},
		{sam, fault.PermissionDenied, fault.NotFound, fault.NotFound, fault.NotFound},
		{zed, fault.PermissionDenied, fault.NotFound, fault.NotFound, fault.NotFound},
	} {
		for object, want := range map[urn.ID]fault.Code{thing("doc", 0xd1): row.thing, s.note: row.note, s.org: row.group} {
			if _, code := stage.Do(s.Stage, row.as, tuple.Check.Call, about(bea, object, "viewer")); code != want {
				t.Errorf("%s checks %s: %q, want %q", row.as, object, code, want)
			}
			if row.as == bea {
				continue
			}
			if _, code := stage.Do(s.Stage, row.as, tuple.List.Call, tuple.ListInput{ObjectType: string(object[:3]), ObjectID: object}); code != want {
				t.Errorf("%s lists %s: %q, want %q", row.as, object, code, want)
			}
		}
		if _, code := stage.Do(s.Stage, row.as, tuple.List.Call, tuple.ListInput{SubjectType: "usr", SubjectID: bea}); code != row.subject {
			t.Errorf("%s lists what bea has: %q, want %q", row.as, code, row.subject)
		}
	}
	if _, code := stage.Do(s.Stage, bea, tuple.List.Call, tuple.ListInput{}); code != fault.ValidationFailed {
		t.Errorf("a list of everything: %q", code)
	}
}

// TestDenials has a row for each place of a rule that turns a yes into a no.
func TestDenials(t *testing.T) {
	rows := []struct {
		name       string
		conditions string
		target     func(s *store) (kind, id string)
		object     func(s *store) urn.ID
		relation   string
		denied     bool
	}{
		{"about the subject", ``, func(*store) (string, string) { return rules.TargetPrincipal, string(bea) }, func(s *store) urn.ID { return s.note }, "reviewer", true},
		{"about another subject", ``, func(*store) (string, string) { return rules.TargetPrincipal, string(cyd) }, func(s *store) urn.ID { return s.note }, "reviewer", false},
		{"about the object", ``, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "reviewer", true},
		{"about the object's type", ``, func(*store) (string, string) { return rules.TargetObjectType, "note" }, func(s *store) urn.ID { return s.note }, "reviewer", true},
		{"about an application's type", ``, func(*store) (string, string) { return rules.TargetObjectType, "doc" }, func(*store) urn.ID { return thing("doc", 1) }, "reviewer", true},
		{"about the scope", ``, func(s *store) (string, string) { return rules.TargetScope, string(s.org) }, func(s *store) urn.ID { return s.org }, "reviewer", true},
		{"about the relation as an action", `{"action":"reviewer"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "reviewer", true},
		{"about another action", `{"action":"delete"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "reviewer", false},
		{"about reads, and a role", `{"action":"read"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "viewer", true},
		{"about reads, and no role", `{"action":"read"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "reviewer", false},
		{"about updates, and an editor", `{"action":"update"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "editor", true},
		{"about checks", `{"action":"access_check"}`, func(s *store) (string, string) { return rules.TargetObject, string(s.note) }, func(s *store) urn.ID { return s.note }, "reviewer", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			s.say(t, bea, row.relation, row.object(s))
			rule := stage.Must(s.Stage, root, rules.Create.Call, rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, Conditions: op.JSON(row.conditions)})
			kind, id := row.target(s)
			stage.Must(s.Stage, root, rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: kind, TargetID: id})
			for as, sees := range map[urn.ID]bool{root: true, aud: true, app: false} {
				a := stage.Must(s.Stage, as, tuple.Check.Call, about(bea, row.object(s), row.relation))
				if a.Allowed == row.denied || (a.MatchedTupleID == nil) != row.denied || (a.DeniedBy != nil) != (row.denied && sees) {
					t.Errorf("%s is told %+v", as, a)
				}
			}
			if a := stage.Must(s.Stage, root, tuple.Check.Call, about(cyd, row.object(s), row.relation)); a.Allowed || a.DeniedBy != nil {
				t.Errorf("who has no tuple is told %+v", a)
			}
		})
	}
}

// A set is an or: what is denied of one does not keep another from it, and a way
// that was found once is found again.
func TestSetForm(t *testing.T) {
	s := setUp(t)
	s.put(t, "doc", map[string][]tuple.Node{"viewer": {{Type: "computed_userset", Relation: "editor"}}, "editor": {{Type: "computed_userset", Relation: "owner"}}})
	id := s.say(t, bea, "owner", d)
	rule := stage.Must(s.Stage, root, rules.Create.Call, rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, Conditions: op.JSON(`{"action":"viewer"}`)})
	stage.Must(s.Stage, root, rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: rules.TargetObjectType, TargetID: "doc"})
	for _, row := range []struct {
		relations []string
		allowed   bool
	}{
		{[]string{"viewer"}, false}, {[]string{"editor"}, true}, {[]string{"viewer", "editor"}, true}, {[]string{"guest", "viewer", "owner"}, true}, {[]string{"guest", "admin"}, false},
	} {
		a := stage.Must(s.Stage, root, tuple.Check.Call, about(bea, d, row.relations...))
		if a.Allowed != row.allowed || a.Allowed && *a.MatchedTupleID != id {
			t.Errorf("%v: %+v", row.relations, a)
		}
	}
}

// ways are rules, tuples and what follows: whether bea views the first document.
var ways = []struct {
	name string
	set  func(t *testing.T, s *store)
	want bool
	code fault.Code
}{
	{"none", func(t *testing.T, s *store) { s.say(t, bea, "editor", d) }, false, ""},
	{"a direct tuple beside rules", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {computed("editor")}})
		s.say(t, bea, "viewer", d)
	}, true, ""},
	{"another relation", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {{Type: "this"}, computed("admin"), computed("editor")}})
		s.say(t, bea, "editor", d)
	}, true, ""},
	{"rules of another type", func(t *testing.T, s *store) {
		s.put(t, "dir", map[string][]tuple.Node{"viewer": {computed("editor")}})
		s.say(t, bea, "editor", d)
	}, false, ""},
	{"a hop", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {hop("parent", "viewer")}})
		s.say(t, folder, "parent", d)
		s.say(t, bea, "viewer", folder)
	}, true, ""},
	{"a hop to an organization", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {hop("parent", "member")}})
		s.say(t, s.org, "parent", d)
		s.join(bea, tenancy.Member)
	}, true, ""},
	{"a hop from an organization's members", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {hop("parent", "lead")}})
		s.put(t, "org", map[string][]tuple.Node{"lead": {hop("owner", "buddy")}})
		s.say(t, s.org, "parent", d)
		s.say(t, bea, "buddy", ann)
	}, true, ""},
	{"a hop that takes another type", func(t *testing.T, s *store) {
		n := hop("parent", "viewer")
		n.SubjectType = "org"
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {n}})
		s.say(t, folder, "parent", d)
		s.say(t, bea, "viewer", folder)
	}, false, ""},
	{"a hop over a tuple that does not count", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {hop("parent", "viewer")}})
		s.say(t, s.note, "parent", d)
		s.say(t, bea, "viewer", s.note)
		s.SetLifecycle(bea, "suspended")
	}, false, ""},
	{"a cycle", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {computed("editor")}, "editor": {computed("viewer")}})
	}, false, ""},
	{"a cycle and a way out of it", func(t *testing.T, s *store) {
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {computed("editor")}, "editor": {computed("viewer"), computed("owner")}})
		s.say(t, bea, "owner", d)
	}, true, ""},
	{"folders in each other", func(t *testing.T, s *store) {
		s.put(t, "dir", map[string][]tuple.Node{"viewer": {hop("parent", "viewer")}})
		s.put(t, "doc", map[string][]tuple.Node{"viewer": {hop("parent", "viewer")}})
		s.say(t, folder, "parent", d)
		s.say(t, thing("dir", 3), "parent", folder)
		s.say(t, folder, "parent", thing("dir", 3))
	}, false, ""},
	{"eight steps", func(t *testing.T, s *store) { s.chain(t, 8) }, true, ""},
	{"nine steps", func(t *testing.T, s *store) { s.chain(t, 9) }, false, fault.EvaluationLimit},
	{"1024 parents", func(t *testing.T, s *store) { s.fan(t, 1024) }, true, ""},
	{"1025 parents", func(t *testing.T, s *store) { s.fan(t, 1025) }, false, fault.EvaluationLimit},
}

func computed(relation string) tuple.Node {
	return tuple.Node{Type: "computed_userset", Relation: relation}
}

func hop(tupleset, relation string) tuple.Node {
	return tuple.Node{Type: "tuple_to_userset", Tupleset: tupleset, Computed: relation}
}

var d, folder = thing("doc", 1), thing("dir", 2)

// TestRules has a row for each form of a node, and each bound.
func TestRules(t *testing.T) {
	for _, row := range ways {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			row.set(t, s)
			a, code := stage.Do(s.Stage, app, tuple.Check.Call, about(bea, d, "viewer"))
			if code != row.code || a.Allowed != row.want {
				t.Errorf("%q, %+v", code, a)
			}
		})
	}
}

// chain puts so many folders above the first document, the last one bea's.
func (s *store) chain(t *testing.T, n int) {
	t.Helper()
	up := []tuple.Node{{Type: "tuple_to_userset", Tupleset: "parent", Computed: "viewer"}}
	s.put(t, "doc", map[string][]tuple.Node{"viewer": up})
	s.put(t, "dir", map[string][]tuple.Node{"viewer": up})
	below := thing("doc", 1)
	for i := range n {
		folder := thing("dir", 10+i)
		s.say(t, folder, "parent", below)
		below = folder
	}
	s.say(t, bea, "viewer", below)
}

// fan puts the first document into so many folders, of which the last is bea's.
func (s *store) fan(t *testing.T, n int) {
	t.Helper()
	s.put(t, "doc", map[string][]tuple.Node{"viewer": {{Type: "tuple_to_userset", Tupleset: "parent", Computed: "viewer"}}})
	s.Change(func(tx *op.Tx) {
		for i := range n {
			if _, _, err := tuple.Grant(tx, tuple.Key{Subject: thing("dir", 10+i), Relation: "parent", Object: thing("doc", 1)}, app, ""); err != nil {
				t.Fatal(err)
			}
		}
	})
	s.say(t, bea, "viewer", thing("dir", 9+n))
}

// The bounds are the cluster's to set, and hold from then on.
func TestLimits(t *testing.T) {
	s := setUp(t)
	s.Change(func(tx *op.Tx) {
		if _, f := system.Found(tx, "01890a5d0c1e4000a000000000000000"); f != nil {
			t.Fatal(f)
		}
	})
	s.chain(t, 9)
	for i := range 3 {
		s.say(t, thing("dir", 100+i), "parent", d)
	}
	set := func(in system.ConfigureInput) { stage.Must(s.Stage, root, system.Configure.Call, in) }
	code := func(object urn.ID) fault.Code {
		_, code := stage.Do(s.Stage, app, tuple.Check.Call, about(bea, object, "viewer"))
		return code
	}
	for _, row := range []struct {
		in   system.ConfigureInput
		want fault.Code
	}{
		{system.ConfigureInput{}, fault.EvaluationLimit},
		{system.ConfigureInput{TupleDepth: new(int64(9))}, ""},
		{system.ConfigureInput{TupleFanOut: new(int64(2))}, fault.EvaluationLimit},
		{system.ConfigureInput{TupleFanOut: new(int64(4))}, ""},
		{system.ConfigureInput{TupleDepth: new(int64(8))}, fault.EvaluationLimit},
	} {
		set(row.in)
		if got := code(d); got != row.want {
			t.Errorf("%+v: %q, want %q", row.in, got, row.want)
		}
	}
}

// TestPut has a row for each way of saying rules badly, with the place that is
// named.
func TestPut(t *testing.T) {
	s := setUp(t)
	node := func(n tuple.Node) map[string][]tuple.Node {
		return map[string][]tuple.Node{"viewer": {{Type: "this"}, n}}
	}
	rows := []struct {
		name string
		typ  string
		said map[string][]tuple.Node
		at   string
		want fault.Code
	}{
		{"a type of seven letters", "folders", map[string][]tuple.Node{}, "/object_type", fault.InvalidFormat},
		{"a bad relation", "doc", map[string][]tuple.Node{"v": {}}, "/rules/v", fault.InvalidFormat},
		{"an unknown node", "doc", node(tuple.Node{Type: "intersection"}), "/rules/viewer/1/type", fault.InvalidFormat},
		{"a computed one of nothing", "doc", node(tuple.Node{Type: "computed_userset"}), "/rules/viewer/1/relation", fault.InvalidFormat},
		{"a computed one of a bad relation", "doc", node(tuple.Node{Type: "computed_userset", Relation: "A"}), "/rules/viewer/1/relation", fault.InvalidFormat},
		{"a hop without a tupleset", "doc", node(tuple.Node{Type: "tuple_to_userset", Computed: "viewer"}), "/rules/viewer/1/tupleset_relation", fault.InvalidFormat},
		{"a hop to nothing", "doc", node(tuple.Node{Type: "tuple_to_userset", Tupleset: "parent"}), "/rules/viewer/1/computed_userset_relation", fault.InvalidFormat},
		{"a hop to a bad type", "doc", node(tuple.Node{Type: "tuple_to_userset", Tupleset: "parent", Computed: "viewer", SubjectType: "folders"}), "/rules/viewer/1/subject_type", fault.InvalidFormat},
		{"a member of another node", "doc", node(tuple.Node{Type: "this", Relation: "editor"}), "/rules/viewer/1/relation", fault.InvalidFormat},
	}
	for _, row := range rows {
		_, err := tuple.Put.Call(t.Context(), s.As(app), tuple.PutInput{ObjectType: row.typ, Rules: row.said})
		if f, ok := fault.Of(err); !ok || f.Code != row.want || len(f.Items) != 1 || f.Items[0].Pointer != row.at {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	for as, want := range map[urn.ID]fault.Code{root: "", app: "", host: "", aud: fault.PermissionDenied, bea: fault.PermissionDenied} {
		if _, code := stage.Do(s.Stage, as, tuple.Put.Call, tuple.PutInput{ObjectType: "doc", Rules: node(tuple.Node{Type: "this"})}); code != want {
			t.Errorf("%s puts rules: %q, want %q", as, code, want)
		}
	}
	s.put(t, "doc", map[string][]tuple.Node{"editor": {{Type: "this"}}})
	got := stage.Must(s.Stage, aud, tuple.Get.Call, tuple.TypeInput{ObjectType: "doc"})
	if len(got.Rules) != 1 || len(got.Rules["editor"]) != 1 || got.Version != 2 {
		t.Errorf("the rules are %+v", got)
	}
	s.put(t, "doc", map[string][]tuple.Node{})
	if got := stage.Must(s.Stage, aud, tuple.Get.Call, tuple.TypeInput{ObjectType: "doc"}); len(got.Rules) != 0 || got.Rules == nil {
		t.Errorf("the rules are %+v", got)
	}
	if _, code := stage.Do(s.Stage, app, tuple.Put.Call, tuple.PutInput{ObjectType: "doc", Rules: map[string][]tuple.Node{}, Version: 1}); code != fault.VersionConflict {
		t.Errorf("over an old version: %q", code)
	}
}
