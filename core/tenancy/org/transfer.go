package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// TransferInput names two memberships of an organization.
type TransferInput struct {
	ID          urn.ID       `json:"id" op:"path,id=org" doc:"the organization"`
	FromMemID   urn.ID       `json:"from_mem_id" op:"required,id=mem" doc:"the membership of the owner who gives the ownership away"`
	ToMemID     urn.ID       `json:"to_mem_id" op:"required,id=mem" doc:"the membership of who gets it"`
	FromNewRole tenancy.Role `json:"from_new_role,omitempty" doc:"what the owner becomes: admin or member; member when absent"`
}

// Transferred is the memberships after a transfer.
type Transferred struct {
	FromMembership Membership `json:"from_membership" doc:"the new membership of who was the owner"`
	ToMembership   Membership `json:"to_membership" doc:"the membership of the new owner"`
}

// Transfer gives the ownership of an organization from one member to another, in
// one step.
var Transfer = op.NewCommand(Ops, op.Spec[TransferInput, Transferred]{
	Name:    "transfer_ownership",
	Summary: "Give the ownership of an organization to another member.",
	Doc:     "The owner himself may, and a host. The answer holds the memberships that both have then; one who was an owner before keeps his.",
	Route:   "POST /v1/orgs/{id}/transfer-ownership",
	Access:  op.May("ownership_transfer", op.Read, func(in TransferInput) op.Target { return op.Scope(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.OrgMismatch, fault.FromNotActive, fault.ToNotActive, fault.FromNotOwner,
		fault.SelfTransfer, fault.OrgNotActive, fault.ScopeFrozen, fault.SoleOwner, fault.InvalidRole, fault.PreconditionFailed,
	},
	Example: TransferInput{ID: exampleID, FromMemID: exampleMember.ID, ToMemID: exampleNext.ID, FromNewRole: tenancy.Member},
	Result:  Transferred{FromMembership: stepped(), ToMembership: promoted()},
	Undo:    op.Reversible("org.transfer_ownership back"),
	Validate: func(in *TransferInput) *fault.Fault {
		switch in.FromNewRole {
		case "":
			in.FromNewRole = tenancy.Member
		case tenancy.Member, tenancy.Admin:
		default:
			detail := "must be admin or member"
			return fault.New(fault.InvalidRole, "from_new_role %s", detail).At(fault.Item{Pointer: "/from_new_role", Code: string(fault.InvalidRole), Detail: detail})
		}
		return nil
	},
}, func(tx *op.Tx, in TransferInput) (Transferred, error) {
	h, ok := find(tx, in.ID)
	if !ok {
		return Transferred{}, op.NotFound()
	}
	from, err := seen(tx, in.FromMemID)
	if err != nil {
		return Transferred{}, err
	}
	to, err := seen(tx, in.ToMemID)
	if err != nil {
		return Transferred{}, err
	}
	if from, to, err = h.Transfer(tx, from, to, in.FromNewRole); err != nil {
		return Transferred{}, err
	}
	return Transferred{Shown(tx, from, tx.Time()), Shown(tx, to, tx.Time())}, nil
})

// seen finds a membership that the caller sees, as it counts now.
func seen(tx *op.Tx, id urn.ID) (*tenancy.Membership, error) {
	row, ok := tenancy.FindMembership(tx, id)
	if !ok {
		return nil, op.NotFound()
	}
	if err := tx.Demand("read", op.Read, tenancy.TargetMembership(id)); err != nil {
		return nil, err
	}
	m := row.Effective(tx, tx.Time())
	return &m, nil
}
