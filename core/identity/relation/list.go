package relation

import (
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ListInput names a principal and filters its relationships.
type ListInput struct {
	ID         urn.ID `json:"id" op:"path,id=principal" doc:"the principal"`
	Direction  string `json:"direction,omitempty" op:"query,enum=parent|child|both" doc:"parent: where it is the parent; child: where it is the child; both when absent"`
	Label      string `json:"relationship,omitempty" op:"query,max=64" doc:"only relationships with this label"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows those too that were removed or do not count; true when absent"`
	op.Paging
}

// List shows the relationships of a principal whose other end the caller sees:
// first those in which it is the parent, then those in which it is the child,
// each by label and other end.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Relationship]]{
	Name:    "list",
	Summary: "List the relationships of a principal.",
	Route:   "GET /v1/principals/{id}/relationships",
	Access:  op.May("read", op.Read, func(in ListInput) op.Target { return op.Principal(in.ID) }),
	Faults:  []fault.Code{fault.InvalidCursor},
	Example: ListInput{ID: "alice", Direction: "child"},
	Result:  op.NewPage([]Relationship{example}, ""),
}, func(v *op.View, in ListInput) (op.Page[Relationship], error) {
	after, way, f := in.start(v)
	if f != nil {
		return op.Page[Relationship]{}, f
	}
	l := listing{v: v, in: in}
	for ; way != 0; way, after = in.next(way), nil {
		if next := l.page(way, after); next != "" {
			return op.NewPage(l.items, next), nil
		}
	}
	return op.NewPage(l.items, ""), nil
})

// start is where a page begins: which way, and after which relationship. The
// cursor is the id of the last one that was looked at, behind the way.
func (in *ListInput) start(v *op.View) (*Relationship, direction, *fault.Fault) {
	first := down
	if in.Direction == "child" {
		first = up
	}
	if in.Cursor == "" {
		return nil, first, nil
	}
	way, id, _ := strings.Cut(in.Cursor, " ")
	r, ok := Find(v, urn.ID(id))
	switch {
	case ok && way == "parent" && r.ParentID == in.ID:
		return r, down, nil
	case ok && way == "child" && r.ChildID == in.ID:
		return r, up, nil
	}
	return nil, 0, fault.New(fault.InvalidCursor, "the cursor is not one of this list")
}

// next is the way to list after another; 0 is none.
func (in *ListInput) next(way direction) direction {
	if way == down && in.Direction != "parent" {
		return up
	}
	return 0
}

// listing gathers a page.
type listing struct {
	v     *op.View
	in    ListInput
	seen  int
	items []Relationship
}

// page adds the relationships of one way. It gives a cursor if the page is full.
func (l *listing) page(way direction, after *Relationship) op.Cursor {
	name := "parent"
	if way == up {
		name = "child"
	}
	rows := edges(l.v, l.in.ID, l.in.Label, way, after)
	defer rows.Close()
	for rows.Next() {
		l.seen++
		r := rows.Row().shown(l.v)
		all := l.in.ActiveOnly != nil && !*l.in.ActiveOnly
		if (all || r.Lifecycle == identity.Active) && identity.Sees(l.v, r.end(way)) {
			l.items = append(l.items, r)
		}
		if len(l.items) == l.in.Size() || l.seen == op.PageScan {
			return op.Cursor(name + " " + string(r.ID))
		}
	}
	return ""
}
