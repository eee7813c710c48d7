package audit

import (
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// CompactInput says up to where to compact.
type CompactInput struct {
	BeforeSequence uint64 `json:"before_sequence" op:"required,min=2" doc:"the first entry that is left as it is"`
	After          uint64 `json:"after,omitempty" doc:"begin behind this entry; next of the answer before"`
}

// Compacted is what was compacted.
type Compacted struct {
	Compacted uint64 `json:"compacted" doc:"how many entries lost what lay beside them"`
	Held      uint64 `json:"held" doc:"how many were spared by a legal hold"`
	Next      uint64 `json:"next,omitempty" doc:"give it as after to go on; absent at the end"`
}

// maxCompact bounds the entries that one call looks at.
const maxCompact = 1000

// Compact drops what lies beside entries: the openings of their digests, and the
// bodies of batches of reads. The entries themselves, hashes and digests stay, so
// everything verifies as before; but nobody can hold a state against its digest
// any more.
var Compact = op.NewCommand(Ops, op.Spec[CompactInput, Compacted]{
	Name:    "compact",
	Summary: "Drop what is kept beside the entries before a place: openings of digests, and bodies of read batches.",
	Doc: "The chain, the tree and all proofs stay valid. One opening is for both states of an entry, so they go together. " +
		"What is under a legal hold is spared. One call looks at 1,000 entries; go on with next.",
	Route:   "POST /v1/audit/compact",
	Access:  op.Holding[CompactInput]("audit_compact", op.Administer),
	Example: CompactInput{BeforeSequence: 40},
	Result:  Compacted{Compacted: 31, Held: 1},
	Undo:    op.Final("what was dropped is gone"),
}, func(tx *op.Tx, in CompactInput) (Compacted, error) {
	holds := held(tx)
	out := Compacted{}
	from := max(in.After, base(tx).Size)
	end := min(in.BeforeSequence, tx.Head().Sequence+1)
	rows := entries.Scan(tx, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from)})
	defer rows.Close()
	var found []*row
	for n := 0; rows.Next() && rows.Row().Sequence < end; n++ {
		r := rows.Row()
		if n == maxCompact {
			out.Next = r.Sequence - 1
			break
		}
		switch {
		case !compactable(tx, r):
		case holds.take(tx, r):
			out.Held++
		default:
			found = append(found, r)
		}
	}
	for _, r := range found {
		r.Opening, r.Compacted = nil, tx.Head().Sequence+1
		entries.Forget(tx.Tx, state.Key(key.Audit, r.Sequence), r)
		reads.Drop(tx.Tx, r.Sequence)
	}
	if out.Compacted = uint64(len(found)); out.Compacted > 0 {
		tx.Record(op.Record{
			Action: "audit_compact", Entity: EntityAudit, TargetID: EntityAudit,
			Metadata: []fault.Member{
				{Name: "first", Value: found[0].Sequence},
				{Name: "last", Value: found[len(found)-1].Sequence},
				{Name: "compacted", Value: out.Compacted},
				{Name: "held", Value: out.Held},
			},
		})
	}
	return out, nil
})

// compactable says whether anything lies beside an entry.
func compactable(v state.View, r *row) bool {
	return len(r.Opening) > 0 || reads.Has(v, r.Sequence)
}
