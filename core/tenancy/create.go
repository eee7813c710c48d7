package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput describes a new scope.
type CreateInput struct {
	Name        string  `json:"name" op:"required,min=1,max=128" doc:"a name for people; need not be unique"`
	ParentID    urn.ID  `json:"parent_id,omitempty" op:"id=scp|org" doc:"the scope above, of which you are an administrator; a root when absent"`
	Description string  `json:"description,omitempty" op:"max=4096" doc:"what the scope is for"`
	Metadata    op.JSON `json:"metadata,omitempty" op:"max=16KiB" doc:"facts of your own, a JSON object"`
}

// Create makes a scope whose only member is the caller, as its owner. Under a
// parent only an administrator of the parent may, since the members of the new
// scope will read what the parent holds.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Scope]{
	Name:    "create",
	Summary: "Create a scope; you become its owner.",
	Route:   "POST /v1/scopes",
	Status:  201,
	Access:  op.Anyone[CreateInput]("scope_create"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ScopeFrozen, fault.OrgNotActive, fault.LimitExceeded, fault.PreconditionFailed},
	Example: CreateInput{Name: "Team", Description: "What the team works on", Metadata: op.JSON(`{"color":"blue"}`)},
	Result:  example,
	Undo:    op.Reversible("scope.archive"),
}, func(tx *op.Tx, in CreateInput) (Scope, error) {
	h := &Header{
		ID: tx.NewID(urn.PrefixScope), Kind: KindPlain, ParentID: in.ParentID, OwnerID: tx.Caller.ID, Name: in.Name,
		Description: in.Description, Metadata: in.Metadata, CreatedAt: tx.Time(), Version: 1,
	}
	if in.ParentID != "" {
		if err := tx.Demand("scope_create", op.Admin, op.Scope(in.ParentID)); err != nil {
			return Scope{}, err
		}
		parent, f := admitting(tx, in.ParentID)
		if f != nil {
			return Scope{}, f
		}
		if h.Depth = parent.Depth + 1; h.Depth > MaxDepth {
			return Scope{}, fault.New(fault.LimitExceeded, "scopes nest at most %d deep; create it higher up", MaxDepth).With("max_depth", int64(MaxDepth))
		}
	}
	if f := h.found(tx); f != nil {
		return Scope{}, f
	}
	if m := grant(tx, h.ID, tx.Caller.ID, Owner, 0).EffectiveIn(tx, h, tx.Time()); m.Status != StatusActive {
		return Scope{}, fault.New(fault.PreconditionFailed, "below an organization only its members create scopes, or nobody would own them; a host names one in X-Act-As")
	}
	return h.shown(), nil
})

// found writes a new scope, with its entry in the registry and its trace.
func (h *Header) found(tx *op.Tx) *fault.Fault {
	e, f := registry.Register(tx, urn.URN{Kind: "scope", Namespace: "tenancy", Name: string(h.ID), Version: 1}, op.EntityScope, h.ID)
	if f != nil {
		return f
	}
	h.EntryID = e.ID
	headers.Insert(tx.Tx, h)
	tx.Record(op.Record{Action: "scope_create", Entity: op.EntityScope, TargetID: h.ID, ScopeID: h.ID, After: h})
	return nil
}

// admitting finds a scope that takes in what is added to it.
func admitting(tx *op.Tx, id urn.ID) (*Header, *fault.Fault) {
	h, ok := Find(tx, id)
	if !ok {
		return nil, op.NotFound()
	}
	f := h.Admits()
	return h, f
}
