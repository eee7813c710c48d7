package audit

import (
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// handout is a part of the trail that somebody was given to verify. Of parts
// that begin at one place the longest is kept.
type handout struct {
	From uint64 `cbor:"1,keyasint"`
	To   uint64 `cbor:"2,keyasint"`
	// Sequence is the entry that says so.
	Sequence uint64 `cbor:"3,keyasint"`
}

var exports = state.NewTable(state.Spec[handout]{
	Space: key.AuditExport,
	Key:   func(e *handout) key.Key { return state.Key(key.AuditExport, e.From) },
	Trail: true,
})

// keepExport takes note of an export, of which the next entry will tell.
func (t *Trace) keepExport(tx *state.Tx, sequence uint64) {
	if t.Operation != exportName || t.Denied {
		return
	}
	e := &handout{Sequence: sequence}
	for _, f := range t.Facts {
		switch {
		case f.Name == factFrom && f.Number != nil:
			e.From = *f.Number
		case f.Name == factTo && f.Number != nil:
			e.To = *f.Number
		case f.Name == factPartial:
			return // with a filter, or in a form that proves nothing
		}
	}
	if old, ok := exports.Get(tx, state.Key(key.AuditExport, e.From)); e.From > 0 && e.To >= e.From && (!ok || old.To < e.To) {
		exports.Put(tx, e)
	}
}

// exportedTo is the last entry of those after from that were all exported.
func exportedTo(v state.View, from, to uint64) uint64 {
	exports.Scan(v, state.Range{Prefix: state.Key(key.AuditExport)}).Each(func(e *handout) bool {
		if e.From > from+1 {
			return false
		}
		from = max(from, e.To)
		return from < to
	})
	return min(from, to)
}

// PruneInput says up to where to prune, and shows that a copy was verified.
type PruneInput struct {
	To   uint64 `json:"to" op:"required,min=1" doc:"the last entry to remove"`
	Head string `json:"head" op:"required,min=64,max=64" doc:"the hash of that entry, as weir audit verify told of your exported copy"`
}

// PruneResult is what was removed.
type PruneResult struct {
	Removed uint64 `json:"removed" doc:"how many entries this call removed"`
	Base    uint64 `json:"base" doc:"the last entry that was ever removed; the trail begins after it"`
	More    bool   `json:"more" doc:"whether the same call would remove more"`
	// Stopped says what keeps the rest.
	Stopped string `json:"stopped,omitempty" doc:"what keeps the rest: age, checkpoint, tile, export, hold, or parent"`
}

// maxPrune bounds the entries that one call removes: each is a key.
const maxPrune = 2048

// Prune removes the oldest entries, of which somebody has a verified copy. What
// is kept verifies as before: it stands on the hash of the last removed entry
// and on the tree, whose tiles stay. The entries that a kept one names as its
// cause stay, and what is under a hold.
var Prune = op.NewCommand(Ops, op.Spec[PruneInput, PruneResult]{
	Name:    "prune",
	Summary: "Remove the oldest entries, after they were exported and verified.",
	Doc: "It takes a retention policy, a signed checkpoint above the entries, exports in the form ndjson that cover them, and the hash of the last one, " +
		"which weir audit verify tells of the exported copy. One call removes 2,048 entries at the most; repeat it while more is true.",
	Route:   "POST /v1/audit/prune",
	Access:  op.Holding[PruneInput]("audit_prune", op.Administer),
	Faults:  []fault.Code{fault.PreconditionFailed, fault.LegalHold, fault.TraceIntegrity},
	Example: PruneInput{To: 256, Head: strings.Repeat("5e", 32)},
	Result:  PruneResult{Removed: 256, Base: 256},
	Undo:    op.Final("what was removed is gone; look into the exported copy"),
}, func(tx *op.Tx, in PruneInput) (PruneResult, error) {
	before := base(tx)
	out := PruneResult{Base: before.Size}
	if in.To <= before.Size {
		return out, nil
	}
	if in.To > tx.Head().Sequence || chain.Hex(chain.Hash(load(tx, in.To).Entry)) != in.Head {
		return out, fault.New(fault.TraceIntegrity, "head is not the hash of that entry; verify your copy again")
	}
	if wholeTiles(tx.Head().Sequence) <= before.Size {
		out.Stopped = stopTile
		return out, nil
	}
	cut, stopped := prunable(tx, before.Size, in.To)
	if cut == before.Size {
		return out, refusePrune(stopped)
	}
	last := load(tx, cut)
	for n := before.Size + 1; n <= cut; n++ {
		entries.Forget(tx.Tx, state.Key(key.Audit, n), nil)
		reads.Drop(tx.Tx, n)
	}
	foundations.Put(tx.Tx, &foundation{
		Size: cut, Hash: chain.Hash(last.Entry), Revision: last.Revision, Timestamp: chain.Text(last.Entry, "timestamp"),
		Sequence: tx.Head().Sequence + 1,
	})
	out.Removed, out.Base, out.Stopped = cut-before.Size, cut, stopped
	out.More = stopped == "" && in.To > cut
	tx.Record(op.Record{
		Action: "audit_prune", Entity: EntityAudit, TargetID: EntityAudit,
		Metadata: []fault.Member{{Name: "first", Value: before.Size + 1}, {Name: "last", Value: cut}, {Name: "head", Value: chain.Hex(chain.Hash(last.Entry))}},
	})
	return out, nil
})

// What keeps entries from being pruned.
const (
	stopPolicy     = "policy"
	stopAge        = "age"
	stopCheckpoint = "checkpoint"
	stopTile       = "tile"
	stopExport     = "export"
	stopHold       = "hold"
	stopParent     = "parent"
)

func refusePrune(stopped string) *fault.Fault {
	why := ""
	switch stopped {
	case stopHold:
		return fault.New(fault.LegalHold, "the entries are under a legal hold")
	case stopPolicy:
		why = "no retention policy lets entries be removed; set one first"
	case stopAge:
		why = "the entries are younger than the retention policy lets them go"
	case stopCheckpoint:
		why = "no signed checkpoint speaks of these entries yet"
	case stopTile:
		why = "the tile of the tree that they are in is not complete yet"
	case stopExport:
		why = "the entries were not exported; export them from the beginning of the trail, in the form ndjson, and verify the copy"
	case stopParent:
		why = "an entry that is kept names one of these as its cause"
	}
	return fault.New(fault.PreconditionFailed, "%s", why).With("stopped", stopped)
}

// wholeTiles is how many of the first n entries are in complete tiles, and need
// not be there for their hashes.
func wholeTiles(n uint64) uint64 { return n - n%tileWidth }

// prunable finds up to where the trail can be pruned by one call, and what keeps
// the rest of what was asked for.
func prunable(tx *op.Tx, from, to uint64) (cut uint64, stopped string) {
	limit := func(n uint64, why string) {
		if n < to {
			to, stopped = max(n, from), why
		}
	}
	policy := retention(tx)
	if policy.PruneAfterDays == 0 {
		return from, stopPolicy
	}
	limit(olderThan(tx, tx.Time(), policy.PruneAfterDays), stopAge)
	signed := uint64(0)
	if c, ok := newest(tx, tx.Head().Sequence); ok {
		signed = c.Size
	}
	limit(signed, stopCheckpoint)
	limit(wholeTiles(tx.Head().Sequence), stopTile)
	limit(exportedTo(tx, from, to), stopExport)
	end := min(to, from+maxPrune)
	if all := held(tx); len(all) > 0 {
		rows := entries.Scan(tx, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from)})
		defer rows.Close()
		for rows.Next() && rows.Row().Sequence <= end {
			if all.take(tx, rows.Row()) {
				limit(rows.Row().Sequence-1, stopHold)
				break
			}
		}
		end = min(end, to)
	}
	causes, end := causesIn(tx, from, end)
	if end == from {
		limit(end, stopParent)
	}
	for end > from {
		free := max(unnamed(tx, causes, end), from)
		if free >= end {
			break
		}
		end = free
		if end == from || to <= from+maxPrune {
			limit(end, stopParent)
		}
	}
	return max(end, from), stopped
}

// maxLinks bounds the links that one call looks at.
const maxLinks = 5000

// causesIn are the links of the entries from+1..end that others name as their
// cause, rising, and up to where they were read.
func causesIn(tx *op.Tx, from, end uint64) (causes []*link, upto uint64) {
	links.Scan(tx, state.Range{Prefix: state.Key(key.AuditLink), After: state.Key(key.AuditLink, from+1)}).Each(func(l *link) bool {
		switch {
		case l.Parent > end:
			return false
		case len(causes) == maxLinks:
			end = l.Parent - 1
			return false
		}
		causes = append(causes, l)
		return true
	})
	return causes, end
}

// unnamed is up to where, of the entries up to end, none is named as the cause
// of one behind end.
func unnamed(tx *op.Tx, causes []*link, end uint64) uint64 {
	free := end
	for n := end + 1; n <= tx.Head().Sequence && load(tx, n).Revision == load(tx, end).Revision; n++ {
		parent := urn.ID(chain.Text(load(tx, n).Entry, fieldParent))
		if at, ok := SequenceOf(tx, parent); ok && at <= end {
			free = at - 1
			break
		}
	}
	for _, l := range causes {
		if l.Parent > free {
			break
		}
		if l.Child > end {
			return l.Parent - 1
		}
	}
	return free
}
