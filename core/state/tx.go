package state

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// Tx is the transaction of one command. It is a View that sees its own writes.
type Tx struct {
	batch   *Batch
	head    Head
	entropy []byte
	// undo holds what each touched key was before; order is the order of the
	// first touch.
	undo  []before
	ids   uint64
	draws uint64
	// historic counts changes of rows that must leave a trace.
	historic int
	ended    bool
}

type before struct {
	key  string
	slot slot
	had  bool
}

// Revision is the revision that the writes will have.
func (tx *Tx) Revision() uint64 { return tx.head.Revision }

// Time is t: the time of the command, never before that of an earlier one.
func (tx *Tx) Time() Time { return tx.head.Time }

// Head is the head as this command will leave it. The audit chain moves it.
func (tx *Tx) Head() *Head { return &tx.head }

// Historic is the number of changes so far to rows that keep their history,
// those of the audit trail itself left out.
func (tx *Tx) Historic() int { return tx.historic }

func (tx *Tx) get(k []byte) ([]byte, bool) {
	if s, ok := tx.batch.overlay.get(k); ok {
		return s.value, s.live
	}
	s := tx.batch.below(k)
	return s.value, s.live
}

func (tx *Tx) scan(start, end []byte, reverse bool) storage.Iterator {
	var base storage.Iterator = nothing{}
	if tx.batch.base != nil {
		base = tx.batch.base.Scan(start, end, reverse)
	}
	over := tx.batch.overlay.within(start, end, reverse)
	if len(over) == 0 {
		return base
	}
	return &merged{base: base, over: over, reverse: reverse}
}

func (tx *Tx) set(k []byte, s slot) {
	name := string(k)
	old, had := tx.batch.overlay.get(k)
	tx.undo = append(tx.undo, before{name, old, had})
	tx.batch.overlay.set(name, s)
}

func (tx *Tx) put(k, value []byte) { tx.set(k, slot{value: value, live: true}) }

func (tx *Tx) remove(k []byte) { tx.set(k, slot{}) }

// NewID makes the next id of the command: a UUIDv7 of the command's time, an
// ordinal that rises within the millisecond, and 62 bits drawn from the
// entry's entropy. Ids rise in log order, across leaders too.
func (tx *Tx) NewID(prefix string) urn.ID {
	h := &tx.head
	switch ms := h.Time.Millis(); {
	case ms > h.IDMillis:
		h.IDMillis, h.Ordinal = ms, 0
	case h.Ordinal == 0xFFF:
		h.IDMillis, h.Ordinal = h.IDMillis+1, 0
	default:
		h.Ordinal++
	}
	tx.ids++
	sum := tx.derive("id", tx.ids)
	return urn.Make(prefix, h.IDMillis, h.Ordinal, [8]byte(sum[:8]))
}

// Draw gives the next 32 bytes that nobody could know before the leader
// stamped the entry, equal on all replicas.
func (tx *Tx) Draw() [32]byte {
	tx.draws++
	return tx.derive("draw", tx.draws)
}

func (tx *Tx) derive(label string, n uint64) [32]byte {
	h := sha256.New()
	h.Write(tx.entropy)
	h.Write([]byte(label))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
	return [32]byte(h.Sum(nil))
}

// Keep makes the writes part of the batch, as one revision. A transaction that
// wrote nothing takes none.
func (tx *Tx) Keep() {
	tx.end()
	if len(tx.undo) == 0 {
		tx.batch.Advance(tx.head.Time)
		return
	}
	seen := make(map[string]bool, len(tx.undo))
	writes := make([]storage.Write, 0, len(tx.undo))
	for _, u := range tx.undo {
		if seen[u.key] {
			continue
		}
		seen[u.key] = true
		s, _ := tx.batch.overlay.get([]byte(u.key))
		k := []byte(u.key)
		writes = append(writes, storage.Write{Key: k, Value: s.value, Delete: !s.live, Volatile: s.forgets || key.Volatile(k)})
		tx.batch.bytes += len(k) + len(s.value)
	}
	tx.batch.keys += len(writes)
	tx.batch.commits = append(tx.batch.commits, storage.Commit{Revision: tx.head.Revision, Writes: writes})
	tx.batch.head = tx.head
}

// Drop undoes every write: the batch is as if the command had never been,
// but for its time.
func (tx *Tx) Drop() {
	tx.end()
	tx.unwind(0)
	tx.batch.Advance(tx.head.Time)
}

// Attempt runs a part of the command. An error of it takes back what that part
// wrote, ids and draws included, and is returned.
func (tx *Tx) Attempt(part func() error) error {
	was := *tx
	was.head = tx.head.clone()
	err := part()
	if err != nil {
		tx.unwind(len(was.undo))
		*tx = was
	}
	return err
}

// unwind undoes all writes but the first n.
func (tx *Tx) unwind(n int) {
	for i := len(tx.undo) - 1; i >= n; i-- {
		u := tx.undo[i]
		if u.had {
			tx.batch.overlay.set(u.key, u.slot)
		} else {
			tx.batch.overlay.unset(u.key)
		}
	}
}

// Writes is the number of writes so far and their bytes.
func (tx *Tx) Writes() (keys, bytes int) {
	for _, u := range tx.undo {
		s, _ := tx.batch.overlay.get([]byte(u.key))
		bytes += len(u.key) + len(s.value)
	}
	return len(tx.undo), bytes
}

func (tx *Tx) end() {
	if tx.ended {
		panic("state: transaction used after its end")
	}
	tx.ended = true
}
