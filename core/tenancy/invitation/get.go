package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Get shows an invitation.
var Get = op.NewQuery(Ops, op.Spec[Input, Invitation]{
	Name:    "get",
	Summary: "Show an invitation.",
	Doc:     "For owners and admins of the organization, whoever sent it, whoever is known to have the identifier that it was sent to, hosts and cluster administrators.",
	Route:   "GET /v1/invitations/{id}",
	Access:  op.Anyone[Input]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: Input{ID: exampleID},
	Result:  in(StatusPending),
}, func(v *op.View, in Input) (Invitation, error) {
	r, o, ok := find(v, in.ID)
	if !ok {
		return Invitation{}, op.NotFound()
	}
	if !r.sees(v) {
		return Invitation{}, hidden("read", r.ID)
	}
	v.Read(op.Record{Action: "read", Entity: Entity, TargetID: r.ID, ScopeID: r.OrgID})
	return r.shown(v, o, v.At), nil
})
