package access_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// shared is a stage on which alice shares one note with a scope of hers at
// write; vic is a viewer there, ann an admin, and dot a member of a child
// scope. sam is a stranger, root administers and aud audits.
type shared struct {
	*stage.Stage
	t                   testing.TB
	scope, child, note  urn.ID
	private, neverThere urn.ID
}

func setUp(t *testing.T) *shared {
	t.Helper()
	s := &shared{Stage: stage.New(t, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, tuple.Ops, rules.Ops, access.Ops), t: t}
	for _, id := range []urn.ID{"alice", "ann", "vic", "dot", "sam"} {
		s.Principal(id)
	}
	s.Principal("root", op.Administer)
	s.Principal("aud", op.ReadAudit)
	s.scope = must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "team"}).ID
	s.child = must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: s.scope}).ID
	s.note = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
	s.private = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "memo", Data: op.JSON(`{}`)}).ID
	s.neverThere = "obj_01890a5d0c1e7000a000000000000099"
	s.add(s.scope, "ann", tenancy.Admin)
	s.add(s.scope, "vic", tenancy.Viewer)
	s.add(s.child, "dot", tenancy.Editor)
	must(s, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: s.scope, ObjectID: s.note, Level: "admin"})
	return s
}

func (s *shared) add(scope, id urn.ID, role tenancy.Role) {
	s.t.Helper()
	must(s, "alice", tenancy.Add.Call, tenancy.AddInput{ID: scope, PrincipalID: id, Role: role})
}

func ask[In, Out any](s *shared, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	s.t.Helper()
	return stage.Do(s.Stage, as, call, in)
}

func must[In, Out any](s *shared, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	s.t.Helper()
	return stage.Must(s.Stage, as, call, in)
}

func TestCheck(t *testing.T) {
	const untraced, traced = false, true
	rows := []struct {
		name    string
		as      urn.ID
		in      func(s *shared) access.Question
		want    fault.Code
		allowed bool
		level   op.Level
		trace   bool
	}{
		{"a viewer reads", "vic", func(s *shared) access.Question { return access.Question{Action: "read", ObjectID: s.note} }, "", true, op.Read, untraced},
		{"a viewer does not write", "vic", func(s *shared) access.Question { return access.Question{Action: "write", ObjectID: s.note} }, "", false, op.Read, untraced},
		{"an admin deletes", "ann", func(s *shared) access.Question { return access.Question{Action: "delete", ObjectID: s.note} }, "", true, op.Admin, untraced},
		{"an admin does not share", "ann", func(s *shared) access.Question { return access.Question{Action: "share", ObjectID: s.note} }, "", false, op.Admin, untraced},
		{"E4.4 the owner does all", "alice", func(s *shared) access.Question { return access.Question{Action: "share", ObjectID: s.note} }, "", true, op.Own, untraced},
		{"D4 what comes from above is read", "dot", func(s *shared) access.Question { return access.Question{Action: "read", ObjectID: s.note} }, "", true, op.Read, untraced},
		{"E4.5 a stranger", "sam", func(s *shared) access.Question { return access.Question{Action: "read", ObjectID: s.note} }, "", false, op.None, untraced},
		{"what is not there", "sam", func(s *shared) access.Question { return access.Question{Action: "read", ObjectID: s.neverThere} }, "", false, op.None, untraced},
		{"a cluster administrator sees no content", "root", func(s *shared) access.Question { return access.Question{Action: "read", ObjectID: s.note} }, "", false, op.None, untraced},
		{"a cluster administrator sees scopes", "root", func(s *shared) access.Question { return access.Question{Action: "read", ScopeID: s.scope} }, "", true, op.Read, untraced},
		{"an editor below does not see the scope above", "dot", func(s *shared) access.Question { return access.Question{Action: "read", ScopeID: s.scope} }, "", false, op.None, untraced},
		{"an admin changes the scope", "ann", func(s *shared) access.Question { return access.Question{Action: "update", ScopeID: s.scope} }, "", true, op.Admin, untraced},
		{"an admin does not freeze it", "ann", func(s *shared) access.Question { return access.Question{Action: "lifecycle_change", ScopeID: s.scope} }, "", false, op.Admin, untraced},
		{"the administrator asks about vic", "root", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, "", true, op.Read, traced},
		{"the auditor asks about vic", "aud", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, "", true, op.Read, traced},
		{"the object's owner asks about vic", "alice", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, "", true, op.Read, traced},
		{"an access admin asks about vic", "ann", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, "", true, op.Read, traced},
		{"a viewer asks about another", "vic", func(s *shared) access.Question {
			return access.Question{PrincipalID: "ann", Action: "read", ObjectID: s.note}
		}, fault.PermissionDenied, false, op.None, untraced},
		{"a stranger asks about another", "sam", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, fault.NotFound, false, op.None, untraced},
		{"about oneself by name", "vic", func(s *shared) access.Question {
			return access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}
		}, "", true, op.Read, untraced},
		{"about nobody", "root", func(s *shared) access.Question {
			return access.Question{PrincipalID: "zoe", Action: "read", ObjectID: s.note}
		}, "", false, op.None, traced},
		{"an action that there is not", "vic", func(s *shared) access.Question { return access.Question{Action: "fly", ObjectID: s.note} }, fault.ValidationFailed, false, op.None, untraced},
		{"an action of scopes on an object", "vic", func(s *shared) access.Question { return access.Question{Action: "scope_modify", ObjectID: s.note} }, fault.ValidationFailed, false, op.None, untraced},
		{"neither object nor scope", "vic", func(*shared) access.Question { return access.Question{Action: "read"} }, fault.ValidationFailed, false, op.None, untraced},
		{"object and scope", "vic", func(s *shared) access.Question {
			return access.Question{Action: "read", ObjectID: s.note, ScopeID: s.scope}
		}, fault.ValidationFailed, false, op.None, untraced},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			v, got := ask(s, row.as, access.Check.Call, row.in(s))
			if got != row.want || v.Allowed != row.allowed || v.Level != row.level {
				t.Errorf("got %q %+v, want %q, %v, %s", got, v, row.want, row.allowed, row.level)
			}
			if (len(s.Traced) > 0) != row.trace {
				t.Errorf("traced is %+v", s.Traced)
			}
			if row.want == "" && v.Why == nil {
				t.Error("why is null")
			}
		})
	}
	t.Run("an unknown action is told the legal ones", func(t *testing.T) {
		s := setUp(t)
		_, err := access.Check.Call(context.Background(), s.As("vic"), access.Question{Action: "fly", ObjectID: s.note})
		if f, ok := fault.Of(err); !ok || !strings.Contains(f.Detail, "read, list, write, update, delete, restore, rollback, ownership_transfer, share") {
			t.Errorf("got %v", err)
		}
	})
}

// TestActionsAgreeWithOperations holds the table of actions to what the
// operations themselves ask for.
func TestActionsAgreeWithOperations(t *testing.T) {
	// Remove and Leave let each member in: one may always take back its own.
	own := []string{"scope.remove_member", "scope.leave"}
	s := setUp(t)
	compared := 0
	for _, set := range []*op.Set{objects.Ops, tenancy.Ops} {
		for _, o := range set.Operations() {
			if o.Need() == op.None || slices.Contains(own, o.Name) {
				continue
			}
			compared++
			q := access.Question{PrincipalID: "vic", Action: o.Action()}
			if o.Noun == "object" {
				q.ObjectID = s.note
			} else {
				q.ScopeID = s.scope
			}
			if need, ok := access.NeedForTest(q); !ok || need != o.Need() {
				t.Errorf("%s (%s) needs %s, the table says %s", o.Name, o.Action(), o.Need(), need)
			}
		}
	}
	if compared < 12 {
		t.Errorf("only %d operations were compared", compared)
	}
}

func TestPast(t *testing.T) {
	s := setUp(t)
	before := s.Revision()
	must(s, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: s.scope, PrincipalID: "vic"})
	at := strconv.FormatUint(before, 10)
	past := func(as urn.ID, o *op.Operation, in any, out any) fault.Code {
		t.Helper()
		raw, err := op.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.As(as).Run(context.Background(), &op.Call{Op: o.Name, Input: raw, At: at})
		if f, ok := fault.Of(err); ok {
			return f.Code
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := op.Unmarshal(reply.Output, out); err != nil {
			t.Fatal(err)
		}
		return ""
	}
	var v access.Verdict
	if code := past("root", access.Check.Operation, access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}, &v); code != "" || !v.Allowed {
		t.Errorf("the administrator asks about then: %q %+v", code, v)
	}
	var o objects.Object
	if code := past("vic", objects.Get.Operation, objects.GetInput{ID: s.note}, &o); code != fault.NotFound {
		t.Errorf("vic reads the past by the rights of now: %q", code)
	}
	var page op.Page[access.Seen]
	if code := past("aud", access.Visible.Operation, access.VisibleInput{PrincipalID: "vic"}, &page); code != "" || len(page.Items) != 1 {
		t.Errorf("what vic could see then: %q %+v", code, page.Items)
	}
	if now := must(s, "root", access.Check.Call, access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note}); now.Allowed {
		t.Errorf("now: %+v", now)
	}
}

func TestExplain(t *testing.T) {
	team := func(cut string, level op.Level) []string {
		return []string{"membership viewer " + level.String() + " " + cut}
	}
	rows := []struct {
		name    string
		prepare func(s *shared)
		about   urn.ID
		want    []string
	}{
		{"a role caps the level", func(*shared) {}, "vic", team("role", op.Read)},
		{"a removed member", func(s *shared) {
			must(s, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: s.scope, PrincipalID: "vic"})
		}, "vic", team("revoked", op.None)},
		{"a share that was taken back", func(s *shared) {
			must(s, "alice", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: s.scope, ObjectID: s.note})
		}, "vic", team("revoked", op.None)},
		{"an archived scope", func(s *shared) { must(s, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: s.scope}) }, "vic", team("archived", op.None)},
		{"a deleted object", func(s *shared) { must(s, "alice", objects.Delete.Call, objects.DeleteInput{ID: s.note}) }, "vic", team("tombstoned", op.None)},
		{"an expired membership", func(s *shared) {
			must(s, "alice", tenancy.Add.Call, tenancy.AddInput{ID: s.scope, PrincipalID: "vic", ExpiresAt: s.Now + stage.Hour})
			s.Now += 2 * stage.Hour
		}, "vic", team("expired", op.None)},
		{"a frozen scope", func(s *shared) { must(s, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: s.scope}) }, "ann", []string{"membership admin read frozen"}},
		{"from above", func(*shared) {}, "dot", []string{"hierarchy editor read inherited"}},
		{"from an archived scope above", func(s *shared) { must(s, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: s.scope}) }, "dot", []string{"hierarchy editor none archived"}},
		{"the owner has all ways", func(*shared) {}, "alice", []string{"ownership  owner ", "membership owner admin ", "hierarchy owner read inherited"}},
		{"a suspended principal", func(s *shared) { s.SetLifecycle("vic", identity.Suspended) }, "vic", nil},
		{"a stranger", func(*shared) {}, "sam", nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			row.prepare(s)
			v := must(s, "root", access.Explain.Call, access.Question{PrincipalID: row.about, Action: "read", ObjectID: s.note})
			var got []string
			for _, w := range v.Why {
				got = append(got, strings.Join([]string{w.Via, w.Role, w.Level.String(), w.Cut}, " "))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if len(s.Traced) != 1 {
				t.Errorf("traced is %+v", s.Traced)
			}
		})
	}
	t.Run("who lost sight of a thing is not told that it exists", func(t *testing.T) {
		s := setUp(t)
		must(s, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: s.scope, PrincipalID: "vic"})
		gone := must(s, "vic", access.Explain.Call, access.Question{Action: "read", ObjectID: s.note})
		absent := must(s, "vic", access.Explain.Call, access.Question{Action: "read", ObjectID: s.neverThere})
		if len(gone.Why) != 0 || len(absent.Why) != 0 {
			t.Errorf("told %+v of what was shared once, %+v of what never was", gone.Why, absent.Why)
		}
	})
}

func TestPeopleAndKeys(t *testing.T) {
	s := setUp(t)
	credential := urn.ID("pat_01890a5d0c1e7000a000000000000042")
	s.Change(func(tx *op.Tx) { apikey.Add(tx, &apikey.Credential{ID: credential, PrincipalID: "vic"}) })
	rows := []struct {
		name   string
		as     urn.ID
		target op.Target
		want   op.Level
	}{
		{"oneself", "vic", op.Principal("vic"), op.Own},
		{"a fellow member", "vic", op.Principal("ann"), op.Read},
		{"a member of a child scope", "vic", op.Principal("dot"), op.None},
		{"a stranger", "vic", op.Principal("sam"), op.None},
		{"nobody", "root", op.Principal("zoe"), op.None},
		{"anybody, by an administrator", "root", op.Principal("sam"), op.Read},
		{"an own key", "vic", op.Credential(credential), op.Own},
		{"a fellow's key", "ann", op.Credential(credential), op.None},
		{"a key, by an administrator", "root", op.Credential(credential), op.Read},
		{"no key", "root", op.Credential("pat_01890a5d0c1e7000a000000000000043"), op.None},
		{"a thing of no kind", "root", op.Target{Entity: "moon", ID: "moon"}, op.None},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s.Look(func(v state.View) {
				d := access.Sight{}.Decide(v, op.Request{Principal: row.as, Target: row.target, Need: op.Read, Time: s.Now})
				if d.Level != row.want {
					t.Errorf("got %+v, want %s", d, row.want)
				}
			})
		})
	}
}

func TestVisible(t *testing.T) {
	rows := []struct {
		name string
		as   urn.ID
		in   access.VisibleInput
		want fault.Code
		seen int
	}{
		{"an owner", "alice", access.VisibleInput{}, "", 2},
		{"of one type", "alice", access.VisibleInput{Type: "memo"}, "", 1},
		{"a member", "vic", access.VisibleInput{}, "", 1},
		{"the administrator about an owner", "root", access.VisibleInput{PrincipalID: "alice"}, "", 2},
		{"a member about an owner", "vic", access.VisibleInput{PrincipalID: "alice"}, fault.PermissionDenied, 0},
		{"with a made-up cursor", "vic", access.VisibleInput{Paging: op.Paging{Cursor: "x"}}, fault.InvalidCursor, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			page, got := ask(s, row.as, access.Visible.Call, row.in)
			if got != row.want || len(page.Items) != row.seen {
				t.Errorf("got %q %+v, want %q and %d", got, page.Items, row.want, row.seen)
			}
			if about := row.in.PrincipalID != "" && row.want == ""; about != (len(s.Traced) == 1) {
				t.Errorf("traced is %+v", s.Traced)
			}
		})
	}
}

// TestWalkIsBounded gives a member a thousand shares that do not count any
// more before one that does: a page ends early and says so, and goes on.
func TestWalkIsBounded(t *testing.T) {
	s := setUp(t)
	var last urn.ID
	for i := range 1100 {
		last = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
		must(s, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: s.scope, ObjectID: last})
		if i < 1099 {
			must(s, "alice", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: s.scope, ObjectID: last})
		}
	}
	first := must(s, "vic", access.Visible.Call, access.VisibleInput{})
	if len(first.Items) != 1 || !first.HasMore {
		t.Fatalf("the first page is %+v", first)
	}
	second := must(s, "vic", access.Visible.Call, access.VisibleInput{Paging: op.Paging{Cursor: string(first.NextCursor)}})
	if len(second.Items) != 1 || second.Items[0].ObjectID != last || second.HasMore {
		t.Fatalf("the second page is %+v", second)
	}
}
