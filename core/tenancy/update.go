package tenancy

import (
	"bytes"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UpdateInput names a scope and what shall change; what is absent stays.
type UpdateInput struct {
	ID          urn.ID  `json:"id" op:"path,id=scp|org" doc:"the scope"`
	Name        *string `json:"name,omitempty" op:"min=1,max=128" doc:"a new name"`
	Description *string `json:"description,omitempty" op:"max=4096" doc:"a new description"`
	Metadata    op.JSON `json:"metadata,omitempty" op:"max=16KiB" doc:"members to set; null takes one away, what is not named stays"`
	Version     uint64  `json:"version,omitempty" doc:"the version that was read; not checked when absent"`
}

// Update changes what a scope says about itself.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Scope]{
	Name:      "update",
	Summary:   "Change the name, description or metadata of a scope.",
	Route:     "PATCH /v1/scopes/{id}",
	Access:    op.May("scope_modify", op.Admin, func(in UpdateInput) op.Target { return op.Scope(in.ID) }),
	Faults:    []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.AlreadyTerminal, fault.VersionConflict, fault.PayloadTooLarge},
	Example:   UpdateInput{ID: exampleID, Metadata: op.JSON(`{"color":"blue"}`)},
	Result:    example,
	Undo:      op.Reversible("scope.update with the values before"),
	Versioned: true,
}, func(tx *op.Tx, in UpdateInput) (Scope, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return Scope{}, op.NotFound()
	}
	f := h.Amend(tx, in.Version, func() (f *fault.Fault) {
		if in.Name != nil {
			h.Name = *in.Name
		}
		if in.Description != nil {
			h.Description = *in.Description
		}
		h.Metadata, f = op.Merge(h.Metadata, in.Metadata)
		return f
	})
	if f != nil {
		return Scope{}, f
	}
	return h.shown(), nil
})

// Amend changes what a scope says about itself, if its state lets it and the
// caller read that version. Nothing is written where nothing changes.
func (h *Header) Amend(tx *op.Tx, version uint64, change func() *fault.Fault) *fault.Fault {
	if f := h.amendable(); f != nil {
		return f
	}
	if f := tx.CheckVersion(h.Version, version); f != nil {
		return f
	}
	before := *h
	if f := change(); f != nil {
		return f
	}
	if f := h.slugFree(tx); f != nil {
		return f
	}
	if h.Name != before.Name || h.Slug != before.Slug || h.Description != before.Description || !bytes.Equal(h.Metadata, before.Metadata) {
		h.change(tx, "scope_modify", before)
	}
	return nil
}
