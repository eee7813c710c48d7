package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// TransferInput names an object and who shall own it.
type TransferInput struct {
	ID      urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	OwnerID urn.ID `json:"owner_id" op:"required,id=principal" doc:"the new owner, an active principal"`
}

// Ownership is whose an object is.
type Ownership struct {
	ObjectID        urn.ID `json:"object_id" doc:"the object"`
	OwnerID         urn.ID `json:"owner_id" doc:"who owns it now"`
	PreviousOwnerID urn.ID `json:"previous_owner_id" doc:"who owned it before"`
}

// Transfer gives an object to another owner. What shares it goes on sharing it.
// It shows no content, since administrators of the cluster have no way to that.
var Transfer = op.NewCommand(Ops, op.Spec[TransferInput, Ownership]{
	Name:    "transfer",
	Summary: "Give an object to another owner.",
	Route:   "POST /v1/objects/{id}/transfer",
	Access: op.May("ownership_transfer", op.Own, func(in TransferInput) op.Target { return op.Object(in.ID) }).
		OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.IsolationViolation, fault.PrincipalInactive},
	Example: TransferInput{ID: exampleID, OwnerID: "bob"},
	Result:  Ownership{ObjectID: exampleID, OwnerID: "bob", PreviousOwnerID: "alice"},
	Undo:    op.Reversible("object.transfer"),
}, func(tx *op.Tx, in TransferInput) (Ownership, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return Ownership{}, op.NotFound()
	}
	if h.Lifecycle == Tombstoned {
		return Ownership{}, fault.New(fault.IsolationViolation, "the object is deleted; restore it first")
	}
	out := Ownership{ObjectID: h.ID, OwnerID: in.OwnerID, PreviousOwnerID: h.OwnerID}
	if in.OwnerID == h.OwnerID {
		return out, nil
	}
	if _, known := identity.Find(tx, in.OwnerID); !known {
		return Ownership{}, fault.New(fault.NotFound, "there is no principal with this id")
	}
	if !identity.IsActive(tx, in.OwnerID) {
		return Ownership{}, fault.New(fault.PrincipalInactive, "only an active principal can own an object")
	}
	x := current(tx, h)
	before := traced(h, x)
	h.OwnerID = in.OwnerID
	headers.Put(tx.Tx, h)
	record(tx, "ownership_transfer", h, before, traced(h, x))
	return out, nil
})
