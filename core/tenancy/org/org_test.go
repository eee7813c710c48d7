package org_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/account"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// The cast: ann founds organizations; bea, cyd and dan are users, sam is a
// stranger, host an application that acts for users, and root administers the
// cluster.
const (
	ann  urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	bea  urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
	cyd  urn.ID = "usr_01890a5d0c1e7000a0000000000000a3"
	dan  urn.ID = "usr_01890a5d0c1e7000a0000000000000a4"
	sam  urn.ID = "usr_01890a5d0c1e7000a0000000000000a5"
	host urn.ID = "svc_01890a5d0c1e7000a0000000000000a6"
	root urn.ID = "root"
)

func setUp(t *testing.T) *stage.Stage {
	t.Helper()
	s := stage.New(t, access.Sight{}, identity.Ops, account.Ops, objects.Ops, tenancy.Ops, tenancy.Memberships, org.Ops, rules.Ops, access.Ops)
	for _, id := range []urn.ID{ann, bea, cyd, dan, sam} {
		s.Principal(id)
	}
	s.Principal(host, op.ActAsHost)
	s.Principal(root, op.Administer)
	return s
}

func found(s *stage.Stage, as urn.ID, slug string) org.Created {
	return stage.Must(s, as, org.Create.Call, org.CreateInput{Slug: &slug})
}

func TestCreate(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme")
	if m := o.OwnerMembership; o.Org.Status != "active" || m.UsrID != ann || m.OrgID != o.Org.ID || m.Role != tenancy.Owner || m.InvitedBy != nil || m.Replaces != nil || m.Status != "active" {
		t.Errorf("created %+v", o)
	}
	if _, code := stage.Do(s, bea, org.Create.Call, org.CreateInput{Slug: o.Org.Slug}); code != fault.OrgSlugConflict {
		t.Errorf("the same slug again: %q", code)
	}
	if _, code := stage.Do(s, host, org.Create.Call, org.CreateInput{}); code != fault.PermissionDenied {
		t.Errorf("a service founds an organization: %q", code)
	}
}

// A service is a member like others, by whichever path, and never an owner; who
// has a name of a caller's choice is none.
func TestNoServiceOwns(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme").Org.ID
	s.Principal("zed")
	for _, row := range []struct {
		name string
		who  urn.ID
		role tenancy.Role
		want fault.Code
	}{{"a service, as an owner", host, tenancy.Owner, fault.PreconditionFailed}, {"a name", "zed", tenancy.Viewer, fault.InvalidIDType}, {"a service", host, tenancy.Viewer, ""}} {
		_, err := tenancy.Add.Call(context.Background(), s.As(ann), tenancy.AddInput{ID: o, PrincipalID: row.who, Role: row.role})
		f, _ := fault.Of(err)
		switch {
		case row.want == "":
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
		case f == nil || f.Code != row.want:
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		case f.Code == fault.InvalidIDType && f.Status() != 422:
			t.Errorf("%s: status %d", row.name, f.Status())
		}
	}
}

// A scope below an organization has an owner who counts: a host that is no
// member of it creates none in its own name.
func TestNoScopeWithoutOwner(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme").Org.ID
	in := tenancy.CreateInput{Name: "team", ParentID: o}
	if _, code := stage.Do(s, host, tenancy.Create.Call, in); code != fault.PreconditionFailed {
		t.Errorf("a host: %q", code)
	}
	stage.Must(s, ann, tenancy.Create.Call, in)
	join(s, o, host, tenancy.Admin)
	stage.Must(s, host, tenancy.Create.Call, in)
}

// Who sees a scope from above sees no memberships in it, like those who list
// them.
func TestMembershipsBelow(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme").Org.ID
	join(s, o, bea, tenancy.Editor)
	join(s, o, cyd, tenancy.Member)
	team := stage.Must(s, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team", ParentID: o}).ID
	m := stage.Must(s, ann, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: cyd, Role: tenancy.Viewer})
	for as, want := range map[urn.ID]fault.Code{ann: "", cyd: "", bea: fault.NotFound, sam: fault.NotFound, root: ""} {
		if _, code := stage.Do(s, as, org.GetMembership.Call, org.MembershipInput{ID: m.ID}); code != want {
			t.Errorf("%s: %q, want %q", as, code, want)
		}
	}
}

// TestSlugForm has a row for each way not to be a slug.
func TestSlugForm(t *testing.T) {
	s := setUp(t)
	for slug, want := range map[string]fault.Code{
		"": fault.OrgSlugFormat, "-a": fault.OrgSlugFormat, "a-": fault.OrgSlugFormat, "A": fault.OrgSlugFormat, "a\n": fault.OrgSlugFormat, "a_b": fault.OrgSlugFormat,
		"0123456789012345678901234567890123456789012345678901234567890123": fault.OrgSlugFormat,
		"012345678901234567890123456789012345678901234567890123456789012":  "", "a": "", "a--b": "", "9": "",
	} {
		if _, code := stage.Do(s, ann, org.Create.Call, org.CreateInput{Slug: &slug}); code != want {
			t.Errorf("%q: %q, want %q", slug, code, want)
		}
	}
}

func TestWhoSeesAnOrganization(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme")
	for id, want := range map[urn.ID]fault.Code{ann: "", host: "", root: "", sam: fault.NotFound} {
		if _, code := stage.Do(s, id, org.Get.Call, org.Input{ID: o.Org.ID}); code != want {
			t.Errorf("%s gets the organization: %q, want %q", id, code, want)
		}
		if _, code := stage.Do(s, id, org.GetMembership.Call, org.MembershipInput{ID: o.OwnerMembership.ID}); code != want {
			t.Errorf("%s gets the membership: %q, want %q", id, code, want)
		}
	}
}
