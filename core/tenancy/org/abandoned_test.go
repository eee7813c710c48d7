package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// A team below an organization whose only owner is not there any more is for the
// owners of the organization to take over, and for nobody else.
func TestAbandonedTeam(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme").Org.ID
	lead := stage.Must(s, ann, org.AddMember.Call, org.AddMemberInput{ID: o, UsrID: bea, Role: tenancy.Admin})
	stage.Must(s, ann, org.AddMember.Call, org.AddMemberInput{ID: o, UsrID: cyd, Role: tenancy.Admin})
	team := stage.Must(s, bea, tenancy.Create.Call, tenancy.CreateInput{Name: "team", ParentID: o}).ID
	takeOver := tenancy.AddInput{ID: team, PrincipalID: ann, Role: tenancy.Owner}
	if _, code := stage.Do(s, ann, tenancy.Add.Call, takeOver); code != fault.PermissionDenied {
		t.Errorf("while it has an owner: %q", code)
	}
	stage.Must(s, bea, org.Leave.Call, org.LeaveInput{ID: lead.ID})
	if _, code := stage.Do(s, cyd, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: cyd, Role: tenancy.Owner}); code != fault.PermissionDenied {
		t.Errorf("by an admin of the organization: %q", code)
	}
	if m := stage.Must(s, ann, tenancy.Add.Call, takeOver); m.Status != tenancy.StatusActive {
		t.Errorf("taken over: %+v", m)
	}
	again := stage.Must(s, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "second", ParentID: o}).ID
	stage.Must(s, ann, tenancy.Archive.Call, tenancy.ScopeInput{ID: again})
	if _, code := stage.Do(s, ann, tenancy.Unfreeze.Call, tenancy.ScopeInput{ID: again}); code != fault.ScopeFrozen {
		t.Errorf("an archived team is touched: %q", code)
	}
}
