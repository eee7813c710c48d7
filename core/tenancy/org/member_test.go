package org_test

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// TestWhoMay has who may do what with the membership of a viewer, or of somebody
// new.
func TestWhoMay(t *testing.T) {
	const denied, none = fault.PermissionDenied, fault.NotFound
	callers := []string{"owner", "admin", "editor", "member", "guest", "stranger", "host", "root", "suspended"}
	for what, want := range map[string][]fault.Code{
		"add":             {"", "", denied, denied, denied, none, "", denied, none},
		"scope.add":       {"", "", denied, denied, denied, none, "", denied, none},
		"change":          {"", "", denied, denied, none, none, "", denied, none},
		"suspend":         {"", "", denied, denied, none, none, "", denied, none},
		"reinstate":       {"", "", denied, denied, none, none, "", denied, none},
		"remove":          {"", "", denied, denied, none, none, "", denied, none},
		"scope.remove":    {"", "", denied, denied, denied, none, "", denied, none},
		"leave":           {denied, denied, denied, denied, none, none, "", denied, none},
		"transfer":        {"", denied, denied, denied, none, none, "", denied, none},
		"members":         {"", "", "", "", denied, none, "", "", none},
		"scope.members":   {"", "", "", "", denied, none, "", "", none},
		"scope.is_member": {"", "", "", "", denied, none, "", "", none},
		"get":             {"", "", "", "", none, none, "", "", none},
		"chain":           {"", "", "", "", none, none, "", "", none},
	} {
		for i, as := range callers {
			h := open(t)
			h.who["suspended"] = dan
			h.join("suspended", tenancy.Admin)
			h.suspended("suspended")
			whom := "viewer"
			switch what {
			case "add", "scope.add":
				whom = "fresh"
			case "reinstate":
				h.suspended(whom)
			}
			if code := h.do(what, as, whom); code != want[i] {
				t.Errorf("%s by the %s: %q, want %q", what, as, code, want[i])
			}
		}
	}
}

// TestOneself has what members may do with their own membership, whatever it is
// and whatever state the organization is in.
func TestOneself(t *testing.T) {
	for _, as := range roles[1:] {
		h := open(t)
		name := string(as)
		for _, what := range []string{"get", "chain"} {
			if code := h.do(what, name, name); code != "" {
				t.Errorf("%s of one's own as %s: %q", what, name, code)
			}
		}
		if code := h.do("remove", name, name); (as == tenancy.Admin) != (code == fault.UseSelfLeave) || as != tenancy.Admin && code != fault.PermissionDenied {
			t.Errorf("a %s removes itself: %q", name, code)
		}
		h.state("suspended")
		if code := h.do("leave", name, name); code != "" {
			t.Errorf("a %s leaves a suspended organization: %q", name, code)
		}
	}
	h := open(t)
	h.suspended("member")
	for what, want := range map[string]fault.Code{
		"get": "", "leave": fault.MembershipNotActive, "reinstate": fault.PermissionDenied, "remove": fault.PermissionDenied, "change": fault.MembershipNotActive,
	} {
		if code := h.do(what, "member", "member"); code != want {
			t.Errorf("%s of one's own suspended membership: %q, want %q", what, code, want)
		}
	}
}

// TestRanks tries each change of each member by each who manages members.
func TestRanks(t *testing.T) {
	allowed := func(ok bool) fault.Code {
		if ok {
			return ""
		}
		return fault.RoleHierarchy
	}
	for _, as := range []string{"admin", "owner", "host"} {
		rank := map[string]int{"admin": 3, "owner": 4, "host": 5}[as]
		for _, role := range roles {
			h := open(t)
			if _, code := stage.Do(h.Stage, h.who[as], org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: h.who["fresh"], Role: role}); code != allowed(role.Rank() <= rank) {
				t.Errorf("%s adds an %s: %q", as, role, code)
			}
			for _, what := range []string{"suspend", "remove", "scope.remove", "reinstate"} {
				h := open(t)
				h.who["other"] = dan
				h.join("other", role)
				owner := role == tenancy.Owner && what != "reinstate"
				if what == "reinstate" {
					h.suspended("other")
				}
				if code := h.do(what, as, "other"); code != allowed(as == "host" || role.Rank() <= rank && !owner) {
					t.Errorf("%s of an %s by the %s: %q", what, role, as, code)
				}
			}
			for _, next := range roles {
				h := open(t)
				h.who["other"] = dan
				h.join("other", role)
				m, code := stage.Do(h.Stage, h.who[as], org.ChangeRole.Call, org.ChangeRoleInput{ID: h.rows["other"], NewRole: next})
				if want := allowed(as == "host" || role != tenancy.Owner && max(role.Rank(), next.Rank()) <= rank); code != want {
					t.Errorf("the %s makes an %s an %s: %q, want %q", as, role, next, code, want)
				}
				if code == "" && (m.Role != next || m.Status != "active" || (m.ID == h.rows["other"]) != (role == next)) {
					t.Errorf("an %s that was made an %s is %+v", role, next, m)
				}
			}
		}
	}
}

// TestStates has what each change says in each state of the organization: what
// takes away goes on in all but a revoked one.
func TestStates(t *testing.T) {
	const ended, off, frozen = fault.MembershipNotActive, fault.OrgNotActive, fault.ScopeFrozen
	for what, want := range map[string][]fault.Code{
		"add":            {"", off, frozen, off, off},
		"scope.add":      {"", off, frozen, off, off},
		"change":         {"", off, frozen, off, ended},
		"suspend":        {"", "", "", "", ended},
		"reinstate":      {"", off, frozen, off, fault.InvalidTransition},
		"remove":         {"", "", "", "", ended},
		"scope.remove":   {"", "", "", "", ""},
		"leave":          {"", "", "", "", ended},
		"leave to admin": {"", off, frozen, off, ended},
		"transfer":       {"", off, frozen, off, fault.FromNotActive},
	} {
		for i, state := range []string{"active", "suspended", "frozen", "both", "revoked"} {
			h := open(t)
			as, whom := "owner", "viewer"
			switch what {
			case "add", "scope.add":
				whom = "fresh"
			case "reinstate":
				h.suspended(whom)
			case "leave":
				as = whom
			case "leave to admin":
				whom = as
			}
			h.state(state)
			if code := h.do(what, as, whom); code != want[i] {
				t.Errorf("%s in one that is %s: %q, want %q", what, state, code, want[i])
			}
		}
	}
}

// TestOrderOfChecks has calls with more than one thing wrong, by what is said.
func TestOrderOfChecks(t *testing.T) {
	for _, row := range []struct {
		what, as, whom string
		before         func(h *house)
		want           fault.Code
	}{
		{"remove", "member", "viewer", func(h *house) { h.do("remove", "owner", "viewer") }, fault.MembershipNotActive},
		{"remove", "stranger", "viewer", func(h *house) { h.do("remove", "owner", "viewer") }, fault.NotFound},
		{"remove", "member", "owner", nil, fault.PermissionDenied},
		{"remove", "owner", "owner", nil, fault.RoleHierarchy},
		{"remove", "host", "owner", nil, fault.SoleOwner},
		{"remove", "owner", "viewer", func(h *house) { h.suspended("viewer") }, ""},
		{"remove", "owner", "nobody", nil, fault.NotFound},
		{"suspend", "member", "viewer", func(h *house) { h.suspended("viewer") }, fault.MembershipNotActive},
		{"suspend", "admin", "owner", nil, fault.RoleHierarchy},
		{"reinstate", "member", "viewer", nil, fault.InvalidTransition},
		{"change", "admin", "owner", func(h *house) { h.state("frozen") }, fault.ScopeFrozen},
		{"change", "member", "owner", func(h *house) { h.state("frozen") }, fault.PermissionDenied},
		{"leave", "admin", "viewer", func(h *house) { h.suspended("viewer") }, fault.PermissionDenied},
		{"add", "member", "viewer", nil, fault.PermissionDenied},
		{"add", "owner", "viewer", func(h *house) { h.state("frozen") }, fault.ScopeFrozen},
		{"add", "owner", "viewer", nil, fault.DuplicateMembership},
		{"add", "owner", "viewer", func(h *house) { h.suspended("viewer") }, fault.DuplicateMembership},
		{"add", "owner", "viewer", func(h *house) { h.do("remove", "owner", "viewer") }, ""},
	} {
		h := open(t)
		h.rows["nobody"] = "mem_01890a5d0c1e7000a0000000000000ff"
		if row.before != nil {
			row.before(h)
		}
		if code := h.do(row.what, row.as, row.whom); code != row.want {
			t.Errorf("%s of the %s by the %s: %q, want %q", row.what, row.whom, row.as, code, row.want)
		}
	}
}

// TestWhoCanBeAdded has whom an organization takes.
func TestWhoCanBeAdded(t *testing.T) {
	const service urn.ID = "svc_01890a5d0c1e7000a0000000000000d9"
	for _, row := range []struct {
		in   org.AddMemberInput
		want fault.Code
	}{
		{org.AddMemberInput{UsrID: cyd, Role: tenancy.Owner}, ""},
		{org.AddMemberInput{UsrID: service, Role: tenancy.Admin}, ""},
		{org.AddMemberInput{UsrID: service, Role: tenancy.Owner}, fault.PreconditionFailed},
		{org.AddMemberInput{UsrID: "usr_01890a5d0c1e7000a0000000000000ee", Role: tenancy.Guest}, fault.NotFound},
		{org.AddMemberInput{UsrID: bea, Role: tenancy.Guest}, fault.PrincipalInactive},
		{org.AddMemberInput{UsrID: dan, Role: tenancy.Guest}, fault.PrincipalInactive},
		{org.AddMemberInput{UsrID: cyd, Role: tenancy.Guest, ExpiresAt: stage.Start}, fault.ValidationFailed},
		{org.AddMemberInput{UsrID: cyd, Role: tenancy.Guest, ExpiresAt: stage.Start + stage.Hour}, ""},
		{org.AddMemberInput{UsrID: cyd, Role: tenancy.Owner, ExpiresAt: stage.Start + stage.Hour}, fault.ValidationFailed},
		{org.AddMemberInput{UsrID: cyd, Role: "chief"}, fault.InvalidRole},
		{org.AddMemberInput{UsrID: "alice", Role: tenancy.Guest}, fault.InvalidID},
	} {
		h := open(t)
		h.Principal(service)
		h.SetLifecycle(bea, "suspended")
		h.SetLifecycle(dan, "archived")
		row.in.ID = h.org
		m, code := stage.Do(h.Stage, ann, org.AddMember.Call, row.in)
		if code != row.want {
			t.Errorf("%+v: %q, want %q", row.in, code, row.want)
		}
		if code == "" && (m.UsrID != row.in.UsrID || m.Role != row.in.Role || *m.InvitedBy != ann || m.Replaces != nil || m.EndReason != nil || m.RemovedBy != nil) {
			t.Errorf("%+v gave %+v", row.in, m)
		}
	}
}

// TestSeveral adds all or none, and says which one cannot be.
func TestSeveral(t *testing.T) {
	h := open(t)
	in := tenancy.AddMembersInput{ID: h.org, Members: []tenancy.MemberInput{{PrincipalID: cyd, Role: tenancy.Guest}, {PrincipalID: h.who["viewer"], Role: tenancy.Guest}}}
	_, err := tenancy.AddMembers.Call(t.Context(), h.As(ann), in)
	f, _ := fault.Of(err)
	if f == nil || f.Code != fault.DuplicateMembership || !slices.Contains(f.Members, fault.Member{Name: "index", Value: int64(1)}) {
		t.Errorf("with a member among them: %+v", f)
	}
	if s := stage.Must(h.Stage, ann, tenancy.IsMember.Call, tenancy.StandingInput{ID: h.org, PrincipalID: cyd}); s.IsMember {
		t.Errorf("the other was added: %+v", s)
	}
	in.Members[1].PrincipalID = bea
	for i, m := range stage.Must(h.Stage, ann, tenancy.AddMembers.Call, in).Items {
		if m.PrincipalID != in.Members[i].PrincipalID || m.Status != "active" || m.Role != tenancy.Guest {
			t.Errorf("added %+v", m)
		}
	}
}

// TestServices has what a service cannot be or do where it is a member.
func TestServices(t *testing.T) {
	h := open(t)
	h.person("service", "svc_01890a5d0c1e7000a0000000000000d9")
	h.join("service", tenancy.Admin)
	if _, code := stage.Do(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: h.rows["service"], NewRole: tenancy.Owner}); code != fault.PreconditionFailed {
		t.Errorf("a service becomes an owner: %q", code)
	}
	if code := h.do("transfer", "owner", "service"); code != fault.PreconditionFailed {
		t.Errorf("the ownership goes to a service: %q", code)
	}
	if _, code := stage.Do(h.Stage, ann, org.Leave.Call, org.LeaveInput{ID: h.rows["owner"], TransferTo: h.who["service"]}); code != fault.InvalidIDType {
		t.Errorf("the ownership goes to a service, on leaving: %q", code)
	}
	if code := h.do("leave", "service", "service"); code != fault.PermissionDenied {
		t.Errorf("a service leaves by itself: %q", code)
	}
	if code := h.do("leave", "host", "service"); code != "" {
		t.Errorf("a host lets a service leave: %q", code)
	}
}

// TestRotation has what a change of role leaves, and that the chain shows it
// from each of its ends.
func TestRotation(t *testing.T) {
	h := open(t)
	joined := h.get("viewer")
	var rows []urn.ID
	id := joined.ID
	for _, role := range []tenancy.Role{tenancy.Member, tenancy.Admin, tenancy.Guest} {
		m := stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: id, NewRole: role})
		if *m.Replaces != id || *m.InvitedBy != *joined.InvitedBy || m.CreatedAt <= joined.CreatedAt || m.Version != 1 {
			t.Errorf("the next is %+v", m)
		}
		if len(h.Records) != 2 || h.Records[0].TargetID != id || h.Records[1].TargetID != m.ID || h.Records[0].Action != "membership_change" {
			t.Errorf("the trail has %+v", h.Records)
		}
		rows, id = append(rows, id), m.ID
	}
	rows = append(rows, id)
	for _, from := range rows {
		chain := stage.Must(h.Stage, ann, org.GetChain.Call, org.MembershipInput{ID: from})
		for i, m := range chain.Items {
			last := i == len(rows)-1
			if m.ID != rows[i] || (m.Status == "active") != last || !last && (*m.EndReason != tenancy.EndRoleChange || m.RemovedBy != nil) {
				t.Errorf("row %d of the chain from %s is %+v", i, from, m)
			}
		}
		if len(chain.Items) != len(rows) {
			t.Errorf("the chain has %d rows", len(chain.Items))
		}
	}
	// A revoked row never changes, and who comes back begins a chain anew.
	h.rows["viewer"] = id
	h.do("leave", "viewer", "viewer")
	old := h.get("viewer")
	h.join("viewer", tenancy.Member)
	if chain := stage.Must(h.Stage, ann, org.GetChain.Call, org.MembershipInput{ID: h.rows["viewer"]}); len(chain.Items) != 1 || chain.Items[0].Replaces != nil {
		t.Errorf("the new stay is %+v", chain)
	}
	for _, row := range append(rows, h.rows["viewer"]) {
		page := stage.Must(h.Stage, host, org.OfUser.Call, org.OfUserInput{ID: h.who["viewer"]})
		if !slices.ContainsFunc(page.Items, func(m org.Membership) bool { return m.ID == row }) {
			t.Errorf("%s is not among those of the user", row)
		}
	}
	for _, what := range []string{"change", "suspend", "remove"} {
		h.rows["gone"] = old.ID
		if code := h.do(what, "owner", "gone"); code != fault.MembershipNotActive {
			t.Errorf("%s of one that has ended: %q", what, code)
		}
	}
	if now := stage.Must(h.Stage, ann, org.GetMembership.Call, org.MembershipInput{ID: old.ID}); now.Version != old.Version || *now.EndReason != *old.EndReason {
		t.Errorf("%+v became %+v", old, now)
	}
}

// TestSameRole changes nothing and leaves nothing.
func TestSameRole(t *testing.T) {
	h := open(t)
	before := h.get("viewer")
	m := stage.Must(h.Stage, ann, org.ChangeRole.Call, org.ChangeRoleInput{ID: before.ID, NewRole: tenancy.Viewer})
	if m.ID != before.ID || m.Version != before.Version || len(h.Records) != 0 {
		t.Errorf("%+v, and the trail has %+v", m, h.Records)
	}
}

// TestEnds has what each end leaves in the row, and in the trail.
func TestEnds(t *testing.T) {
	for _, row := range []struct {
		what, as, reason string
		by               urn.ID
	}{
		{"leave", "viewer", tenancy.EndLeft, ""},
		{"leave", "host", tenancy.EndLeft, ""},
		{"scope.leave", "viewer", tenancy.EndLeft, ""},
		{"scope.remove", "viewer", tenancy.EndLeft, ""},
		{"remove", "owner", tenancy.EndRemoved, ann},
		{"scope.remove", "owner", tenancy.EndRemoved, ann},
		{"remove", "host", tenancy.EndRemoved, host},
	} {
		h := open(t)
		if code := h.do(row.what, row.as, "viewer"); code != "" {
			t.Errorf("%s by the %s: %q", row.what, row.as, code)
		}
		records := h.Records
		m := h.get("viewer")
		by := urn.ID("")
		if m.RemovedBy != nil {
			by = *m.RemovedBy
		}
		if m.Status != "revoked" || *m.EndReason != row.reason || by != row.by || m.Version != 2 {
			t.Errorf("%s by the %s left %+v", row.what, row.as, m)
		}
		if len(records) != 1 || records[0].Action != "membership_change" || records[0].TargetID != m.ID || records[0].ScopeID != h.org {
			t.Errorf("%s by the %s is told as %+v", row.what, row.as, records)
		}
		if s := stage.Must(h.Stage, root, tenancy.IsMember.Call, tenancy.StandingInput{ID: h.org, PrincipalID: h.who["viewer"]}); s.IsMember {
			t.Errorf("after %s there is %+v", row.what, s)
		}
	}
}

// TestPause has a suspension in place, and the relation tuple that goes with it.
func TestPause(t *testing.T) {
	h := open(t)
	tuple := func() (id urn.ID) {
		h.Look(func(v state.View) {
			m, _ := tenancy.FindMembership(v, h.rows["viewer"])
			if id = m.TupleID; id != "" {
				if g, ok := tenancy.FindGrant(v, id); !ok || g.ID != m.ID {
					t.Errorf("the tuple leads to %+v", g)
				}
			}
		})
		return id
	}
	first := tuple()
	h.do("suspend", "owner", "viewer")
	if m := h.get("viewer"); m.Status != "suspended" || m.EndReason != nil || tuple() != "" {
		t.Errorf("suspended it is %+v", m)
	}
	h.do("reinstate", "owner", "viewer")
	if m := h.get("viewer"); m.Status != "active" || m.Version != 3 || tuple() == "" || tuple() == first {
		t.Errorf("reinstated it is %+v", m)
	}
}

// TestPlainScopes shows memberships of plain scopes, and changes none.
func TestPlainScopes(t *testing.T) {
	h := open(t)
	team := stage.Must(h.Stage, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team"})
	m := stage.Must(h.Stage, ann, tenancy.Add.Call, tenancy.AddInput{ID: team.ID, PrincipalID: bea})
	h.rows["plain"] = m.ID
	for what, want := range map[string]fault.Code{
		"get": "", "chain": "", "change": fault.PreconditionFailed, "suspend": fault.PreconditionFailed,
		"reinstate": fault.PreconditionFailed, "remove": fault.PreconditionFailed, "leave": fault.PreconditionFailed,
	} {
		if code := h.do(what, "owner", "plain"); code != want {
			t.Errorf("%s: %q, want %q", what, code, want)
		}
	}
	if chain := stage.Must(h.Stage, ann, org.GetChain.Call, org.MembershipInput{ID: m.ID}); len(chain.Items) != 1 || chain.Items[0].ID != m.ID {
		t.Errorf("the chain is %+v", chain)
	}
}

// TestMembers lists by status, in pages, in the order of creation.
func TestMembers(t *testing.T) {
	h := open(t)
	h.suspended("viewer")
	h.do("remove", "owner", "guest")
	for status, want := range map[string][]string{
		"active": {"owner", "admin", "editor", "member"}, "suspended": {"viewer"}, "revoked": {"guest"},
		"": {"owner", "admin", "editor", "member", "viewer", "guest"},
	} {
		in := org.MembersInput{ID: h.org, Status: status, Paging: op.Paging{Limit: 1}}
		for i, name := range want {
			page := stage.Must(h.Stage, ann, org.Members.Call, in)
			if len(page.Items) != 1 || page.Items[0].ID != h.rows[name] || page.HasMore != (i < len(want)-1) {
				t.Errorf("%q, page %d: %+v", status, i, page)
			}
			in.Cursor = string(page.NextCursor)
		}
	}
	if _, code := stage.Do(h.Stage, ann, org.Members.Call, org.MembersInput{ID: h.org, Status: "gone"}); code != fault.ValidationFailed {
		t.Errorf("a status that is none: %q", code)
	}
}

// TestOfUser has who is shown the memberships of a user.
func TestOfUser(t *testing.T) {
	h := open(t)
	for as, want := range map[string]fault.Code{"viewer": "", "host": "", "root": "", "owner": fault.PermissionDenied, "stranger": fault.NotFound} {
		page, code := stage.Do(h.Stage, h.who[as], org.OfUser.Call, org.OfUserInput{ID: h.who["viewer"]})
		if code != want {
			t.Errorf("the %s: %q, want %q", as, code, want)
		}
		if code == "" && (len(page.Items) != 1 || page.Items[0].ID != h.rows["viewer"]) {
			t.Errorf("the %s is shown %+v", as, page)
		}
	}
}
