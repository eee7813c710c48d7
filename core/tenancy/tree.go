package tenancy

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ChildrenInput names a scope.
type ChildrenInput struct {
	ID urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	op.Paging
}

// Children lists the scopes directly below one that are not archived.
var Children = op.NewQuery(Ops, op.Spec[ChildrenInput, op.Page[Scope]]{
	Name:     "children",
	Summary:  "List the scopes directly below a scope.",
	Route:    "GET /v1/scopes/{id}/children",
	Access:   op.May("read", op.Read, func(in ChildrenInput) op.Target { return op.Scope(in.ID) }),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  ChildrenInput{ID: exampleID},
	Result:   op.NewPage([]Scope{example}, ""),
	Validate: func(in *ChildrenInput) *fault.Fault { return in.CheckCursor(urn.PrefixScope) },
}, func(v *op.View, in ChildrenInput) (op.Page[Scope], error) {
	show := func(h *Header) (Scope, bool) {
		if h.Archived || !visible(v, h.ID) {
			return Scope{}, false
		}
		return h.shown(), true
	}
	return op.Fill(Below(v, in.ID, urn.ID(in.Cursor)), in.Paging, show, func(h *Header) op.Cursor { return op.Cursor(h.ID) }), nil
})

// Ancestors lists the scopes above one that the caller can see, nearest first.
// A member of a scope does not see those above it by that membership.
var Ancestors = op.NewQuery(Ops, op.Spec[ScopeInput, op.Page[Scope]]{
	Name:    "ancestors",
	Summary: "List the scopes above a scope, nearest first.",
	Route:   "GET /v1/scopes/{id}/ancestors",
	Access:  op.May("read", op.Read, target),
	Example: ScopeInput{ID: exampleID},
	Result:  op.NewPage([]Scope{example}, ""),
}, func(v *op.View, in ScopeInput) (op.Page[Scope], error) {
	var items []Scope
	for _, id := range above(v, in.ID) {
		if h, ok := Find(v, id); ok && visible(v, id) {
			items = append(items, h.shown())
		}
	}
	return op.NewPage(items, ""), nil
})

// Path lists the scopes from the root down to one, the scope itself included,
// as far as the caller can see them.
var Path = op.NewQuery(Ops, op.Spec[ScopeInput, op.Page[Scope]]{
	Name:    "path",
	Summary: "List the scopes from the root down to a scope.",
	Route:   "GET /v1/scopes/{id}/path",
	Access:  op.May("read", op.Read, target),
	Example: ScopeInput{ID: exampleID},
	Result:  op.NewPage([]Scope{example}, ""),
}, func(v *op.View, in ScopeInput) (op.Page[Scope], error) {
	var items []Scope
	for _, id := range append([]urn.ID{in.ID}, above(v, in.ID)...) {
		if h, ok := Find(v, id); ok && visible(v, id) {
			items = append(items, h.shown())
		}
	}
	slices.Reverse(items)
	return op.NewPage(items, ""), nil
})

// visible says whether the caller sees a scope, by the rights of now.
func visible(v *op.View, id urn.ID) bool {
	return v.Decide("read", op.Read, op.Scope(id)).Allowed
}
