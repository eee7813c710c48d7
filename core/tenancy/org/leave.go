package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// LeaveInput names the caller's own membership.
type LeaveInput struct {
	ID         urn.ID `json:"id" op:"path,id=mem" doc:"your own membership"`
	TransferTo urn.ID `json:"transfer_to,omitempty" op:"id=usr" doc:"the active member who becomes an owner before you leave; needed by the last owner, allowed to any"`
}

// Leave ends the caller's own membership, if need be after giving the ownership
// to somebody else.
var Leave = op.NewCommand(tenancy.Memberships, op.Spec[LeaveInput, Membership]{
	Name:    "self_leave",
	Summary: "Leave an organization.",
	Doc:     "Works in a suspended and in a frozen organization too, but with transfer_to. A host can do it for a member.",
	Route:   "POST /v1/memberships/{id}/self-leave",
	Access:  op.May("membership_change", op.Read, func(in LeaveInput) op.Target { return tenancy.TargetMembership(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.MembershipNotActive, fault.SoleOwner, fault.SelfTransfer, fault.FromNotOwner,
		fault.OrgNotActive, fault.ScopeFrozen, fault.PreconditionFailed,
	},
	Example: LeaveInput{ID: exampleNext.ID},
	Result:  left(),
	Undo:    op.Reversible("org.add_member, which begins a new stay"),
}, func(tx *op.Tx, in LeaveInput) (Membership, error) {
	return acted(tx, in.ID, func(m *tenancy.Membership, h *tenancy.Header) error { return m.Leave(tx, h, in.TransferTo) })
})

// Remove ends the membership of somebody else.
var Remove = op.NewCommand(tenancy.Memberships, op.Spec[MembershipInput, Membership]{
	Name:    "admin_remove",
	Summary: "Remove a member from an organization, at once on every node.",
	Doc:     "Owners and admins may, for members up to their own rank, but not for owners. A host may remove anybody but the last owner. Works in a suspended and in a frozen organization too.",
	Route:   "POST /v1/memberships/{id}/admin-remove",
	Access:  op.May("membership_change", op.Read, membershipTarget),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.MembershipNotActive, fault.UseSelfLeave, fault.SoleOwner,
		fault.PreconditionFailed,
	},
	Example: MembershipInput{ID: exampleNext.ID},
	Result:  removed(),
	Undo:    op.Reversible("org.add_member, which begins a new stay"),
}, func(tx *op.Tx, in MembershipInput) (Membership, error) {
	return acted(tx, in.ID, func(m *tenancy.Membership, h *tenancy.Header) error { return m.Remove(tx, h) })
})
