package identity

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput filters principals.
type ListInput struct {
	Kind string `json:"kind,omitempty" op:"query,max=64" doc:"only principals of this kind"`
	op.Paging
}

// pageScan bounds the rows that one page looks at.
const pageScan = 1000

// List shows the principals that the caller may see, in order of id.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Principal]]{
	Name:    "list",
	Summary: "List the principals that you can see.",
	Route:   "GET /v1/principals",
	Aliases: []string{"GET /v1/users"},
	Access:  op.Anyone[ListInput]("list"),
	Example: ListInput{Kind: KindUser},
	Result:  op.NewPage([]Principal{Example}, ""),
}, func(v *op.View, in ListInput) (op.Page[Principal], error) {
	r := state.Range{Prefix: state.Key(key.Principal)}
	if in.Cursor != "" {
		r.After = state.Key(key.Principal, in.Cursor)
	}
	rows := principals.Scan(v, r)
	defer rows.Close()
	var items []Principal
	for seen := 1; rows.Next(); seen++ {
		p := rows.Row()
		if (in.Kind == "" || p.Kind == in.Kind) && visible(v, p.ID) {
			items = append(items, p.shownTo(&v.Caller))
		}
		if len(items) == in.Size() || seen == pageScan {
			return op.NewPage(items, op.Cursor(p.ID)), nil
		}
	}
	return op.NewPage(items, ""), nil
})

func visible(v *op.View, id urn.ID) bool {
	if v.Caller.Holds(op.Administer) {
		return true
	}
	return v.Decide("read", op.Read, op.Principal(id)).Allowed
}
