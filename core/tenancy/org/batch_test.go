package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/internal/testkit"
)

// A membership that one call changes more than once is dated behind that call's
// time. It ends with its member all the same if the call archives him, and does
// not come back with him.
func TestArchivedInTheCallThatChangedRoles(t *testing.T) {
	s := testkit.New(t)
	shop, ctx := s.Host("shop"), t.Context()
	s.User(ann)
	s.User(bea)
	made, err := org.Create.Call(ctx, s.For(shop, ann), org.CreateInput{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Permit.Call(ctx, s.Admin(), identity.PermitInput{ID: "shop", Permission: op.Administer}); err != nil {
		t.Fatal(err)
	}
	m, err := org.AddMember.Call(ctx, s.As(shop), org.AddMemberInput{ID: made.Org.ID, UsrID: bea, Role: tenancy.Member})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.As(shop).Run(ctx, &op.Call{Items: []op.Item{
		{Op: "membership.change_role", Input: op.JSON(`{"id":"` + string(m.ID) + `","new_role":"viewer"}`)},
		{Op: "membership.change_role", Input: op.JSON(`{"id":{"$result":[0,"id"]},"new_role":"admin"}`)},
		{Op: "principal.archive", Input: op.JSON(`{"id":"` + string(bea) + `"}`)},
	}}); err != nil {
		t.Fatal(err)
	}
	all, err := org.Members.Call(ctx, s.As(shop), org.MembersInput{ID: made.Org.ID, Status: tenancy.StatusActive})
	if err != nil || len(all.Items) != 1 || all.Items[0].UsrID != ann {
		t.Errorf("active are %+v (%v)", all.Items, err)
	}
}
