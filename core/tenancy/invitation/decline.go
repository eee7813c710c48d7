package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// DeclineInput names an invitation, and why it may be declined.
type DeclineInput struct {
	ID     urn.ID     `json:"id" op:"path,id=inv" doc:"the invitation"`
	Token  *string    `json:"token,omitempty" op:"secret" doc:"the token that came with the invitation, for who is not known to be meant"`
	Digest *op.Digest `json:"digest,omitempty" op:"prepared" doc:"digest of the token"`
}

// Decline ends an invitation in the name of the invitee.
var Decline = op.NewCommand(Ops, op.Spec[DeclineInput, Invitation]{
	Name:    "decline",
	Summary: "Decline an invitation.",
	Doc:     "For the user who is known to have the identifier that it was sent to, for who has its token, with a key or without, and for hosts.",
	Route:   "POST /v1/invitations/{id}/decline",
	Access:  op.Open[DeclineInput](actionDecline),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvitationNotPending, fault.InvitationExpired},
	Example: DeclineInput{ID: exampleID},
	Result:  in(StatusDeclined),
	Undo:    op.Final("an invitation that was declined stays declined; send a new one"),
	Prepare: func(_ op.Env, in *DeclineInput) (string, error) {
		in.Digest, in.Token = digest(in.Token), nil
		return "", nil
	},
	Screen: func(v *op.View, in DeclineInput) error {
		_, _, err := declinable(v, &in)
		return err
	},
}, func(tx *op.Tx, in DeclineInput) (Invitation, error) {
	r, o, err := declinable(tx.View(), &in)
	if err != nil {
		return Invitation{}, err
	}
	e := end{StatusDeclined, tx.Time(), ""}
	if isUser(&tx.Caller) {
		e.by = tx.Caller.ID
	}
	r.settle(tx, actionDecline, e)
	return r.shown(tx, o, tx.Time()), nil
})

func declinable(v *op.View, in *DeclineInput) (*Row, *tenancy.Header, error) {
	r, o, ok := find(v, in.ID)
	if !ok {
		return nil, nil, op.NotFound()
	}
	if !r.opens(in.Digest) && !isHost(&v.Caller) && (!isUser(&v.Caller) || !r.isTo(v.Now, v.Caller.ID)) {
		if v.Caller.ID != "" && !r.sees(v) {
			return nil, nil, hidden(actionDecline, r.ID)
		}
		return nil, nil, barred(actionDecline, r.ID, "an invitation is declined by whom it was sent to, or with its token; revoke it instead")
	}
	if err := r.unhindered(v, actionDecline); err != nil {
		return nil, nil, err
	}
	if f := r.ended(v, o, v.Time).pending(); f != nil {
		return nil, nil, f
	}
	return r, o, nil
}
