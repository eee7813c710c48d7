package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// The states of a scope are three flags. A plain scope is frozen or archived,
// and what is archived comes back by a rollback alone. An organization is also
// suspended, whether it is frozen or not, and what is revoked stays so. Whoever
// moves a scope, by either of its names or by a rollback, comes through here.

// Admits says why nothing can be added to a scope, or given in it: members,
// scopes below, projections.
func (h *Header) Admits() *fault.Fault {
	switch {
	case h.Kind == KindOrg && !h.Shares():
		return fault.New(fault.OrgNotActive, "the organization is %s, so nothing can be added to it or given in it", h.Status()).With("status", h.Status())
	case h.Frozen || h.Archived:
		return notActive(h.Status())
	}
	return nil
}

// amendable says why a scope's words about itself cannot be changed. Those of a
// suspended organization can.
func (h *Header) amendable() *fault.Fault {
	switch {
	case h.Archived:
		return h.over()
	case h.Frozen:
		return notActive(StatusFrozen)
	}
	return nil
}

// over is the refusal of what is too late for a scope that has ended.
func (h *Header) over() *fault.Fault {
	if h.Kind == KindOrg {
		return fault.New(fault.AlreadyTerminal, "the organization is revoked, which is final").With("status", StatusRevoked)
	}
	return notActive(h.Status())
}

func notActive(status string) *fault.Fault {
	return fault.New(fault.ScopeFrozen, "the scope is %s, so this cannot be changed in it", status).With("status", status)
}

// Freeze makes a scope read only.
func (h *Header) Freeze(tx *op.Tx) *fault.Fault {
	if f := h.amendable(); f != nil {
		return f
	}
	return h.turn(tx, func() { h.Frozen = true })
}

// Unfreeze ends that.
func (h *Header) Unfreeze(tx *op.Tx) *fault.Fault {
	switch {
	case h.Archived:
		return h.over()
	case !h.Frozen:
		return fault.New(fault.InvalidTransition, "the scope is not frozen").With("status", h.Status())
	}
	return h.turn(tx, func() { h.Frozen = false })
}

// Suspend stops all that comes from an organization, for as long as it lasts.
func (h *Header) Suspend(tx *op.Tx) *fault.Fault {
	switch {
	case h.Archived:
		return h.over()
	case h.Suspended:
		return fault.New(fault.AlreadyTerminal, "the organization is suspended already").With("status", StatusSuspended)
	}
	return h.turn(tx, func() { h.Suspended = true })
}

// Reinstate ends that.
func (h *Header) Reinstate(tx *op.Tx) *fault.Fault {
	if h.Archived || !h.Suspended {
		return fault.New(fault.InvalidTransition, "only a suspended organization can be reinstated").With("status", h.Status())
	}
	return h.turn(tx, func() { h.Suspended = false })
}

// turn changes a flag, if the scope is the version that the caller read.
func (h *Header) turn(tx *op.Tx, flag func()) *fault.Fault {
	if f := tx.CheckVersion(h.Version, 0); f != nil {
		return f
	}
	before := *h
	flag()
	h.change(tx, "lifecycle_change", before)
	return nil
}

// Archive ends a scope, whatever state it is in.
func (h *Header) Archive(tx *op.Tx) *fault.Fault {
	if h.Archived {
		return h.over()
	}
	if f := tx.CheckVersion(h.Version, 0); f != nil {
		return f
	}
	before := *h
	h.close(tx)
	tx.Record(op.Record{
		Action: "scope_dissolve", Entity: op.EntityScope, TargetID: h.ID, ScopeID: h.ID, Before: &before, After: h,
		Metadata: ended(tx, h.ID),
	})
	return nil
}

// close writes the end of a scope. That of an organization says when and by
// whom, for its memberships ended so too.
func (h *Header) close(tx *op.Tx) {
	h.Archived = true
	if h.Kind == KindOrg {
		h.EndedAt, h.EndedBy = tx.Time(), tx.Caller.ID
	}
	h.put(tx)
}
