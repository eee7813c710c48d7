package identity

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names a principal.
type GetInput struct {
	ID urn.ID `json:"id" op:"path,id=principal" doc:"the principal"`
}

// Get shows a principal to itself, to those who are related to it or share a
// scope with it, and to cluster administrators.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Principal]{
	Name:    "get",
	Summary: "Show a principal.",
	Route:   "GET /v1/principals/{id}",
	Access:  op.May("read", op.Read, func(in GetInput) op.Target { return op.Principal(in.ID) }),
	Example: GetInput{ID: "alice"},
	Result:  Example,
}, func(v *op.View, in GetInput) (Principal, error) {
	p, ok := Find(v, in.ID)
	if !ok {
		return Principal{}, op.NotFound()
	}
	return p.ShownTo(&v.Caller), nil
})

// ShownTo leaves out what only the principal itself and administrators see.
func (p *Principal) ShownTo(c *op.Caller) Principal {
	shown := *p
	if c.ID != p.ID && !c.Holds(op.Administer) {
		shown.Permissions = nil
	}
	return shown
}

// MeInput is empty: the key says who asks.
type MeInput struct{}

// Me shows the caller to itself.
var Me = op.NewQuery(Ops, op.Spec[MeInput, Principal]{
	Name:    "me",
	Summary: "Show the principal that the key belongs to.",
	Route:   "GET /v1/me",
	Aliases: []string{"GET /v1/auth/me"},
	Access:  op.Anyone[MeInput]("read"),
	Result:  Example,
}, func(v *op.View, _ MeInput) (Principal, error) {
	p, ok := Find(v, v.Caller.ID)
	if !ok {
		return Principal{}, op.NotFound()
	}
	return *p, nil
})
