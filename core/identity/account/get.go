package account

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names a user.
type GetInput struct {
	ID urn.ID `json:"id" op:"path,id=usr" doc:"the user"`
}

// Get shows a user to hosts and to whoever sees the principal.
var Get = op.NewQuery(Ops, op.Spec[GetInput, User]{
	Name:    "get",
	Summary: "Show a user.",
	Route:   "GET /v1/users/{id}",
	Access:  op.May("read", op.Read, func(in GetInput) op.Target { return op.Principal(in.ID) }),
	Example: GetInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in GetInput) (User, error) {
	p, ok := identity.Find(v, in.ID)
	if !ok {
		return User{}, op.NotFound()
	}
	return show(p), nil
})
