package apikey

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput names the principal whose keys are listed.
type ListInput struct {
	PrincipalID urn.ID `json:"id" op:"path,id=principal" doc:"whose keys"`
	op.Paging
}

// List shows the keys of a principal with their status, ended ones too, never
// their secrets.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Key]]{
	Name:    "list",
	Summary: "List the keys of a principal.",
	Route:   "GET /v1/principals/{id}/keys",
	Access:  op.May("list", op.Own, func(in ListInput) op.Target { return op.Principal(in.PrincipalID) }).OrHolding(op.Administer),
	Example: ListInput{PrincipalID: "alice"},
	Result:  op.NewPage([]Key{{example, StatusActive}}, ""),
}, func(v *op.View, in ListInput) (op.Page[Key], error) {
	r := state.Behind(urn.ID(in.Cursor), key.CredentialPrincipal, string(in.PrincipalID))
	rows := byPrincipal.Scan(v, r)
	defer rows.Close()
	var items []Key
	for rows.Next() {
		items = append(items, rows.Row().shown(v, v.At))
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(rows.Row().ID)), nil
		}
	}
	return op.NewPage(items, ""), nil
})
