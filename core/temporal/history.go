package temporal

import (
	"strconv"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// HistoryInput names a thing.
type HistoryInput struct {
	Entity string `json:"entity" op:"path,max=64" doc:"the kind of the thing"`
	ID     string `json:"id" op:"path,max=512" doc:"the thing"`
	Order  string `json:"order,omitempty" op:"query,enum=sequence|-sequence" doc:"oldest first, when absent"`
	op.Paging
}

// Change is one change of a thing, and what the thing was after it.
type Change struct {
	Sequence   uint64 `json:"sequence" doc:"the entry's place in the trail"`
	Action     string `json:"action" doc:"what was done"`
	Operation  string `json:"operation" doc:"the operation that did it"`
	ActorID    urn.ID `json:"actor_id" doc:"who did it"`
	ReversedBy urn.ID `json:"reversed_by,omitempty" doc:"the rollback by which the change counts no more"`
	Reconstructed
}

// History lists the changes of a thing with the states that they left.
var History = op.NewQuery(Ops, op.Spec[HistoryInput, op.Page[Change]]{
	Name:    "history",
	Summary: "List the changes of a thing, each with the state that it left.",
	Doc:     "What one command did to a thing in several steps is shown with the one state that the command left.",
	Route:   "GET /v1/temporal/{entity}/{id}/history",
	Access:  op.Anyone[HistoryInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.InvalidCursor},
	Example: HistoryInput{Entity: op.EntityObject, ID: string(exampleObject)},
	Result: op.NewPage([]Change{{
		Sequence: 7, Action: "create", Operation: "object.create", ActorID: "alice", Reconstructed: exampleState,
	}}, ""),
	Validate: func(in *HistoryInput) *fault.Fault { return validPlace(in.Cursor) },
}, func(v *op.View, in HistoryInput) (op.Page[Change], error) {
	t, err := open(v, in.Entity, in.ID)
	if err != nil {
		return op.Page[Change]{}, err
	}
	t.traced(v, "temporal.history", strconv.FormatUint(v.Revision(), 10))
	after, _ := strconv.ParseUint(in.Cursor, 10, 64)
	var items []Change
	done, more := audit.Walk(v, t.entries(), after, in.Order == "-sequence", func(e *chain.Entry) bool {
		if isChange(v.Catalog, e) {
			items = append(items, t.change(v, e))
		}
		return len(items) < in.Size()
	})
	if !more {
		return op.NewPage(items, ""), nil
	}
	return op.NewPage(items, op.Cursor(strconv.FormatUint(done, 10))), nil
})

// validPlace says whether a text is a cursor of lists by sequence.
func validPlace(cursor string) *fault.Fault {
	if n, err := strconv.ParseUint(cursor, 10, 64); cursor != "" && (err != nil || n == 0 || n > canon.MaxInt) {
		return fault.New(fault.InvalidCursor, "the cursor is not one of this list; begin again without it")
	}
	return nil
}

// entries chooses what the trail says of a thing.
func (t thing) entries() audit.Filter {
	return audit.Filter{Entity: t.entity.Name, TargetID: t.id, Outcome: chain.OK}
}

// isChange says whether an entry tells of a change and not of a read.
func isChange(c *op.Catalog, e *chain.Entry) bool {
	o, known := c.Lookup(e.Operation)
	return e.Outcome == chain.OK && (!known || o.Kind == op.KindCommand)
}

func (t thing) change(v *op.View, e *chain.Entry) Change {
	c := Change{Sequence: e.Sequence, Action: e.Action, Operation: e.Operation, ActorID: e.ActorID}
	// How far back this looks is bounded; what lies further back is shown without.
	back := lookback{thing: t.whole(v.Now)}
	if by, _ := back.by(v, e.Sequence); by != nil {
		c.ReversedBy = by.TraceID
	}
	v.Look(e.Revision, func(past state.View) { c.Reconstructed = t.shown(v, past) })
	c.TraceID = e.ID
	return c
}

// last is the newest entry about the thing up to a revision that tells of a
// change, if it lies within what one call looks at.
func (t thing) last(v *op.View, past state.View) (id urn.ID) {
	then := *v
	then.View = past
	audit.Walk(&then, t.entries(), 0, true, func(e *chain.Entry) bool {
		if isChange(v.Catalog, e) {
			id = e.ID
		}
		return id == ""
	})
	return id
}
