package registry

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// FindInput names an entry by its URN.
type FindInput struct {
	URN string `json:"urn" op:"required,query,max=1024" doc:"the whole name, weir:<kind>:<namespace>:<name>:<version>"`
}

// Find looks a name up.
var Find = op.NewQuery(Ops, op.Spec[FindInput, Entry]{
	Name:    "find",
	Summary: "Find what a URN names.",
	Route:   "GET /v1/registry/entries",
	Access:  op.Holding[FindInput]("read", op.Administer),
	Example: FindInput{URN: "weir:principal:identity:user:alice:1"},
	Result:  Entry{ID: "reg_01890a5d0c1e7000a000000000000001", URN: "weir:principal:identity:user:alice:1", Kind: "principal", Namespace: "identity", Name: "user:alice", Lifecycle: Active, RegisteredAt: 1767225600000000, RegisteredBy: "root", EntryVersion: 1, TargetEntity: op.EntityPrincipal, TargetID: "alice"},
}, func(v *op.View, in FindInput) (Entry, error) {
	name, f := urn.ParseURN(in.URN)
	if f != nil {
		return Entry{}, f
	}
	e, ok := ByURN(v, name.String())
	if !ok {
		return Entry{}, op.NotFound()
	}
	return *e, nil
})
