package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// A rule against giving ownership away holds on the way out too, whoever is
// meant by it and whatever it is bound to.
func TestRuleAgainstTransfers(t *testing.T) {
	for _, row := range []struct {
		name, kind string
		target     func(o urn.ID) urn.ID
		as         urn.ID
	}{
		{"about the organization, the owner", rules.TargetScope, func(o urn.ID) urn.ID { return o }, ann},
		{"about the organization, a host", rules.TargetScope, func(o urn.ID) urn.ID { return o }, host},
		{"about the owner", rules.TargetPrincipal, func(urn.ID) urn.ID { return ann }, ann},
		{"about the host", rules.TargetPrincipal, func(urn.ID) urn.ID { return host }, host},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := setUp(t)
			o := found(s, ann, "acme")
			to := join(s, o.Org.ID, bea, tenancy.Admin)
			rule := stage.Must(s, root, rules.Create.Call, rules.CreateInput{Name: "stay", Type: "access", Effect: rules.Deny, Conditions: op.JSON(`{"action":"ownership_transfer"}`)})
			stage.Must(s, root, rules.Bind.Call, rules.BindInput{ID: rule.ID, TargetType: row.kind, TargetID: string(row.target(o.Org.ID))})
			if _, code := stage.Do(s, row.as, org.Transfer.Call, org.TransferInput{ID: o.Org.ID, FromMemID: o.OwnerMembership.ID, ToMemID: to.ID}); code != fault.PermissionDenied {
				t.Errorf("transfer: %q", code)
			}
			if _, code := stage.Do(s, row.as, org.Leave.Call, org.LeaveInput{ID: o.OwnerMembership.ID, TransferTo: bea}); code != fault.PermissionDenied {
				t.Errorf("leave with transfer: %q", code)
			}
			if m := stage.Must(s, host, org.GetMembership.Call, org.MembershipInput{ID: o.OwnerMembership.ID}); m.Status != tenancy.StatusActive {
				t.Errorf("the owner's membership is %s", m.Status)
			}
		})
	}
}

// An admin who makes a rule against everything is rid of no owner: what is at home
// in the organization its owners take away.
func TestOwnersTakeRulesAway(t *testing.T) {
	for name, away := range map[string]func(s *stage.Stage, as, rule, o urn.ID) fault.Code{
		"archive": func(s *stage.Stage, as, rule, _ urn.ID) fault.Code {
			_, code := stage.Do(s, as, rules.Archive.Call, rules.RuleInput{ID: rule})
			return code
		},
		"unbind": func(s *stage.Stage, as, rule, o urn.ID) fault.Code {
			_, code := stage.Do(s, as, rules.Unbind.Call, rules.UnbindInput{ID: rule, TargetType: rules.TargetScope, TargetID: string(o)})
			return code
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setUp(t)
			o := found(s, ann, "acme").Org.ID
			join(s, o, bea, tenancy.Admin)
			join(s, o, cyd, tenancy.Admin)
			rule := stage.Must(s, bea, rules.Create.Call, rules.CreateInput{Name: "all", Type: "access", Effect: rules.Deny, ScopeID: o}).ID
			stage.Must(s, bea, rules.Bind.Call, rules.BindInput{ID: rule, TargetType: rules.TargetScope, TargetID: string(o)})
			if _, code := stage.Do(s, ann, org.Get.Call, org.Input{ID: o}); code != fault.PermissionDenied {
				t.Errorf("the owner gets the organization: %q", code)
			}
			for _, as := range []urn.ID{cyd, sam} {
				if code := away(s, as, rule, o); code != fault.NotFound {
					t.Errorf("%s: %q", as, code)
				}
			}
			if code := away(s, ann, rule, o); code != "" {
				t.Errorf("the owner: %q", code)
			}
			stage.Must(s, ann, org.Get.Call, org.Input{ID: o})
		})
	}
	s := setUp(t)
	o := found(s, ann, "acme").Org.ID
	rule := stage.Must(s, root, rules.Create.Call, rules.CreateInput{Name: "all", Type: "access", Effect: rules.Deny}).ID
	stage.Must(s, root, rules.Bind.Call, rules.BindInput{ID: rule, TargetType: rules.TargetScope, TargetID: string(o)})
	if _, code := stage.Do(s, ann, rules.Archive.Call, rules.RuleInput{ID: rule}); code != fault.NotFound {
		t.Errorf("a rule of the cluster: %q", code)
	}
}
