package relation

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names a relationship.
type GetInput struct {
	ID urn.ID `json:"id" op:"path,id=rel" doc:"the relationship"`
}

// Get shows a relationship to who sees both its ends.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Relationship]{
	Name:    "get",
	Summary: "Show a relationship.",
	Route:   "GET /v1/relationships/{id}",
	Access:  op.May("read", op.Read, func(in GetInput) op.Target { return Target(in.ID) }),
	Example: GetInput{ID: example.ID},
	Result:  example,
}, func(v *op.View, in GetInput) (Relationship, error) {
	r, ok := Find(v, in.ID)
	if !ok {
		return Relationship{}, op.NotFound()
	}
	return r.shown(v), nil
})
