package audit

import (
	"iter"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// link says that the caller of the command behind one entry named another as
// its cause. Within a command no rows are needed: its entries follow each other.
type link struct {
	Parent uint64 `cbor:"1,keyasint"`
	Child  uint64 `cbor:"2,keyasint"`
}

var links = state.NewTable(state.Spec[link]{
	Space: key.AuditLink,
	Key:   func(l *link) key.Key { return state.Key(key.AuditLink, l.Parent, l.Child) },
	Trail: true,
})

// Size is the number of entries in the newest state.
func Size(v state.View) uint64 { return head(v).Sequence }

// Bytes are the canonical bytes of an entry, which must be there.
func Bytes(v state.View, sequence uint64) []byte { return load(v, sequence).Entry }

// Each calls fn for the bytes of the entries from..to that are there. They are
// valid during the call only.
func Each(v state.View, from, to uint64, fn func(sequence uint64, entry []byte)) {
	rows := entries.Scan(v, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from-1)})
	defer rows.Close()
	for rows.Next() && rows.Row().Sequence <= to {
		fn(rows.Row().Sequence, rows.Row().Entry)
	}
}

// EntryAt is the entry with a sequence, if there is one. The view is of the
// newest state: a transaction, or op.View's Now.
func EntryAt(v state.View, sequence uint64) (*chain.Entry, bool) {
	r, ok := entries.Get(v, state.Key(key.Audit, sequence))
	if !ok {
		return nil, false
	}
	return parse(r), true
}

// SequenceOf is the sequence of the entry with an id, if there is one. Ids rise
// along the trail, so it takes a binary search and no index. The view is of the
// newest state.
func SequenceOf(v state.View, id urn.ID) (sequence uint64, found bool) {
	if !urn.IsValid(id, urn.PrefixAudit) {
		return 0, false
	}
	n := last(v, func(r *row) bool { return idOf(r) < id }) + 1
	r, ok := entries.Get(v, state.Key(key.Audit, n))
	return n, ok && idOf(r) == id
}

func idOf(r *row) urn.ID { return urn.ID(chain.Text(r.Entry, "id")) }

// Children are the sequences of the entries that name one as their parent,
// rising: first those of its own command, then those of later commands whose
// callers named it. The view is of the newest state.
func Children(v state.View, sequence uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		r, ok := entries.Get(v, state.Key(key.Audit, sequence))
		if !ok {
			return
		}
		id := string(idOf(r))
		own := sequence
		// Only the first entry of a command is the parent of others of it.
		before, ok := entries.Get(v, state.Key(key.Audit, sequence-1))
		for first := !ok || before.Revision != r.Revision; first; {
			next, ok := entries.Get(v, state.Key(key.Audit, own+1))
			if !ok || next.Revision != r.Revision {
				break
			}
			own++
			if chain.Text(next.Entry, "parent_trace_id") == id && !yield(own) {
				return
			}
		}
		named := links.Scan(v, state.Range{Prefix: state.Key(key.AuditLink, sequence), After: state.Key(key.AuditLink, sequence, own)})
		named.Each(func(l *link) bool { return yield(l.Child) })
	}
}

// CheckCause refuses the name of a parent trace that the caller may not see,
// or that does not exist: a cascade follows these names. None is no fault.
func CheckCause(v *op.View, parent urn.ID) *fault.Fault {
	if parent == "" {
		return nil
	}
	if n, ok := SequenceOf(v.Now, parent); ok && open(v).shows(parse(load(v.Now, n))) {
		return nil
	}
	return fault.New(fault.MalformedRequest, "the parent trace is no entry that you can see; name another, or none")
}

// Walk goes over the entries up to the view's revision that pass a filter, after
// a sequence (0: from the beginning or, falling, the end), whoever may see them.
// It ends when fn says so, or when it has looked at as much as one page may: then
// there is more behind the sequence that it came to.
func Walk(v *op.View, f Filter, after uint64, falling bool, fn func(e *chain.Entry) (on bool)) (done uint64, more bool) {
	w, m := open(v).walk(&f, after, falling)
	defer w.close()
	for range maxScan {
		r, more := w.next()
		if !more {
			return 0, false
		}
		if r == nil {
			break
		}
		passes, outside := m.takes(r.Entry, falling)
		if outside {
			return 0, false
		}
		if passes && !fn(parse(r)) {
			break
		}
	}
	return w.done(), true
}
