package tenancy

import (
	"container/heap"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ListInput filters the scopes that the caller can see.
type ListInput struct {
	OwnerID  urn.ID `json:"owner_id,omitempty" op:"query,id=principal" doc:"only scopes that this principal created"`
	ParentID urn.ID `json:"parent_id,omitempty" op:"query,id=scp|org" doc:"only scopes directly below this one"`
	Archived bool   `json:"include_archived,omitempty" op:"query" doc:"show archived scopes too"`
	op.Paging
}

// List shows the scopes that the caller can see, oldest first.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Scope]]{
	Name:     "list",
	Summary:  "List the scopes that you can see.",
	Route:    "GET /v1/scopes",
	Access:   op.Anyone[ListInput]("list"),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  ListInput{OwnerID: exampleOwner},
	Result:   op.NewPage([]Scope{example}, ""),
	Validate: func(in *ListInput) *fault.Fault { return checkCursor(in.Cursor, urn.PrefixScope, urn.PrefixOrg) },
}, func(v *op.View, in ListInput) (op.Page[Scope], error) {
	walk := candidates(v, in)
	defer walk.close()
	var items []Scope
	for seen := 1; ; seen++ {
		id, ok := walk.next()
		if !ok {
			return op.NewPage(items, ""), nil
		}
		h, ok := Find(v, id)
		if ok && in.wants(h) && visible(v, id) {
			items = append(items, h.shown())
		}
		if len(items) == in.Size() || seen == pageScan {
			return op.NewPage(items, op.Cursor(id)), nil
		}
	}
})

func (in *ListInput) wants(h *Header) bool {
	return (in.OwnerID == "" || h.OwnerID == in.OwnerID) && (in.ParentID == "" || h.ParentID == in.ParentID) && (in.Archived || !h.Archived)
}

// walk gives ids of scopes in rising order, beginning after the cursor.
type walk struct {
	next  func() (urn.ID, bool)
	close func()
}

// candidates chooses the cheapest walk that holds all that the list may show.
func candidates(v *op.View, in ListInput) walk {
	after := urn.ID(in.Cursor)
	if in.ParentID == "" && !v.Caller.Holds(op.Administer) {
		r := reachOf(v, after)
		return walk{r.next, func() {}}
	}
	var rows *state.Rows[Header]
	if in.ParentID != "" {
		rows = Below(v, in.ParentID, after)
	} else {
		r := state.Range{Prefix: state.Key(key.Scope)}
		if after != "" {
			r.After = state.Key(key.Scope, after)
		}
		rows = headers.Scan(v, r)
	}
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
