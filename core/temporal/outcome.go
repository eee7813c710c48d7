package temporal

import (
	"slices"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// record leaves an entry and a row for each thing that went back: that of the
// root first, so that it is the parent of the others.
func (r *rollback) record() {
	slices.SortStableFunc(r.done, func(a, b *step) int { return rank(a, r.root) - rank(b, r.root) })
	last := r.tx.Head().Sequence
	for _, s := range r.done {
		row := &reversal{
			Entity: s.entity.Name, ID: s.id, Sequence: last + uint64(len(r.tx.Records())) + 1, Revision: r.tx.Revision(),
			From: audit.SizeAt(r.tx, s.base), Base: s.base, By: r.tx.Caller.ID, At: r.tx.Time(), Reason: r.in.Reason,
		}
		facts := []fault.Member{{Name: "from_sequence", Value: row.From}, {Name: "to_sequence", Value: row.Sequence - 1}}
		if n := len(s.entries); n > 0 {
			oldest := s.entries[n-1]
			row.Of = oldest.ID
			facts = append(facts, fault.Member{Name: "rolled_back_trace_id", Value: string(oldest.ID)},
				fault.Member{Name: "rolled_back_action", Value: oldest.Action})
		}
		if r.in.Reason != "" {
			facts = append(facts, fault.Member{Name: "reason", Value: r.in.Reason})
		}
		row.TraceID = r.tx.Name(op.Record{
			Action: "rollback", Entity: s.entity.Name, TargetType: s.after.Type, TargetID: s.id,
			ScopeID: s.after.ScopeID, Before: s.before.Traced(), After: s.after.Traced(), Metadata: facts,
		})
		reversals.Insert(r.tx.Tx, row)
		r.traces = append(r.traces, row.TraceID)
		r.ranges = append(r.ranges, Range{Entity: row.Entity, TargetID: row.ID, FromSequence: row.From, ToSequence: row.Sequence - 1})
	}
	for _, d := range r.refusals {
		r.tx.Record(audit.Denied(d.Action, "", d.Target, &d.Decision))
	}
}

// rank puts the step of the root before all others.
func rank(s *step, root uint64) int {
	if slices.ContainsFunc(s.entries, func(e *chain.Entry) bool { return e.Sequence == root }) {
		return 0
	}
	return 1
}

// outcome is what the caller is told.
func (r *rollback) outcome() Outcome {
	list := func(ids []urn.ID) []urn.ID { return append([]urn.ID{}, ids...) }
	o := Outcome{
		DryRun: r.in.DryRun, Success: len(r.denied) == 0 || len(r.rolledBack)+len(r.skipped) > 0 && r.in.Partial,
		EntryCount: uint64(len(r.rolledBack) + len(r.skipped) + len(r.denied)), Ranges: append([]Range{}, r.ranges...), Reasons: r.reasons,
	}
	if r.in.DryRun {
		o.WouldRollback, o.WouldSkip, o.WouldDeny = list(r.rolledBack), list(r.skipped), list(r.denied)
		return o
	}
	o.RolledBack, o.RollbackTraceIDs, o.Skipped, o.Denied = list(r.rolledBack), list(r.traces), list(r.skipped), list(r.denied)
	return o
}
