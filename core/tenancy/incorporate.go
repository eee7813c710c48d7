package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Incorporate makes an organization of the caller, who becomes its owner. Name
// and slug may be empty; a slug that another organization has is refused.
func Incorporate(tx *op.Tx, name, slug string) (*Header, *Membership, *fault.Fault) {
	h := &Header{
		ID: tx.NewID(urn.PrefixOrg), Kind: KindOrg, OwnerID: tx.Caller.ID, Name: name, Slug: slug,
		CreatedAt: tx.Time(), UpdatedAt: tx.Time(), Version: 1,
	}
	if f := h.slugFree(tx); f != nil {
		return nil, nil, f
	}
	if f := h.found(tx); f != nil {
		return nil, nil, f
	}
	m, f := Join(tx, h, tx.Caller.ID, Owner, "", 0)
	return h, m, f
}

// slugFree says whether no other organization has the slug.
func (h *Header) slugFree(tx *op.Tx) *fault.Fault {
	if h.Slug == "" {
		return nil
	}
	if other, taken := SlugHolder(tx, h.Slug); taken && other.ID != h.ID {
		return fault.New(fault.OrgSlugConflict, "another organization has this slug; choose another")
	}
	return nil
}
