package audit

import (
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// RetentionPolicy says how old entries become before they may be pruned.
// Nothing is pruned by itself.
type RetentionPolicy struct {
	PruneAfterDays uint64     `cbor:"1,keyasint,omitempty" json:"prune_after_days" doc:"how old an entry must be to be removed; 0: none may be"`
	SetAt          state.Time `cbor:"2,keyasint" json:"set_at,omitzero" doc:"when it was set"`
	SetBy          string     `cbor:"3,keyasint" json:"set_by,omitempty" doc:"who set it"`
}

var retentions = state.NewTable(state.Spec[RetentionPolicy]{
	Space: key.AuditRetention,
	Key:   func(*RetentionPolicy) key.Key { return state.Key(key.AuditRetention) },
})

// retention is the policy in force; the zero one where none was set.
func retention(v state.View) RetentionPolicy {
	if p, ok := retentions.Get(v, state.Key(key.AuditRetention)); ok {
		return *p
	}
	return RetentionPolicy{}
}

const day = state.Time(24 * 3600 * 1_000_000)

// olderThan is the last entry that has reached an age.
func olderThan(v state.View, now state.Time, days uint64) uint64 {
	if state.Time(days) > now/day {
		return base(v).Size
	}
	return before(v, now-state.Time(days)*day+1)
}

// GetRetentionInput is empty: there is one policy.
type GetRetentionInput struct{}

// GetRetention shows the retention policy.
var GetRetention = op.NewQuery(Ops, op.Spec[GetRetentionInput, RetentionPolicy]{
	Name:    "retention",
	Summary: "Show how old entries become before they may be removed.",
	Route:   "GET /v1/audit/retention",
	Access:  op.Holding[GetRetentionInput]("read", op.ReadAudit),
	Result:  RetentionPolicy{PruneAfterDays: 3650, SetAt: 1767225600000000, SetBy: "alice"},
}, func(v *op.View, _ GetRetentionInput) (RetentionPolicy, error) { return retention(v), nil })

// SetRetentionInput is the new policy.
type SetRetentionInput struct {
	PruneAfterDays uint64 `json:"prune_after_days" op:"required,max=36500" doc:"how old an entry must be to be removed; 0: none may be"`
}

// SetRetention sets the retention policy. The same again changes nothing.
var SetRetention = op.NewCommand(Ops, op.Spec[SetRetentionInput, RetentionPolicy]{
	Name:    "set_retention",
	Summary: "Say how old entries become before they may be removed.",
	Doc:     "Nothing is removed by itself: audit.prune does it. Until a policy is set, or with 0, nothing may be removed.",
	Route:   "PUT /v1/audit/retention",
	Access:  op.Holding[SetRetentionInput]("audit_retention", op.Administer),
	Example: SetRetentionInput{PruneAfterDays: 3650},
	Result:  RetentionPolicy{PruneAfterDays: 3650, SetAt: 1767225600000000, SetBy: "alice"},
	Undo:    op.Final("set the former policy again; what was pruned does not come back"),
}, func(tx *op.Tx, in SetRetentionInput) (RetentionPolicy, error) {
	old := retention(tx)
	if old.SetAt != 0 && old.PruneAfterDays == in.PruneAfterDays {
		return old, nil
	}
	p := RetentionPolicy{PruneAfterDays: in.PruneAfterDays, SetAt: tx.Time(), SetBy: string(tx.Caller.ID)}
	retentions.Put(tx.Tx, &p)
	r := op.Record{Action: "audit_retention", Entity: EntityAudit, TargetID: EntityAudit, After: &p}
	if old.SetAt != 0 {
		r.Before = &old
	}
	tx.Record(r)
	return p, nil
})

// EstimateInput is a policy that is not in force yet.
type EstimateInput struct {
	PruneAfterDays   uint64 `json:"prune_after_days,omitempty" op:"query,max=36500" doc:"count what could be removed at this age; that of the policy when absent"`
	CompactAfterDays uint64 `json:"compact_after_days,omitempty" op:"query,max=36500" doc:"count what could be compacted at this age; all when absent"`
	After            uint64 `json:"after,omitempty" op:"query" doc:"count on behind this entry; counted_to of the answer before"`
}

// Estimate is what compaction and pruning would do.
type Estimate struct {
	Prune     uint64 `json:"prune" doc:"how many entries would be removed, once they are exported and a checkpoint speaks of them"`
	Compact   uint64 `json:"compact" doc:"how many entries up to counted_to would lose what lies beside them"`
	Held      uint64 `json:"held" doc:"how many entries up to counted_to would be spared by a legal hold"`
	CountedTo uint64 `json:"counted_to" doc:"the entry up to which was counted"`
	Complete  bool   `json:"complete" doc:"whether that is all; if not, call again with after, and add compact and held up"`
}

// EstimateQuery counts, without doing it.
var EstimateQuery = op.NewQuery(Ops, op.Spec[EstimateInput, Estimate]{
	Name:    "estimate",
	Summary: "Count what compaction and pruning would do.",
	Doc:     "The counts are exact. One answer looks at 20,000 entries. A hold stops pruning at the first entry under it.",
	Route:   "GET /v1/audit/estimate",
	Access:  op.Holding[EstimateInput]("read", op.Administer),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: EstimateInput{PruneAfterDays: 3650},
	Result:  Estimate{Prune: 256, Compact: 31, CountedTo: 300, Complete: true},
}, func(v *op.View, in EstimateInput) (Estimate, error) {
	t := open(v)
	all := held(v)
	days := in.PruneAfterDays
	if days == 0 {
		days = retention(v).PruneAfterDays
	}
	out := Estimate{CountedTo: max(in.After, t.base), Complete: true}
	if old := min(olderThan(v.Now, v.At, days), t.size); days > 0 && old > t.base {
		var free uint64
		free, out.Complete = t.free(all, old)
		out.Prune = max(min(free, wholeTiles(t.size)), t.base) - t.base
	}
	end := min(olderThan(v.Now, v.At, in.CompactAfterDays), t.size)
	rows := entries.Scan(v.Now, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, out.CountedTo)})
	defer rows.Close()
	for n := 0; rows.Next() && rows.Row().Sequence <= end; n++ {
		if n == maxCount {
			out.Complete = false
			break
		}
		r := rows.Row()
		out.CountedTo = r.Sequence
		if !compactable(v.Now, r) {
			continue
		}
		if all.take(v, r) {
			out.Held++
		} else {
			out.Compact++
		}
	}
	return out, nil
})

// free is up to where no entry is under a hold, and whether that is known for
// all up to the last one.
func (t *trail) free(all holds, last uint64) (free uint64, known bool) {
	free, known = last, true
	for _, m := range all {
		w := begin(t.v, m, t.base+1, free, false)
		more := true
		for n := 0; n < maxCount && more; n++ {
			var r *row
			if r, more = w.next(); r == nil {
				break
			}
			if passes, _ := m.takes(r.Entry, false); passes {
				free, more = r.Sequence-1, false
			}
		}
		if more {
			free, known = w.done(), false
		}
		w.close()
	}
	batches := reads.Scan(t.v.Now, t.base+1)
	defer batches.Close()
	for n := 0; len(all) > 0 && batches.Next() && batches.Row().Sequence <= free; n++ {
		at := batches.Row().Sequence
		if n == maxCount || all.take(t.v.Now, load(t.v.Now, at)) {
			return at - 1, known && n < maxCount
		}
	}
	return free, known
}
