package temporal

import (
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// reversal is one rollback of one thing. It gave the thing the content of the
// revision Base, so it took back what the entries of the range (From, Sequence)
// did to it, earlier rollbacks included: what those had taken back counts again.
// The range costs the same however long it is.
type reversal struct {
	Entity string `cbor:"1,keyasint"`
	ID     urn.ID `cbor:"2,keyasint"`
	// Sequence is the rollback's own entry.
	Sequence uint64 `cbor:"3,keyasint"`
	Revision uint64 `cbor:"4,keyasint"`
	// From is the number of entries up to Base.
	From    uint64     `cbor:"5,keyasint"`
	Base    uint64     `cbor:"6,keyasint"`
	TraceID urn.ID     `cbor:"7,keyasint"`
	Of      urn.ID     `cbor:"8,keyasint,omitempty"`
	By      urn.ID     `cbor:"9,keyasint"`
	At      state.Time `cbor:"10,keyasint"`
	Reason  string     `cbor:"11,keyasint,omitempty"`
}

var reversals = state.NewTable(state.Spec[reversal]{
	Space: key.Reversal,
	Key: func(r *reversal) key.Key {
		return state.Key(key.Reversal, r.Entity, string(r.ID), r.Sequence)
	},
})

func (t thing) reversals(v state.View, upto uint64) *state.Rows[reversal] {
	return reversals.Scan(v, state.Range{
		Prefix:  state.Key(key.Reversal, t.entity.Name, string(t.id)),
		After:   state.Key(key.Reversal, t.entity.Name, string(t.id), upto+1),
		Reverse: true,
	})
}

// newest is the last rollback of the thing among the first entries.
func (t thing) newest(v state.View, upto uint64) (*reversal, bool) {
	rows := t.reversals(v, upto)
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

// newestEntry is above the sequence of every entry, those of the running
// command included.
const newestEntry = canon.MaxInt

// maxSteps bounds the rollbacks that a look back over a thing's life passes:
// those that later ones did not take back with all that came since.
const maxSteps = 1000

// standing walks from the newest rollback of a thing back to the one that made
// it what it was at Base, and so on: what lies between Sequence of one and From
// of the one before counts today, all else was taken back. It ends when fn says
// so, or before the first rollback.
func (t thing) standing(v state.View, upto uint64, fn func(r *reversal) (on bool)) *fault.Fault {
	for range maxSteps {
		r, ok := t.newest(v, upto)
		if !ok || !fn(r) {
			return nil
		}
		upto = r.From
	}
	return tooOften()
}

func tooOften() *fault.Fault {
	return fault.New(fault.LimitExceeded, "the thing was changed and rolled back too often since; name a time to go back to instead").
		With("max_rollbacks", int64(maxSteps))
}

// lookback finds the rollbacks that took entries about a thing back, for
// entries that are asked about newest first: it passes each rollback once.
type lookback struct {
	thing
	at      *reversal
	started bool
	steps   int
}

// by is the rollback that took an entry back, if it does not count any more.
func (l *lookback) by(v state.View, sequence uint64) (*reversal, *fault.Fault) {
	for upto := uint64(newestEntry); !l.started || l.at != nil && sequence <= l.at.From; l.steps++ {
		if l.started {
			upto = l.at.From
		}
		if l.steps == maxSteps {
			return nil, tooOften()
		}
		l.at, _ = l.newest(v, upto)
		l.started = true
	}
	if l.at == nil || l.at.Sequence <= sequence {
		return nil, nil
	}
	return l.at, nil
}

// settled says whether nothing that counts has changed the thing after a
// revision and up to another, at which it is shown by view.
func (t thing) settled(tx *op.Tx, after, upto uint64, view state.View) (alike bool, f *fault.Fault) {
	alike = true
	f = t.standing(tx, upto, func(r *reversal) bool {
		if r.Revision <= after {
			return false
		}
		// Within one call nothing tells what came before the rollback from what
		// came after it.
		alike = r.Revision < tx.Revision() && t.like(tx.Past(r.Revision), view)
		if alike {
			view = tx.Past(r.Base)
		}
		return alike
	})
	return alike && f == nil && t.like(tx.Past(after), view), f
}
