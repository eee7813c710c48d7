package badgerdb

import (
	"bytes"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/weir-store/weir/storage"
)

// cursor walks stored keys of one revision and finds its place again after the
// generation was reopened. It belongs to one goroutine, except that the
// generation drops its iterator before it closes the handle.
type cursor struct {
	db       *DB
	gen      *generation
	revision uint64
	low      []byte // stored keys in [low, high)
	high     []byte
	reverse  bool
	every    bool // all versions, newest first, and deletions

	txn *badger.Txn
	it  *badger.Iterator // nil before the first step and after a drop
	err error
	end bool

	// The position: valid once started.
	started bool
	key     []byte
	version uint64
	frame   []byte
	kind    byte
	value   []byte
	deleted bool // a deletion of a volatile key, without frame
}

func newCursor(db *DB, g *generation, revision uint64, start, end []byte) *cursor {
	c := &cursor{db: db, gen: g, revision: revision}
	c.low = append([]byte{dataPrefix}, start...)
	c.high = []byte{dataPrefix + 1}
	if end != nil {
		c.high = append([]byte{dataPrefix}, end...)
	}
	return c
}

// next goes one stored version on and verifies it.
func (c *cursor) next() bool {
	if c.err != nil || c.end {
		return false
	}
	c.gen.mu.RLock()
	defer c.gen.mu.RUnlock()
	if c.err = c.db.err(); c.err != nil {
		return false
	}
	if c.gen.db == nil {
		c.err = storage.ErrClosed
		return false
	}
	if !c.move() {
		c.end = true
		return false
	}
	if err := c.load(); err != nil {
		c.err = c.db.fail(err)
		return false
	}
	return true
}

// move steps the iterator, or opens one and seeks what follows the position.
func (c *cursor) move() bool {
	if c.it != nil {
		c.it.Next()
		return c.inside()
	}
	c.openIterator()
	switch {
	case c.started:
		c.it.Seek(c.key)
		for c.inside() && c.passed(c.it.Item()) {
			c.it.Next()
		}
	case c.reverse:
		c.it.Seek(c.high)
		if c.it.Valid() && bytes.Equal(c.it.Item().Key(), c.high) {
			c.it.Next()
		}
	default:
		c.it.Seek(c.low)
	}
	return c.inside()
}

// passed says whether the position has already been at an item.
func (c *cursor) passed(item *badger.Item) bool {
	return bytes.Equal(item.Key(), c.key) && (!c.every || item.Version() >= c.version)
}

func (c *cursor) inside() bool {
	if !c.it.Valid() {
		return false
	}
	k := c.it.Item().Key()
	return bytes.Compare(k, c.low) >= 0 && bytes.Compare(k, c.high) < 0
}

func (c *cursor) openIterator() {
	c.txn = c.gen.db.NewTransactionAt(c.revision, false)
	c.it = c.txn.NewIterator(badger.IteratorOptions{
		Reverse:     c.reverse,
		AllVersions: c.every,
		Prefix:      commonPrefix(c.low, c.high), // leaves out tables
	})
	c.gen.cursorMu.Lock()
	c.gen.cursors[c] = struct{}{}
	c.gen.cursorMu.Unlock()
}

func commonPrefix(a, b []byte) []byte {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// load copies the item, because its bytes end with the handle.
func (c *cursor) load() error {
	item := c.it.Item()
	c.started = true
	c.key = item.KeyCopy(c.key)
	c.version = item.Version()
	c.deleted = item.IsDeletedOrExpired()
	c.kind, c.value = 0, nil
	if c.deleted {
		return nil
	}
	frame, err := item.ValueCopy(c.frame[:0])
	if err != nil {
		return fmt.Errorf("badgerdb: scan: %w", err)
	}
	c.frame = frame
	c.kind, c.value, err = openFrame(frame, c.key[1:], c.version)
	return err
}

func (c *cursor) close() {
	c.end = true
	c.gen.mu.RLock()
	defer c.gen.mu.RUnlock()
	c.gen.cursorMu.Lock()
	defer c.gen.cursorMu.Unlock()
	delete(c.gen.cursors, c)
	c.drop()
}

// drop gives the iterator back. The position stays.
func (c *cursor) drop() {
	if c.it == nil {
		return
	}
	c.it.Close()
	c.txn.Discard()
	c.it, c.txn = nil, nil
}
