package audit

import (
	"strconv"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// EntriesInput filters entries and orders them.
type EntriesInput struct {
	Filter
	Order string `json:"order,omitempty" op:"query,enum=sequence|-sequence|timestamp|-timestamp" doc:"oldest first, when absent; by time and by sequence is the same"`
	op.Paging
}

// Entries lists what the caller may see of the trail.
var Entries = op.NewQuery(Ops, op.Spec[EntriesInput, op.Page[Entry]]{
	Name:    "entries",
	Schema:  3,
	Summary: "List entries of the audit trail that you may see.",
	Doc: "You see what you did yourself, what was done to objects that you own, and what happened in scopes that you administer; " +
		"holders of audit.read see everything. That you looked is itself an entry. Reads that were traced together are listed by audit.reads.",
	Route:    "GET /v1/audit/entries",
	Access:   op.Anyone[EntriesInput]("read"),
	Faults:   []fault.Code{fault.InvalidCursor, fault.MalformedRequest},
	Example:  EntriesInput{Filter: Filter{TargetID: "obj_01890a5d0c1e7000a000000000000003"}},
	Result:   op.NewPage([]Entry{example}, ""),
	Validate: func(in *EntriesInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in EntriesInput) (op.Page[Entry], error) {
	t := open(v)
	t.traced("audit.entries", in.asked()...)
	falling := in.Order != "" && in.Order[0] == '-'
	after, f := place(in.Cursor)
	if f != nil {
		return op.Page[Entry]{}, f
	}
	w, m := t.walk(&in.Filter, after, falling)
	defer w.close()
	var items []Entry
	for scanned := 0; scanned < maxScan && len(items) < in.Size(); scanned++ {
		r, more := w.next()
		if !more {
			return op.NewPage(items, ""), nil
		}
		if r == nil {
			break
		}
		passes, outside := m.takes(r.Entry, falling)
		if outside {
			return op.NewPage(items, ""), nil
		}
		if passes {
			if e := parse(r); t.shows(e) {
				items = append(items, t.shown(r, e))
			}
		}
	}
	return op.NewPage(items, op.Cursor(strconv.FormatUint(w.done(), 10))), nil
})

// place reads a cursor: the last sequence that was seen, 0 for none.
func place(cursor string) (uint64, *fault.Fault) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(cursor, 10, 53)
	if err != nil || n == 0 {
		return 0, fault.New(fault.InvalidCursor, "the cursor is not one of this list; begin again without it").Wrap(err)
	}
	return n, nil
}

// asked is what the trace of a query says about it.
func (f *Filter) asked() []fault.Member {
	var m []fault.Member
	for _, f := range []fault.Member{
		{Name: "target_id", Value: string(f.TargetID)},
		{Name: "actor_id", Value: string(f.ActorID)},
		{Name: "impersonator_id", Value: string(f.ImpersonatorID)},
		{Name: "scope_id", Value: string(f.ScopeID)},
		{Name: "action", Value: f.Action},
	} {
		if f.Value != "" {
			m = append(m, f)
		}
	}
	return m
}

// walk starts after a sequence (0: none), or where the times can begin to fit.
func (t *trail) walk(f *Filter, after uint64, falling bool) (*walk, *match) {
	low, high := t.base+1, t.size
	switch {
	case after != 0 && falling:
		high = min(high, after-1)
	case after != 0:
		low = max(low, after+1)
	case falling && f.Until != 0:
		high = min(high, before(t.v.Now, f.Until+1))
	case !falling && f.Since != 0:
		low = max(low, before(t.v.Now, f.Since)+1)
	}
	m := newMatch(f)
	return begin(t.v, m, low, high, falling), m
}

// before is the number of entries before a time.
func before(v state.View, t state.Time) uint64 {
	at := t.String()
	return last(v, func(r *row) bool { return chain.Text(r.Entry, "timestamp") < at })
}

// inverted is the refusal of a range that ends before it begins.
func inverted(parameter, detail string) *fault.Fault {
	return fault.New(fault.MalformedRequest, "the range ends before it begins").
		At(fault.Item{Parameter: parameter, Code: "inverted-range", Detail: detail})
}

// CountInput filters entries.
type CountInput struct {
	Filter
	After uint64 `json:"after,omitempty" op:"query" doc:"count on behind this entry; counted_to of the answer before"`
}

// Counted is a number of entries.
type Counted struct {
	Count     uint64 `json:"count" doc:"how many entries that you may see pass the filter"`
	CountedTo uint64 `json:"counted_to" doc:"the entry up to which was counted"`
	Complete  bool   `json:"complete" doc:"whether all were; if not, call again with after, and add up"`
}

// maxCount bounds the entries that are read to count.
const maxCount = 20_000

// Count counts entries. It leaves no trace.
var Count = op.NewQuery(Ops, op.Spec[CountInput, Counted]{
	Name:     "count",
	Schema:   2,
	Summary:  "Count entries of the audit trail that you may see.",
	Doc:      "One answer looks at 20,000 entries at the most.",
	Route:    "GET /v1/audit/count",
	Access:   op.Anyone[CountInput]("read"),
	Faults:   []fault.Code{fault.MalformedRequest},
	Example:  CountInput{Filter: Filter{ActorID: "alice"}},
	Result:   Counted{Count: 17, CountedTo: 42, Complete: true},
	Validate: func(in *CountInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in CountInput) (Counted, error) {
	t := open(v)
	w, m := t.walk(&in.Filter, in.After, false)
	defer w.close()
	out := Counted{}
	for range maxCount {
		r, more := w.next()
		outside, passes := !more, false
		if r == nil && more {
			break
		}
		if r != nil {
			passes, outside = m.takes(r.Entry, false)
		}
		if outside {
			out.CountedTo, out.Complete = t.size, true
			return out, nil
		}
		if passes && (t.all() || t.shows(parse(r))) {
			out.Count++
		}
	}
	out.CountedTo = w.done()
	return out, nil
})

// ChildrenInput names an entry.
type ChildrenInput struct {
	Sequence uint64 `json:"sequence" op:"path,min=1" doc:"the entry's place in the trail"`
	op.Paging
}

// ChildrenOf lists what an entry caused.
var ChildrenOf = op.NewQuery(Ops, op.Spec[ChildrenInput, op.Page[Entry]]{
	Name:    "children",
	Summary: "List the entries that an entry caused.",
	Doc:     "These are the other entries of its call, and those of later calls that named it in Weir-Parent-Trace, as far as you may see them.",
	Route:   "GET /v1/audit/entries/{sequence}/children",
	Access:  op.Anyone[ChildrenInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.InvalidCursor},
	Example: ChildrenInput{Sequence: 1},
	Result:  op.NewPage([]Entry{example}, ""),
}, func(v *op.View, in ChildrenInput) (op.Page[Entry], error) {
	t := open(v)
	after, f := place(in.Cursor)
	if f != nil {
		return op.Page[Entry]{}, f
	}
	if _, _, err := t.read(in.Sequence, "audit.children"); err != nil {
		return op.Page[Entry]{}, err
	}
	var items []Entry
	scanned := 0
	for n := range Children(v.Now, max(in.Sequence, 1)) {
		if n <= after || n > t.size {
			continue
		}
		if len(items) == in.Size() || scanned == maxScan {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(n-1, 10))), nil
		}
		scanned++
		r := load(v.Now, n)
		if e := parse(r); t.shows(e) {
			items = append(items, t.shown(r, e))
		}
	}
	return op.NewPage(items, ""), nil
})

// ByIDInput names an entry by its id.
type ByIDInput struct {
	ID urn.ID `json:"id" op:"path,id=aud" doc:"the entry"`
}

// GetByID shows the entry with an id, as rollbacks and causes name it.
var GetByID = op.NewQuery(Ops, op.Spec[ByIDInput, Entry]{
	Name:    "get_by_id",
	Summary: "Show the entry of the audit trail that has an id.",
	Route:   "GET /v1/audit/traces/{id}",
	Access:  op.Anyone[ByIDInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: ByIDInput{ID: "aud_01890a5d0c1e7000a000000000000006"},
	Result:  example,
}, func(v *op.View, in ByIDInput) (Entry, error) {
	n, ok := SequenceOf(v.Now, in.ID)
	if !ok {
		return Entry{}, op.NotFound()
	}
	return get(v, n)
})
