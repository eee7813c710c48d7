package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// endings are the ways by which an organization could lose the owner ann.
var endings = map[string]func(h *house) fault.Code{
	"a change of role by the owner": func(h *house) fault.Code { return h.do("change", "owner", "owner") },
	"a change of role by a host":    func(h *house) fault.Code { return h.do("change", "host", "owner") },
	"a suspension by the owner":     func(h *house) fault.Code { return h.do("suspend", "owner", "owner") },
	"a suspension by a host":        func(h *house) fault.Code { return h.do("suspend", "host", "owner") },
	"leaving":                       func(h *house) fault.Code { return h.do("leave", "owner", "owner") },
	"leaving by a host":             func(h *house) fault.Code { return h.do("leave", "host", "owner") },
	"leaving the scope":             func(h *house) fault.Code { return h.do("scope.leave", "owner", "owner") },
	"removing oneself":              func(h *house) fault.Code { return h.do("scope.remove", "owner", "owner") },
	"removal by a host":             func(h *house) fault.Code { return h.do("remove", "host", "owner") },
	"removal from the scope":        func(h *house) fault.Code { return h.do("scope.remove", "host", "owner") },
	"archiving the user": func(h *house) fault.Code {
		_, code := stage.Do(h.Stage, root, identity.Archive.Call, identity.ArchiveInput{ID: ann})
		return code
	},
}

// TestSoleOwner tries each ending with each sort of other owner: only one who
// can act counts.
func TestSoleOwner(t *testing.T) {
	beside := map[string]struct {
		act  func(h *house)
		want fault.Code
	}{
		"nobody":                  {func(*house) {}, fault.SoleOwner},
		"another owner":           {func(h *house) { h.join("other", tenancy.Owner) }, ""},
		"one who is suspended":    {func(h *house) { h.join("other", tenancy.Owner); h.suspended("other") }, fault.SoleOwner},
		"one who has left":        {func(h *house) { h.join("other", tenancy.Owner); h.do("leave", "other", "other") }, fault.SoleOwner},
		"one who stepped down":    {func(h *house) { h.join("other", tenancy.Owner); h.do("change", "other", "other") }, fault.SoleOwner},
		"one whose user sleeps":   {func(h *house) { h.join("other", tenancy.Owner); h.SetLifecycle(dan, "suspended") }, fault.SoleOwner},
		"one whose user has gone": {func(h *house) { h.join("other", tenancy.Owner); h.SetLifecycle(dan, "archived") }, fault.SoleOwner},
		"one who was made so": {func(h *house) {
			h.join("other", tenancy.Viewer)
			stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: h.rows["other"], NewRole: tenancy.Owner})
		}, ""},
	}
	for what, end := range endings {
		for with, row := range beside {
			h := open(t)
			h.who["other"] = dan
			row.act(h)
			before := h.get("owner")
			if code := end(h); code != row.want {
				t.Errorf("%s, beside %s: %q, want %q", what, with, code, row.want)
			}
			if after := h.get("owner"); (after.Version == before.Version && after.Status == before.Status) != (row.want != "") {
				t.Errorf("%s, beside %s: %+v became %+v", what, with, before, after)
			}
		}
	}
}

// TestTransfer has what a transfer leaves of each who takes part.
func TestTransfer(t *testing.T) {
	for _, row := range []struct {
		as   string
		role tenancy.Role
		to   tenancy.Role
		want tenancy.Role
	}{
		{"owner", "", tenancy.Viewer, tenancy.Member},
		{"owner", tenancy.Admin, tenancy.Admin, tenancy.Admin},
		{"host", tenancy.Member, tenancy.Owner, tenancy.Member},
	} {
		h := open(t)
		h.who["other"] = dan
		h.join("other", row.to)
		done := stage.Must(h.Stage, h.who[row.as], org.Transfer.Call, org.TransferInput{ID: h.org, FromMemID: h.rows["owner"], ToMemID: h.rows["other"], FromNewRole: row.role})
		from, to := done.FromMembership, done.ToMembership
		if from.UsrID != ann || from.Role != row.want || *from.Replaces != h.rows["owner"] || from.Status != "active" {
			t.Errorf("from is %+v", from)
		}
		if to.UsrID != dan || to.Role != tenancy.Owner || to.Status != "active" || (to.ID == h.rows["other"]) != (row.to == tenancy.Owner) {
			t.Errorf("to is %+v", to)
		}
		for _, r := range h.Records {
			if r.Action != "ownership_transfer" {
				t.Errorf("the trail has %s of %s", r.Action, r.TargetID)
			}
		}
	}
}

// TestTransferRefused has each condition of a transfer, in the order in which
// they are looked at.
func TestTransferRefused(t *testing.T) {
	for _, row := range []struct {
		name, as string
		in       func(h *house) org.TransferInput
		want     fault.Code
	}{
		{"no such membership", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: "mem_01890a5d0c1e7000a0000000000000ff"}
		}, fault.NotFound},
		{"one that the caller does not see", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: found(h.Stage, sam, "other").OwnerMembership.ID}
		}, fault.NotFound},
		{"one of another organization", "host", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: found(h.Stage, sam, "other").OwnerMembership.ID}
		}, fault.OrgMismatch},
		{"one of another that the owner has too", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: found(h.Stage, ann, "other").OwnerMembership.ID, ToMemID: h.rows["admin"]}
		}, fault.OrgMismatch},
		{"from one who has ended", "owner", func(h *house) org.TransferInput {
			h.do("leave", "viewer", "viewer")
			return org.TransferInput{FromMemID: h.rows["viewer"], ToMemID: h.rows["viewer"]}
		}, fault.FromNotActive},
		{"from one who is suspended", "host", func(h *house) org.TransferInput {
			h.suspended("viewer")
			return org.TransferInput{FromMemID: h.rows["viewer"], ToMemID: h.rows["admin"]}
		}, fault.FromNotActive},
		{"to one who is suspended", "owner", func(h *house) org.TransferInput {
			h.suspended("viewer")
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["viewer"]}
		}, fault.ToNotActive},
		{"from one who owns nothing", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["viewer"], ToMemID: h.rows["viewer"]}
		}, fault.FromNotOwner},
		{"to oneself", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["owner"]}
		}, fault.SelfTransfer},
		{"by somebody else", "admin", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["admin"]}
		}, fault.PermissionDenied},
		{"by another owner", "other", func(h *house) org.TransferInput {
			h.join("other", tenancy.Owner)
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["admin"]}
		}, fault.PermissionDenied},
		{"to a role that is no less", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["admin"], FromNewRole: tenancy.Owner}
		}, fault.InvalidRole},
		{"to a role that is too low", "owner", func(h *house) org.TransferInput {
			return org.TransferInput{FromMemID: h.rows["owner"], ToMemID: h.rows["admin"], FromNewRole: tenancy.Guest}
		}, fault.InvalidRole},
	} {
		h := open(t)
		h.who["other"] = dan
		in := row.in(h)
		in.ID = h.org
		if _, code := stage.Do(h.Stage, h.who[row.as], org.Transfer.Call, in); code != row.want {
			t.Errorf("%s: %q, want %q", row.name, code, row.want)
		}
	}
}

// TestLeaveTo has what comes of naming somebody on leaving.
func TestLeaveTo(t *testing.T) {
	for _, row := range []struct {
		name, as, to string
		before       func(h *house)
		want         fault.Code
	}{
		{"the last owner to a viewer", "owner", "viewer", nil, ""},
		{"an owner to another one", "owner", "other", func(h *house) { h.join("other", tenancy.Owner) }, ""},
		{"an owner to a member, beside another", "owner", "viewer", func(h *house) { h.join("other", tenancy.Owner) }, ""},
		{"to oneself", "owner", "owner", nil, fault.SelfTransfer},
		{"by one who owns nothing", "admin", "viewer", nil, fault.FromNotOwner},
		{"by one who owns nothing, to oneself", "admin", "admin", nil, fault.SelfTransfer},
		{"to a stranger", "owner", "stranger", nil, fault.NotFound},
		{"to nobody", "owner", "nobody", nil, fault.NotFound},
		{"to one who has left", "owner", "viewer", func(h *house) { h.do("leave", "viewer", "viewer") }, fault.NotFound},
		{"to one who is suspended", "owner", "viewer", func(h *house) { h.suspended("viewer") }, fault.NotFound},
		{"to one whose user sleeps", "owner", "viewer", func(h *house) { h.SetLifecycle(h.who["viewer"], "suspended") }, fault.SoleOwner},
	} {
		h := open(t)
		h.who["other"], h.who["nobody"] = dan, "usr_01890a5d0c1e7000a0000000000000ee"
		if row.before != nil {
			row.before(h)
		}
		m, code := stage.Do(h.Stage, h.who[row.as], org.Leave.Call, org.LeaveInput{ID: h.rows[row.as], TransferTo: h.who[row.to]})
		if code != row.want {
			t.Errorf("%s: %q, want %q", row.name, code, row.want)
		}
		var heir []tenancy.Membership
		if s := stage.Must(h.Stage, host, tenancy.IsMember.Call, tenancy.StandingInput{ID: h.org, PrincipalID: h.who[row.to]}); code == "" {
			heir = s.Memberships
			if m.ID != h.rows[row.as] || m.Status != "revoked" || *m.EndReason != tenancy.EndLeft || m.RemovedBy != nil || len(heir) != 1 || heir[0].Role != tenancy.Owner {
				t.Errorf("%s: %+v, and then %+v", row.name, m, heir)
			}
		}
	}
}

// TestSuccessors has who takes over when the only owner is archived.
func TestSuccessors(t *testing.T) {
	h := open(t)
	second := found(h.Stage, ann, "second").Org.ID
	third := found(h.Stage, ann, "third").Org.ID
	stage.Must(h.Stage, host, org.AddMember.Call, org.AddMemberInput{ID: third, UsrID: bea, Role: tenancy.Owner})
	try := func(in identity.ArchiveInput) *fault.Fault {
		in.ID = ann
		_, err := identity.Archive.Call(t.Context(), h.As(root), in)
		f, _ := fault.Of(err)
		return f
	}
	if f := try(identity.ArchiveInput{}); f == nil || f.Code != fault.SoleOwner || len(orgsOf(f)) != 2 {
		t.Errorf("with nobody: %v, %v", f, orgsOf(f))
	}
	one := []identity.Successor{{OrgID: h.org, UsrID: h.who["viewer"]}}
	if f := try(identity.ArchiveInput{Successors: one}); f == nil || f.Code != fault.SoleOwner || len(orgsOf(f)) != 1 || orgsOf(f)[0] != string(second) {
		t.Errorf("with one of two: %v, %v", f, orgsOf(f))
	}
	for _, row := range []struct {
		who  urn.ID
		want fault.Code
	}{
		{"usr_01890a5d0c1e7000a0000000000000ee", fault.NotFound}, {ann, fault.ValidationFailed}, {cyd, fault.PrincipalInactive}, {dan, fault.MembershipNotActive},
	} {
		if row.who == dan {
			h.who["other"] = dan
			h.join("other", tenancy.Admin)
			h.suspended("other")
		}
		h.SetLifecycle(cyd, "suspended")
		if f := try(identity.ArchiveInput{TransferTo: bea, Successors: []identity.Successor{{OrgID: h.org, UsrID: row.who}}}); f == nil || f.Code != row.want {
			t.Errorf("to %s: %v, want %s", row.who, f, row.want)
		}
	}
	if f := try(identity.ArchiveInput{TransferTo: host}); f == nil || f.Code != fault.PreconditionFailed {
		t.Errorf("to a service: %v", f)
	}
	if f := try(identity.ArchiveInput{TransferTo: bea, Successors: one}); f != nil {
		t.Fatalf("archived: %v", f)
	}
	for o, want := range map[urn.ID]urn.ID{h.org: h.who["viewer"], second: bea, third: bea} {
		page := stage.Must(h.Stage, host, org.Members.Call, org.MembersInput{ID: o, Status: "active"})
		owners := 0
		for _, m := range page.Items {
			if m.Role == tenancy.Owner && m.UsrID == want {
				owners++
			}
		}
		if owners != 1 {
			t.Errorf("%s has %+v", o, page.Items)
		}
	}
	if m := h.get("owner"); m.Status != "revoked" || *m.EndReason != tenancy.EndPrincipalRevoked || m.RemovedBy != nil {
		t.Errorf("the owner who was archived is %+v", m)
	}
}

func orgsOf(f *fault.Fault) []string {
	for _, m := range f.Members {
		if m.Name == "org_ids" {
			return m.Value.([]string)
		}
	}
	return nil
}

// TestExpiry has a membership whose time comes.
func TestExpiry(t *testing.T) {
	h := open(t)
	at := h.Now + stage.Hour
	m := stage.Must(h.Stage, ann, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: dan, Role: tenancy.Admin, ExpiresAt: at})
	kept := stage.Must(h.Stage, ann, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: bea, Role: tenancy.Admin, ExpiresAt: at})
	paused := stage.Must(h.Stage, ann, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: cyd, Role: tenancy.Admin, ExpiresAt: at})
	stage.Must(h.Stage, ann, org.SuspendMember.Call, org.MembershipInput{ID: paused.ID})
	lower := stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: m.ID, NewRole: tenancy.Editor})
	raised := stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: kept.ID, NewRole: tenancy.Owner})
	if lower.ExpiresAt == nil || *lower.ExpiresAt != at || raised.ExpiresAt != nil {
		t.Errorf("they became %+v and %+v", lower, raised)
	}
	h.Now = at
	for _, noted := range []bool{false, true} {
		for _, id := range []urn.ID{lower.ID, paused.ID} {
			got := stage.Must(h.Stage, ann, org.GetMembership.Call, org.MembershipInput{ID: id})
			if got.Status != "revoked" || *got.EndReason != tenancy.EndExpired || got.RemovedBy != nil || got.Version != 2+b2u(id == paused.ID) {
				t.Errorf("at its time, noted %t: %+v", noted, got)
			}
			if _, code := stage.Do(h.Stage, ann, org.ReinstateMember.Call, org.MembershipInput{ID: id}); code != fault.InvalidTransition {
				t.Errorf("reinstated at its time: %q", code)
			}
		}
		if _, code := stage.Do(h.Stage, dan, org.Get.Call, org.Input{ID: h.org}); code != fault.NotFound {
			t.Errorf("the member sees the organization at its time: %q", code)
		}
		h.Change(func(tx *op.Tx) {
			due := tenancy.Expired(tx, tx.Time())
			if len(due) != 2 && !noted {
				t.Errorf("due are %v", due)
			}
			if _, err := tenancy.Expire.Execute(tx, tenancy.ExpireInput{IDs: due}); err != nil && len(due) > 0 {
				t.Error(err)
			}
		})
	}
	if code := h.do("add", "owner", "fresh"); code != "" {
		t.Errorf("somebody new: %q", code)
	}
	if _, code := stage.Do(h.Stage, ann, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: dan, Role: tenancy.Guest}); code != "" {
		t.Errorf("the same user again: %q", code)
	}
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// TestGate has what becomes of the membership of a team below an organization.
func TestGate(t *testing.T) {
	h := open(t)
	team := stage.Must(h.Stage, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team", ParentID: h.org}).ID
	add := func() tenancy.Membership {
		return stage.Must(h.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: h.who["guest"], Role: tenancy.Editor})
	}
	shown := func(when, want string) {
		t.Helper()
		if s := stage.Must(h.Stage, root, tenancy.IsMember.Call, tenancy.StandingInput{ID: team, PrincipalID: h.who["guest"]}); s.IsMember != (want == "active") {
			t.Errorf("%s: %+v", when, s)
		}
		all := false
		for _, m := range stage.Must(h.Stage, root, tenancy.Members.Call, tenancy.MembersInput{ID: team, ActiveOnly: &all}).Items {
			if m.PrincipalID == h.who["guest"] && m.Status != want {
				t.Errorf("%s: %+v, want %s", when, m, want)
			}
		}
		_, code := stage.Do(h.Stage, h.who["guest"], tenancy.Get.Call, tenancy.ScopeInput{ID: team})
		if (code == "") != (want == "active") {
			t.Errorf("%s: the team is seen: %q", when, code)
		}
	}
	first := add()
	shown("at first", "active")
	h.do("suspend", "owner", "guest")
	shown("suspended", "suspended")
	h.do("reinstate", "owner", "guest")
	shown("reinstated", "active")
	moves["suspend"](h.Stage, host, h.org)
	shown("in a suspended organization", "suspended")
	moves["reinstate"](h.Stage, host, h.org)
	m := stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: h.rows["guest"], NewRole: tenancy.Viewer})
	h.rows["guest"] = m.ID
	shown("with another role", "active")
	h.do("remove", "owner", "guest")
	shown("removed", "revoked")
	if _, code := stage.Do(h.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: team, PrincipalID: h.who["guest"], Role: tenancy.Editor}); code != fault.PreconditionFailed {
		t.Errorf("added from outside: %q", code)
	}
	h.join("guest", tenancy.Guest)
	shown("back", "revoked")
	if again := add(); again.ID != first.ID || again.Status != "active" || again.GrantedAt <= first.GrantedAt {
		t.Errorf("added again: %+v", again)
	}
	shown("added again", "active")
	if again := add(); again.Version != stage.Must(h.Stage, ann, org.GetMembership.Call, org.MembershipInput{ID: first.ID}).Version || len(h.Records) != 0 {
		t.Errorf("added twice: %+v, %+v", again, h.Records)
	}
}
