package invitation_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/memdb"
)

// What becomes of invitations whose sender leaves, is lowered or comes back: each
// as the command left it, and as it is derived afterwards.
func TestCascade(t *testing.T) {
	const pending, revoked = invitation.StatusPending, invitation.StatusRevoked
	change := func(role tenancy.Role) func(y *yard, m urn.ID) {
		return func(y *yard, m urn.ID) { must(y, host, org.ChangeRole, org.ChangeRoleInput{ID: m, NewRole: role}) }
	}
	rows := []struct {
		name string
		// is what the sender is, do what happens to his membership.
		is tenancy.Role
		do func(y *yard, m urn.ID)
		// What becomes of invitations to an owner, an admin and a member, and who
		// ended them.
		owner, admin, member string
		by                   urn.ID
	}{
		{"removed", tenancy.Admin, func(y *yard, m urn.ID) { must(y, ann, org.Remove, org.MembershipInput{ID: m}) }, "", revoked, revoked, ann},
		{"removed through the scope", tenancy.Admin, func(y *yard, _ urn.ID) {
			must(y, ann, tenancy.Remove, tenancy.RemoveInput{ID: y.org, PrincipalID: dan})
		}, "", revoked, revoked, ann},
		{"leaves", tenancy.Admin, func(y *yard, m urn.ID) { must(y, dan, org.Leave, org.LeaveInput{ID: m}) }, "", revoked, revoked, dan},
		{"leaves as an owner", tenancy.Owner, func(y *yard, m urn.ID) { must(y, dan, org.Leave, org.LeaveInput{ID: m, TransferTo: cyd}) }, revoked, revoked, revoked, dan},
		{"comes down to an editor", tenancy.Admin, change(tenancy.Editor), "", revoked, revoked, host},
		{"comes down to an admin", tenancy.Owner, change(tenancy.Admin), revoked, pending, pending, host},
		{"goes up", tenancy.Admin, change(tenancy.Owner), "", pending, pending, ""},
		{"gives the ownership away", tenancy.Owner, func(y *yard, m urn.ID) {
			to := must(y, host, tenancy.IsMember, tenancy.StandingInput{ID: y.org, PrincipalID: cyd}).Memberships[0].ID
			must(y, dan, org.Transfer, org.TransferInput{ID: y.org, FromMemID: m, ToMemID: to, FromNewRole: tenancy.Admin})
		}, revoked, pending, pending, dan},
		{"is suspended", tenancy.Admin, func(y *yard, m urn.ID) { must(y, ann, org.SuspendMember, org.MembershipInput{ID: m}) }, "", pending, pending, ""},
		{"is archived", tenancy.Admin, func(y *yard, _ urn.ID) { must(y, chef, identity.Archive, identity.ArchiveInput{ID: dan}) }, "", revoked, revoked, chef},
		{"comes back", tenancy.Admin, func(y *yard, m urn.ID) {
			must(y, ann, org.Remove, org.MembershipInput{ID: m})
			must(y, ann, org.AddMember, org.AddMemberInput{ID: y.org, UsrID: dan, Role: tenancy.Owner})
		}, "", revoked, revoked, ann},
		{"comes down and up", tenancy.Admin, func(y *yard, m urn.ID) {
			next := must(y, host, org.ChangeRole, org.ChangeRoleInput{ID: m, NewRole: tenancy.Member})
			must(y, host, org.ChangeRole, org.ChangeRoleInput{ID: next.ID, NewRole: tenancy.Admin})
		}, "", revoked, revoked, host},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			y := newYard(t)
			m := y.join(dan, row.is)
			sent := map[tenancy.Role]string{tenancy.Owner: row.owner, tenancy.Admin: row.admin, tenancy.Member: row.member}
			ids := map[tenancy.Role]invitation.CreateOutput{}
			for role, status := range sent {
				if status != "" {
					ids[role] = y.invite(dan, invitation.CreateInput{Identifier: string(role) + "@x", Role: role})
				}
			}
			ofHost := y.invite(forUser(ann), invitation.CreateInput{Identifier: "other@x"})
			row.do(y, m)
			for role, i := range ids {
				got := y.get(i.ID)
				if got.Status != sent[role] {
					t.Errorf("the one to be %s is %s, want %s", role, got.Status, sent[role])
				}
				if got.Status == revoked && (got.TerminalBy == nil || *got.TerminalBy != row.by || got.TerminalAt == nil) {
					t.Errorf("the one to be %s was ended by %v, want %s", role, got.TerminalBy, row.by)
				}
				if _, err := y.accept("", i.ID, "", i.Token); sent[role] == revoked && code(t, err) != fault.InvitationNotPending {
					t.Errorf("the one to be %s is accepted: %v", role, err)
				}
			}
			if got := y.get(ofHost.ID); got.Status != pending {
				t.Errorf("another's is %s", got.Status)
			}
			y.Verify()
		})
	}
}

// A sender who is suspended for a while can send, and what he sent be accepted,
// afterwards.
func TestSuspendedSenders(t *testing.T) {
	for name, both := range map[string][2]func(y *yard, m urn.ID){
		"the member": {
			func(y *yard, m urn.ID) { must(y, ann, org.SuspendMember, org.MembershipInput{ID: m}) },
			func(y *yard, m urn.ID) { must(y, ann, org.ReinstateMember, org.MembershipInput{ID: m}) },
		},
		"the principal": {
			func(y *yard, _ urn.ID) { must(y, "root", identity.Suspend, identity.LifecycleInput{ID: dan}) },
			func(y *yard, _ urn.ID) { must(y, "root", identity.Resume, identity.LifecycleInput{ID: dan}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			y := newYard(t)
			m := y.join(dan, tenancy.Admin)
			i := y.invite(dan, invitation.CreateInput{Identifier: "a@x"})
			both[0](y, m)
			if _, err := y.accept("", i.ID, "", i.Token); code(t, err) != fault.PermissionDenied {
				t.Errorf("while he is suspended: %v", err)
			}
			both[1](y, m)
			if _, err := y.accept("", i.ID, "", i.Token); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A membership that ends with its time takes invitations with it at its instant,
// noted or not.
func TestSendersWhoseTimeIsOver(t *testing.T) {
	y := newYard(t)
	ends := y.later(time.Hour)
	m := must(y, ann, org.AddMember, org.AddMemberInput{ID: y.org, UsrID: dan, Role: tenancy.Admin, ExpiresAt: ends})
	i := y.invite(dan, invitation.CreateInput{ExpiresAt: y.later(2 * time.Hour)})
	y.Clock.Advance(time.Hour)
	check := func(when string) {
		t.Helper()
		if got := y.get(i.ID); got.Status != "revoked" || *got.TerminalAt != ends || got.TerminalBy != nil {
			t.Errorf("%s it is %+v", when, got)
		}
	}
	check("before it is noted")
	if _, err := y.accept("", i.ID, "", i.Token); code(t, err) != fault.InvitationNotPending {
		t.Errorf("accepted: %v", err)
	}
	y.System(tenancy.Expire.Operation, tenancy.ExpireInput{IDs: []urn.ID{m.ID}})
	check("after it is noted")
	y.Clock.Advance(time.Hour)
	y.System(invitation.Expire.Operation, invitation.ExpireInput{IDs: []urn.ID{i.ID}})
	check("after its own time")
	y.Verify()
}

// Whoever sent very many can be removed all the same, and all of them end.
func TestManyInvitations(t *testing.T) {
	y := newYard(t)
	m := y.join(dan, tenancy.Admin)
	const many = 230
	for n := range many {
		y.invite(dan, invitation.CreateInput{Identifier: strconv.Itoa(n)})
	}
	must(y, ann, org.Remove, org.MembershipInput{ID: m})
	in := invitation.ListInput{ID: y.org, Status: "pending", Paging: op.Paging{Limit: op.MaxLimit}}
	if page := must(y, ann, invitation.List, in); len(page.Items) != 0 || page.HasMore {
		t.Errorf("%d are pending", len(page.Items))
	}
	y.invite(ann, invitation.CreateInput{Identifier: strconv.Itoa(many - 1)})
	if page := must(y, ann, invitation.List, in); len(page.Items) != 1 {
		t.Errorf("%d are pending, want the new one", len(page.Items))
	}
	y.Verify()
}

// Whoever sent very many that go on holds nobody up by a change of his role.
func TestManyThatGoOn(t *testing.T) {
	engine := &testkit.Walks{Engine: memdb.New()}
	y := newYardOver(t, engine)
	m := y.join(dan, tenancy.Owner)
	for n := range op.PageScan + 200 {
		y.invite(dan, invitation.CreateInput{Identifier: strconv.Itoa(n)})
	}
	before := engine.Steps
	must(y, dan, org.ChangeRole, org.ChangeRoleInput{ID: m, NewRole: tenancy.Admin})
	if steps, most := engine.Steps-before, 3*op.PageScan+100; steps > most {
		t.Errorf("%d steps, want at most %d", steps, most)
	}
}

// Grants that came with an invitation end with the stay, are withheld while it is
// suspended, and outlive a change of role.
func TestGrantsEndWithTheStay(t *testing.T) {
	y := newYard(t)
	must(y, "root", identity.Permit, identity.PermitInput{ID: ann, Permission: op.WriteTuples})
	i := y.invite(ann, invitation.CreateInput{PreTuples: []invitation.PreTuple{{Relation: "reader", ObjectType: "doc", ObjectID: doc}}})
	out, err := y.accept(forUser(dan), i.ID, "dan@example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	m := out.Membership.ID
	check := func(when string, want bool) {
		t.Helper()
		if got := y.holds(dan, "reader", doc); got != want {
			t.Errorf("%s: %v", when, got)
		}
	}
	check("accepted", true)
	must(y, ann, org.SuspendMember, org.MembershipInput{ID: m})
	check("suspended", false)
	must(y, ann, org.ReinstateMember, org.MembershipInput{ID: m})
	check("reinstated", true)
	m = must(y, ann, org.ChangeRole, org.ChangeRoleInput{ID: m, NewRole: tenancy.Editor}).ID
	check("with another role", true)
	must(y, host, org.Suspend, org.Input{ID: y.org})
	check("in a suspended organization", false)
	must(y, host, org.Reinstate, org.Input{ID: y.org})
	must(y, ann, org.Remove, org.MembershipInput{ID: m})
	check("removed", false)
	again := y.invite(ann, invitation.CreateInput{})
	if _, err := y.accept(forUser(dan), again.ID, "dan@example.com", ""); err != nil {
		t.Fatal(err)
	}
	check("back without it", false)
	if i := y.get(i.ID); i.Status != "accepted" {
		t.Errorf("the first invitation is %s", i.Status)
	}
	y.Verify()
}
