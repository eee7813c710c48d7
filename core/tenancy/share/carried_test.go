package share_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/share"
	"github.com/weir-store/weir/core/urn"
)

// A share stands on its object and on its creator: what ends them ends it, and
// what brings them back brings it back.
func TestCarried(t *testing.T) {
	lifecycle := identity.LifecycleInput{ID: "bob"}
	for _, row := range []struct {
		name       string
		object     func(st *street, in *share.CreateInput)
		as         urn.ID
		end, again func(st *street)
	}{
		{
			"the creator is suspended", nil, "bob",
			func(st *street) { must(st, "root", identity.Suspend.Call, lifecycle) },
			func(st *street) { must(st, "root", identity.Resume.Call, lifecycle) },
		},
		{"the creator is archived", nil, "bob", func(st *street) { must(st, "root", identity.Archive.Call, identity.ArchiveInput{ID: "bob"}) }, nil},
		{
			"the creator is removed", nil, "bob",
			func(st *street) {
				must(st, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: st.scope, PrincipalID: "bob"})
			},
			func(st *street) {
				must(st, "alice", tenancy.Add.Call, tenancy.AddInput{ID: st.scope, PrincipalID: "bob", Role: tenancy.Admin})
			},
		},
		{"the host is none any more", nil, "hanna", func(st *street) {
			must(st, "root", identity.Forbid.Call, identity.ForbidInput{ID: "hanna", Permission: op.ActAsHost})
		}, nil},
		{
			"the object is deleted", nil, "alice",
			func(st *street) { must(st, "alice", objects.Delete.Call, objects.DeleteInput{ID: st.note}) },
			func(st *street) { must(st, "alice", objects.Restore.Call, objects.RestoreInput{ID: st.note}) },
		},
		{
			"the scope is archived", func(st *street, in *share.CreateInput) { in.ObjectType, in.ObjectID = "scp", st.scope }, "alice",
			func(st *street) { must(st, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: st.scope}) }, nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			st := newStreet(t)
			out := st.share(row.as, func(in *share.CreateInput) {
				if row.object != nil {
					row.object(st, in)
				}
			})
			if code := st.verify(out.Token); code != "" {
				t.Fatalf("before: %q", code)
			}
			row.end(st)
			if code := st.verify(out.Token); code != fault.ShareRevoked {
				t.Errorf("after: %q", code)
			}
			if got := must(st, "hanna", share.List.Call, share.ListInput{ObjectType: out.Share.ObjectType, ObjectID: out.Share.ObjectID}); row.as != "hanna" &&
				(len(got.Items) != 1 || got.Items[0].Status != share.StatusRevoked || got.Items[0].RevokedAt != nil) {
				t.Errorf("it shows %+v", got.Items)
			}
			if row.again != nil {
				row.again(st)
				if code := st.verify(out.Token); code != "" {
					t.Errorf("again: %q", code)
				}
			}
		})
	}
}

// What is shared of an organization stops with it, and what is not active is not
// shared anew.
func TestOrganizations(t *testing.T) {
	st := newStreet(t)
	in := org.Input{ID: must(st, owner, org.Create.Call, org.CreateInput{}).Org.ID}
	share1 := func(as urn.ID) (share.CreateOutput, fault.Code) {
		return do(st, as, share.Create.Call, share.CreateInput{ObjectType: "org", ObjectID: in.ID, Relation: "viewer", ExpiresIn: hours})
	}
	out, code := share1(owner)
	if code != "" || out.Share.ObjectID != in.ID {
		t.Fatalf("%q %+v", code, out)
	}
	if _, code := share1(editor); code != fault.NotFound {
		t.Errorf("by a stranger: %q", code)
	}
	type state struct{ verify, create fault.Code }
	expect := func(when string, want state) {
		t.Helper()
		_, create := share1("hanna")
		if got := (state{st.verify(out.Token), create}); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	expect("active", state{})
	must(st, owner, org.Freeze.Call, in)
	expect("frozen", state{"", fault.ScopeFrozen})
	must(st, owner, org.Unfreeze.Call, in)
	must(st, "hanna", org.Suspend.Call, in)
	expect("suspended", state{fault.ShareRevoked, fault.OrgNotActive})
	must(st, "hanna", org.Reinstate.Call, in)
	expect("reinstated", state{})
	must(st, owner, org.Revoke.Call, in)
	expect("revoked", state{fault.ShareRevoked, fault.OrgNotActive})
}

// A rule that denies sharing keeps a share from being made, and from being used.
func TestDenied(t *testing.T) {
	for _, row := range []struct {
		name         string
		kind, target string
		other        fault.Code
	}{
		{"the object", rules.TargetObject, "", fault.PermissionDenied},
		{"who shares", rules.TargetPrincipal, "alice", ""},
		{"the type", rules.TargetObjectType, "note", fault.PermissionDenied},
	} {
		t.Run(row.name, func(t *testing.T) {
			st := newStreet(t)
			out := st.share("alice", nil)
			rule := must(st, "root", rules.Create.Call, rules.CreateInput{Name: "no", Type: "access", Effect: rules.Deny, Conditions: op.JSON(`{"action":"share_create"}`)})
			target := row.target
			if target == "" {
				target = string(st.note)
			}
			must(st, "root", rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: row.kind, TargetID: target})
			if _, code := do(st, "alice", share.Create.Call, st.input()); code != fault.PermissionDenied {
				t.Errorf("made: %q", code)
			}
			if _, code := do(st, "hanna", share.Create.Call, st.input()); code != row.other {
				t.Errorf("made by a host: %q, want %q", code, row.other)
			}
			if _, code := do(st, "zoe", share.Create.Call, st.input()); code != fault.NotFound {
				t.Errorf("made by a stranger: %q", code)
			}
			if code := st.verify(out.Token); code != fault.ShareRevoked {
				t.Errorf("used: %q", code)
			}
			must(st, "root", rules.Unbind.Call, rules.UnbindInput{ID: rule.ID, TargetType: row.kind, TargetID: target})
			if code := st.verify(out.Token); code != "" {
				t.Errorf("used after the rule: %q", code)
			}
		})
	}
}
