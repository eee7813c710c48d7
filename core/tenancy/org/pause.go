package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
)

// SuspendMember pauses a membership: it stays, and counts for nothing.
var SuspendMember = op.NewCommand(tenancy.Memberships, op.Spec[MembershipInput, Membership]{
	Name:    "suspend",
	Summary: "Pause a membership: the member has nothing by it until it is reinstated.",
	Doc:     "Owners and admins may, for members up to their own rank, and hosts. An owner is suspended by himself or a host only, and never the last one.",
	Route:   "POST /v1/memberships/{id}/suspend",
	Access:  op.May("membership_change", op.Read, membershipTarget),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.MembershipNotActive, fault.SoleOwner, fault.PreconditionFailed,
	},
	Example: MembershipInput{ID: exampleNext.ID},
	Result:  paused(),
	Undo:    op.Reversible("membership.reinstate"),
}, func(tx *op.Tx, in MembershipInput) (Membership, error) {
	return acted(tx, in.ID, func(m *tenancy.Membership, h *tenancy.Header) error { return m.Suspend(tx, h) })
})

// ReinstateMember makes a suspended membership count again.
var ReinstateMember = op.NewCommand(tenancy.Memberships, op.Spec[MembershipInput, Membership]{
	Name:    "reinstate",
	Summary: "End the suspension of a membership.",
	Doc:     "Owners and admins may, for members up to their own rank, and hosts. The organization must be active.",
	Route:   "POST /v1/memberships/{id}/reinstate",
	Access:  op.May("membership_change", op.Read, membershipTarget),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.InvalidTransition, fault.OrgNotActive, fault.ScopeFrozen,
		fault.PreconditionFailed,
	},
	Example: MembershipInput{ID: exampleNext.ID},
	Result:  exampleNext,
	Undo:    op.Reversible("membership.suspend"),
}, func(tx *op.Tx, in MembershipInput) (Membership, error) {
	return acted(tx, in.ID, func(m *tenancy.Membership, h *tenancy.Header) error { return m.Reinstate(tx, h) })
})
