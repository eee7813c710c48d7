// Package badgerdb is the engine on disk: Badger in managed mode, with the
// revision as its timestamp. The caller's log is the only write-ahead log: what
// Badger has in tables is the checkpoint, what it has elsewhere is thrown away
// at start. storage/DESIGN.md says why.
package badgerdb

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/weir-store/weir/storage"
)

// ErrTooLarge is returned by Apply and Replace for a batch, or a single value,
// that Badger cannot take as one request. Nothing was written.
var ErrTooLarge = errors.New("badgerdb: batch or value too large")

// DefaultMemTableSize suits a node with a gigabyte of memory or more.
const DefaultMemTableSize = 64 << 20

// Options of an engine.
type Options struct {
	// MemTableSize in bytes, 0 for the default. A batch is limited to 15 % of
	// it, so that all replicas must use the same size.
	MemTableSize int64
	// Still keeps tables as they are: for an engine that is only read, which
	// compaction would cost hundreds of megabytes for nothing.
	Still bool
	// Logger takes Badger's messages; nil drops them.
	Logger *slog.Logger

	faults faults
}

// faults take remedies out, so that tests can show what each is for.
type faults struct {
	trustLogs   bool // keep *.mem at start
	unverified  bool // leave it to Badger to verify blocks as they are read
	halfVisible bool // publish a batch before it is written
}

// DB implements storage.Engine in one directory.
type DB struct {
	dir    string
	opts   Options
	lock   *os.File
	failed atomic.Pointer[error] // the first error that ends all service

	writing   sync.Mutex // held by Apply, Flush, Replace and Close; taken before mu
	mu        sync.Mutex // guards all below, and references of generations
	current   *generation
	retired   map[*generation]struct{} // replaced, but still read from
	published uint64
	durable   uint64 // the highest answer of Durable so far
	closed    bool
}

var _ storage.Engine = (*DB)(nil)

// Open opens the engine in a directory, which it creates if need be. It
// answers from the newest revision that was on disk as a whole, and fails with
// a Corruption, or Badger's own error, when the disk does not hold what was
// written.
func Open(dir string, o Options) (*DB, error) {
	if o.MemTableSize == 0 {
		o.MemTableSize = DefaultMemTableSize
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("badgerdb: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	g, err := openCurrent(dir, o)
	if err != nil {
		return nil, errors.Join(err, unlock(lock))
	}
	d := &DB{dir: dir, opts: o, lock: lock, current: g, retired: map[*generation]struct{}{}}
	d.published, err = g.mark()
	if err != nil {
		return nil, errors.Join(err, g.close(), unlock(lock))
	}
	d.durable = g.tablesMax()
	g.setDiscard(g.discardable(d.published))
	return d, nil
}

// Published implements storage.Engine.
func (d *DB) Published() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.published
}

// Durable implements storage.Engine: the highest revision in any table.
// Memtables become tables in order and each batch lies in one, so everything
// below is in tables as well.
func (d *DB) Durable() uint64 {
	g, err := d.acquire()
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.durable
	}
	defer d.release(g)
	g.mu.RLock()
	highest := g.tablesMax()
	g.mu.RUnlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if g == d.current {
		d.durable = max(d.durable, highest)
	}
	return d.durable
}

// Close implements storage.Engine. Snapshots answer ErrClosed from then on.
func (d *DB) Close() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	current, retired := d.current, d.retired
	d.retired = nil
	d.mu.Unlock()

	err := current.close()
	for g := range retired {
		err = errors.Join(err, g.close(), os.RemoveAll(g.dir))
	}
	if err == nil && d.err() == nil {
		d.mu.Lock()
		d.durable = d.published
		d.mu.Unlock()
	}
	return errors.Join(err, unlock(d.lock))
}

// err is why the engine answers nothing, or nil.
func (d *DB) err() error {
	if p := d.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// fail ends all service for good and returns the error.
func (d *DB) fail(err error) error {
	d.failed.CompareAndSwap(nil, &err)
	return err
}

// acquire takes a reference of the current generation.
func (d *DB) acquire() (*generation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return nil, err
	}
	d.current.refs++
	return d.current, nil
}

// usable is the error that every call gives by now, or nil. d.mu must be held.
func (d *DB) usable() error {
	if err := d.err(); err != nil {
		return err
	}
	if d.closed {
		return storage.ErrClosed
	}
	return nil
}

// release gives a reference back; the last one of a replaced generation
// removes it.
func (d *DB) release(g *generation) {
	d.mu.Lock()
	g.refs--
	_, retired := d.retired[g]
	last := retired && g.refs == 0
	if last {
		delete(d.retired, g)
	}
	d.mu.Unlock()
	if last {
		d.remove(g)
	}
}

// remove closes and deletes a replaced generation. What stays behind after an
// error is deleted at the next start.
func (d *DB) remove(g *generation) {
	if err := errors.Join(g.close(), os.RemoveAll(g.dir)); err != nil {
		d.opts.Logger.Warn("old generation not removed", "generation", filepath.Base(g.dir), "error", err)
	}
}
