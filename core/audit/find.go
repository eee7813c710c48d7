package audit

import (
	"iter"
	"sort"

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
	n := uint64(sort.Search(int(head(v).Sequence), func(i int) bool { return idOf(load(v, uint64(i)+1)) >= id })) + 1
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
		for {
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
