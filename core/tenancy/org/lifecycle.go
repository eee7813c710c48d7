package org

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
)

// Suspend stops every grant that comes from an organization, on every node at
// once. Memberships stay as they are, and owners and administrators go on
// reading the organization's own records.
var Suspend = op.NewCommand(Ops, op.Spec[Input, Org]{
	Name:      "suspend",
	Summary:   "Stop all that an organization gives, until it is reinstated.",
	Route:     "POST /v1/orgs/{id}/suspend",
	Access:    op.Holding[Input]("lifecycle_change", op.ActAsHost, op.Administer).On(target),
	Faults:    []fault.Code{fault.NotFound, fault.AlreadyTerminal, fault.VersionConflict},
	Example:   Input{ID: exampleID},
	Result:    turned(tenancy.StatusSuspended),
	Undo:      op.Reversible("org.reinstate"),
	Versioned: true,
}, func(tx *op.Tx, in Input) (Org, error) { return move(tx, in, (*tenancy.Header).Suspend) })

// Reinstate ends a suspension: all counts again that did before.
var Reinstate = op.NewCommand(Ops, op.Spec[Input, Org]{
	Name:      "reinstate",
	Summary:   "End the suspension of an organization.",
	Route:     "POST /v1/orgs/{id}/reinstate",
	Access:    op.Holding[Input]("lifecycle_change", op.ActAsHost, op.Administer).On(target),
	Faults:    []fault.Code{fault.NotFound, fault.InvalidTransition, fault.VersionConflict},
	Example:   Input{ID: exampleID},
	Result:    example,
	Undo:      op.Reversible("org.suspend"),
	Versioned: true,
}, func(tx *op.Tx, in Input) (Org, error) { return move(tx, in, (*tenancy.Header).Reinstate) })

// Revoke ends an organization for good: its memberships, its pending invitations
// and what was granted by them end with it, as every reader sees it from that
// entry on, and its slug is free. The rows stay readable.
var Revoke = op.NewCommand(Ops, op.Spec[Input, Org]{
	Name:      "revoke",
	Summary:   "End an organization, with all its memberships, for good.",
	Route:     "POST /v1/orgs/{id}/revoke",
	Access:    op.May("scope_dissolve", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.AlreadyTerminal, fault.VersionConflict},
	Example:   Input{ID: exampleID},
	Result:    turned(tenancy.StatusRevoked),
	Undo:      op.Final("a revoked organization stays revoked; create another, which may have its slug"),
	Versioned: true,
}, func(tx *op.Tx, in Input) (Org, error) { return move(tx, in, (*tenancy.Header).Archive) })

// Freeze makes an organization read only. Members can still be removed.
var Freeze = op.NewCommand(Ops, op.Spec[Input, Org]{
	Name:      "freeze",
	Summary:   "Make an organization read only, but for the removal of members.",
	Route:     "POST /v1/orgs/{id}/freeze",
	Access:    op.May("lifecycle_change", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.AlreadyTerminal, fault.VersionConflict},
	Example:   Input{ID: exampleID},
	Result:    turned(tenancy.StatusFrozen),
	Undo:      op.Reversible("org.unfreeze"),
	Versioned: true,
}, func(tx *op.Tx, in Input) (Org, error) { return move(tx, in, (*tenancy.Header).Freeze) })

// Unfreeze ends that.
var Unfreeze = op.NewCommand(Ops, op.Spec[Input, Org]{
	Name:      "unfreeze",
	Summary:   "Let a frozen organization change again.",
	Route:     "POST /v1/orgs/{id}/unfreeze",
	Access:    op.May("lifecycle_change", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.AlreadyTerminal, fault.InvalidTransition, fault.VersionConflict},
	Example:   Input{ID: exampleID},
	Result:    example,
	Undo:      op.Reversible("org.freeze"),
	Versioned: true,
}, func(tx *op.Tx, in Input) (Org, error) { return move(tx, in, (*tenancy.Header).Unfreeze) })

// move takes an organization from one state to another.
func move(tx *op.Tx, in Input, to func(*tenancy.Header, *op.Tx) *fault.Fault) (Org, error) {
	h, ok := find(tx, in.ID)
	if !ok {
		return Org{}, op.NotFound()
	}
	if f := to(h, tx); f != nil {
		return Org{}, f
	}
	return show(h), nil
}

// turned is the example in another state.
func turned(status string) Org {
	o := example
	o.Version++
	if o.Frozen = status == tenancy.StatusFrozen; !o.Frozen {
		o.Status = status
	}
	return o
}
