package identity

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput filters principals.
type ListInput struct {
	Kind      string `json:"kind,omitempty" op:"query,max=64" doc:"only principals of this kind"`
	Lifecycle string `json:"lifecycle,omitempty" op:"query,enum=active|suspended|archived" doc:"only principals in this lifecycle; all when absent"`
	op.Paging
}

// List shows the principals that the caller may see, in order of id.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Principal]]{
	Name:    "list",
	Schema:  2,
	Summary: "List the principals that you can see.",
	Route:   "GET /v1/principals",
	Access:  op.Anyone[ListInput]("list"),
	Example: ListInput{Kind: KindUser},
	Result:  op.NewPage([]Principal{Example}, ""),
}, func(v *op.View, in ListInput) (op.Page[Principal], error) {
	show := func(p *Principal) (Principal, bool) {
		if !in.matches(p) || !Sees(v, p.ID) {
			return Principal{}, false
		}
		return p.ShownTo(&v.Caller), true
	}
	return op.Fill(Walk(v, in.Kind, in.Lifecycle, urn.ID(in.Cursor)), in.Paging, show, func(p *Principal) op.Cursor { return op.Cursor(p.ID) }), nil
})

// Walk walks the fewest principals that hold all of a kind and in a lifecycle
// ("" is any), in order of id, behind one.
func Walk(v state.View, kind, lifecycle string, after urn.ID) *state.Rows[Principal] {
	space, scan, parts := key.Principal, principals.Scan, []any(nil)
	switch {
	case lifecycle != "" && lifecycle != Active:
		space, scan, parts = key.PrincipalLifecycle, byLifecycle.Scan, []any{lifecycle}
	case kind != "":
		space, scan, parts = key.PrincipalKind, byKind.Scan, []any{kind}
	}
	r := state.Range{Prefix: state.Key(space, parts...)}
	if after != "" {
		r.After = state.Key(space, append(parts, string(after))...)
	}
	return scan(v, r)
}

func (in *ListInput) matches(p *Principal) bool {
	return (in.Kind == "" || p.Kind == in.Kind) && (in.Lifecycle == "" || p.Lifecycle == in.Lifecycle)
}

// Sees says whether the caller sees a principal, by the rights of now.
func Sees(v *op.View, id urn.ID) bool {
	if v.Caller.Holds(op.Administer) {
		return v.Forbidden("read", op.Principal(id)) == nil
	}
	return v.Decide("read", op.Read, op.Principal(id)).Allowed
}
