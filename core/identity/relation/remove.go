package relation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// RemoveInput names a relationship.
type RemoveInput struct {
	ID urn.ID `json:"id" op:"path,id=rel" doc:"the relationship"`
}

// Remove ends a relationship; the row stays. Removing it again changes nothing.
var Remove = op.NewCommand(Ops, op.Spec[RemoveInput, op.Nothing]{
	Name:    "remove",
	Summary: "End a relationship.",
	Route:   "DELETE /v1/relationships/{id}",
	Access:  op.May("revoke", op.Admin, func(in RemoveInput) op.Target { return Target(in.ID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: RemoveInput{ID: example.ID},
	Undo:    op.Reversible("relationship.add"),
}, func(tx *op.Tx, in RemoveInput) (op.Nothing, error) {
	r, ok := Find(tx, in.ID)
	if !ok {
		return op.Nothing{}, op.NotFound()
	}
	if r.Lifecycle == identity.Archived {
		return op.Nothing{}, nil
	}
	before := *r
	r.Lifecycle = identity.Archived
	r.change(tx, "revoke", &before)
	return op.Nothing{}, nil
})
