package audit

import (
	"strconv"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// EntriesInput filters entries; what is left out does not filter.
type EntriesInput struct {
	TargetID      urn.ID     `json:"target_id,omitempty" op:"query,max=512" doc:"only entries about this thing"`
	ActorID       urn.ID     `json:"actor_id,omitempty" op:"query,max=128" doc:"only what this principal did"`
	Action        string     `json:"action,omitempty" op:"query,max=64" doc:"only this action"`
	Entity        string     `json:"entity,omitempty" op:"query,max=64" doc:"only this kind of record"`
	TargetType    string     `json:"target_type,omitempty" op:"query,max=128" doc:"only things of this type"`
	ScopeID       urn.ID     `json:"scope_id,omitempty" op:"query,max=128" doc:"only entries of this scope"`
	ParentTraceID urn.ID     `json:"parent_trace_id,omitempty" op:"query,max=128" doc:"only what this entry caused"`
	Since         state.Time `json:"since,omitzero" op:"query" doc:"only from this time on"`
	Until         state.Time `json:"until,omitzero" op:"query" doc:"only up to this time"`
	Order         string     `json:"order,omitempty" op:"query,enum=sequence|-sequence" doc:"sequence, oldest first, when absent"`
	op.Paging
}

// maxScan bounds the entries that one page looks at: a page can be short, or
// empty, and have more behind it.
const maxScan = 2000

// Entries lists what the caller may see of the trail.
var Entries = op.NewQuery(Ops, op.Spec[EntriesInput, op.Page[Entry]]{
	Name:    "entries",
	Summary: "List entries of the audit trail that you may see.",
	Doc: "You see what you did yourself, what was done to objects that you own, and what happened in scopes that you administer; " +
		"holders of audit.read see everything. That you looked is itself an entry.",
	Route:   "GET /v1/audit/entries",
	Access:  op.Anyone[EntriesInput]("read"),
	Faults:  []fault.Code{fault.InvalidCursor, fault.MalformedRequest},
	Example: EntriesInput{TargetID: "obj_01890a5d0c1e7000a000000000000003"},
	Result:  op.NewPage([]Entry{example}, ""),
	Validate: func(in *EntriesInput) *fault.Fault {
		if in.Since != 0 && in.Until != 0 && in.Until < in.Since {
			return inverted("until", "must not be before since")
		}
		return nil
	},
}, func(v *op.View, in EntriesInput) (op.Page[Entry], error) {
	t := open(v)
	t.traced("audit.entries", in.asked()...)
	rows, f := t.walk(&in)
	if f != nil {
		return op.Page[Entry]{}, f
	}
	defer rows.Close()
	m := newMatch(&in)
	var items []Entry
	for scanned := 1; rows.Next(); scanned++ {
		r := rows.Row()
		e := parse(r)
		if r.Sequence > t.size || m.past(e) {
			break
		}
		if m.takes(e) && t.shows(e) {
			items = append(items, shown(r, e))
		}
		if len(items) == in.Size() || scanned == maxScan {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(e.Sequence, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// asked is what the trace of the query says about it.
func (in *EntriesInput) asked() []fault.Member {
	var m []fault.Member
	for _, f := range []fault.Member{
		{Name: "target_id", Value: string(in.TargetID)},
		{Name: "actor_id", Value: string(in.ActorID)},
		{Name: "scope_id", Value: string(in.ScopeID)},
		{Name: "action", Value: in.Action},
	} {
		if f.Value != "" {
			m = append(m, f)
		}
	}
	return m
}

// walk starts after the cursor, or where the times can begin to fit.
func (t *trail) walk(in *EntriesInput) (*state.Rows[row], *fault.Fault) {
	reverse := in.Order == "-sequence"
	after := uint64(0)
	switch {
	case in.Cursor != "":
		n, err := strconv.ParseUint(in.Cursor, 10, 53)
		if err != nil {
			return nil, fault.New(fault.InvalidCursor, "the cursor is not one of this list; begin again without it").Wrap(err)
		}
		after = n
	case reverse:
		after = t.size + 1
		if in.Until != 0 {
			after = min(after, before(t.v.Now, in.Until+1)+1)
		}
	case in.Since != 0:
		after = before(t.v.Now, in.Since)
	}
	r := state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, after), Reverse: reverse}
	return entries.Scan(t.v.Now, r), nil
}

// before is the number of entries before a time.
func before(v state.View, t state.Time) uint64 {
	at := t.String()
	return last(v, func(r *row) bool { return parse(r).Timestamp < at })
}

// match is the filter of a query. Times compare as texts: all have one form.
type match struct {
	in           *EntriesInput
	since, until string
	reverse      bool
}

func newMatch(in *EntriesInput) *match {
	m := &match{in: in, reverse: in.Order == "-sequence", until: state.MaxTime.String()}
	if in.Since != 0 {
		m.since = in.Since.String()
	}
	if in.Until != 0 {
		m.until = in.Until.String()
	}
	return m
}

// past says that neither this entry nor any after it in the walk can fit.
func (m *match) past(e *chain.Entry) bool {
	if m.reverse {
		return e.Timestamp < m.since
	}
	return e.Timestamp > m.until
}

func (m *match) takes(e *chain.Entry) bool {
	in := m.in
	for _, f := range [...]struct{ want, have string }{
		{string(in.TargetID), string(e.TargetID)},
		{string(in.ActorID), string(e.ActorID)},
		{in.Action, e.Action},
		{in.Entity, e.Entity},
		{in.TargetType, e.TargetType},
		{string(in.ScopeID), string(e.ScopeID)},
		{string(in.ParentTraceID), string(e.ParentTraceID)},
	} {
		if f.want != "" && f.want != f.have {
			return false
		}
	}
	return e.Timestamp >= m.since && e.Timestamp <= m.until
}

// inverted is the refusal of a range that ends before it begins.
func inverted(parameter, detail string) *fault.Fault {
	return fault.New(fault.MalformedRequest, "the range ends before it begins").
		At(fault.Item{Parameter: parameter, Code: "inverted-range", Detail: detail})
}
