package tenancy

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ScopeInput names a scope.
type ScopeInput struct {
	ID urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
}

func target(in ScopeInput) op.Target { return op.Scope(in.ID) }

// Get shows a scope to its members, to those of the scopes above it and to
// cluster administrators.
var Get = op.NewQuery(Ops, op.Spec[ScopeInput, Scope]{
	Name:    "get",
	Summary: "Show a scope.",
	Route:   "GET /v1/scopes/{id}",
	Access:  op.May("read", op.Read, target),
	Example: ScopeInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in ScopeInput) (Scope, error) {
	h, ok := Find(v, in.ID)
	if !ok {
		return Scope{}, op.NotFound()
	}
	return h.shown(), nil
})
