// Package memdb is the reference engine: every version of every key in one
// sorted slice in memory. It is made to be obviously right, and fast enough
// for tests.
package memdb

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/weir-store/weir/storage"
)

// DB implements storage.Engine. Nothing outlives it.
type DB struct {
	mu        sync.RWMutex // guards all below and what content points to
	content   *content
	published uint64
	closed    bool
}

// content is the versions of each key by falling revision, and the keys in
// order. Replace makes a new one; snapshots keep the one they were opened on.
type content struct {
	keys     []string
	versions map[string][]storage.Version
}

// New makes an empty engine.
func New() *DB { return &DB{content: newContent()} }

func newContent() *content { return &content{versions: map[string][]storage.Version{}} }

// Published implements storage.Engine.
func (d *DB) Published() uint64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.published
}

// Durable implements storage.Engine: there is no crash to survive.
func (d *DB) Durable() uint64 { return d.Published() }

// Flush implements storage.Engine.
func (d *DB) Flush() error { return d.err() }

// Scrub implements storage.Engine.
func (d *DB) Scrub(context.Context) error { return d.err() }

func (d *DB) err() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return storage.ErrClosed
	}
	return nil
}

// Close implements storage.Engine.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

// Snapshot implements storage.Engine.
func (d *DB) Snapshot(revision uint64) (storage.Snapshot, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, storage.ErrClosed
	}
	if revision == 0 || revision > d.published {
		return nil, storage.ErrRevision
	}
	return &snapshot{db: d, content: d.content, revision: revision}, nil
}

// Apply implements storage.Engine.
func (d *DB) Apply(b *storage.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return storage.ErrClosed
	}
	last := d.published
	for _, c := range b.Commits {
		if c.Revision <= last {
			return storage.ErrRevision
		}
		last = c.Revision
	}
	for _, c := range b.Commits {
		for _, w := range c.Writes {
			d.content.add(storage.Version{
				Key: bytes.Clone(w.Key), Value: bytes.Clone(w.Value), Revision: c.Revision, Delete: w.Delete, Volatile: w.Volatile,
			})
		}
	}
	d.published = last
	return nil
}

func (c *content) add(v storage.Version) {
	k := string(v.Key)
	old, known := c.versions[k]
	if !known {
		at, _ := slices.BinarySearch(c.keys, k)
		c.keys = slices.Insert(c.keys, at, k)
	}
	c.versions[k] = append([]storage.Version{v}, old...)
}

// Dump implements storage.Engine.
func (d *DB) Dump(ctx context.Context, revision uint64, fn func(storage.Version) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return storage.ErrClosed
	}
	if revision == 0 || revision > d.published {
		return storage.ErrRevision
	}
	for _, k := range d.content.keys {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, v := range d.content.versions[k] {
			if v.Revision > revision {
				continue
			}
			if !v.Volatile || !v.Delete {
				if err := fn(v); err != nil {
					return err
				}
			}
			if v.Volatile {
				break
			}
		}
	}
	return nil
}

// Replace implements storage.Engine. Snapshots of the old content keep it.
func (d *DB) Replace(revision uint64, fill func(add func(storage.Version) error) error) error {
	if err := d.err(); err != nil {
		return err
	}
	if revision == 0 {
		return storage.ErrRevision
	}
	next := newContent()
	err := fill(func(v storage.Version) error {
		if v.Revision > revision {
			return storage.ErrRevision
		}
		k := string(v.Key)
		if _, known := next.versions[k]; !known {
			next.keys = append(next.keys, k)
		}
		v.Key, v.Value = bytes.Clone(v.Key), bytes.Clone(v.Value)
		next.versions[k] = append(next.versions[k], v)
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(next.keys)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.content, d.published = next, revision
	return nil
}

// snapshot reads under the engine's lock.
type snapshot struct {
	db       *DB
	content  *content
	revision uint64
}

func (s *snapshot) Revision() uint64 { return s.revision }

func (s *snapshot) Close() {}

func (s *snapshot) Get(key []byte) ([]byte, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	if s.db.closed {
		return nil, storage.ErrClosed
	}
	if v, ok := s.at(string(key)); ok {
		return v.Value, nil
	}
	return nil, storage.ErrNotFound
}

// at finds the live version of a key at the snapshot's revision.
func (s *snapshot) at(k string) (storage.Version, bool) {
	for _, v := range s.content.versions[k] {
		if v.Revision <= s.revision {
			return v, !v.Delete
		}
	}
	return storage.Version{}, false
}

func (s *snapshot) Scan(start, end []byte, reverse bool) storage.Iterator {
	return &iterator{snapshot: s, low: string(start), high: string(end), bounded: end != nil, reverse: reverse}
}

// iterator narrows [low, high) from one side; it finds its place anew with
// each step, so that writes beside it do no harm.
type iterator struct {
	snapshot  *snapshot
	low, high string
	bounded   bool
	reverse   bool
	current   storage.Version
	err       error
}

func (i *iterator) Next() bool {
	i.snapshot.db.mu.RLock()
	defer i.snapshot.db.mu.RUnlock()
	if i.snapshot.db.closed {
		i.err = storage.ErrClosed
		return false
	}
	for {
		k, ok := i.step()
		if !ok {
			return false
		}
		if v, live := i.snapshot.at(k); live {
			i.current = v
			return true
		}
	}
}

func (i *iterator) step() (string, bool) {
	keys := i.snapshot.content.keys
	from, to := sort.SearchStrings(keys, i.low), len(keys)
	if i.bounded {
		to = sort.SearchStrings(keys, i.high)
	}
	if from >= to {
		return "", false
	}
	if i.reverse {
		k := keys[to-1]
		i.high, i.bounded = k, true
		return k, true
	}
	k := keys[from]
	i.low = k + "\x00"
	return k, true
}

func (i *iterator) Key() []byte   { return i.current.Key }
func (i *iterator) Value() []byte { return i.current.Value }
func (i *iterator) Err() error    { return i.err }
func (i *iterator) Close()        {}
