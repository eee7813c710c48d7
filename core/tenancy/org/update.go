package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UpdateInput names an organization and what shall change; what is absent stays.
type UpdateInput struct {
	ID      urn.ID           `json:"id" op:"path,id=org" doc:"the organization"`
	Name    op.Patch[string] `json:"name,omitzero" op:"min=1,max=256" doc:"a new name for people"`
	Slug    op.Patch[string] `json:"slug,omitzero" doc:"a new name for addresses: 1 to 63 of a-z 0-9 and hyphens, none at an end; the old one is free at once"`
	Version uint64           `json:"version,omitempty" doc:"the version that was read; not checked when absent"`
}

// Update changes what an organization is called. A suspended one too.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Org]{
	Name:      "update",
	Summary:   "Change the name or the slug of an organization.",
	Route:     "PATCH /v1/orgs/{id}",
	Access:    op.May("scope_modify", op.Admin, func(in UpdateInput) op.Target { return op.Scope(in.ID) }),
	Faults:    []fault.Code{fault.NotFound, fault.AlreadyTerminal, fault.ScopeFrozen, fault.VersionConflict, fault.OrgSlugFormat, fault.OrgSlugConflict},
	Example:   UpdateInput{ID: exampleID, Name: op.Put("Example"), Slug: op.Clear[string]()},
	Result:    example,
	Undo:      op.Reversible("org.update with the values before"),
	Versioned: true,
	Validate:  func(in *UpdateInput) *fault.Fault { return checkSlug(in.Slug.Value) },
}, func(tx *op.Tx, in UpdateInput) (Org, error) {
	h, ok := find(tx, in.ID)
	if !ok {
		return Org{}, op.NotFound()
	}
	f := h.Amend(tx, in.Version, func() *fault.Fault {
		h.Name, h.Slug = in.Name.Or(h.Name), in.Slug.Or(h.Slug)
		return nil
	})
	if f != nil {
		return Org{}, f
	}
	return show(h), nil
})
