package tenancy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// troupe is a stage on which alice owns a scope. bob is its administrator,
// erin its editor, vic its viewer, gus its guest; sam is a stranger and root
// the administrator of the cluster.
type troupe struct {
	*stage.Stage
	t     *testing.T
	scope urn.ID
	// note is an object, in tests that keep one.
	note urn.ID
}

func setUp(t *testing.T) *troupe {
	t.Helper()
	s := stage.New(t, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, tenancy.Memberships, access.Ops, probe)
	for _, id := range []urn.ID{"alice", "bob", "erin", "vic", "gus", "sam"} {
		s.Principal(id)
	}
	s.Principal("root", op.Permissions()...)
	tr := &troupe{Stage: s, t: t}
	tr.scope = tr.create("alice", "")
	for _, m := range []struct {
		id   urn.ID
		role tenancy.Role
	}{{"bob", tenancy.Admin}, {"erin", tenancy.Editor}, {"vic", tenancy.Viewer}, {"gus", tenancy.Guest}} {
		tr.add("alice", tr.scope, m.id, m.role)
	}
	return tr
}

// do runs a command or query as somebody and gives its output and fault code.
func do[In, Out any](tr *troupe, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	tr.t.Helper()
	return stage.Do(tr.Stage, as, call, in)
}

// must is do for what has to succeed.
func must[In, Out any](tr *troupe, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	tr.t.Helper()
	return stage.Must(tr.Stage, as, call, in)
}

func (tr *troupe) create(as, parent urn.ID) urn.ID {
	tr.t.Helper()
	return must(tr, as, tenancy.Create.Call, tenancy.CreateInput{Name: "scope", ParentID: parent}).ID
}

func (tr *troupe) add(as, scope, id urn.ID, role tenancy.Role) tenancy.Membership {
	tr.t.Helper()
	return must(tr, as, tenancy.Add.Call, tenancy.AddInput{ID: scope, PrincipalID: id, Role: role})
}

func (tr *troupe) object(as urn.ID) urn.ID {
	tr.t.Helper()
	return must(tr, as, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
}

func (tr *troupe) project(as, scope, object urn.ID, level string) tenancy.Projection {
	tr.t.Helper()
	return must(tr, as, tenancy.Project.Call, tenancy.ProjectInput{ID: scope, ObjectID: object, Level: level})
}

func (tr *troupe) level(id, object urn.ID) op.Level {
	tr.t.Helper()
	return must(tr, id, access.Check.Call, access.Question{Action: "read", ObjectID: object}).Level
}

// trail is the last command's records as "action entity", which is what the
// tests of operations compare.
func (tr *troupe) trail() string {
	var words []string
	for _, r := range tr.Records {
		words = append(words, r.Action+" "+r.Entity)
	}
	return strings.Join(words, ", ")
}

func TestWhoMay(t *testing.T) {
	who := []urn.ID{"alice", "bob", "erin", "vic", "gus", "sam", "root"}
	const ok, no, hidden = fault.Code(""), fault.PermissionDenied, fault.NotFound
	name := "renamed"
	rows := []struct {
		name string
		run  func(tr *troupe, as urn.ID) fault.Code
		want [7]fault.Code // alice (owner), bob (admin), erin (editor), vic (viewer), gus (guest), sam (stranger), root (cluster)
	}{
		{"get", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Get.Call, tenancy.ScopeInput{ID: tr.scope})
			return code
		}, [7]fault.Code{ok, ok, ok, ok, ok, hidden, ok}},
		{"update", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Update.Call, tenancy.UpdateInput{ID: tr.scope, Name: &name})
			return code
		}, [7]fault.Code{ok, ok, no, no, no, hidden, no}},
		{"add a viewer", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam"})
			return code
		}, [7]fault.Code{ok, ok, no, no, no, hidden, no}},
		{"add an admin", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", Role: tenancy.Admin})
			return code
		}, [7]fault.Code{ok, no, no, no, no, hidden, no}},
		{"add an owner", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", Role: tenancy.Owner})
			return code
		}, [7]fault.Code{ok, no, no, no, no, hidden, no}},
		{"remove somebody", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: "zoe"})
			return code
		}, [7]fault.Code{ok, ok, no, no, no, hidden, no}},
		{"list members", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Members.Call, tenancy.MembersInput{ID: tr.scope})
			return code
		}, [7]fault.Code{ok, ok, ok, ok, ok, hidden, ok}},
		{"list projections", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Projections.Call, tenancy.ProjectionsInput{ID: tr.scope})
			return code
		}, [7]fault.Code{ok, ok, ok, ok, no, hidden, no}},
		{"share an own object", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Project.Call, tenancy.ProjectInput{ID: tr.scope, ObjectID: tr.object(as)})
			return code
		}, [7]fault.Code{ok, ok, ok, no, no, hidden, no}},
		{"create below", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: tr.scope})
			return code
		}, [7]fault.Code{ok, ok, no, no, no, hidden, no}},
		{"freeze", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope})
			return code
		}, [7]fault.Code{ok, no, no, no, no, hidden, no}},
		{"archive", func(tr *troupe, as urn.ID) fault.Code {
			_, code := do(tr, as, tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope})
			return code
		}, [7]fault.Code{ok, no, no, no, no, hidden, no}},
	}
	for _, row := range rows {
		for i, id := range who {
			t.Run(fmt.Sprintf("%s as %s", row.name, id), func(t *testing.T) {
				tr := setUp(t)
				if got := row.run(tr, id); got != row.want[i] {
					t.Errorf("got %q, want %q", got, row.want[i])
				}
				if refused := row.want[i] != ok; refused && row.name != "list members" && row.name != "list projections" && tr.Denied == nil {
					t.Error("the refusal leaves no trace")
				}
			})
		}
	}
}

func TestCreate(t *testing.T) {
	t.Run("the creator is its owner", func(t *testing.T) {
		tr := setUp(t)
		s := must(tr, "sam", tenancy.Create.Call, tenancy.CreateInput{Name: "mine"})
		if got := tr.trail(); got != "scope_create scope, membership_change membership" {
			t.Errorf("the trail is %q", got)
		}
		for _, r := range tr.Records {
			if r.ScopeID != s.ID {
				t.Errorf("the record of %s carries scope %q, want %q", r.Entity, r.ScopeID, s.ID)
			}
		}
		members := must(tr, "sam", tenancy.Members.Call, tenancy.MembersInput{ID: s.ID}).Items
		if len(members) != 1 || members[0].PrincipalID != "sam" || members[0].Role != tenancy.Owner {
			t.Errorf("the members are %+v", members)
		}
		if s.Status != "active" || s.Version != 1 || s.ParentID != nil || s.Depth != 0 || s.OwnerID != "sam" || string(s.Metadata) != "{}" {
			t.Errorf("got %+v", s)
		}
	})
	refused := []struct {
		name    string
		prepare func(tr *troupe) (parent urn.ID)
		want    fault.Code
	}{
		{"E4.14 under a parent that is not there", func(*troupe) urn.ID { return "scp_01890a5d0c1e7000a000000000000099" }, fault.NotFound},
		{"E4.14 under a frozen parent", func(tr *troupe) urn.ID {
			must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope})
			return tr.scope
		}, fault.ScopeFrozen},
		{"E4.14 under an archived parent", func(tr *troupe) urn.ID {
			must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope})
			return tr.scope
		}, fault.ScopeFrozen},
		{"D18 deeper than twenty", func(tr *troupe) urn.ID {
			at := tr.scope
			for range tenancy.MaxDepth {
				at = tr.create("alice", at)
			}
			return at
		}, fault.LimitExceeded},
	}
	for _, row := range refused {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			parent := row.prepare(tr)
			if _, got := do(tr, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: parent}); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	text := func(s string) *string { return &s }
	rows := []struct {
		name    string
		in      tenancy.UpdateInput
		want    fault.Code
		version uint64
		meta    string
	}{
		{"nothing given writes nothing", tenancy.UpdateInput{}, "", 2, `{"a":1,"b":2}`},
		{"the same name writes nothing", tenancy.UpdateInput{Name: text("scope")}, "", 2, `{"a":1,"b":2}`},
		{"an empty map writes nothing", tenancy.UpdateInput{Metadata: op.JSON(`{}`)}, "", 2, `{"a":1,"b":2}`},
		{"another name", tenancy.UpdateInput{Name: text("other")}, "", 3, `{"a":1,"b":2}`},
		{"metadata merge", tenancy.UpdateInput{Metadata: op.JSON(`{"b":3,"c":4}`)}, "", 3, `{"a":1,"b":3,"c":4}`},
		{"null takes a member away", tenancy.UpdateInput{Metadata: op.JSON(`{"a":null}`)}, "", 3, `{"b":2}`},
		{"an empty name", tenancy.UpdateInput{Name: text("")}, fault.ValidationFailed, 2, `{"a":1,"b":2}`},
		{"an old version", tenancy.UpdateInput{Name: text("other"), Version: 1}, fault.VersionConflict, 2, `{"a":1,"b":2}`},
		{"the current version", tenancy.UpdateInput{Name: text("other"), Version: 2}, "", 3, `{"a":1,"b":2}`},
		{"too much in sum", tenancy.UpdateInput{Metadata: op.JSON(`{"c":"` + strings.Repeat("x", 16<<10-9) + `"}`)}, fault.PayloadTooLarge, 2, `{"a":1,"b":2}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			must(tr, "alice", tenancy.Update.Call, tenancy.UpdateInput{ID: tr.scope, Metadata: op.JSON(`{"b":2,"a":1}`)})
			row.in.ID = tr.scope
			if _, got := do(tr, "alice", tenancy.Update.Call, row.in); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			changed := row.version == 3
			if got := tr.trail() == "scope_modify scope"; row.want == "" && got != changed {
				t.Errorf("the trail is %q", tr.trail())
			}
			s := must(tr, "alice", tenancy.Get.Call, tenancy.ScopeInput{ID: tr.scope})
			if s.Version != row.version || string(s.Metadata) != row.meta {
				t.Errorf("version %d and metadata %s, want %d and %s", s.Version, s.Metadata, row.version, row.meta)
			}
		})
	}
}
