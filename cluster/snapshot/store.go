// Package snapshot makes snapshots free: the live state on disk is the
// snapshot. Taking one does nothing, listing describes what the state says of
// itself, and only a transfer to another node writes bytes. What arrives from
// another node is spooled, verified and handed to whoever restores it.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/raftlog"
)

const (
	// grace is how long the log stays pinned after a transfer, so that the
	// receiver can ask for the entries that follow.
	grace = 5 * time.Second
	// longest bounds one transfer as far as the log is concerned.
	longest = time.Hour
)

// ErrStale says that a snapshot would lie before what another node installed
// here. Raft would believe it and forget where its log begins.
var ErrStale = errors.New("snapshot: older than the installed state")

// State is the live state that a snapshot describes.
type State interface {
	// Describe returns index, term and configuration of the published state; an
	// index of 0 says that it is empty.
	Describe() (*raft.SnapshotMeta, error)
	// Export writes the state and describes exactly what it wrote.
	Export(ctx context.Context, w io.Writer) (*raft.SnapshotMeta, error)
}

// Options are what a store needs to know of the node around it.
type Options struct {
	// Dir holds files in transit; everything in it is removed at Open.
	Dir   string
	State State
	// Pins keeps the entries after a state that is being sent.
	Pins *raftlog.Pins
	// Room fails when the disk has no room for more; it is asked while files in
	// transit grow. The engine cannot survive a full disk.
	Room func() error
}

// Store is a raft.SnapshotStore without snapshots.
type Store struct {
	options Options
	mu      sync.Mutex
	floor   uint64 // index of the newest state that another node sent
	spools  map[string]*spool
	number  int
}

// Open returns a store and removes what an earlier process left in transit.
func Open(options Options) (*Store, error) {
	if err := os.RemoveAll(options.Dir); err != nil {
		return nil, fmt.Errorf("snapshot: clear the spool: %w", err)
	}
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("snapshot: make the spool: %w", err)
	}
	return &Store{options: options, spools: map[string]*spool{}}, nil
}

// List describes the live state; an empty one is no snapshot, or Raft would
// refuse to bootstrap.
func (s *Store) List() ([]*raft.SnapshotMeta, error) {
	meta, err := s.options.State.Describe()
	if err != nil || meta.Index == 0 {
		return nil, err
	}
	return []*raft.SnapshotMeta{identify(meta)}, nil
}

// Create returns a sink for a local snapshot, into which nothing is written, or
// for one that arrives: the store learns which by the first byte.
func (s *Store) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration, configurationIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if index < s.floor {
		return nil, fmt.Errorf("%w: index %d, installed %d", ErrStale, index, s.floor)
	}
	s.number++
	meta := &raft.SnapshotMeta{
		Version: version, ID: "spool-" + strconv.Itoa(s.number), Index: index, Term: term,
		Configuration: configuration, ConfigurationIndex: configurationIndex,
	}
	return &sink{store: s, meta: meta}, nil
}

// Open returns what arrived under the identity of a sink, as *Incoming, or else
// the live state as of now, whatever identity was listed. The state is written
// to a file first, because Raft announces the exact size before it sends. Until
// a grace after Close, the log keeps what the receiver will ask for next.
func (s *Store) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	s.mu.Lock()
	arrived := s.spools[id]
	delete(s.spools, id)
	s.number++
	path := s.path("out-" + strconv.Itoa(s.number))
	s.mu.Unlock()
	if arrived != nil {
		return arrived.meta, &Incoming{Reader: arrived.payload, Meta: arrived.meta, spool: arrived}, nil
	}
	return s.export(path)
}

func (s *Store) export(path string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	now, err := s.options.State.Describe()
	if err != nil {
		return nil, nil, err
	}
	pin := s.options.Pins.Add(now.Index, longest)
	out := &outgoing{pin: pin}
	if out.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		pin.ReleaseAfter(0)
		return nil, nil, fmt.Errorf("snapshot: create the spool file: %w", err)
	}
	var meta *raft.SnapshotMeta
	size, err := encode(&guarded{w: out.file, room: s.options.Room}, func(w io.Writer) (err error) {
		meta, err = s.options.State.Export(context.Background(), w)
		return err
	})
	if err == nil {
		_, err = out.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("snapshot: export: %w", err), out.Close())
	}
	meta = identify(meta)
	meta.Size = size
	return meta, out, nil
}

func (s *Store) path(name string) string { return filepath.Join(s.options.Dir, name) }

func identify(meta *raft.SnapshotMeta) *raft.SnapshotMeta {
	meta.Version = raft.SnapshotVersionMax
	meta.ID = fmt.Sprintf("live-%d-%d", meta.Term, meta.Index)
	return meta
}

// outgoing is a file that disappears when it was read.
type outgoing struct {
	file *os.File
	pin  *raftlog.Pin
}

func (o *outgoing) Read(b []byte) (int, error) { return o.file.Read(b) }

func (o *outgoing) Close() error {
	o.pin.ReleaseAfter(grace)
	return errors.Join(o.file.Close(), os.Remove(o.file.Name()))
}
