package objects

import (
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ListInput filters the objects that the caller can see.
type ListInput struct {
	Type      string `json:"type,omitempty" op:"query,max=128" doc:"only objects of this type"`
	OwnedOnly bool   `json:"owned_only,omitempty" op:"query" doc:"only objects that you own"`
	Include   string `json:"include,omitempty" op:"query,enum=tombstoned" doc:"tombstoned adds your deleted objects"`
	op.Paging
}

// List shows what the caller can see, oldest first. Its cost depends on the
// page, not on how many objects there are.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Object]]{
	Name:    "list",
	Summary: "List the objects that you can see.",
	Route:   "GET /v1/objects",
	Access:  op.Anyone[ListInput]("list"),
	Example: ListInput{Type: "note"},
	Result:  op.NewPage([]Object{example}, ""),
}, func(v *op.View, in ListInput) (op.Page[Object], error) {
	walk := v.Sight.Visible(v.Now, op.Gaze{
		Principal: v.Caller.ID, Time: v.Time, Environment: v.Trace.EnvironmentID, After: urn.ID(in.Cursor),
	})
	defer walk.Close()
	var items []Object
	defer func() { readList(v, items) }()
	for walk.Next() {
		h, ok := present(v, walk.ID(), in.Include != "")
		if !ok || (in.Type != "" && h.Type != in.Type) || (in.OwnedOnly && h.OwnerID != v.Caller.ID) {
			continue
		}
		items = append(items, shown(h, current(v, h)))
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(h.ID)), nil
		}
	}
	if walk.More() {
		return op.NewPage(items, op.Cursor(walk.Last())), nil
	}
	return op.NewPage(items, ""), nil
})

// readList notes what a list gives out: one read of each type.
func readList(v *op.View, items []Object) {
	var reads []op.Record
	for i := range items {
		n := slices.IndexFunc(reads, func(r op.Record) bool { return r.TargetType == items[i].Type })
		if n < 0 {
			n = len(reads)
			reads = append(reads, op.Record{Action: "read", Entity: op.EntityObject, TargetType: items[i].Type})
		}
		reads[n].Items++
	}
	for _, r := range reads {
		v.Read(r)
	}
}
