// Package raftlog is the Raft log and the votes on disk. The log is the only
// write-ahead log of the whole node: the engine's own is never trusted. So the
// log keeps every entry that the engine has not flushed to its tables yet, and
// every entry that a transfer to another node still needs, whatever Raft asks
// to delete.
package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// FileName is the log's file in the data directory.
	FileName = "raft.db"
	// cached is how many of the newest entries are kept in memory.
	cached = 512
	// lockTimeout bounds the wait for another process that holds the file.
	lockTimeout = 2 * time.Second
)

// ErrChecksum says that an entry is not what was stored. The node must stop: a
// damaged entry applied is a diverged replica.
var ErrChecksum = errors.New("raftlog: entry does not match its checksum")

// Store is where entries and votes are kept. Absence of a key is an error whose
// text is "not found", absence of an entry is raft.ErrLogNotFound; every write
// is on disk when it returns.
type Store interface {
	raft.LogStore
	raft.StableStore
	Close() error
}

// OpenBolt opens a Store in one bbolt file.
func OpenBolt(dir string) (Store, error) {
	s, err := raftboltdb.New(raftboltdb.Options{
		Path: filepath.Join(dir, FileName),
		BoltOptions: &bbolt.Options{
			Timeout: lockTimeout,
			// The list of free pages is rebuilt at open instead of written with
			// every commit.
			NoFreelistSync: true,
			FreelistType:   bbolt.FreelistMapType,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("raftlog: open %s: %w", FileName, err)
	}
	return s, nil
}

// Options are what a log needs to know of the node around it.
type Options struct {
	// Flushed returns the index of the newest entry whose effects survive a
	// crash without the log.
	Flushed func() (uint64, error)
	// Pins holds back entries that transfers still need.
	Pins *Pins
	// Corrupt is told of an entry that cannot be read back; it stops the node.
	// Raft itself would retry the read for ever in some places.
	Corrupt func(error)
}

// Log adds checksums, the clamp on truncation and a cache to a Store. It is a
// raft.MonotonicLogStore: after an install Raft wipes everything, because an
// old, conflicting tail would otherwise be served to others.
type Log struct {
	*raft.LogCache
	raft.StableStore
	bottom *bottom
}

// New returns the log over a store.
func New(store Store, options Options) (*Log, error) {
	b := &bottom{store: store, options: options}
	if err := b.measure(); err != nil {
		return nil, err
	}
	cache, err := raft.NewLogCache(cached, b)
	if err != nil {
		return nil, err
	}
	return &Log{LogCache: cache, StableStore: store, bottom: b}, nil
}

// Bytes estimates the size of all entries between the first and the last one.
func (l *Log) Bytes() int64 { return l.bottom.bytes.Load() }

// Close closes the store.
func (l *Log) Close() error { return l.bottom.store.Close() }

// bottom is the log below the cache.
type bottom struct {
	store   Store
	options Options
	bytes   atomic.Int64
}

// IsMonotonic makes Raft wipe the log after an install.
func (b *bottom) IsMonotonic() bool { return true }

func (b *bottom) FirstIndex() (uint64, error) { return b.store.FirstIndex() }

func (b *bottom) LastIndex() (uint64, error) { return b.store.LastIndex() }

func (b *bottom) GetLog(index uint64, out *raft.Log) error {
	err := b.store.GetLog(index, out)
	if errors.Is(err, raft.ErrLogNotFound) || errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return err
	}
	if err == nil {
		err = open(out)
	}
	if err == nil && out.Index != index {
		err = ErrChecksum
	}
	if err != nil {
		err = fmt.Errorf("raftlog: read entry %d: %w", index, err)
		b.options.Corrupt(err)
	}
	return err
}

func (b *bottom) StoreLog(l *raft.Log) error { return b.StoreLogs([]*raft.Log{l}) }

func (b *bottom) StoreLogs(logs []*raft.Log) error {
	sealed := make([]*raft.Log, len(logs))
	var size int64
	for i, l := range logs {
		c := *l
		c.Data = seal(l)
		sealed[i] = &c
		size += weight(l)
	}
	if err := b.store.StoreLogs(sealed); err != nil {
		return err
	}
	b.bytes.Add(size)
	return nil
}

// DeleteRange deletes a conflicting tail and the whole log as asked. The old end
// it deletes only as far as the limits allow; Raft asks again later.
func (b *bottom) DeleteRange(first, last uint64) error {
	newest, err := b.store.LastIndex()
	if err != nil {
		return err
	}
	if last < newest {
		if last, err = b.clamp(last); err != nil {
			return err
		}
	}
	if last < first {
		return nil
	}
	if err := b.store.DeleteRange(first, last); err != nil {
		return err
	}
	return b.measure()
}

func (b *bottom) clamp(last uint64) (uint64, error) {
	flushed, err := b.options.Flushed()
	if err != nil {
		return 0, fmt.Errorf("raftlog: ask what is flushed: %w", err)
	}
	last = min(last, flushed)
	if pin, ok := b.options.Pins.Oldest(); ok {
		last = min(last, max(pin, 1)-1)
	}
	return last, nil
}

// measure estimates the bytes from a sample, since reading the whole log would
// make every truncation as dear as the log is long.
func (b *bottom) measure() error {
	first, err := b.store.FirstIndex()
	if err != nil {
		return err
	}
	last, err := b.store.LastIndex()
	if err != nil || last == 0 {
		b.bytes.Store(0)
		return err
	}
	const samples = 64
	step := max((last-first)/samples, 1)
	var sum, n int64
	for i := first; i <= last; i += step {
		var l raft.Log
		switch err := b.store.GetLog(i, &l); {
		case errors.Is(err, raft.ErrLogNotFound): // a gap: Reconcile judges it
		case err != nil:
			return err
		default:
			sum, n = sum+weight(&l), n+1
		}
	}
	if n > 0 {
		b.bytes.Store(sum / n * int64(last-first+1))
	}
	return nil
}

// overhead is about what the store adds to an entry's data.
const overhead = 64

func weight(l *raft.Log) int64 { return int64(len(l.Data)+len(l.Extensions)) + overhead }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum covers everything of an entry that decides what it does.
func sum(l *raft.Log, data []byte) uint32 {
	var head [17]byte
	binary.BigEndian.PutUint64(head[:], l.Index)
	binary.BigEndian.PutUint64(head[8:], l.Term)
	head[16] = byte(l.Type)
	return crc32.Update(crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, data), castagnoli, l.Extensions)
}

// seal returns the data as stored: the entry's checksum follows it.
func seal(l *raft.Log) []byte {
	sealed := make([]byte, 0, len(l.Data)+crc32.Size)
	return binary.BigEndian.AppendUint32(append(sealed, l.Data...), sum(l, l.Data))
}

// open undoes seal in place.
func open(l *raft.Log) error {
	n := len(l.Data) - crc32.Size
	if n < 0 || binary.BigEndian.Uint32(l.Data[n:]) != sum(l, l.Data[:n]) {
		return ErrChecksum
	}
	l.Data = l.Data[:n:n]
	return nil
}
