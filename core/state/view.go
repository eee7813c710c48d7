// Package state is typed tables over revisioned bytes: rows with declared
// indexes, the transaction of one command, and the head that the whole state
// hangs from. It knows rows and revisions, and no layer.
package state

import (
	"bytes"
	"errors"

	"github.com/weir-store/weir/storage"
)

// View reads rows at one revision: a snapshot, or a transaction that sees its
// own writes. Only this package can make one.
type View interface {
	// Revision is the revision that the view answers from; for a transaction,
	// the revision that its writes will have.
	Revision() uint64
	get(key []byte) (value []byte, found bool)
	scan(start, end []byte, reverse bool) storage.Iterator
}

// Broken is the panic value of an engine that failed under a view. There is
// nothing that a rule could do about it, so no handler sees it: whoever runs
// handlers recovers it with Guard and stops the node.
type Broken struct{ Err error } //nolint:errname // what it is in the state, not one error of many

func (b *Broken) Error() string { return "state: engine failed: " + b.Err.Error() }

func (b *Broken) Unwrap() error { return b.Err }

// Guard turns the panic of a broken engine into an error; it is deferred
// around everything that reads rows. Other panics pass.
func Guard(err *error) {
	switch p := recover().(type) {
	case nil:
	case *Broken:
		*err = p
	default:
		panic(p)
	}
}

// snapshot is the View over an engine's reader.
type snapshot struct{ r storage.Reader }

// Over gives the View of a reader. The reader stays the caller's to close.
func Over(r storage.Reader) View { return snapshot{r} }

func (s snapshot) Revision() uint64 { return s.r.Revision() }

func (s snapshot) get(key []byte) ([]byte, bool) {
	v, err := s.r.Get(key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, false
	}
	if err != nil {
		panic(&Broken{err})
	}
	return v, true
}

func (s snapshot) scan(start, end []byte, reverse bool) storage.Iterator {
	return s.r.Scan(start, end, reverse)
}

// merged walks an engine's rows with a transaction's pending writes on top.
type merged struct {
	base    storage.Iterator
	over    []pending
	reverse bool
	// baseOK says that base stands on a key that has not been given out.
	baseOK, started bool
	key, value      []byte
}

type pending struct {
	key  string
	slot slot
}

func (m *merged) Next() bool {
	if !m.started {
		m.started = true
		m.advance()
	}
	for {
		if len(m.over) == 0 {
			if !m.baseOK {
				return false
			}
			m.take()
			return true
		}
		if m.baseOK {
			c := bytes.Compare(m.base.Key(), []byte(m.over[0].key))
			if m.reverse {
				c = -c
			}
			if c < 0 {
				m.take()
				return true
			}
			if c == 0 {
				m.advance()
			}
		}
		p := m.over[0]
		m.over = m.over[1:]
		if p.slot.live {
			m.key, m.value = []byte(p.key), p.slot.value
			return true
		}
	}
}

// advance moves the base on. It fails at once: pending writes behind a base that
// broke off would pass for the next rows.
func (m *merged) advance() {
	if m.baseOK = m.base.Next(); m.baseOK {
		return
	}
	if err := m.base.Err(); err != nil {
		panic(&Broken{err})
	}
}

// take copies, since the base's bytes die with its next step.
func (m *merged) take() {
	m.key = append([]byte(nil), m.base.Key()...)
	m.value = append([]byte(nil), m.base.Value()...)
	m.advance()
}

func (m *merged) Key() []byte   { return m.key }
func (m *merged) Value() []byte { return m.value }
func (m *merged) Err() error    { return m.base.Err() }
func (m *merged) Close()        { m.base.Close() }
