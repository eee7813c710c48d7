package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// ChangeRoleInput names a membership and another role.
type ChangeRoleInput struct {
	ID      urn.ID       `json:"id" op:"path,id=mem" doc:"the membership"`
	NewRole tenancy.Role `json:"new_role" op:"required" doc:"owner, admin, editor, member, viewer or guest"`
}

// ChangeRole ends a membership and gives the one that follows it, with another
// role.
var ChangeRole = op.NewCommand(tenancy.Memberships, op.Spec[ChangeRoleInput, Membership]{
	Name:    "change_role",
	Summary: "Give a member another role: the membership ends, and the answer is the one that replaces it.",
	Doc:     "Owners and admins may, for members up to their own rank and roles up to it, and hosts. An owner is lowered by himself or a host only, and never the last one. The role that the member has already changes nothing.",
	Route:   "POST /v1/memberships/{id}/change-role",
	Access:  op.May("membership_change", op.Read, func(in ChangeRoleInput) op.Target { return tenancy.TargetMembership(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.MembershipNotActive, fault.OrgNotActive, fault.ScopeFrozen,
		fault.SoleOwner, fault.InvalidRole, fault.PreconditionFailed,
	},
	Example: ChangeRoleInput{ID: exampleNext.ID, NewRole: tenancy.Admin},
	Result:  promoted(),
	Undo:    op.Reversible("membership.change_role back, which makes a further membership"),
}, func(tx *op.Tx, in ChangeRoleInput) (Membership, error) {
	h, m, err := tenancy.InOrg(tx, in.ID)
	if err != nil {
		return Membership{}, err
	}
	if m, err = m.ChangeRole(tx, h, in.NewRole); err != nil {
		return Membership{}, err
	}
	return Shown(tx, m, tx.Time()), nil
})

// acted shows a membership after what was done to it.
func acted(tx *op.Tx, id urn.ID, act func(m *tenancy.Membership, h *tenancy.Header) error) (Membership, error) {
	h, m, err := tenancy.InOrg(tx, id)
	if err != nil {
		return Membership{}, err
	}
	if err := act(m, h); err != nil {
		return Membership{}, err
	}
	return Shown(tx, m, tx.Time()), nil
}
