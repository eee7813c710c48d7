package invitation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

func TestCreate(t *testing.T) {
	y := newYard(t)
	plan := must(y, ann, objects.Create, objects.CreateInput{Type: "plan", Data: op.JSON(`{}`)})
	expires := y.later(time.Hour)
	pre := []invitation.PreTuple{{Relation: "editor", ObjectType: "obj", ObjectID: plan.ID}, {Relation: "reader", ObjectType: "doc", ObjectID: "01890a5d0c1e7000a000000000000052"}}
	must(y, "root", identity.Permit, identity.PermitInput{ID: ann, Permission: op.WriteTuples})
	made := y.invite(ann, invitation.CreateInput{Identifier: " Dan@Example.COM ", Role: tenancy.Editor, ExpiresAt: expires, PreTuples: pre})
	i := made.Invitation
	if i.OrgID != y.org || *i.Identifier != " Dan@Example.COM " || i.Role != tenancy.Editor || i.Status != "pending" || i.InvitedBy != ann ||
		i.ExpiresAt != expires || i.TerminalAt != nil || i.TerminalBy != nil || i.InvitedUserID != nil || i.CreatedAt == 0 {
		t.Errorf("invited: %+v", i)
	}
	if len(made.Token) != 43 || len(i.PreTuples) != 2 || i.PreTuples[0] != pre[0] || i.PreTuples[1].ObjectID != "01890a5d-0c1e-7000-a000-000000000052" {
		t.Errorf("a token of %d characters, pre-tuples %+v", len(made.Token), i.PreTuples)
	}
	if got := y.get(i.ID); *got.Identifier != *i.Identifier || got.Status != i.Status || len(got.PreTuples) != 2 {
		t.Errorf("shown as %+v", got)
	}
}

// What an invitation may not be, in the order in which it is asked.
func TestCreateIsRefused(t *testing.T) {
	y := newYard(t)
	foreign := must(y, eve, objects.Create, objects.CreateInput{Type: "plan", Data: op.JSON(`{}`)})
	pre := func(relation, typ string, id urn.ID) invitation.CreateInput {
		return invitation.CreateInput{PreTuples: []invitation.PreTuple{{Relation: relation, ObjectType: typ, ObjectID: id}}}
	}
	rows := []struct {
		name string
		as   any
		in   invitation.CreateInput
		want fault.Code
	}{
		{"an outsider", eve, invitation.CreateInput{}, fault.NotFound},
		{"a cluster administrator", chef, invitation.CreateInput{}, fault.PermissionDenied},
		{"a member", cyd, invitation.CreateInput{}, fault.PermissionDenied},
		{"an admin", bea, invitation.CreateInput{}, ""},
		{"a host", host, invitation.CreateInput{}, ""},
		{"a host for a member", forUser(cyd), invitation.CreateInput{}, fault.PermissionDenied},
		{"a host for an outsider", forUser(eve), invitation.CreateInput{}, fault.NotFound},
		{"an admin, to a peer", bea, invitation.CreateInput{Role: tenancy.Admin}, ""},
		{"an admin, to an owner", bea, invitation.CreateInput{Role: tenancy.Owner}, fault.RoleHierarchy},
		{"an owner, to an owner", ann, invitation.CreateInput{Role: tenancy.Owner}, ""},
		{"a host, to an owner", host, invitation.CreateInput{Role: tenancy.Owner}, ""},
		{"no such role", ann, invitation.CreateInput{Role: "boss"}, fault.InvalidRole},
		{"now", ann, invitation.CreateInput{ExpiresAt: state.Time(testkit.Start.UnixMicro())}, fault.PastExpiration},
		{"too long", ann, invitation.CreateInput{Identifier: strings.Repeat("é", 160) + "e"}, fault.ValidationFailed},
		{"as long as can be", ann, invitation.CreateInput{Identifier: strings.Repeat("é", 160)}, ""},
		{"too many grants", ann, invitation.CreateInput{PreTuples: make([]invitation.PreTuple, 101)}, fault.ValidationFailed},
		{"a relation with a digit", ann, pre("r2", "doc", doc), fault.InvalidFormat},
		{"a type of seven letters", ann, pre("reader", "project", doc), fault.InvalidFormat},
		{"an id of no object", ann, pre("reader", "doc", "00000000-0000-0000-0000-000000000000"), fault.InvalidID},
		{"a role in an organization", ann, pre("owner", "org", y.org), fault.ManagedTuple},
		{"what the inviter cannot see", ann, pre("owner", "obj", foreign.ID), fault.NotFound},
		{"an application's object that is not his", ann, pre("reader", "doc", doc), fault.PermissionDenied},
		{"no such organization", ann, invitation.CreateInput{ID: "org_01890a5d0c1e7000a0000000000000ff"}, fault.NotFound},
		{"a scope that is none", ann, invitation.CreateInput{ID: "scp_01890a5d0c1e7000a0000000000000ff"}, fault.InvalidIDType},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := do(y, row.as, invitation.Create, y.filled(row.in))
			if got := code(t, err); got != row.want {
				t.Errorf("%q, want %q (%v)", got, row.want, err)
			}
		})
	}
}

// What the state of the organization lets be done with invitations.
func TestStatesOfTheOrganization(t *testing.T) {
	for _, row := range []struct {
		name                            string
		turn                            op.Command[org.Input, org.Org]
		create, accept, decline, revoke fault.Code
		shown                           string
	}{
		{"suspended", org.Suspend, fault.OrgNotActive, fault.OrgNotActive, "", "", "pending"},
		{"frozen", org.Freeze, fault.ScopeFrozen, fault.ScopeFrozen, "", "", "pending"},
		{"revoked", org.Revoke, fault.OrgNotActive, fault.InvitationNotPending, fault.InvitationNotPending, fault.InvitationNotPending, "revoked"},
	} {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			one, two, three := y.invite(ann, invitation.CreateInput{}), y.invite(ann, invitation.CreateInput{Identifier: "b@x"}), y.invite(ann, invitation.CreateInput{Identifier: "c@x"})
			must(y, host, row.turn, org.Input{ID: y.org})
			if i := y.get(one.ID); i.Status != row.shown || (i.TerminalAt == nil) != (row.shown == "pending") || row.shown == "revoked" && *i.TerminalBy != host {
				t.Errorf("shown as %+v", i)
			}
			_, err := do(y, host, invitation.Create, y.filled(invitation.CreateInput{Identifier: "new@x"}))
			if got := code(t, err); got != row.create {
				t.Errorf("create: %q, want %q", got, row.create)
			}
			_, err = y.accept("", one.ID, "", one.Token)
			if got := code(t, err); got != row.accept {
				t.Errorf("accept: %q, want %q", got, row.accept)
			}
			_, err = do(y, host, invitation.Decline, invitation.DeclineInput{ID: two.ID})
			if got := code(t, err); got != row.decline {
				t.Errorf("decline: %q, want %q", got, row.decline)
			}
			_, err = do(y, ann, invitation.Revoke, invitation.Input{ID: three.ID})
			if got := code(t, err); got != row.revoke {
				t.Errorf("revoke: %q, want %q", got, row.revoke)
			}
			y.Verify()
		})
	}
}

// A new invitation revokes the one before; other identifiers, and others to the
// byte, have their own.
func TestOnePending(t *testing.T) {
	y := newYard(t)
	first := y.invite(ann, invitation.CreateInput{Identifier: "d@x"})
	upper := y.invite(ann, invitation.CreateInput{Identifier: "D@x"})
	second := y.invite(bea, invitation.CreateInput{Identifier: "d@x", Role: tenancy.Viewer})
	if i := y.get(first.ID); i.Status != "revoked" || *i.TerminalBy != bea || *i.TerminalAt != second.CreatedAt {
		t.Errorf("the first is %+v", i)
	}
	if i := y.get(upper.ID); i.Status != "pending" {
		t.Errorf("another identifier's is %s", i.Status)
	}
	if _, err := y.accept("", first.ID, "", first.Token); code(t, err) != fault.InvitationNotPending {
		t.Errorf("the first is accepted: %v", err)
	}
	// One that had expired stays expired when the next is sent.
	short := y.invite(ann, invitation.CreateInput{Identifier: "e@x", ExpiresAt: y.later(time.Minute)})
	y.Clock.Advance(time.Minute)
	y.invite(ann, invitation.CreateInput{Identifier: "e@x"})
	if i := y.get(short.ID); i.Status != "expired" || *i.TerminalAt != i.ExpiresAt || i.TerminalBy != nil {
		t.Errorf("the expired one is %+v", i)
	}
	for status, want := range map[string]int{"pending": 3, "revoked": 1, "expired": 1, "accepted": 2, "declined": 0, "": 7} {
		page := must(y, bea, invitation.List, invitation.ListInput{ID: y.org, Status: status})
		if len(page.Items) != want {
			t.Errorf("%d are %q, want %d", len(page.Items), status, want)
		}
	}
	y.Verify()
}
