package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
)

// deny makes a rule of the cluster that denies something in the organization.
func (y *yard) deny(conditions string) {
	y.t.Helper()
	r := run(y, y.Admin(), rules.Create, rules.CreateInput{Name: "r", Type: "access", Effect: rules.Deny, Conditions: op.JSON(conditions)})
	run(y, y.Admin(), rules.Bind, rules.BindInput{ID: r.ID, TargetType: "scope", TargetID: string(y.org)})
}

// TestRulesAboutMemberships has what a rule takes from those who could: whoever
// they are, and by whatever path.
func TestRulesAboutMemberships(t *testing.T) {
	for _, row := range []struct {
		name, as, conditions string
		call                 func(y *yard, as op.Runner) error
		denied               bool
	}{
		{"an addition", "ann", `{"action":["membership_change"]}`, func(y *yard, as op.Runner) error {
			_, err := org.AddMember.Call(y.t.Context(), as, org.AddMemberInput{ID: y.org, UsrID: y.users["dan"], Role: tenancy.Guest})
			return err
		}, true},
		{"a removal", "ann", `{"action":["membership_change"]}`, func(y *yard, as op.Runner) error {
			_, err := org.Remove.Call(y.t.Context(), as, y.one("cyd"))
			return err
		}, true},
		{"a removal by a host", "host", `{"action":["membership_change"]}`, func(y *yard, as op.Runner) error {
			_, err := org.Remove.Call(y.t.Context(), as, y.one("cyd"))
			return err
		}, true},
		{"leaving", "cyd", `{"action":["membership_change"]}`, func(y *yard, as op.Runner) error {
			_, err := org.Leave.Call(y.t.Context(), as, org.LeaveInput{ID: y.mems["cyd"]})
			return err
		}, true},
		{"leaving the scope", "cyd", `{"action":["membership_change"]}`, func(y *yard, as op.Runner) error {
			_, err := tenancy.Leave.Call(y.t.Context(), as, tenancy.ScopeInput{ID: y.org})
			return err
		}, true},
		{"a suspension as an admin", "bea", `{"action":["membership_change"],"role":["admin"]}`, func(y *yard, as op.Runner) error {
			_, err := org.SuspendMember.Call(y.t.Context(), as, y.one("cyd"))
			return err
		}, true},
		{"the same as the owner", "ann", `{"action":["membership_change"],"role":["admin"]}`, func(y *yard, as op.Runner) error {
			_, err := org.SuspendMember.Call(y.t.Context(), as, y.one("cyd"))
			return err
		}, false},
		{"a transfer", "ann", `{"action":["ownership_transfer"]}`, func(y *yard, as op.Runner) error {
			_, err := org.Transfer.Call(y.t.Context(), as, org.TransferInput{ID: y.org, FromMemID: y.mems["ann"], ToMemID: y.mems["bea"]})
			return err
		}, true},
		{"a change of role, where transfers are denied", "ann", `{"action":["ownership_transfer"]}`, func(y *yard, as op.Runner) error {
			_, err := org.ChangeRole.Call(y.t.Context(), as, org.ChangeRoleInput{ID: y.mems["bea"], NewRole: tenancy.Guest})
			return err
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := yardOf(t)
			y.deny(row.conditions)
			err := row.call(y, y.as(row.as))
			if denied := fault.Is(err, fault.PermissionDenied); denied != row.denied || !denied && err != nil {
				t.Errorf("got %v", err)
			}
			y.Verify()
		})
	}
}

// TestRuleAgainstRollback has a rule about changes hold for what takes them
// back.
func TestRuleAgainstRollback(t *testing.T) {
	y := yardOf(t)
	y.leave("cyd")
	e := y.last()
	y.deny(`{"action":["membership_change"]}`)
	if _, err := temporal.Create.Call(t.Context(), y.as("ann"), temporal.CreateInput{EntryID: e}); !fault.Is(err, fault.RollbackDenied) {
		t.Errorf("it is taken back: %v", err)
	}
}
