package temporal

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// ListInput names the thing whose rollbacks are listed.
type ListInput struct {
	Target string `json:"target" op:"required,query,max=512" doc:"the thing"`
	Entity string `json:"entity,omitempty" op:"query,max=64" doc:"its kind; the form of its id tells it when absent"`
	op.Paging
}

// Rollback is one rollback of one thing.
type Rollback struct {
	TraceID      urn.ID     `json:"trace_id" doc:"the entry of the rollback; roll that back to do the changes again"`
	Entity       string     `json:"entity" doc:"the kind of the thing"`
	TargetID     urn.ID     `json:"target_id" doc:"the thing"`
	Revision     uint64     `json:"revision" doc:"the revision of the rollback"`
	BaseRevision uint64     `json:"base_revision" doc:"the revision whose content came back; 0 is before everything"`
	FromSequence uint64     `json:"from_sequence" doc:"the last entry of the trail before the range that was taken back"`
	ToSequence   uint64     `json:"to_sequence" doc:"the last entry of the range"`
	RolledBack   urn.ID     `json:"rolled_back_trace_id,omitempty" doc:"the entry that was named, if one was"`
	Reason       string     `json:"reason,omitempty" doc:"why, as the caller said"`
	RolledBackBy urn.ID     `json:"rolled_back_by" doc:"who took the changes back"`
	RolledBackAt state.Time `json:"rolled_back_at" doc:"when"`
	ReversedBy   urn.ID     `json:"reversed_by,omitempty" doc:"the later rollback that took this one back"`
}

// List shows the rollbacks of a thing, newest first.
var List = op.NewQuery(Rollbacks, op.Spec[ListInput, op.Page[Rollback]]{
	Name:    "list",
	Summary: "List the rollbacks of a thing, newest first.",
	Route:   "GET /v1/rollbacks",
	Access:  op.Anyone[ListInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.InvalidCursor, fault.LimitExceeded},
	Example: ListInput{Target: string(exampleObject)},
	Result: op.NewPage([]Rollback{{
		TraceID: exampleRollback, Entity: op.EntityObject, TargetID: exampleObject, Revision: 15, BaseRevision: 12, FromSequence: 6, ToSequence: 7,
		RolledBack: exampleEntry, Reason: "a mistake", RolledBackBy: "alice", RolledBackAt: 1767225600000000,
	}}, ""),
	Validate: func(in *ListInput) *fault.Fault { return validPlace(in.Cursor) },
}, func(v *op.View, in ListInput) (op.Page[Rollback], error) {
	t, err := open(v, in.Entity, in.Target)
	if err != nil {
		return op.Page[Rollback]{}, err
	}
	t = t.whole(v.Now)
	upto := uint64(newestEntry)
	if n, err := strconv.ParseUint(in.Cursor, 10, 64); err == nil {
		upto = n - 1
	}
	back := lookback{thing: t}
	rows := t.reversals(v, upto)
	defer rows.Close()
	var items []Rollback
	for rows.Next() {
		r := rows.Row()
		by, f := back.by(v, r.Sequence)
		if f != nil {
			return op.Page[Rollback]{}, f
		}
		items = append(items, r.shown(by))
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(strconv.FormatUint(r.Sequence, 10))), nil
		}
	}
	return op.NewPage(items, ""), nil
})

func (r *reversal) shown(by *reversal) Rollback {
	s := Rollback{
		TraceID: r.TraceID, Entity: r.Entity, TargetID: r.ID, Revision: r.Revision, BaseRevision: r.Base,
		FromSequence: r.From, ToSequence: r.Sequence - 1, RolledBack: r.Of, Reason: r.Reason, RolledBackBy: r.By, RolledBackAt: r.At,
	}
	if by != nil {
		s.ReversedBy = by.TraceID
	}
	return s
}
