package state

import (
	"errors"

	"github.com/weir-store/weir/storage"
)

// WithPast lets the commands of the batch read earlier revisions. Close must be
// called.
func (b *Batch) WithPast(open func(revision uint64) (storage.Snapshot, error)) *Batch {
	b.open = open
	return b
}

// Close lets go of the earlier revisions that were read.
func (b *Batch) Close() {
	for _, s := range b.pasts {
		s.Close()
	}
	b.pasts = nil
}

// Past is the state as of an earlier revision, at least 1 and below the one that
// the command writes; revisions of the same entry are among them. It can be used until
// the batch is closed. Rows of volatile tables must not be read through it.
func (tx *Tx) Past(revision uint64) View {
	b := tx.batch
	if revision >= tx.head.Revision {
		panic(&Broken{errors.New("state: the past lies before the transaction")})
	}
	var base storage.Reader
	if b.base != nil {
		base = b.base
		if revision < b.base.Revision() {
			base = b.snapshot(revision)
		}
	}
	p := &past{base: base, revision: revision, over: newOverlay()}
	for _, c := range b.commits {
		if c.Revision > revision {
			break
		}
		for _, w := range c.Writes {
			p.over.set(string(w.Key), slot{value: w.Value, live: !w.Delete})
		}
	}
	return p
}

func (b *Batch) snapshot(revision uint64) storage.Reader {
	if revision == 0 {
		return nil
	}
	for _, s := range b.pasts {
		if s.Revision() == revision {
			return s
		}
	}
	s, err := b.open(revision)
	if err != nil {
		panic(&Broken{err})
	}
	b.pasts = append(b.pasts, s)
	return s
}

// past is the state as of a revision, some of which may be of the entry that is
// being applied.
type past struct {
	base     storage.Reader
	revision uint64
	over     overlay
}

func (p *past) Revision() uint64 { return p.revision }

func (p *past) get(k []byte) ([]byte, bool) {
	if s, ok := p.over.get(k); ok {
		return s.value, s.live
	}
	if p.base == nil {
		return nil, false
	}
	return snapshot{p.base}.get(k)
}

func (p *past) scan(start, end []byte, reverse bool) storage.Iterator {
	var base storage.Iterator = nothing{}
	if p.base != nil {
		base = p.base.Scan(start, end, reverse)
	}
	over := p.over.within(start, end, reverse)
	if len(over) == 0 {
		return base
	}
	return &merged{base: base, over: over, reverse: reverse}
}
