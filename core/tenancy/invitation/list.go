package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput names an organization.
type ListInput struct {
	op.Paging
	ID     urn.ID `json:"id" op:"path,id=org" doc:"the organization"`
	Status string `json:"status,omitempty" op:"query,enum=pending|accepted|declined|revoked|expired" doc:"only those that stand so"`
}

// List shows the invitations of an organization in the order in which they were
// sent.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Invitation]]{
	Name:    "list",
	Summary: "List the invitations of an organization.",
	Route:   "GET /v1/orgs/{id}/invitations",
	Access:  op.May("read", op.Admin, func(in ListInput) op.Target { return op.Scope(in.ID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied},
	Example: ListInput{ID: exampleOrg, Status: StatusPending},
	Result:  op.NewPage([]Invitation{in(StatusPending)}, ""),
}, func(v *op.View, in ListInput) (op.Page[Invitation], error) {
	o, ok := tenancy.Find(v, in.ID)
	if !ok || o.Kind != tenancy.KindOrg {
		return op.Page[Invitation]{}, op.NotFound()
	}
	r := state.Behind(urn.ID(in.Cursor), key.InvitationOrg, in.ID)
	show := func(r *Row) (Invitation, bool) {
		i := r.shown(v, o, v.At)
		return i, in.Status == "" || i.Status == in.Status
	}
	page := op.Fill(byOrg.Scan(v, r), in.Paging, show, func(r *Row) op.Cursor { return op.Cursor(r.ID) })
	v.Read(op.Record{Action: "read", Entity: Entity, TargetID: in.ID, ScopeID: in.ID, Items: uint64(len(page.Items))})
	return page, nil
})
