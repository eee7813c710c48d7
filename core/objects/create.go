package objects

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput is a new object.
type CreateInput struct {
	Type   string  `json:"type" op:"required,min=1,max=128" doc:"a type of your own, such as note or invoice"`
	Data   op.JSON `json:"data" op:"required,max=256KiB" doc:"the content, a JSON object"`
	Reason string  `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
}

// Create makes an object that only its owner, the caller, can see.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Object]{
	Name:    "create",
	Summary: "Create an object, private to you.",
	Route:   "POST /v1/objects",
	Status:  201,
	Access:  op.Anyone[CreateInput]("create"),
	Example: CreateInput{Type: "note", Data: op.JSON(`{"title":"draft"}`)},
	Result:  example,
	Undo:    op.Reversible("tombstone the object"),
}, func(tx *op.Tx, in CreateInput) (Object, error) {
	h := &Header{
		ID: tx.NewID(urn.PrefixObject), Type: in.Type, OwnerID: tx.Caller.ID, Lifecycle: Active,
		CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
	}
	reason := in.Reason
	if reason == "" {
		reason = "created"
	}
	x := h.append(tx, in.Data, reason, OriginWrite)
	headers.Insert(tx.Tx, h)
	record(tx, "create", h, nil, traced(h, x))
	return shown(h, x), nil
})
