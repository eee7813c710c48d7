package fsm

import (
	"errors"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage/key"
)

// keep is how long a stored result answers repeats, in microseconds of t.
const keep = state.Time(24 * 60 * 60 * 1_000_000)

// maxPart is the size that one row of a result should have: outputs that have
// more together lie in several rows, since the engine bounds a value.
const maxPart = 256 << 10

// done is the result of a command that was given an idempotency key, or a
// further part of one.
type done struct {
	Key      [32]byte   `cbor:"1,keyasint"`
	Digest   [32]byte   `cbor:"2,keyasint"`
	At       state.Time `cbor:"3,keyasint"`
	Revision uint64     `cbor:"4,keyasint"`
	Outputs  [][]byte   `cbor:"5,keyasint"`
	Sealed   []byte     `cbor:"6,keyasint,omitempty"`
	// Parts is how many further rows hold the rest of Outputs; Part is the
	// number of such a row, which begins at 1.
	Parts uint64 `cbor:"7,keyasint,omitempty"`
	Part  uint64 `cbor:"8,keyasint,omitempty"`
}

func (d *done) key() key.Key {
	if d.Part > 0 {
		return partKey(d.Key, d.Part)
	}
	return state.Key(key.Idempotency, string(d.Key[:]))
}

func partKey(k [32]byte, part uint64) key.Key { return state.Key(key.Idempotency, string(k[:]), part) }

var byTime = &state.Index[done]{
	Space: key.IdempotencyTime,
	Keys: func(d *done, add func(key.Key)) {
		if d.Part > 0 {
			return
		}
		add(state.Key(key.IdempotencyTime, d.At, string(d.Key[:])))
	},
}

// results are volatile: they are never asked for as of the past.
var results = state.NewTable(state.Spec[done]{
	Space:   key.Idempotency,
	Key:     (*done).key,
	Trail:   true,
	Indexes: []*state.Index[done]{byTime},
})

// recall answers a command that happened before under the same key.
func recall(tx *state.Tx, c *entry.Command) (entry.Outcome, bool, error) {
	if c.Idempotency == nil {
		return entry.Outcome{}, false, nil
	}
	d, ok := kept(tx, c.Idempotency, tx.Time())
	if !ok {
		return entry.Outcome{}, false, nil
	}
	if d.Digest != c.Idempotency.Digest {
		out, err := entry.Refuse(tx.Revision()-1, fault.New(fault.IdempotencyKeyReused, "this Idempotency-Key was used with another input; use a new key for a new call"))
		return out, true, err
	}
	outputs := d.Outputs
	for part := range d.Parts {
		rest, ok := results.Get(tx, partKey(d.Key, part+1))
		if !ok {
			return entry.Outcome{}, false, errors.New("fsm: a stored result has lost a part")
		}
		outputs = append(outputs, rest.Outputs...)
	}
	return entry.Outcome{Revision: d.Revision, Outputs: outputs, Replayed: true, Sealed: d.Sealed}, true, nil
}

// kept reads the result of a command that happened under the same key, as long
// as it answers repeats.
func kept(v state.View, id *entry.Idempotency, now state.Time) (*done, bool) {
	d, ok := results.Get(v, state.Key(key.Idempotency, string(id.Key[:])))
	return d, ok && now < d.At+keep
}

// Happened says whether a command happened before under its idempotency key, so
// that it will be answered as it was then.
func Happened(v state.View, c *entry.Command, now state.Time) bool {
	if c.Idempotency == nil {
		return false
	}
	_, ok := kept(v, c.Idempotency, now)
	return ok
}

// remember stores the result of a command that took effect.
func remember(tx *state.Tx, c *entry.Command, out *entry.Outcome) {
	if c.Idempotency == nil {
		return
	}
	first := &done{
		Key: c.Idempotency.Key, Digest: c.Idempotency.Digest, At: tx.Time(),
		Revision: out.Revision, Sealed: c.Idempotency.Sealed,
	}
	at, size := first, 0
	for _, output := range out.Outputs {
		if size += len(output); size > maxPart && len(at.Outputs) > 0 {
			first.Parts++
			if at != first {
				results.Put(tx, at)
			}
			at, size = &done{Key: first.Key, Digest: first.Digest, At: first.At, Revision: first.Revision, Part: first.Parts}, len(output)
		}
		at.Outputs = append(at.Outputs, output)
	}
	if at != first {
		results.Put(tx, at)
	}
	results.Put(tx, first)
}

// sweep clears away results that nobody can ask for any more, a few more than
// an entry of n commands can add. That oldest is remembered saves the look and
// decides nothing: a machine that has just started looks, and does the same.
func (m *Machine) sweep(b *state.Batch, n int) {
	now := b.Head().Time
	if m.oldest+keep > now {
		return
	}
	tx := b.Begin(now, nil)
	m.oldest = now
	rows := byTime.Scan(tx, state.Range{Prefix: state.Key(key.IdempotencyTime)})
	var expired []key.Key
	for rows.Next() {
		d := rows.Row()
		if d.At+keep > now || len(expired) >= 2*n {
			m.oldest = d.At
			break
		}
		expired = append(expired, d.key())
		for part := range d.Parts {
			expired = append(expired, partKey(d.Key, part+1))
		}
	}
	rows.Close()
	for _, k := range expired {
		results.Delete(tx, k)
	}
	tx.Keep()
}
