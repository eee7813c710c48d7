package org

import "github.com/weir-store/weir/core/op"

// Get shows an organization to its members, to hosts and to administrators of
// the cluster.
var Get = op.NewQuery(Ops, op.Spec[Input, Org]{
	Name:    "get",
	Summary: "Show an organization.",
	Route:   "GET /v1/orgs/{id}",
	Access:  op.May("read", op.Read, target),
	Example: Input{ID: exampleID},
	Result:  example,
}, func(v *op.View, in Input) (Org, error) {
	h, ok := find(v, in.ID)
	if !ok {
		return Org{}, op.NotFound()
	}
	return show(h), nil
})
