// Package postings is a node's own index of the audit trail: for each term the
// entries that have it. It is derived from the node's state behind apply, lies
// in an engine of its own, and is no part of the state, its digest, snapshots or
// backups: a lost one is built again.
package postings

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// Segment is how many entries are indexed at a time. Queries look at the rest
// one by one, so it bounds what they pay for an index that lies behind; the
// larger it is, the fewer keys the frequent terms take.
const Segment = 1024

// every is the time between two looks at whether a segment is complete.
const every = 100 * time.Millisecond

// Index implements op.Postings. Run and CatchUp exclude each other; everything
// else may be called from any goroutine.
type Index struct {
	trail storage.Engine
	own   storage.Engine
	log   *slog.Logger

	building sync.Mutex // held while segments are added
	seen     uint64     // the revision of the trail that was looked at last
}

// New makes the index of a trail in an engine of its own.
func New(trail, own storage.Engine, log *slog.Logger) *Index {
	return &Index{trail: trail, own: own, log: log}
}

// mark says what an index holds: all entries of the segments First to Next-1.
// The hash of the last entry tells whether it is of this trail.
type mark struct {
	First uint64   `cbor:"1,keyasint"`
	Next  uint64   `cbor:"2,keyasint"`
	Last  [32]byte `cbor:"3,keyasint"`
}

var markKey = key.New(key.IndexMark)

// Run builds the index until the context ends, or the index is damaged: the
// trail can be read without it.
func (x *Index) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := x.CatchUp(ctx); err != nil && ctx.Err() == nil {
			x.log.Error("the index of the audit trail is given up until the node starts again", "error", err)
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// CatchUp indexes every segment that is complete.
func (x *Index) CatchUp(ctx context.Context) (err error) {
	x.building.Lock()
	defer x.building.Unlock()
	published := x.trail.Published()
	if published == x.seen || published == 0 {
		return nil
	}
	snapshot, err := x.trail.Snapshot(published)
	if err != nil {
		return fmt.Errorf("postings: open the trail: %w", err)
	}
	defer snapshot.Close()
	defer state.Guard(&err)
	v := state.Over(snapshot)
	m, err := x.resume(v)
	if err != nil {
		return err
	}
	for size := audit.Size(v); (m.Next+1)*Segment <= size; m.Next++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.add(v, m); err != nil {
			return err
		}
	}
	x.seen = published
	return nil
}

// resume reads the mark. An index of another trail, or one that fell behind
// what was pruned, is begun anew.
func (x *Index) resume(v state.View) (*mark, error) {
	base := audit.Pruned(v)
	fresh := &mark{First: base / Segment, Next: base / Segment}
	m, err := x.mark()
	if err != nil || m == nil {
		return fresh, err
	}
	if last := m.Next * Segment; last >= base && last <= audit.Size(v) {
		if m.Next == m.First || last == base || chain.Hash(audit.Bytes(v, last)) == m.Last {
			return m, nil
		}
	}
	x.log.Info("the index of the audit trail is built anew")
	err = x.own.Replace(x.own.Published()+1, func(func(storage.Version) error) error { return nil })
	if err != nil {
		return nil, fmt.Errorf("postings: empty the index: %w", err)
	}
	return fresh, nil
}

func (x *Index) mark() (*mark, error) {
	published := x.own.Published()
	if published == 0 {
		return nil, nil
	}
	s, err := x.own.Snapshot(published)
	if err != nil {
		return nil, fmt.Errorf("postings: %w", err)
	}
	defer s.Close()
	return readMark(s)
}

// readMark gives nil where there is none.
func readMark(r storage.Reader) (*mark, error) {
	b, err := r.Get(markKey)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("postings: %w", err)
	}
	m := &mark{}
	return m, state.Unmarshal(b, m)
}

// add indexes the segment that comes next, and moves the mark past it.
func (x *Index) add(v state.View, m *mark) error {
	first := m.Next*Segment + 1
	lists := map[[16]byte][]byte{}
	latest := map[[16]byte]uint64{}
	var last [32]byte
	audit.Each(v, first, first+Segment-1, func(sequence uint64, entry []byte) {
		for _, t := range audit.Terms(entry) {
			h := digest(t)
			before := latest[h]
			if before == 0 {
				before = first - 1
			}
			lists[h] = binary.AppendUvarint(lists[h], sequence-before)
			latest[h] = sequence
		}
		if sequence == first+Segment-1 {
			last = chain.Hash(entry)
		}
	})
	after := mark{First: m.First, Next: m.Next + 1, Last: last}
	b, err := state.Marshal(&after)
	if err != nil {
		return err
	}
	writes := []storage.Write{{Key: markKey, Value: b, Volatile: true}}
	for h, list := range lists {
		writes = append(writes, storage.Write{Key: posting(h, m.Next), Value: list})
	}
	err = x.own.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: x.own.Published() + 1, Writes: writes}}})
	if err != nil {
		return fmt.Errorf("postings: %w", err)
	}
	m.Last = last
	return nil
}

// digest stands for a term, so that the index holds no text of the trail.
func digest(t op.Term) [16]byte {
	b := make([]byte, 0, 96)
	b = append(append(append(b, t.Field...), 0), t.Text...)
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// posting is the key of the entries of a segment that have a term.
func posting(term [16]byte, segment uint64) key.Key {
	return key.New(key.IndexPosting).Fixed16(term).Uint64(segment)
}
