package account

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ListInput filters users.
type ListInput struct {
	Status string `json:"status,omitempty" op:"query,enum=active|suspended|archived" doc:"only users in this status; all when absent"`
	op.Paging
}

// List shows the users that the caller may see, in the order in which they were
// created. Principals of kind user that were given another id are none: what
// organizations refer to has an id of 128 bits.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[User]]{
	Name:    "list",
	Summary: "List the users that you can see.",
	Doc:     "Hosts and cluster administrators see all. Principals of kind user with an id of the caller's own choice are listed by principal.list only.",
	Route:   "GET /v1/users",
	Access:  op.Anyone[ListInput]("list"),
	Faults:  []fault.Code{fault.InvalidCursor},
	Example: ListInput{Status: identity.Active},
	Result:  op.NewPage([]User{example}, ""),
}, func(v *op.View, in ListInput) (op.Page[User], error) {
	shown := func(p *identity.Principal) (User, bool) {
		fits := p.Kind == identity.KindUser && (in.Status == "" || p.Lifecycle == in.Status)
		if !fits || !urn.IsValid(p.ID, urn.PrefixUser) || !identity.Sees(v, p.ID) {
			return User{}, false
		}
		return show(p), true
	}
	rows := identity.Walk(v, identity.KindUser, in.Status, urn.ID(in.Cursor))
	return op.Fill(rows, in.Paging, shown, func(p *identity.Principal) op.Cursor { return op.Cursor(p.ID) }), nil
})
