// Package storage is an ordered map from bytes to bytes in which every write
// carries a revision, so that the map can be read as it was at any earlier
// revision. It knows nothing of tables, operations or Raft.
package storage

import (
	"context"
	"errors"
)

// Errors of an engine. Any other error means that the engine can no longer be
// trusted: the process must stop, see Corruption.
var (
	// ErrNotFound is returned by Get when the key has no live value at the
	// reader's revision.
	ErrNotFound = errors.New("storage: key not found")
	// ErrRevision is returned when a revision is 0, lies above the published
	// one, or would go back.
	ErrRevision = errors.New("storage: revision out of range")
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("storage: engine is closed")
)

// Corruption reports bytes that are not what was written. An engine that
// returned one answers nothing afterwards.
type Corruption struct { //nolint:errname // it names a finding; callers ask for it by this name
	// Where names the file or key; What says how it was found out.
	Where, What string
}

func (c *Corruption) Error() string { return "storage: corrupt " + c.Where + ": " + c.What }

// Write is one change of one key.
type Write struct {
	Key   []byte
	Value []byte
	// Delete removes the key. In a historic key space it leaves a tombstone,
	// so that earlier revisions still answer.
	Delete bool
	// Volatile says that only the newest value is kept: reading the past of a
	// volatile key gives whatever compaction left and must not be relied on.
	Volatile bool
}

// Commit is the writes of one revision. No key occurs twice in it.
type Commit struct {
	// Revision is above every revision that the engine has seen.
	Revision uint64
	Writes   []Write
}

// Batch is applied as a whole or not at all, also across a crash. Commits are
// in rising order of revision; the last one is published once all are in.
type Batch struct {
	Commits []Commit
}

// Reader answers from one revision. It is not safe for concurrent use.
type Reader interface {
	// Revision is the revision that the reader answers from.
	Revision() uint64
	// Get returns the value of a key, or ErrNotFound. The bytes belong to the
	// caller's use until the reader is closed and must not be changed.
	Get(key []byte) ([]byte, error)
	// Scan walks the live keys of [start, end) in byte order, or in reverse
	// order. A nil end means no bound. Scans of one reader may be interleaved.
	Scan(start, end []byte, reverse bool) Iterator
}

// Iterator is positioned before its first key. Key and Value are valid until
// the next call of Next. Err must be asked when Next returned false: a short
// walk is otherwise taken for a complete one.
type Iterator interface {
	Next() bool
	Key() []byte
	Value() []byte
	Err() error
	Close()
}

// Snapshot is a Reader that holds resources until Close.
type Snapshot interface {
	Reader
	Close()
}

// Version is one stored version of one key, as dumped and loaded.
type Version struct {
	Key      []byte
	Value    []byte
	Revision uint64
	Delete   bool
	Volatile bool
}

// Engine is a store of revisions. Apply, Replace and Close are called from one
// goroutine; everything else may be called from any.
type Engine interface {
	// Published is the newest revision that readers may ask for; 0 when empty.
	Published() uint64
	// Snapshot opens a reader at 1 <= revision <= Published, else ErrRevision.
	Snapshot(revision uint64) (Snapshot, error)
	// Apply commits a batch and then publishes its last revision. After an
	// error other than ErrRevision the engine must not be used any more.
	Apply(b *Batch) error
	// Durable is the newest revision d such that everything up to d survives a
	// crash without replay. What lies above must be replayed by the caller.
	Durable() uint64
	// Flush makes Durable catch up with Published.
	Flush() error
	// Scrub reads everything that is stored and verifies it.
	Scrub(ctx context.Context) error
	// Dump calls fn with every kept version at or below the revision, ordered
	// by key and, within a key, by falling revision. The bytes are valid during
	// the call only.
	Dump(ctx context.Context, revision uint64, fn func(Version) error) error
	// Replace swaps the whole content for what fill loads, in the order of
	// Dump, and publishes the given revision. A crash at any point leaves the
	// old or the new content. Open snapshots go on answering from the old one.
	Replace(revision uint64, fill func(add func(Version) error) error) error
	// Close releases the engine. It flushes first.
	Close() error
}
