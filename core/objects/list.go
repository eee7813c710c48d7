package objects

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// ListInput filters and orders the objects that the caller can see.
type ListInput struct {
	Type      string `json:"type,omitempty" op:"query,max=128" doc:"only objects of this type"`
	OwnedOnly bool   `json:"owned_only,omitempty" op:"query" doc:"only objects that you own"`
	Include   string `json:"include,omitempty" op:"query,enum=tombstoned" doc:"tombstoned adds your deleted objects"`
	Order     string `json:"order,omitempty" op:"query,enum=created_at|-created_at|type|-type" doc:"created_at, oldest first, when absent; a minus turns the order round; within a type the order is that of creation"`
	op.Paging
}

// Ordered gives the gaze the order that a caller asks for.
func Ordered(g op.Gaze, order string) op.Gaze {
	name, reverse := strings.CutPrefix(order, "-")
	g.ByType, g.Reverse = name == "type", reverse
	return g
}

// List shows what the caller can see. Its cost depends on the page, not on how
// many objects there are.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Object]]{
	Name:    "list",
	Summary: "List the objects that you can see.",
	Schema:  2,
	Route:   "GET /v1/objects",
	Access:  op.Anyone[ListInput]("list"),
	Example: ListInput{Type: "note", Order: "-created_at"},
	Result:  op.NewPage([]Object{example}, ""),
}, func(v *op.View, in ListInput) (op.Page[Object], error) {
	walk := v.Sight.Visible(v.Now, Ordered(op.Gaze{
		Principal: v.Caller.ID, Time: v.Time, Environment: v.Trace.EnvironmentID,
		Type: in.Type, Owned: in.OwnedOnly, After: urn.ID(in.Cursor),
	}, in.Order))
	defer walk.Close()
	var items []Object
	size := 0
	defer func() { readList(v, items) }()
	for walk.Next() {
		h, ok := met(v, walk, in.Include != "")
		if !ok {
			continue
		}
		x := current(v, h)
		items = append(items, shown(v, h, x))
		if size += len(x.Body.Bytes); len(items) == in.Size() || size > pageBytes {
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

// Walk is a walk that has the header of the object that it stands on at hand,
// which saves reading it again.
type Walk interface {
	op.Walk
	Header() *Header
}

// met finds the object that a walk stands on, like present.
func met(v *op.View, walk op.Walk, tombstoned bool) (*Header, bool) {
	w, ok := walk.(Walk)
	if !ok || v.Past() {
		return present(v, walk.ID(), tombstoned)
	}
	h := w.Header()
	return h, there(h, tombstoned)
}

// present finds an object that was there at the view's revision; a deleted one
// only if that is asked for.
func present(v state.View, id urn.ID, tombstoned bool) (*Header, bool) {
	h, ok := Find(v, id)
	return h, ok && there(h, tombstoned)
}

func there(h *Header, tombstoned bool) bool { return tombstoned || h.Lifecycle != Tombstoned }
