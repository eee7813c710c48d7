package access_test

import (
	"context"
	"slices"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// rule makes a rule of the cluster and binds it, to pairs of kind and target.
func (s *shared) rule(effect, conditions string, targets ...string) urn.ID {
	s.t.Helper()
	r := must(s, "root", rules.Create.Call, rules.CreateInput{Name: "r", Type: "access", Effect: effect, Conditions: op.JSON(conditions)})
	s.bind(r.ID, targets...)
	return r.ID
}

func (s *shared) bind(rule urn.ID, targets ...string) {
	s.t.Helper()
	for i := 0; i < len(targets); i += 2 {
		must(s, "root", rules.Bind.Call, rules.BindInput{ID: rule, TargetType: targets[i], TargetID: targets[i+1]})
	}
}

func (s *shared) check(as urn.ID, action string) access.Verdict {
	s.t.Helper()
	return must(s, as, access.Check.Call, access.Question{Action: action, ObjectID: s.note})
}

func (s *shared) sees(as urn.ID) int {
	s.t.Helper()
	seen := len(must(s, as, access.Visible.Call, access.VisibleInput{}).Items)
	listed := len(must(s, as, objects.List.Call, objects.ListInput{}).Items)
	if seen != listed {
		s.t.Errorf("%s: visible gives %d objects, list %d", as, seen, listed)
	}
	return seen
}

// change is an update of the note.
func (s *shared) change(as urn.ID) fault.Code {
	s.t.Helper()
	_, code := ask(s, as, objects.Update.Call, objects.UpdateInput{ID: s.note, Data: op.JSON(`{"x":1}`)})
	return code
}

func (s *shared) get(as urn.ID) fault.Code {
	s.t.Helper()
	_, code := ask(s, as, objects.Get.Call, objects.GetInput{ID: s.note})
	return code
}

const deny, allow = rules.Deny, rules.Allow

func TestB12PrincipalKind(t *testing.T) {
	s := setUp(t)
	must(s, "root", identity.Create.Call, identity.CreateInput{ID: "bot", Kind: "service"})
	s.add(s.scope, "bot", tenancy.Editor)
	s.add(s.scope, "sam", tenancy.Editor)
	rule := s.rule(deny, `{"principal_kind":"service","action":"update"}`, rules.TargetObjectType, "note")
	if got := s.change("bot"); got != fault.PermissionDenied {
		t.Errorf("the service is answered %q", got)
	}
	if v := s.check("bot", "write"); v.Allowed || v.DeniedBy == nil || *v.DeniedBy != rule || v.Level != op.None {
		t.Errorf("the service is told %+v", v)
	}
	for _, as := range []urn.ID{"sam", "alice"} {
		if got := s.change(as); got != "" {
			t.Errorf("the user %s is answered %q", as, got)
		}
	}
	if got := s.get("bot"); got != "" {
		t.Errorf("the service reads: %q", got)
	}
}

func TestB12BoundToScope(t *testing.T) {
	s := setUp(t)
	rule := s.rule(deny, `{}`, rules.TargetScope, string(s.scope))
	for _, as := range []urn.ID{"ann", "vic", "dot"} {
		if v := s.check(as, "read"); v.Allowed || v.Level != op.None || v.DeniedBy == nil || *v.DeniedBy != rule {
			t.Errorf("%s, through the scope: %+v", as, v)
		}
		if got := s.get(as); got != fault.NotFound {
			t.Errorf("%s is answered %q", as, got)
		}
		if n := s.sees(as); n != 0 {
			t.Errorf("%s sees %d", as, n)
		}
	}
	if v := s.check("sam", "read"); v.DeniedBy != nil {
		t.Errorf("a stranger is told of the rule: %+v", v)
	}
	if v := s.check("alice", "read"); !v.Allowed || s.sees("alice") != 2 {
		t.Errorf("the owner does not come through the scope: %+v", v)
	}
	t.Run("a second way is left open", func(t *testing.T) {
		other := must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "other"}).ID
		s.add(other, "vic", tenancy.Viewer)
		must(s, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: other, ObjectID: s.note})
		v := must(s, "root", access.Explain.Call, access.Question{PrincipalID: "vic", Action: "read", ObjectID: s.note})
		cut := slices.IndexFunc(v.Why, func(r op.Reason) bool { return r.DeniedBy == rule && r.Cut == "rule" && r.Level == op.None })
		if !v.Allowed || v.Level != op.Read || v.DeniedBy != nil || cut < 0 || s.sees("vic") != 1 {
			t.Errorf("got %+v", v)
		}
		if len(v.Rules) != 1 || v.Rules[0].RuleID != rule || !v.Rules[0].Matched {
			t.Errorf("the rules are %+v", v.Rules)
		}
	})
	t.Run("operations on the scope itself", func(t *testing.T) {
		in := tenancy.AddInput{ID: s.scope, PrincipalID: "sam", Role: tenancy.Viewer}
		if _, code := ask(s, "alice", tenancy.Add.Call, in); code != fault.PermissionDenied {
			t.Errorf("its owner adds a member: %q", code)
		}
		if _, code := ask(s, "ann", tenancy.Members.Call, tenancy.MembersInput{ID: s.scope}); code != fault.NotFound {
			t.Errorf("a member lists the members: %q", code)
		}
		if _, code := ask(s, "root", tenancy.Get.Call, tenancy.ScopeInput{ID: s.scope}); code != fault.NotFound {
			t.Errorf("the administrator looks at it: %q", code)
		}
	})
}

// TestBoundToScopeAbove binds a rule to a scope through which something comes
// from above.
func TestBoundToScopeAbove(t *testing.T) {
	s := setUp(t)
	s.rule(deny, `{"action":"read"}`, rules.TargetScope, string(s.child))
	if s.sees("dot") != 0 || s.sees("vic") != 1 {
		t.Error("a rule on the scope of the membership cuts what comes from above, and nothing else")
	}
}

func TestB12QuotaDeniesNothing(t *testing.T) {
	s := setUp(t)
	for _, kind := range []string{"quota", "rate_limit", "redaction", "feature_flag"} {
		r := must(s, "root", rules.Create.Call, rules.CreateInput{Name: "r", Type: kind, Effect: deny, Conditions: op.JSON(`{"limit":0}`)})
		s.bind(r.ID, rules.TargetObjectType, "note", rules.TargetPrincipal, "alice")
	}
	if got := s.change("alice"); got != "" {
		t.Errorf("answered %q", got)
	}
	if e := must(s, "alice", access.Evaluate.Call, access.RequestInput{Action: "update", ObjectID: s.note}); e.Verdict != rules.VerdictNone {
		t.Errorf("evaluated %+v", e)
	}
}

func TestB12BindUnbindBind(t *testing.T) {
	s := setUp(t)
	rule := s.rule(deny, `{"action":"read"}`, rules.TargetPrincipal, "vic")
	first := must(s, "root", rules.Bindings.Call, rules.BindingsInput{ID: rule}).Items
	for range 2 {
		if s.get("vic") != fault.NotFound || s.sees("vic") != 0 {
			t.Error("bound, it denies nothing")
		}
		must(s, "root", rules.Unbind.Call, rules.UnbindInput{ID: rule, TargetType: rules.TargetPrincipal, TargetID: "vic"})
		if s.get("vic") != "" || s.sees("vic") != 1 {
			t.Error("unbound, it denies still")
		}
		s.bind(rule, rules.TargetPrincipal, "vic")
	}
	if again := must(s, "root", rules.Bindings.Call, rules.BindingsInput{ID: rule}).Items; len(first) != 1 || len(again) != 1 || first[0].ID != again[0].ID {
		t.Errorf("the binding was %+v and is %+v", first, again)
	}
}

// TestE5Effects is which rules act on what (E5.2 to E5.6).
func TestE5Effects(t *testing.T) {
	s := setUp(t)
	other := must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "other"}).ID
	rows := []struct {
		name           string
		effect, when   string
		targets        []string
		owner, editing bool // whether alice and ann, an admin by the scope, may still update
	}{
		{"E5.2 an allowance gives nothing and takes nothing", allow, `{}`, []string{rules.TargetObject, string(s.note)}, true, true},
		{"a denial about the object is the owner's too", deny, `{}`, []string{rules.TargetObject, string(s.note)}, false, false},
		{"E5.3 reading is not updating", deny, `{"action":"read"}`, []string{rules.TargetObject, string(s.note)}, true, true},
		{"one of several actions", deny, `{"action":["delete","update"]}`, []string{rules.TargetObjectType, "note"}, false, false},
		{"another type", deny, `{}`, []string{rules.TargetObjectType, "memo"}, true, true},
		{"E5.4 another scope", deny, `{}`, []string{rules.TargetScope, string(other)}, true, true},
		{"E5.5 one binding of two is enough", deny, `{}`, []string{rules.TargetScope, string(other), rules.TargetObjectType, "note"}, false, false},
		{"a role, through the scope alone", deny, `{"role":"admin"}`, []string{rules.TargetObjectType, "note"}, true, false},
		{"another role", deny, `{"role":["viewer","guest"]}`, []string{rules.TargetObjectType, "note"}, true, true},
		{"a scope as a condition", deny, `{"scope_id":"` + string(s.scope) + `"}`, []string{rules.TargetObjectType, "note"}, true, false},
		{"an attribute that the request has not", deny, `{"scope_id":"` + string(other) + `"}`, []string{rules.TargetObjectType, "note"}, true, true},
		{"all conditions must hold", deny, `{"action":"update","principal_kind":"service"}`, []string{rules.TargetObjectType, "note"}, true, true},
		{"somebody else", deny, `{}`, []string{rules.TargetPrincipal, "vic"}, true, true},
		{"an environment that is not named", deny, `{}`, []string{rules.TargetEnvironment, "env_01890a5d0c1e7000a000000000000099"}, true, true},
		{"a connector", deny, `{}`, []string{rules.TargetConnector, "con_01890a5d0c1e7000a000000000000099"}, true, true},
	}
	code := map[bool]fault.Code{true: "", false: fault.PermissionDenied}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			rule := s.rule(row.effect, row.when, row.targets...)
			if got := s.change("alice"); got != code[row.owner] {
				t.Errorf("the owner is answered %q", got)
			}
			if got := s.change("ann"); got != code[row.editing] && (row.editing || got != fault.NotFound) {
				t.Errorf("the admin is answered %q", got)
			}
			must(s, "root", rules.Archive.Call, rules.RuleInput{ID: rule})
			if s.change("alice") != "" || s.change("ann") != "" {
				t.Error("E5.6 archived, it denies still")
			}
		})
	}
}

// TestEveryPath denies one action at a time and tries the operations.
func TestEveryPath(t *testing.T) {
	s := setUp(t)
	denied := func(rule urn.ID, what string, err error) {
		t.Helper()
		f, ok := fault.Of(err)
		if !ok || f.Code != fault.PermissionDenied || s.Denied == nil || s.Denied.Decision.DeniedBy != rule {
			t.Errorf("%s: %v, refused %+v", what, err, s.Denied)
		}
		must(s, "root", rules.Archive.Call, rules.RuleInput{ID: rule})
	}
	ctx := context.Background()
	alice := s.As("alice")

	rule := s.rule(deny, `{"action":"create"}`, rules.TargetObjectType, "secret plan")
	_, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "secret plan", Data: op.JSON(`{}`)})
	denied(rule, "create an object of the type", err)

	rule = s.rule(deny, `{"action":"create"}`, rules.TargetPrincipal, "alice")
	_, err = objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	denied(rule, "create an object as the principal", err)

	rule = s.rule(deny, `{"action":"scope_create"}`, rules.TargetPrincipal, "alice")
	_, err = tenancy.Create.Call(ctx, alice, tenancy.CreateInput{Name: "x"})
	denied(rule, "create a scope", err)

	rule = s.rule(deny, `{"action":"projection"}`, rules.TargetObject, string(s.private))
	_, err = tenancy.Project.Call(ctx, alice, tenancy.ProjectInput{ID: s.scope, ObjectID: s.private})
	denied(rule, "share the object", err)

	rule = s.rule(deny, `{"action":"projection"}`, rules.TargetScope, string(s.scope))
	_, err = tenancy.Project.Call(ctx, alice, tenancy.ProjectInput{ID: s.scope, ObjectID: s.private})
	denied(rule, "share with the scope", err)

	rule = s.rule(deny, `{"action":"revoke"}`, rules.TargetObject, string(s.note))
	_, err = tenancy.Unproject.Call(ctx, s.As("ann"), tenancy.UnprojectInput{ID: s.scope, ObjectID: s.note})
	denied(rule, "end the share as an administrator of the scope", err)

	rule = s.rule(deny, `{"action":"delete"}`, rules.TargetObjectType, "note")
	_, err = objects.Delete.Call(ctx, alice, objects.DeleteInput{ID: s.note})
	denied(rule, "delete", err)

	rule = s.rule(deny, `{"action":"lifecycle_change"}`, rules.TargetScope, string(s.scope))
	_, err = tenancy.Freeze.Call(ctx, alice, tenancy.ScopeInput{ID: s.scope})
	denied(rule, "freeze the scope", err)

	rule = s.rule(deny, `{"action":"list"}`, rules.TargetPrincipal, "alice")
	_, err = objects.List.Call(ctx, alice, objects.ListInput{})
	denied(rule, "list as the principal", err)

	rule = s.rule(deny, `{"action":"create"}`, rules.TargetPrincipal, "root")
	_, err = identity.Create.Call(ctx, s.As("root"), identity.CreateInput{Kind: "user"})
	denied(rule, "what takes a permission of the cluster", err)
}

// TestE512NoSelfLockout binds a rule that denies everything to the only
// administrator, who takes it away all the same.
func TestE512NoSelfLockout(t *testing.T) {
	for _, last := range []string{"unbind", "archive"} {
		t.Run(last, func(t *testing.T) {
			s := setUp(t)
			rule := s.rule(deny, `{}`, rules.TargetScope, string(s.scope), rules.TargetObjectType, "note", rules.TargetPrincipal, "root")
			if _, code := ask(s, "root", rules.Get.Call, rules.RuleInput{ID: rule}); code != fault.PermissionDenied {
				t.Errorf("the administrator reads: %q", code)
			}
			if _, code := ask(s, "root", rules.Update.Call, rules.UpdateInput{ID: rule, Effect: allow}); code != fault.PermissionDenied {
				t.Errorf("the administrator updates: %q", code)
			}
			if last == "archive" {
				must(s, "root", rules.Archive.Call, rules.RuleInput{ID: rule})
			} else {
				must(s, "root", rules.Unbind.Call, rules.UnbindInput{ID: rule, TargetType: rules.TargetPrincipal, TargetID: "root"})
			}
			must(s, "root", rules.Get.Call, rules.RuleInput{ID: rule})
		})
	}
}

// TestUpdateOfARule turns an allowance into a denial and back.
func TestUpdateOfARule(t *testing.T) {
	s := setUp(t)
	rule := s.rule(allow, `{"action":"update"}`, rules.TargetObjectType, "note")
	before := s.Revision()
	must(s, "root", rules.Update.Call, rules.UpdateInput{ID: rule, Effect: deny, Reason: "enough"})
	if s.change("alice") != fault.PermissionDenied {
		t.Error("the denial does not count")
	}
	s.LookAt(before, func(v state.View) {
		d := access.Sight{}.Decide(v, op.Request{Principal: "alice", Action: "update", Target: op.Object(s.note), Need: op.Write, Time: s.TimeAt(before)})
		if !d.Allowed {
			t.Errorf("before the update: %+v", d)
		}
	})
	must(s, "root", rules.Update.Call, rules.UpdateInput{ID: rule, Conditions: op.JSON(`{"action":"delete"}`)})
	if s.change("alice") != "" {
		t.Error("the old conditions count still")
	}
}

// TestOwnersAreTold is that who is kept from a thing by a rule is told of the
// rule if it may know of the thing, and gets the answer for nothing if not.
func TestOwnersAreTold(t *testing.T) {
	s := setUp(t)
	rule := s.rule(deny, `{"action":"read"}`, rules.TargetObject, string(s.note))
	if got := s.get("alice"); got != fault.PermissionDenied {
		t.Errorf("the owner is answered %q", got)
	}
	if got := s.get("vic"); got != fault.NotFound {
		t.Errorf("a member is answered %q", got)
	}
	if s.sees("alice") != 1 || s.sees("vic") != 0 {
		t.Error("lists show what may not be read")
	}
	if v := s.check("alice", "read"); v.Level != op.None || *v.DeniedBy != rule {
		t.Errorf("the owner is told %+v", v)
	}
	if v := s.check("vic", "write"); v.DeniedBy != nil || v.Allowed {
		t.Errorf("a viewer lacks more than the rule takes: %+v", v)
	}
}

// TestSharesOfHiddenObjects asks what is shared with a scope: what a rule hides
// is not there, but for its owner.
func TestSharesOfHiddenObjects(t *testing.T) {
	s := setUp(t)
	look := func(as urn.ID) (listed int, shared bool) {
		t.Helper()
		listed = len(must(s, as, tenancy.Projections.Call, tenancy.ProjectionsInput{ID: s.scope}).Items)
		return listed, must(s, as, tenancy.IsProjected.Call, tenancy.ShareInput{ID: s.scope, ObjectID: s.note}).IsProjected
	}
	if n, shared := look("vic"); n != 1 || !shared {
		t.Fatalf("without a rule: %d, %v", n, shared)
	}
	rule := s.rule(deny, `{"action":"read","role":"viewer"}`, rules.TargetObjectType, "note")
	if n, shared := look("vic"); n != 0 || shared {
		t.Errorf("the viewer, whom the rule is about: %d, %v", n, shared)
	}
	if n, shared := look("alice"); n != 1 || !shared {
		t.Errorf("the owner: %d, %v", n, shared)
	}
	must(s, "root", rules.Archive.Call, rules.RuleInput{ID: rule})
	if n, shared := look("vic"); n != 1 || !shared {
		t.Errorf("the rule is gone: %d, %v", n, shared)
	}
}

// TestHiddenIsAbsent denies reading, and nothing else: whatever is refused then
// is refused like for a thing that is not there.
func TestHiddenIsAbsent(t *testing.T) {
	s := setUp(t)
	s.rule(deny, `{"action":"read"}`, rules.TargetObject, string(s.note), rules.TargetScope, string(s.scope))
	for name, refused := range map[string]func(object, scope urn.ID) fault.Code{
		"update": func(object, _ urn.ID) fault.Code {
			_, code := ask(s, "vic", objects.Update.Call, objects.UpdateInput{ID: object, Data: op.JSON(`{}`)})
			return code
		},
		"delete": func(object, _ urn.ID) fault.Code {
			_, code := ask(s, "vic", objects.Delete.Call, objects.DeleteInput{ID: object})
			return code
		},
		"transfer": func(object, _ urn.ID) fault.Code {
			_, code := ask(s, "vic", objects.Transfer.Call, objects.TransferInput{ID: object, OwnerID: "vic"})
			return code
		},
		"where it is shared": func(object, _ urn.ID) fault.Code {
			_, code := ask(s, "vic", tenancy.OfObject.Call, tenancy.OfObjectInput{ObjectID: object})
			return code
		},
		"a rule of its own": func(object, _ urn.ID) fault.Code {
			_, code := ask(s, "vic", rules.Create.Call, rules.CreateInput{Name: "r", Type: "access", Effect: deny, ObjectID: object})
			return code
		},
		"freeze": func(_, scope urn.ID) fault.Code {
			_, code := ask(s, "vic", tenancy.Freeze.Call, tenancy.ScopeInput{ID: scope})
			return code
		},
	} {
		there, absent := refused(s.note, s.scope), refused(s.neverThere, "scp_01890a5d0c1e7000a000000000000099")
		if there != fault.NotFound || absent != fault.NotFound {
			t.Errorf("%s: %q, and %q for what is not there", name, there, absent)
		}
	}
}

// TestUnreadIsNotShown denies reading where something else would show what is
// not to be read: the reply of a restore, and lists for administrators.
func TestUnreadIsNotShown(t *testing.T) {
	s := setUp(t)
	must(s, "alice", objects.Delete.Call, objects.DeleteInput{ID: s.note})
	s.rule(deny, `{"action":"read"}`, rules.TargetObject, string(s.note), rules.TargetPrincipal, "root")
	if o := must(s, "alice", objects.Restore.Call, objects.RestoreInput{ID: s.note}); o.Data != nil {
		t.Errorf("the restore shows %s", o.Data)
	}
	if page := must(s, "root", identity.List.Call, identity.ListInput{}); len(page.Items) != 0 {
		t.Errorf("the administrator lists %d principals, and may read none", len(page.Items))
	}
}
