package fsm

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm/snapshot"
	"github.com/weir-store/weir/storage"
)

// Position is where in the log a state stands.
type Position struct {
	Index, Term        uint64
	Configuration      []byte
	ConfigurationIndex uint64
}

// Export streams the newest published state and returns its head.
func (m *Machine) Export(ctx context.Context, w io.Writer) (state.Head, error) {
	revision := m.engine.Published()
	head, err := HeadAt(m.engine, revision)
	if err != nil {
		return head, err
	}
	if revision == 0 {
		return head, errors.New("fsm: there is no state to export")
	}
	return head, snapshot.Write(ctx, w, m.engine, revision)
}

// Restore replaces the whole state by an exported one, which from then on
// stands at the given position. An error leaves the old state.
func (m *Machine) Restore(r io.Reader, at Position) error {
	in, err := snapshot.NewReader(r)
	if err != nil {
		return err
	}
	moved := false
	err = m.engine.Replace(in.Revision, func(add func(storage.Version) error) error {
		for {
			v, err := in.Next()
			if errors.Is(err, io.EOF) {
				if !moved {
					return errors.New("fsm: the stream has no head")
				}
				return nil
			}
			if err != nil {
				return err
			}
			if state.IsHead(v.Key) && v.Revision == in.Revision {
				moved = true
				if v.Value, err = move(v.Value, at); err != nil {
					return err
				}
			}
			if err := add(v); err != nil {
				return fmt.Errorf("fsm: restore: %w", err)
			}
		}
	})
	if err != nil {
		return err
	}
	return m.Reload()
}

// move puts another position into an encoded head.
func move(encoded []byte, at Position) ([]byte, error) {
	var h state.Head
	if err := state.Unmarshal(encoded, &h); err != nil {
		return nil, err
	}
	h.Index, h.Term = at.Index, at.Term
	h.Configuration, h.ConfigurationIndex = at.Configuration, at.ConfigurationIndex
	return state.Marshal(&h)
}
