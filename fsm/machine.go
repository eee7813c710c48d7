// Package fsm is the state machine: one entry of the log in, one transaction
// out. It runs every operation of a catalog through one pipeline and knows no
// clock, no randomness and no network.
package fsm

import (
	"fmt"

	"github.com/weir-store/weir/core/compliance"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage"
)

// Machine applies entries to an engine. Apply, Configure and Reload are called
// from one goroutine. It keeps no state of its own but a copy of the head.
type Machine struct {
	engine  storage.Engine
	catalog *op.Catalog
	sight   op.Sight
	guards  []Guard
	head    state.Head
	// oldest is a time before which no stored result of a command lies.
	oldest state.Time
}

// Guard looks at what a command did before it is kept. An error is a defect of
// the program: the command ends as an internal fault and changes nothing. A
// fault is what the command ends with.
type Guard func(tx *op.Tx) error

// New opens a machine on what the engine holds.
func New(engine storage.Engine, catalog *op.Catalog, sight op.Sight, guards ...Guard) (*Machine, error) {
	m := &Machine{engine: engine, catalog: catalog, sight: sight, guards: append([]Guard{traced, compliance.Guard}, guards...)}
	if err := m.Reload(); err != nil {
		return nil, err
	}
	return m, nil
}

// Reload reads the head again, after the engine's content was replaced.
func (m *Machine) Reload() error {
	head, err := HeadAt(m.engine, m.engine.Published())
	if err != nil {
		return err
	}
	m.head, m.oldest = head, 0
	return nil
}

// HeadAt reads the head as of a revision; that of an empty state for 0.
func HeadAt(engine storage.Engine, revision uint64) (head state.Head, err error) {
	if revision == 0 {
		return state.Head{Format: state.Format}, nil
	}
	r, err := engine.Snapshot(revision)
	if err != nil {
		return head, fmt.Errorf("fsm: read the head at revision %d: %w", revision, err)
	}
	defer r.Close()
	defer state.Guard(&err)
	return state.LoadHead(state.Over(r))
}

// Head is the head after the last applied entry.
func (m *Machine) Head() state.Head { return m.head }

// Apply applies the entry at a position of the log and gives the outcome of
// each command. An entry at or below the head's index was applied before and
// is passed over. An error means that this replica can no longer be trusted:
// the node must stop.
func (m *Machine) Apply(index, term uint64, e *entry.Entry) ([]entry.Outcome, error) {
	if index <= m.head.Index {
		return make([]entry.Outcome, len(e.Commands)), nil
	}
	outcomes := make([]entry.Outcome, len(e.Commands))
	err := m.commit(index, term, func(b *state.Batch) error {
		for i := range e.Commands {
			out, err := m.run(b, &e.Commands[i])
			if err != nil {
				return fmt.Errorf("fsm: entry %d, command %d: %w", index, i, err)
			}
			outcomes[i] = out
		}
		m.sweep(b, len(e.Commands))
		return nil
	})
	return outcomes, err
}

// Configure records a Raft configuration, encoded as Raft does it.
func (m *Machine) Configure(index, term uint64, encoded []byte) error {
	if index <= m.head.Index {
		return nil
	}
	return m.commit(index, term, func(b *state.Batch) error {
		b.SetConfiguration(index, encoded)
		return nil
	})
}

// commit runs fill over a batch and makes its effects and the position one
// write of the engine.
func (m *Machine) commit(index, term uint64, fill func(b *state.Batch) error) (err error) {
	defer state.Guard(&err)
	var base storage.Reader
	if published := m.engine.Published(); published > 0 {
		snapshot, err := m.engine.Snapshot(published)
		if err != nil {
			return fmt.Errorf("fsm: open the newest revision: %w", err)
		}
		defer snapshot.Close()
		base = snapshot
	}
	b := state.NewBatch(base, m.head).WithPast(m.engine.Snapshot)
	defer b.Close()
	if err := fill(b); err != nil {
		return err
	}
	writes, head, err := b.Finish(index, term)
	if err != nil {
		return err
	}
	if err := m.engine.Apply(writes); err != nil {
		return fmt.Errorf("fsm: commit entry %d: %w", index, err)
	}
	m.head = head
	return nil
}
