package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// AddMemberInput names an organization and who shall belong to it.
type AddMemberInput struct {
	ID        urn.ID       `json:"id" op:"path,id=org" doc:"the organization"`
	UsrID     urn.ID       `json:"usr_id" op:"required,id=usr|svc" doc:"the new member"`
	Role      tenancy.Role `json:"role" op:"required" doc:"owner, admin, editor, member, viewer or guest"`
	ExpiresAt state.Time   `json:"expires_at,omitzero" doc:"when it ends by itself; never when absent, and never for an owner"`
}

// AddMember makes somebody a member of an organization, without being asked.
// Who was one before begins a new stay.
var AddMember = op.NewCommand(Ops, op.Spec[AddMemberInput, Membership]{
	Name:    "add_member",
	Summary: "Make a user a member of an organization.",
	Doc:     "Owners and admins may, with roles up to their own, and hosts. A principal has one membership at most that is active or suspended; give it another role by membership.change_role.",
	Route:   "POST /v1/orgs/{id}/members",
	Status:  201,
	Access:  op.May("membership_change", op.Admin, func(in AddMemberInput) op.Target { return op.Scope(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.OrgNotActive, fault.ScopeFrozen, fault.PrincipalInactive,
		fault.DuplicateMembership, fault.InvalidRole, fault.ValidationFailed, fault.PreconditionFailed,
	},
	Example:  AddMemberInput{ID: exampleID, UsrID: exampleNext.UsrID, Role: tenancy.Member},
	Result:   exampleNext,
	Undo:     op.Reversible("membership.admin_remove"),
	Validate: func(in *AddMemberInput) *fault.Fault { return tenancy.CheckExpiry(in.Role, in.ExpiresAt) },
}, func(tx *op.Tx, in AddMemberInput) (Membership, error) {
	h, ok := find(tx, in.ID)
	if !ok {
		return Membership{}, op.NotFound()
	}
	m, err := h.Admit(tx, in.UsrID, in.Role, in.ExpiresAt)
	if err != nil {
		return Membership{}, err
	}
	return Shown(tx, m, tx.Time()), nil
})

// MembersInput names an organization and filters its members.
type MembersInput struct {
	ID     urn.ID `json:"id" op:"path,id=org" doc:"the organization"`
	Status string `json:"status,omitempty" op:"query,enum=active|suspended|revoked" doc:"only memberships with this status"`
	op.Paging
}

// Members lists all memberships that an organization ever had, in the order in
// which they came to be.
var Members = op.NewQuery(Ops, op.Spec[MembersInput, op.Page[Membership]]{
	Name:     "members",
	Summary:  "List the memberships of an organization, those that have ended too.",
	Doc:      "Members other than guests may, hosts, and administrators of the cluster.",
	Route:    "GET /v1/orgs/{id}/members",
	Access:   op.May("list", op.Read, func(in MembersInput) op.Target { return op.Scope(in.ID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  MembersInput{ID: exampleID, Status: tenancy.StatusActive},
	Result:   op.NewPage([]Membership{exampleMember, exampleNext}, ""),
	Validate: func(in *MembersInput) *fault.Fault { return in.CheckCursor(urn.PrefixMembership) },
}, func(v *op.View, in MembersInput) (op.Page[Membership], error) {
	none := op.Page[Membership]{}
	h, ok := find(v, in.ID)
	if !ok {
		return none, op.NotFound()
	}
	if f := h.Lists(v); f != nil {
		return none, f
	}
	show := func(row *tenancy.Membership) (Membership, bool) {
		m := shownIn(v, h, row, v.At)
		return m, in.Status == "" || m.Status == in.Status
	}
	return op.Fill(tenancy.MembersAfter(v, in.ID, urn.ID(in.Cursor)), in.Paging, show, cursor), nil
})

// Chain is the rows of one stay.
type Chain struct {
	Items []Membership `json:"items" doc:"the memberships of the stay, each replacing the one before; the last is the newest"`
}

// GetChain shows the stay that a membership belongs to, from the joining on.
var GetChain = op.NewQuery(tenancy.Memberships, op.Spec[MembershipInput, Chain]{
	Name:    "chain",
	Summary: "Show a membership with those that it replaced, and those that replaced it.",
	Doc:     "Each change of role ends a membership and makes the next. The chain begins with the joining, whichever of its memberships is asked for.",
	Route:   "GET /v1/memberships/{id}/chain",
	Access:  op.May("read", op.Read, membershipTarget),
	Faults:  []fault.Code{fault.NotFound},
	Example: MembershipInput{ID: exampleNext.ID},
	Result:  Chain{Items: []Membership{exampleNext}},
}, func(v *op.View, in MembershipInput) (Chain, error) {
	m, ok := tenancy.FindMembership(v, in.ID)
	if !ok {
		return Chain{}, op.NotFound()
	}
	var c Chain
	tenancy.Stood(v, m.ScopeID, m.PrincipalID, "").Each(func(row *tenancy.Membership) bool {
		if row.ID == m.ID || row.Root != "" && row.Root == m.Root {
			c.Items = append(c.Items, Shown(v, row, v.At))
		}
		return true
	})
	return c, nil
})
