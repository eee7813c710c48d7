package tenancy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Descendants lists all scopes below one, those directly below first. What lies
// below an archived scope is left out with it.
var Descendants = op.NewQuery(Ops, op.Spec[ChildrenInput, op.Page[Scope]]{
	Name:     "descendants",
	Summary:  "List all scopes below a scope, level by level.",
	Route:    "GET /v1/scopes/{id}/descendants",
	Access:   op.May("read", op.Read, func(in ChildrenInput) op.Target { return op.Scope(in.ID) }),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  ChildrenInput{ID: exampleID},
	Result:   op.NewPage([]Scope{example}, ""),
	Validate: func(in *ChildrenInput) *fault.Fault { _, _, f := openDescent(in.Cursor); return f },
}, func(v *op.View, in ChildrenInput) (op.Page[Scope], error) {
	level, path, f := openDescent(in.Cursor)
	if f != nil {
		return op.Page[Scope]{}, f
	}
	d := &descent{v: v, level: level, size: in.Size()}
	for ; d.level <= MaxDepth; d.level++ {
		d.reached = len(path) > 0
		if !d.walk(in.ID, 1, path) {
			return op.NewPage(d.items, d.cursor()), nil
		}
		if path = nil; !d.reached {
			break
		}
	}
	return op.NewPage(d.items, ""), nil
})

// descent walks the scopes that lie a number of levels below one. It holds no
// more than the path that it stands on, so that a page costs what it looks at
// and the next one goes on from there, however wide the tree is.
type descent struct {
	v     *op.View
	level int
	size  int
	// path leads to the scope that was looked at last.
	path    []urn.ID
	items   []Scope
	seen    int
	reached bool
}

// walk looks at what is below a scope, from behind the given path on. It
// returns false when the page is full.
func (d *descent) walk(parent urn.ID, depth int, path []urn.ID) bool {
	after := urn.ID("")
	if len(path) > 0 {
		after = path[0]
		d.path = append(d.path[:depth-1], after)
		if h, ok := Find(d.v, after); ok && !h.Archived && depth < d.level && !d.walk(after, depth+1, path[1:]) {
			return false
		}
	}
	rows := Below(d.v, parent, after)
	defer rows.Close()
	for rows.Next() {
		h := rows.Row()
		d.path = append(d.path[:depth-1], h.ID)
		d.seen++
		if !h.Archived && depth == d.level {
			d.reached = true
			if visible(d.v, h.ID) {
				d.items = append(d.items, h.shown())
			}
		}
		if len(d.items) == d.size || d.seen == op.PageScan {
			return false
		}
		if !h.Archived && depth < d.level && !d.walk(h.ID, depth+1, nil) {
			return false
		}
	}
	return true
}

// cursor says which level is walked, and how far.
func (d *descent) cursor() op.Cursor {
	words := make([]string, 0, MaxDepth+1)
	words = append(words, strconv.Itoa(d.level))
	for _, id := range d.path {
		words = append(words, string(id))
	}
	return op.Cursor(strings.Join(words, " "))
}

// openDescent reads what cursor wrote.
func openDescent(cursor string) (level int, path []urn.ID, f *fault.Fault) {
	if cursor == "" {
		return 1, nil, nil
	}
	words := strings.Split(cursor, " ")
	for _, w := range words[1:] {
		path = append(path, urn.ID(w))
	}
	level, err := strconv.Atoi(words[0])
	if err != nil || level < len(path) || level > MaxDepth || len(path) == 0 ||
		slices.ContainsFunc(path, func(id urn.ID) bool { return !urn.IsValid(id, urn.PrefixScope) }) {
		return 0, nil, fault.New(fault.InvalidCursor, "the cursor is not one of this list")
	}
	return level, path, nil
}
