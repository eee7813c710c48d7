package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UpdateInput is the next content of an object.
type UpdateInput struct {
	ID      urn.ID  `json:"id" op:"path,id=obj" doc:"the object"`
	Data    op.JSON `json:"data" op:"required,max=256KiB" doc:"the whole new content, a JSON object"`
	Reason  string  `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
	Version uint64  `json:"version,omitempty" op:"min=1" doc:"the version that you read; a newer one refuses the update"`
}

// Update appends a version; earlier versions stay readable.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Object]{
	Name:      "update",
	Summary:   "Append a new version of an object.",
	Route:     "PUT /v1/objects/{id}",
	Access:    op.May("update", op.Write, func(in UpdateInput) op.Target { return op.Object(in.ID) }),
	Faults:    []fault.Code{fault.NotFound, fault.IsolationViolation, fault.VersionConflict, fault.PreconditionRequired},
	Example:   UpdateInput{ID: exampleID, Version: 1, Data: op.JSON(`{"title":"final"}`)},
	Result:    example,
	Undo:      op.Reversible("append the previous version again"),
	Versioned: true,
}, func(tx *op.Tx, in UpdateInput) (Object, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return Object{}, op.NotFound()
	}
	if h.Lifecycle == Tombstoned {
		return Object{}, fault.New(fault.IsolationViolation, "the object is deleted; restore it first")
	}
	if f := tx.CheckVersion(h.Version, in.Version); f != nil {
		return Object{}, f
	}
	if f := h.stated(tx, in.Version); f != nil {
		return Object{}, f
	}
	before := traced(h, current(tx, h))
	x := h.append(tx, in.Data, in.Reason, OriginWrite)
	headers.Put(tx.Tx, h)
	record(tx, "update", h, before, traced(h, x))
	return shown(tx.View(), h, x), nil
})
