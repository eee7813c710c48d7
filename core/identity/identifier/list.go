package identifier

import (
	"encoding/hex"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput names a user.
type ListInput struct {
	op.Paging
	ID urn.ID `json:"id" op:"path,id=principal" doc:"the user"`
}

// List shows the identifiers of a user to itself, to hosts and to cluster
// administrators.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Identifier]]{
	Name:    "list",
	Summary: "List the identifiers that a user was found to have.",
	Doc:     "A user gets an identifier when it accepts an invitation that was sent there. No two users have the same: letters count alike in upper and lower case. For the user itself, hosts and cluster administrators.",
	Route:   "GET /v1/users/{id}/identifiers",
	Access:  op.Anyone[ListInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied},
	Example: ListInput{ID: exampleUser},
	Result:  op.NewPage([]Identifier{example()}, ""),
}, func(v *op.View, in ListInput) (op.Page[Identifier], error) {
	if !v.Caller.Holds(op.Administer) && !v.Caller.Holds(op.ActAsHost) {
		if err := v.Demand("read", op.Own, op.Principal(in.ID)); err != nil {
			return op.Page[Identifier]{}, err
		}
	}
	if _, ok := identity.Find(v, in.ID); !ok {
		return op.Page[Identifier]{}, op.NotFound()
	}
	r := state.Range{Prefix: state.Key(key.IdentifierPrincipal, string(in.ID))}
	if in.Cursor != "" {
		var after op.Digest
		if err := after.UnmarshalText([]byte(in.Cursor)); err != nil {
			return op.Page[Identifier]{}, err
		}
		r.After = state.Key(key.IdentifierPrincipal, string(in.ID), string(after[:]))
	}
	show := func(b *binding) (Identifier, bool) { return b.shown(), !b.Released }
	cursor := func(b *binding) op.Cursor { return op.Cursor(hex.EncodeToString(b.Login[:])) }
	page := op.Fill(byPrincipal.Scan(v, r), in.Paging, show, cursor)
	v.Read(op.Record{Action: "read", Entity: Entity, TargetID: in.ID, Items: uint64(len(page.Items))})
	return page, nil
})
