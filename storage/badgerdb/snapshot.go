package badgerdb

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/weir-store/weir/storage"
)

// snapshot reads one revision of one generation.
type snapshot struct {
	db       *DB
	gen      *generation
	revision uint64
	txn      *badger.Txn
	epoch    uint64 // of the handle that txn belongs to
	key      []byte // stored form of the key last asked for
	closed   bool
}

// Snapshot implements storage.Engine.
func (d *DB) Snapshot(revision uint64) (storage.Snapshot, error) {
	g, err := d.pin(revision)
	if err != nil {
		return nil, err
	}
	return &snapshot{db: d, gen: g, revision: revision}, nil
}

// pin takes a reference of the current generation and keeps the revision from
// compaction.
func (d *DB) pin(revision uint64) (*generation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return nil, err
	}
	if revision == 0 || revision > d.published {
		return nil, storage.ErrRevision
	}
	d.current.refs++
	d.current.open[revision]++
	return d.current, nil
}

func (d *DB) unpin(g *generation, revision uint64) {
	d.mu.Lock()
	g.open[revision]--
	if g.open[revision] == 0 {
		delete(g.open, revision)
	}
	d.mu.Unlock()
	d.release(g)
}

func (s *snapshot) Revision() uint64 { return s.revision }

// Close gives the revision free for compaction. Iterators must be closed
// before.
func (s *snapshot) Close() {
	if s.closed {
		return
	}
	s.closed = true
	s.db.unpin(s.gen, s.revision)
}

// Get implements storage.Reader.
func (s *snapshot) Get(key []byte) ([]byte, error) {
	s.gen.mu.RLock()
	defer s.gen.mu.RUnlock()
	if err := s.ready(); err != nil {
		return nil, err
	}
	s.key = append(append(s.key[:0], dataPrefix), key...)
	item, err := s.txn.Get(s.key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, storage.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fail(fmt.Errorf("badgerdb: get: %w", err))
	}
	frame, err := item.ValueCopy(nil)
	if err != nil {
		return nil, s.db.fail(fmt.Errorf("badgerdb: get: %w", err))
	}
	kind, value, err := openFrame(frame, key, item.Version())
	if err != nil {
		return nil, s.db.fail(err)
	}
	if kind == kindTombstone {
		return nil, storage.ErrNotFound
	}
	return value, nil
}

// ready gives the snapshot a transaction of the present handle. Read-only
// transactions of managed mode hold nothing and need no discarding.
func (s *snapshot) ready() error {
	if err := s.db.err(); err != nil {
		return err
	}
	if s.closed || s.gen.db == nil {
		return storage.ErrClosed
	}
	if s.txn == nil || s.epoch != s.gen.epoch {
		s.txn, s.epoch = s.gen.db.NewTransactionAt(s.revision, false), s.gen.epoch
	}
	return nil
}

// Scan implements storage.Reader.
func (s *snapshot) Scan(start, end []byte, reverse bool) storage.Iterator {
	c := newCursor(s.db, s.gen, s.revision, start, end)
	c.reverse = reverse
	return &iterator{cursor: c}
}

// iterator hides tombstones.
type iterator struct{ cursor *cursor }

func (i *iterator) Next() bool {
	for i.cursor.next() {
		if i.cursor.deleted || i.cursor.kind == kindTombstone {
			continue
		}
		return true
	}
	return false
}

func (i *iterator) Key() []byte   { return i.cursor.key[1:] }
func (i *iterator) Value() []byte { return i.cursor.value }
func (i *iterator) Err() error    { return i.cursor.err }
func (i *iterator) Close()        { i.cursor.close() }
