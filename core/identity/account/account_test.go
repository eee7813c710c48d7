package account_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/account"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

func do[In, Out any](t *testing.T, call func(context.Context, op.Runner, In) (Out, error), as op.Runner, in In) Out {
	t.Helper()
	out, err := call(t.Context(), as, in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

func text(s string) *string { return &s }

// A user is an active principal of kind user that nothing lets in.
func TestCreate(t *testing.T) {
	s := testkit.New(t)
	host := s.As(s.Host("shop"))
	named := do(t, account.Create.Call, host, account.CreateInput{DisplayName: text("Ada")})
	if !urn.IsValid(named.ID, urn.PrefixUser) || named.Status != "active" || *named.DisplayName != "Ada" || named.CreatedBy != "shop" || named.Version != 1 {
		t.Errorf("the user is %+v", named)
	}
	if plain := do(t, account.Create.Call, s.Admin(), account.CreateInput{}); plain.DisplayName != nil || plain.ID <= named.ID {
		t.Errorf("the user is %+v", plain)
	}
	p := do(t, identity.Get.Call, s.Admin(), identity.GetInput{ID: named.ID})
	if p.Kind != identity.KindUser || p.DisplayName != "Ada" || p.Lifecycle != identity.Active || p.EntryID == "" || len(p.Permissions) != 0 {
		t.Errorf("the principal is %+v", p)
	}
}

// What is wrong with a call, by who makes it and what it says.
func TestRefusals(t *testing.T) {
	s := testkit.New(t)
	shop := s.Host("shop")
	alice := s.Token("alice")
	user := do(t, account.Create.Call, s.As(shop), account.CreateInput{}).ID
	none := "usr_01890a5d0c1e7000a0000000000000ff"
	tests := []struct {
		name, op, input string
		as              op.Runner
		want            fault.Code
	}{
		{"created by a user", "user.create", `{}`, s.As(alice), fault.PermissionDenied},
		{"created by a host for a user", "user.create", `{}`, s.For(shop, user), fault.PermissionDenied},
		{"no name", "user.create", `{"display_name":null}`, s.As(shop), ""},
		{"an empty name", "user.create", `{"display_name":""}`, s.As(shop), fault.ValidationFailed},
		{"the longest name", "user.create", `{"display_name":"` + strings.Repeat("é", 255) + `"}`, s.As(shop), ""},
		{"a longer name", "user.create", `{"display_name":"` + strings.Repeat("é", 256) + `"}`, s.As(shop), fault.ValidationFailed},
		{"an id of the caller's own", "user.create", `{"id":"` + none + `"}`, s.As(shop), fault.ValidationFailed},
		{"a user", "user.get", `{"id":"` + string(user) + `"}`, s.As(shop), ""},
		{"a user by its bare digits", "user.get", `{"id":"` + string(user[4:]) + `"}`, s.As(shop), ""},
		{"itself", "user.get", `{"id":"` + string(user) + `"}`, s.For(shop, user), ""},
		{"no id", "user.get", `{"id":"alice"}`, s.As(shop), fault.InvalidID},
		{"an id in capitals", "user.get", `{"id":"` + strings.ToUpper(none) + `"}`, s.As(shop), fault.InvalidIDType},
		{"a service", "user.get", `{"id":"svc_` + none[4:] + `"}`, s.As(shop), fault.InvalidIDType},
		{"nobody", "user.get", `{"id":"` + none + `"}`, s.As(shop), fault.NotFound},
		{"a user, to a stranger", "user.get", `{"id":"` + string(user) + `"}`, s.As(alice), fault.NotFound},
		{"a status that is none", "user.list", `{"status":"pending"}`, s.As(shop), fault.ValidationFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.as.Run(t.Context(), &op.Call{Op: tt.op, Input: op.JSON(tt.input)})
			if (tt.want == "") != (err == nil) || err != nil && !fault.Is(err, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Who is told of whom, by page and status.
func TestList(t *testing.T) {
	s := testkit.New(t)
	host, alice := s.As(s.Host("shop")), s.User("alice")
	var ids []urn.ID
	for range 4 {
		ids = append(ids, do(t, account.Create.Call, host, account.CreateInput{}).ID)
	}
	do(t, identity.Suspend.Call, s.Admin(), identity.LifecycleInput{ID: ids[1]})
	do(t, identity.Archive.Call, s.Admin(), identity.ArchiveInput{ID: ids[2]})
	scope := do(t, tenancy.Create.Call, alice, tenancy.CreateInput{Name: "team"}).ID
	do(t, tenancy.Add.Call, alice, tenancy.AddInput{ID: scope, PrincipalID: ids[3]})
	for _, row := range []struct {
		name, status string
		as           op.Runner
		want         []urn.ID
	}{
		{"a host", "", host, ids},
		{"an administrator", "", s.Admin(), ids},
		{"somebody who shares a scope with one", "", alice, ids[3:]},
		{"active", "active", host, []urn.ID{ids[0], ids[3]}},
		{"suspended", "suspended", host, ids[1:2]},
		{"archived", "archived", host, ids[2:3]},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []urn.ID
			in := account.ListInput{Status: row.status, Paging: op.Paging{Limit: 1}}
			for pages := 1; ; pages++ {
				page := do(t, account.List.Call, row.as, in)
				for _, u := range page.Items {
					got = append(got, u.ID)
				}
				if page.HasMore != (page.NextCursor != "") {
					t.Errorf("has_more is %v", page.HasMore)
				}
				if in.Cursor = string(page.NextCursor); in.Cursor == "" {
					if pages > max(len(row.want), 1) {
						t.Errorf("%d pages of one for %d users", pages, len(row.want))
					}
					break
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A host sees users, active or not, and principals of no other kind.
func TestWhatHostsSee(t *testing.T) {
	s := testkit.New(t)
	shop := s.As(s.Host("shop"))
	user := do(t, account.Create.Call, shop, account.CreateInput{}).ID
	do(t, identity.Create.Call, s.Admin(), identity.CreateInput{ID: "printer", Kind: "service"})
	for id, want := range map[urn.ID]bool{user: true, "printer": false, "root": false} {
		_, err := identity.Get.Call(t.Context(), shop, identity.GetInput{ID: id})
		if (err == nil) != want || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := identity.Update.Call(t.Context(), shop, identity.UpdateInput{ID: user, DisplayName: text("x")}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("a host changed a user in its own name: %v", err)
	}
	do(t, identity.Suspend.Call, s.Admin(), identity.LifecycleInput{ID: user})
	if u := do(t, account.Get.Call, shop, account.GetInput{ID: user}); u.Status != "suspended" || u.Version != 2 {
		t.Errorf("%+v", u)
	}
}

// Guests of an organization are not told who is in it, by no list; who is in it
// sees them.
func TestWhatGuestsSee(t *testing.T) {
	s := testkit.New(t)
	shop := s.Host("shop")
	var ids []urn.ID
	for range 3 {
		ids = append(ids, do(t, account.Create.Call, s.As(shop), account.CreateInput{}).ID)
	}
	owner, member, guest := ids[0], ids[1], ids[2]
	o := do(t, org.Create.Call, s.For(shop, owner), org.CreateInput{}).Org.ID
	for who, role := range map[urn.ID]tenancy.Role{member: tenancy.Viewer, guest: tenancy.Guest} {
		do(t, org.AddMember.Call, s.For(shop, owner), org.AddMemberInput{ID: o, UsrID: who, Role: role})
	}
	for who, want := range map[urn.ID][]urn.ID{owner: ids, member: ids, guest: {guest}} {
		var users, principals []urn.ID
		for _, u := range do(t, account.List.Call, s.For(shop, who), account.ListInput{}).Items {
			users = append(users, u.ID)
		}
		for _, p := range do(t, identity.List.Call, s.For(shop, who), identity.ListInput{}).Items {
			principals = append(principals, p.ID)
		}
		if diff := cmp.Diff(want, users); diff != "" {
			t.Errorf("users that %s sees: %s", who, diff)
		}
		if diff := cmp.Diff(want, principals); diff != "" {
			t.Errorf("principals that %s sees: %s", who, diff)
		}
	}
	if _, err := account.Get.Call(t.Context(), s.For(shop, guest), account.GetInput{ID: owner}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a guest gets the owner: %v", err)
	}
}
