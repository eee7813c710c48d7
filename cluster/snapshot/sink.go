package snapshot

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/raft"
)

// sink takes what Raft writes. A local snapshot writes nothing into it.
type sink struct {
	store *Store
	meta  *raft.SnapshotMeta
	file  *os.File
	out   guarded
}

func (s *sink) ID() string { return s.meta.ID }

// Write spools a state that arrives from another node.
func (s *sink) Write(b []byte) (int, error) {
	if s.file == nil {
		if err := s.begin(); err != nil {
			return 0, err
		}
	}
	return s.out.Write(b)
}

func (s *sink) begin() error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	// From here on a local snapshot that was begun earlier must not complete.
	s.store.floor = max(s.store.floor, s.meta.Index)
	if err := s.store.discard(); err != nil {
		return err
	}
	file, err := os.OpenFile(s.store.path(s.meta.ID), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("snapshot: create the spool file: %w", err)
	}
	s.file, s.out = file, guarded{w: file, room: s.store.options.Room}
	return nil
}

// Close ends a local snapshot, or verifies the stream that arrived and keeps it
// for Open.
func (s *sink) Close() error {
	if s.file == nil {
		return s.store.stillNewest(s.meta.Index)
	}
	payload, err := verify(s.file)
	if err != nil {
		return errors.Join(err, s.Cancel())
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.spools[s.meta.ID] = &spool{file: s.file, payload: payload, meta: s.meta}
	s.file = nil
	return nil
}

// discard removes streams that arrived and were never restored; Raft takes one
// at a time. The lock is held.
func (s *Store) discard() error {
	for id, left := range s.spools {
		delete(s.spools, id)
		if err := left.remove(); err != nil {
			return err
		}
	}
	return nil
}

// stillNewest fails when a state arrived since a local snapshot was begun.
func (s *Store) stillNewest(index uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index < s.floor {
		return fmt.Errorf("%w: index %d, installed %d", ErrStale, index, s.floor)
	}
	return nil
}

// Cancel drops what was written.
func (s *sink) Cancel() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// spool is a verified stream that waits to be restored.
type spool struct {
	file    *os.File
	payload *io.SectionReader
	meta    *raft.SnapshotMeta
}

func (s *spool) remove() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// Incoming is a state that another node sent, verified as a whole. It reads
// what Export wrote there. Close removes it.
type Incoming struct {
	io.Reader
	// Meta is what the sender told Raft. It may differ from what the state says
	// of itself, and it is right.
	Meta  *raft.SnapshotMeta
	spool *spool
}

// Close removes the spooled file.
func (i *Incoming) Close() error { return i.spool.remove() }

// FromRestore finds the state behind the reader that Raft hands to an FSM.
func FromRestore(rc io.ReadCloser) (*Incoming, error) {
	for {
		switch r := rc.(type) {
		case *Incoming:
			return r, nil
		case raft.ReadCloserWrapper:
			rc = r.WrappedReadCloser()
		default:
			return nil, errors.New("snapshot: the stream did not arrive through this store")
		}
	}
}

// guarded asks for room every few megabytes.
type guarded struct {
	w     io.Writer
	room  func() error
	since int
}

const roomEvery = 8 << 20

func (g *guarded) Write(b []byte) (int, error) {
	if g.since += len(b); g.since >= roomEvery {
		g.since = 0
		if err := g.room(); err != nil {
			return 0, err
		}
	}
	return g.w.Write(b)
}
