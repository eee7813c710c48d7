package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/account"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// OfUserInput names a user.
type OfUserInput struct {
	ID urn.ID `json:"id" op:"path,id=usr" doc:"the user"`
	op.Paging
}

// OfUser lists the organizations that a user belongs and belonged to.
var OfUser = op.NewQuery(account.Ops, op.Spec[OfUserInput, op.Page[Membership]]{
	Name:     "memberships",
	Summary:  "List the memberships of a user in organizations, those that have ended too.",
	Doc:      "For the user itself, hosts, and administrators of the cluster.",
	Route:    "GET /v1/users/{id}/memberships",
	Access:   op.May("list", op.Read, func(in OfUserInput) op.Target { return op.Principal(in.ID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  OfUserInput{ID: exampleNext.UsrID},
	Result:   op.NewPage([]Membership{exampleNext}, ""),
	Validate: func(in *OfUserInput) *fault.Fault { return in.CheckCursor(urn.PrefixMembership) },
}, func(v *op.View, in OfUserInput) (op.Page[Membership], error) {
	if in.ID != v.Caller.ID && !v.Caller.HoldsAny(op.ActAsHost, op.Administer) {
		return op.Page[Membership]{}, fault.New(fault.PermissionDenied, "this is shown to the user itself, to hosts and to administrators of the cluster only")
	}
	show := func(row *tenancy.Membership) (Membership, bool) { return Shown(v, row, v.At), true }
	return op.Fill(tenancy.InOrgs(v, in.ID, urn.ID(in.Cursor)), in.Paging, show, cursor), nil
})

func cursor(row *tenancy.Membership) op.Cursor { return op.Cursor(row.ID) }
