package state

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// Batch gathers the effects of one log entry: each command writes through a
// transaction of its own, sees what earlier commands of the entry left, and is
// kept or dropped as a whole. It is used from one goroutine.
type Batch struct {
	base    storage.Reader
	head    Head
	overlay overlay
	commits []storage.Commit
	keys    int
	bytes   int
	// read holds what the commands of this entry have read below the overlay:
	// most of them ask for the same key and principal.
	read map[string]slot
	// open gives the engine's state as of a revision, and pasts are those that
	// commands of this entry asked for.
	open  func(revision uint64) (storage.Snapshot, error)
	pasts []storage.Snapshot
}

// NewBatch starts a batch on a reader of the newest revision, which is nil over
// an engine that holds nothing yet, and its head.
func NewBatch(base storage.Reader, head Head) *Batch {
	return &Batch{base: base, head: head.clone(), overlay: newOverlay(), read: map[string]slot{}}
}

// Head is the head as the commands so far have left it.
func (b *Batch) Head() Head { return b.head.clone() }

// Size counts the keys written so far and their bytes.
func (b *Batch) Size() (keys, bytes int) { return b.keys, b.bytes }

// Begin opens the transaction of one command at time t, which must not lie
// before the head's. One transaction at a time: Keep or Drop ends it.
func (b *Batch) Begin(t Time, entropy []byte) *Tx {
	head := b.head.clone()
	head.Time = max(t, head.Time)
	head.Revision++
	return &Tx{batch: b, head: head, entropy: entropy}
}

// Advance moves the head's time without a write of rows.
func (b *Batch) Advance(t Time) { b.head.Time = max(b.head.Time, t) }

// Finish closes the batch at a Raft position: the head becomes one more
// revision, chained to the digest of all the writes before it.
func (b *Batch) Finish(index, term uint64) (*storage.Batch, Head, error) {
	b.head.Index, b.head.Term = index, term
	b.head.Revision++
	b.head.Digest = digest(b.head.Digest, b.commits)
	row, err := Marshal(&b.head)
	if err != nil {
		return nil, Head{}, err
	}
	b.commits = append(b.commits, storage.Commit{
		Revision: b.head.Revision,
		Writes:   []storage.Write{{Key: headKey, Value: row, Volatile: key.Volatile(headKey)}},
	})
	return &storage.Batch{Commits: b.commits}, b.head.clone(), nil
}

// SetConfiguration records the Raft configuration in force from index on.
func (b *Batch) SetConfiguration(index uint64, encoded []byte) {
	b.head.ConfigurationIndex, b.head.Configuration = index, encoded
}

// digest is SHA-256 over the previous digest and every write in order, each
// part preceded by its length: equal only for equal histories.
func digest(previous [32]byte, commits []storage.Commit) [32]byte {
	h := sha256.New()
	h.Write(previous[:])
	var n [8]byte
	sum := func(b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	for _, c := range commits {
		binary.BigEndian.PutUint64(n[:], c.Revision)
		h.Write(n[:])
		for _, w := range c.Writes {
			sum(w.Key)
			if w.Delete {
				h.Write([]byte{0})
				continue
			}
			h.Write([]byte{1})
			sum(w.Value)
		}
	}
	return [32]byte(h.Sum(nil))
}

// below reads a key under the overlay.
func (b *Batch) below(k []byte) slot {
	if s, ok := b.read[string(k)]; ok {
		return s
	}
	if b.base == nil {
		return slot{}
	}
	value, live := snapshot{b.base}.get(k)
	s := slot{value: value, live: live}
	b.read[string(k)] = s
	return s
}

// slot is a pending value; live is false for a deletion. One that forgets lets
// the engine drop what the key was before.
type slot struct {
	value   []byte
	live    bool
	forgets bool
}

// overlay holds pending writes by key, and the keys of each key space in
// order, so that a walk over one space does not pay for the others.
type overlay struct {
	slots  map[string]slot
	spaces [256][]string
}

func newOverlay() overlay { return overlay{slots: map[string]slot{}} }

func (o *overlay) get(k []byte) (slot, bool) {
	s, ok := o.slots[string(k)]
	return s, ok
}

func (o *overlay) set(k string, s slot) {
	if _, ok := o.slots[k]; !ok {
		keys := o.spaces[k[0]]
		at, _ := slices.BinarySearch(keys, k)
		o.spaces[k[0]] = slices.Insert(keys, at, k)
	}
	o.slots[k] = s
}

func (o *overlay) unset(k string) {
	keys := o.spaces[k[0]]
	if at, ok := slices.BinarySearch(keys, k); ok {
		o.spaces[k[0]] = slices.Delete(keys, at, at+1)
	}
	delete(o.slots, k)
}

// within lists the pending writes of [start, end), which lies in one space.
func (o *overlay) within(start, end []byte, reverse bool) []pending {
	keys := o.spaces[start[0]]
	from := sort.SearchStrings(keys, string(start))
	to := len(keys)
	if len(end) > 0 && end[0] == start[0] {
		to = sort.SearchStrings(keys, string(end))
	}
	if from >= to {
		return nil
	}
	found := make([]pending, 0, to-from)
	for _, k := range keys[from:to] {
		found = append(found, pending{k, o.slots[k]})
	}
	if reverse {
		slices.Reverse(found)
	}
	return found
}
