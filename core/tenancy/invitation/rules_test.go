package invitation_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy/invitation"
)

// A rule about the organization holds for those too who need no role in it to
// deal with its invitations: hosts, whoever sent one, and invitees.
func TestRulesAboutTheOrganization(t *testing.T) {
	type deal func(y *yard, as any, i invitation.CreateOutput) error
	deals := map[string]deal{
		"read": func(y *yard, as any, i invitation.CreateOutput) error {
			_, err := do(y, as, invitation.Get, invitation.Input{ID: i.ID})
			return err
		},
		"invitation_accept": func(y *yard, as any, i invitation.CreateOutput) error {
			_, err := y.accept(as, i.ID, "dan@example.com", "")
			return err
		},
		"invitation_decline": func(y *yard, as any, i invitation.CreateOutput) error {
			_, err := do(y, as, invitation.Decline, invitation.DeclineInput{ID: i.ID, Token: &i.Token})
			return err
		},
		"invitation_revoke": func(y *yard, as any, i invitation.CreateOutput) error {
			_, err := do(y, as, invitation.Revoke, invitation.Input{ID: i.ID})
			return err
		},
	}
	for _, row := range []struct {
		action string
		as     any
		want   fault.Code
	}{
		{"read", bea, fault.NotFound},
		{"read", host, fault.NotFound},
		{"invitation_accept", host, fault.PermissionDenied},
		{"invitation_accept", forUser(dan), fault.PermissionDenied},
		{"invitation_decline", host, fault.PermissionDenied},
		{"invitation_decline", dan, fault.PermissionDenied},
		{"invitation_revoke", host, fault.PermissionDenied},
		{"invitation_revoke", bea, fault.PermissionDenied},
	} {
		y := newYard(t)
		i := y.invite(bea, invitation.CreateInput{})
		rule := must(y, "root", rules.Create, rules.CreateInput{Name: "closed", Type: "access", Effect: rules.Deny, Conditions: op.JSON(`{"action":"` + row.action + `"}`)})
		bound := must(y, "root", rules.Bind, rules.BindInput{ID: rule.ID, TargetType: rules.TargetScope, TargetID: string(y.org)})
		if err := deals[row.action](y, row.as, i); code(t, err) != row.want {
			t.Errorf("%s as %v: %v, want %q", row.action, row.as, err, row.want)
		}
		must(y, "root", rules.Unbind, rules.UnbindInput{ID: rule.ID, TargetType: bound.TargetType, TargetID: bound.TargetID})
		if err := deals[row.action](y, row.as, i); err != nil {
			t.Errorf("%s as %v without the rule: %v", row.action, row.as, err)
		}
		y.Verify()
	}
}
