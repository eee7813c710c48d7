package tenancy

import (
	"container/heap"
	"slices"
	"sort"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Filter chooses among the scopes that the caller can see.
type Filter struct {
	OwnerID  urn.ID `json:"owner_id,omitempty" op:"query,id=principal" doc:"only scopes that this principal created"`
	ParentID urn.ID `json:"parent_id,omitempty" op:"query,id=scp|org" doc:"only scopes directly below this one"`
	Archived bool   `json:"include_archived,omitempty" op:"query" doc:"show archived scopes too"`
}

// ListInput filters and orders the scopes that the caller can see.
type ListInput struct {
	Filter
	Order string `json:"order,omitempty" op:"query,enum=created_at|-created_at|name|-name" doc:"created_at, oldest first, when absent; a minus turns the order round"`
	op.Paging
}

// sortBound is how many scopes a list sorts. In the order of creation a list
// has no such bound.
const sortBound = 10000

// List shows the scopes that the caller can see, oldest first.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Scope]]{
	Name:     "list",
	Schema:   2,
	Summary:  "List the scopes that you can see.",
	Doc:      "Ordered by name, or newest first by who does not administer the cluster, a list must have no more than 10,000 scopes to sort; a parent_id makes it smaller.",
	Route:    "GET /v1/scopes",
	Access:   op.Anyone[ListInput]("list"),
	Faults:   []fault.Code{fault.InvalidCursor, fault.LimitExceeded},
	Example:  ListInput{Filter: Filter{OwnerID: exampleOwner}},
	Result:   op.NewPage([]Scope{example}, ""),
	Validate: func(in *ListInput) *fault.Fault { return in.CheckCursor(urn.PrefixScope, urn.PrefixOrg) },
}, func(v *op.View, in ListInput) (op.Page[Scope], error) {
	way, f := in.way(v)
	if f != nil {
		return op.Page[Scope]{}, f
	}
	defer way.close()
	var items []Scope
	for seen := 1; ; seen++ {
		id, ok := way.next()
		if !ok {
			return op.NewPage(items, ""), nil
		}
		if h, ok := Find(v, id); ok && in.wants(h) && visible(v, id) {
			items = append(items, h.shown())
		}
		if len(items) == in.Size() || seen == op.PageScan {
			return op.NewPage(items, op.Cursor(id)), nil
		}
	}
})

// way is the walk in the order that is asked for: sorted beforehand where no
// walk has that order.
func (in *ListInput) way(v *op.View) (walk, *fault.Fault) {
	reverse := in.Order == "-created_at"
	if in.Order == "" || in.Order == "created_at" || reverse && in.direct(v) {
		return candidates(v, in.Filter, urn.ID(in.Cursor), reverse), nil
	}
	var all []*Header
	w := candidates(v, in.Filter, "", false)
	defer w.close()
	for id, ok := w.next(); ok; id, ok = w.next() {
		if h, ok := Find(v, id); ok && in.wants(h) {
			all = append(all, h)
		}
		if len(all) > sortBound {
			return walk{}, fault.New(fault.LimitExceeded, "more than %d scopes cannot be sorted; order them by created_at, or name their parent", sortBound).With("limit", int64(sortBound))
		}
	}
	slices.SortFunc(all, in.compare)
	from := 0
	if last, ok := Find(v, urn.ID(in.Cursor)); ok {
		from = sort.Search(len(all), func(i int) bool { return in.compare(all[i], last) > 0 })
	}
	all = all[from:]
	return walk{func() (urn.ID, bool) {
		if len(all) == 0 {
			return "", false
		}
		h := all[0]
		all = all[1:]
		return h.ID, true
	}, func() {}}, nil
}

func (in *ListInput) compare(a, b *Header) int {
	if strings.HasPrefix(in.Order, "-") {
		a, b = b, a
	}
	if strings.HasSuffix(in.Order, "name") && a.Name != b.Name {
		return strings.Compare(a.Name, b.Name)
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

func (f *Filter) wants(h *Header) bool {
	return (f.OwnerID == "" || h.OwnerID == f.OwnerID) && (f.ParentID == "" || h.ParentID == f.ParentID) && (f.Archived || !h.Archived)
}

// direct says that the rows of scopes are walked, and not what the caller
// reaches.
func (f *Filter) direct(v *op.View) bool { return f.ParentID != "" || v.Caller.Holds(op.Administer) }

// countScan bounds the scopes that one count looks at.
const countScan = 5000

// Count is a number of scopes.
type Count struct {
	Count    uint64 `json:"count" doc:"how many there are"`
	Complete bool   `json:"complete" doc:"false if there are so many that the count stopped"`
}

// Counted says how many scopes a list would show.
var Counted = op.NewQuery(Ops, op.Spec[Filter, Count]{
	Name:    "count",
	Summary: "Count the scopes that you can see.",
	Doc:     "The count looks at no more than 5,000 scopes.",
	Route:   "GET /v1/scopes/count",
	Access:  op.Anyone[Filter]("list"),
	Example: Filter{OwnerID: exampleOwner},
	Result:  Count{Count: 1, Complete: true},
}, func(v *op.View, in Filter) (Count, error) {
	w := candidates(v, in, "", false)
	defer w.close()
	var n Count
	for range countScan {
		id, ok := w.next()
		if !ok {
			n.Complete = true
			break
		}
		if h, ok := Find(v, id); ok && in.wants(h) && visible(v, id) {
			n.Count++
		}
	}
	return n, nil
})

// walk gives ids of scopes.
type walk struct {
	next  func() (urn.ID, bool)
	close func()
}

// candidates chooses the cheapest walk in order of id that holds all that the
// filter may let through. Only a direct one can be reversed.
func candidates(v *op.View, f Filter, after urn.ID, reverse bool) walk {
	if !f.direct(v) {
		r := reachOf(v, after)
		return walk{r.next, func() {}}
	}
	space, scan, parts := key.Scope, headers.Scan, []any(nil)
	if f.ParentID != "" {
		space, scan, parts = key.ScopeParent, byParent.Scan, []any{f.ParentID}
	}
	r := state.Behind(after, space, parts...)
	r.Reverse = reverse
	rows := scan(v, r)
	return walk{func() (urn.ID, bool) {
		if !rows.Next() {
			return "", false
		}
		return rows.Row().ID, true
	}, rows.Close}
}

// reach walks the scopes of a principal and all below them in order of id. A
// scope is younger than the one above it, so its id is greater, and a heap
// into which each scope brings those below it gives them in order. The cost is
// that of the scopes which the principal can see up to the end of the page.
type reach struct {
	v     *op.View
	after urn.ID
	last  urn.ID
	ids   idHeap
}

func reachOf(v *op.View, after urn.ID) *reach {
	r := &reach{v: v, after: after}
	Of(v.Now, v.Caller.ID).Each(func(m *Membership) bool {
		if m.Live(v.Time) {
			r.ids = append(r.ids, m.ScopeID)
		}
		return true
	})
	heap.Init(&r.ids)
	return r
}

func (r *reach) next() (urn.ID, bool) {
	for len(r.ids) > 0 {
		id := heap.Pop(&r.ids).(urn.ID)
		if id == r.last {
			continue
		}
		r.last = id
		if h, ok := Find(r.v.Now, id); ok && h.Shares() {
			r.descend(id)
		}
		if id > r.after {
			return id, true
		}
	}
	return "", false
}

func (r *reach) descend(id urn.ID) {
	rows := Below(r.v.Now, id, "")
	defer rows.Close()
	for rows.Next() {
		heap.Push(&r.ids, state.TailID(urn.PrefixScope, rows.Key()))
	}
}

// idHeap implements heap.Interface.
type idHeap []urn.ID

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *idHeap) Push(x any)        { *h = append(*h, x.(urn.ID)) }
func (h *idHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
