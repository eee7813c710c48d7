package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// house is an organization with one member of each role, each called by it, and
// an heir who is an owner too where a test says so.
type house struct {
	*stage.Stage
	t    *testing.T
	org  urn.ID
	who  map[string]urn.ID
	rows map[string]urn.ID
}

var roles = []tenancy.Role{tenancy.Owner, tenancy.Admin, tenancy.Editor, tenancy.Member, tenancy.Viewer, tenancy.Guest}

func open(t *testing.T) *house {
	t.Helper()
	s := setUp(t)
	h := &house{Stage: s, t: t, who: map[string]urn.ID{"owner": ann, "stranger": sam, "host": host, "root": root}, rows: map[string]urn.ID{}}
	o := found(s, ann, "acme")
	h.org, h.rows["owner"] = o.Org.ID, o.OwnerMembership.ID
	for i, role := range roles[1:] {
		h.person(string(role), urn.ID("usr_01890a5d0c1e7000a0000000000000c"+string(rune('0'+i))))
		h.join(string(role), role)
	}
	h.person("fresh", "usr_01890a5d0c1e7000a0000000000000d1")
	return h
}

func (h *house) person(name string, id urn.ID) {
	h.Principal(id)
	h.who[name] = id
}

// join lets somebody in as the host does.
func (h *house) join(name string, role tenancy.Role) {
	h.t.Helper()
	m := stage.Must(h.Stage, host, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: h.who[name], Role: role})
	h.rows[name] = m.ID
}

// state brings the organization into a state.
func (h *house) state(state string) {
	h.t.Helper()
	for _, move := range states[state] {
		if code := moves[move](h.Stage, by(move), h.org); code != "" {
			h.t.Fatalf("%s on the way to %s: %s", move, state, code)
		}
	}
}

func (h *house) suspended(name string) {
	h.t.Helper()
	stage.Must(h.Stage, host, org.SuspendMember.Call, org.MembershipInput{ID: h.rows[name]})
}

// calls are what is done about the membership of somebody, by its name in the
// tables.
var calls = map[string]func(h *house, me, whom urn.ID, mem org.MembershipInput) fault.Code{
	"add": func(h *house, me, whom urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.AddMember.Call, org.AddMemberInput{ID: h.org, UsrID: whom, Role: tenancy.Member}))
	},
	"scope.add": func(h *house, me, whom urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, tenancy.Add.Call, tenancy.AddInput{ID: h.org, PrincipalID: whom, Role: tenancy.Member}))
	},
	"change": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.ChangeRole.Call, org.ChangeRoleInput{ID: mem.ID, NewRole: tenancy.Viewer}))
	},
	"suspend": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.SuspendMember.Call, mem))
	},
	"reinstate": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.ReinstateMember.Call, mem))
	},
	"leave": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.Leave.Call, org.LeaveInput{ID: mem.ID}))
	},
	"scope.leave": func(h *house, me, _ urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, tenancy.Leave.Call, tenancy.ScopeInput{ID: h.org}))
	},
	"leave to admin": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.Leave.Call, org.LeaveInput{ID: mem.ID, TransferTo: h.who["admin"]}))
	},
	"remove": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.Remove.Call, mem))
	},
	"scope.remove": func(h *house, me, whom urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, tenancy.Remove.Call, tenancy.RemoveInput{ID: h.org, PrincipalID: whom}))
	},
	"transfer": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.Transfer.Call, org.TransferInput{ID: h.org, FromMemID: h.rows["owner"], ToMemID: mem.ID}))
	},
	"members": func(h *house, me, _ urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.Members.Call, org.MembersInput{ID: h.org}))
	},
	"scope.members": func(h *house, me, _ urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, tenancy.Members.Call, tenancy.MembersInput{ID: h.org}))
	},
	"scope.is_member": func(h *house, me, whom urn.ID, _ org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, tenancy.IsMember.Call, tenancy.StandingInput{ID: h.org, PrincipalID: whom}))
	},
	"get": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.GetMembership.Call, mem))
	},
	"chain": func(h *house, me, _ urn.ID, mem org.MembershipInput) fault.Code {
		return code(stage.Do(h.Stage, me, org.GetChain.Call, mem))
	},
}

func code[T any](_ T, c fault.Code) fault.Code { return c }

// do makes a call about the membership of somebody as somebody.
func (h *house) do(what, as, whom string) fault.Code {
	h.t.Helper()
	return calls[what](h, h.who[as], h.who[whom], org.MembershipInput{ID: h.rows[whom]})
}

func (h *house) get(name string) org.Membership {
	h.t.Helper()
	return stage.Must(h.Stage, host, org.GetMembership.Call, org.MembershipInput{ID: h.rows[name]})
}
