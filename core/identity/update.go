package identity

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UpdateInput names a principal and what shall change; what is absent stays.
type UpdateInput struct {
	ID          urn.ID  `json:"id" op:"path,id=principal" doc:"the principal"`
	DisplayName *string `json:"display_name,omitempty" op:"max=255" doc:"a new name for people"`
	Metadata    op.JSON `json:"metadata,omitempty" op:"max=16KiB" doc:"members to set; null takes one away, what is not named stays"`
	Version     uint64  `json:"version,omitempty" doc:"the version that was read; not checked when absent"`
}

// Update changes what a principal says about itself.
var Update = op.NewCommand(Ops, op.Spec[UpdateInput, Principal]{
	Name:      "update",
	Summary:   "Change the display name or metadata of a principal.",
	Route:     "PATCH /v1/principals/{id}",
	Access:    op.May("update", op.Own, func(in UpdateInput) op.Target { return op.Principal(in.ID) }).OrHolding(op.Administer),
	Faults:    []fault.Code{fault.PrincipalInactive, fault.VersionConflict, fault.PayloadTooLarge},
	Example:   UpdateInput{ID: "alice", Metadata: op.JSON(`{"floor":3}`)},
	Result:    Example,
	Undo:      op.Reversible("principal.update with the values before"),
	Versioned: true,
}, func(tx *op.Tx, in UpdateInput) (Principal, error) {
	p, ok := Find(tx, in.ID)
	if !ok {
		return Principal{}, op.NotFound()
	}
	if f := tx.CheckVersion(p.Version, in.Version); f != nil {
		return Principal{}, f
	}
	if p.Lifecycle == Archived {
		return Principal{}, fault.New(fault.PrincipalInactive, "the principal is archived, so it cannot be changed any more")
	}
	before := *p
	if in.DisplayName != nil {
		p.DisplayName = *in.DisplayName
	}
	var f *fault.Fault
	if p.Metadata, f = op.Merge(p.Metadata, in.Metadata); f != nil {
		return Principal{}, f
	}
	if !p.equals(&before) {
		p.change(tx, "update", before)
	}
	return p.ShownTo(&tx.Caller), nil
})
