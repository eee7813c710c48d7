package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Input names an invitation.
type Input struct {
	ID urn.ID `json:"id" op:"path,id=inv" doc:"the invitation"`
}

// Revoke takes an invitation back that was not answered yet.
var Revoke = op.NewCommand(Ops, op.Spec[Input, Invitation]{
	Name:    "revoke",
	Summary: "Take a pending invitation back.",
	Doc:     "For owners and admins of the organization, whoever sent it, and hosts.",
	Route:   "POST /v1/invitations/{id}/revoke",
	Access:  op.Anyone[Input](actionRevoke),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvitationNotPending, fault.InvitationExpired},
	Example: Input{ID: exampleID},
	Result:  in(StatusRevoked),
	Undo:    op.Final("an invitation that was revoked stays revoked; send a new one"),
}, func(tx *op.Tx, in Input) (Invitation, error) {
	r, o, ok := find(tx, in.ID)
	if !ok {
		return Invitation{}, op.NotFound()
	}
	if tx.Caller.ID == r.InvitedBy {
		if err := r.unhindered(tx.View(), actionRevoke); err != nil {
			return Invitation{}, err
		}
	} else {
		err := tx.Demand(actionRevoke, op.Admin, op.Scope(r.OrgID))
		if err != nil && r.sees(tx.View()) {
			err = barred(actionRevoke, r.ID, "an invitation is revoked by who sent it, or an owner or admin of the organization")
		}
		if err != nil {
			return Invitation{}, err
		}
	}
	if f := r.ended(tx, o, tx.Time()).pending(); f != nil {
		return Invitation{}, f
	}
	r.settle(tx, actionRevoke, end{StatusRevoked, tx.Time(), tx.Caller.ID})
	return r.shown(tx, o, tx.Time()), nil
})
