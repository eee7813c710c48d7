package org_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// To note that a membership has expired changes nothing that anybody sees, also
// where something else had ended it before.
func TestNotingAnEndChangesNothing(t *testing.T) {
	for name, end := range map[string]func(s *stage.Stage, o urn.ID){
		"expired":                      func(*stage.Stage, urn.ID) {},
		"its organization was revoked": func(s *stage.Stage, o urn.ID) { stage.Must(s, ann, org.Revoke.Call, org.Input{ID: o}) },
		"its member was archived":      func(s *stage.Stage, _ urn.ID) { s.SetLifecycle(bea, identity.Archived) },
	} {
		t.Run(name, func(t *testing.T) {
			s := setUp(t)
			o := found(s, ann, "acme").Org.ID
			m := stage.Must(s, ann, org.AddMember.Call, org.AddMemberInput{ID: o, UsrID: bea, Role: tenancy.Admin, ExpiresAt: s.Now + stage.Hour})
			end(s, o)
			s.Now += 2 * stage.Hour
			see := func() org.Membership {
				return stage.Must(s, host, org.GetMembership.Call, org.MembershipInput{ID: m.ID})
			}
			before := see()
			if before.Status != tenancy.StatusRevoked {
				t.Fatalf("it is %+v", before)
			}
			s.Change(func(tx *op.Tx) {
				if _, err := tenancy.Expire.Execute(tx, tenancy.ExpireInput{IDs: []urn.ID{m.ID}}); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(before, see()); diff != "" {
				t.Errorf("it is shown otherwise since it was noted:\n%s", diff)
			}
		})
	}
}

// Commands that arrive together have one time, and so have those of a leader
// whose clock is behind. What comes first ends all the same.
func TestEndsAtOneTime(t *testing.T) {
	s := setUp(t)
	s.Now += stage.Hour
	at := s.Now
	now := func() { s.Now = at }
	o := found(s, ann, "acme").Org.ID
	now()
	team := stage.Must(s, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team", ParentID: o}).ID
	now()
	m := stage.Must(s, ann, org.AddMember.Call, org.AddMemberInput{ID: o, UsrID: bea, Role: tenancy.Member})
	now()
	stage.Must(s, ann, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: bea, Role: tenancy.Viewer})
	now()
	isIn := func(want bool) {
		t.Helper()
		if is := stage.Must(s, root, tenancy.IsMember.Call, tenancy.StandingInput{ID: team, PrincipalID: bea}); is.IsMember != want {
			t.Errorf("in the team: %+v, want %t", is, want)
		}
		answer := fault.Code("")
		if !want {
			answer = fault.NotFound
		}
		if _, code := stage.Do(s, bea, tenancy.Get.Call, tenancy.ScopeInput{ID: team}); code != answer {
			t.Errorf("the team answers %q, want %q", code, answer)
		}
		now()
	}
	isIn(true)
	stage.Must(s, ann, org.Remove.Call, org.MembershipInput{ID: m.ID})
	now()
	m = stage.Must(s, ann, org.AddMember.Call, org.AddMemberInput{ID: o, UsrID: bea, Role: tenancy.Guest})
	now()
	isIn(false)
	m = stage.Must(s, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: m.ID, NewRole: tenancy.Member})
	now()
	stage.Must(s, ann, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: bea, Role: tenancy.Viewer})
	now()
	isIn(true)
	s.SetLifecycle(bea, identity.Archived)
	if got := stage.Must(s, ann, org.GetMembership.Call, org.MembershipInput{ID: m.ID}); got.EndReason == nil || *got.EndReason != tenancy.EndPrincipalRevoked {
		t.Errorf("the membership of who was archived when it was made: %+v", got)
	}
}
