package invitation_test

import (
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/identifier"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
)

// entry is the last entry of an operation about a thing.
func (y *yard) entry(operation string, target urn.ID) audit.Entry {
	y.t.Helper()
	page := must(y, "root", audit.Entries, audit.EntriesInput{Filter: audit.Filter{TargetID: target}, Order: "-sequence"})
	for _, e := range page.Items {
		if e.Operation == operation {
			return e
		}
	}
	y.t.Fatalf("%s left no entry about %s", operation, target)
	return audit.Entry{}
}

// What was answered stays answered: a rollback revokes what is pending, and
// undoes what came of the rest through the things that came of it.
func TestRollback(t *testing.T) {
	y := newYard(t)
	back := func(as any, operation string, target urn.ID, want fault.Code) {
		t.Helper()
		if _, err := do(y, as, temporal.Create, temporal.CreateInput{EntryID: y.entry(operation, target).ID}); code(t, err) != want {
			t.Errorf("%s of %s is taken back with %v, want %q", operation, target, err, want)
		}
	}
	sent := y.invite(bea, invitation.CreateInput{})
	back(cyd, "invitation.create", sent.ID, fault.NotFound)
	back(bea, "invitation.create", sent.ID, "")
	if i := y.get(sent.ID); i.Status != "revoked" || *i.TerminalBy != bea {
		t.Errorf("it is %+v", i)
	}
	for _, operation := range []string{"invitation.revoke", "invitation.decline"} {
		i := y.invite(ann, invitation.CreateInput{})
		if operation == "invitation.revoke" {
			must(y, ann, invitation.Revoke, invitation.Input{ID: i.ID})
		} else {
			must(y, host, invitation.Decline, invitation.DeclineInput{ID: i.ID})
		}
		back(ann, operation, i.ID, fault.RollbackFailed)
	}
	i := y.invite(ann, invitation.CreateInput{Identifier: "new@x"})
	out, err := y.accept("", i.ID, "", i.Token)
	if err != nil {
		t.Fatal(err)
	}
	user := *out.Invitation.InvitedUserID
	back(ann, "invitation.accept", i.ID, "")
	back(ann, "invitation.accept", out.Membership.ID, "")
	if m := must(y, host, org.GetMembership, org.MembershipInput{ID: out.Membership.ID}); m.Status != "revoked" || *m.EndReason != "rollback" {
		t.Errorf("the membership is %+v", m)
	}
	if s := y.get(i.ID); s.Status != "accepted" || *s.InvitedUserID != user {
		t.Errorf("the invitation is %+v", s)
	}
	// The user who came of it gives up the identifier.
	if _, err := do(y, "root", temporal.Create, temporal.CreateInput{Target: string(user), Entity: identifier.Entity, At: "1"}); err != nil {
		t.Errorf("the identifier is not taken back: %v", err)
	}
	if list := must(y, host, identifier.List, identifier.ListInput{ID: user}); len(list.Items) != 0 {
		t.Errorf("it has %v", list.Items)
	}
	again := y.invite(ann, invitation.CreateInput{Identifier: "new@x"})
	if _, err := y.accept("", again.ID, "", again.Token); err != nil {
		t.Errorf("by a second user: %v", err)
	}
	y.Verify()
}
