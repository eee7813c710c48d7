package apikey

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names a key.
type GetInput struct {
	ID urn.ID `json:"id" op:"path,id=pat" doc:"the key"`
}

// Get shows a key to its principal and to cluster administrators, never its
// secret.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Key]{
	Name:    "get",
	Summary: "Show a key, without its secret.",
	Route:   "GET /v1/keys/{id}",
	Aliases: []string{"GET /v1/auth/api-keys/{id}"},
	Access:  op.May("read", op.Read, func(in GetInput) op.Target { return op.Credential(in.ID) }),
	Example: GetInput{ID: example.ID},
	Result:  Key{example, StatusActive},
}, func(v *op.View, in GetInput) (Key, error) {
	c, ok := Find(v, in.ID)
	if !ok {
		return Key{}, op.NotFound()
	}
	return c.shown(v, v.At), nil
})
