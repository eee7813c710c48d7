package badgerdb

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/weir-store/weir/storage"
)

// entryOverhead is Badger's own count per entry, rounded up.
const entryOverhead = 16

// Apply implements storage.Engine. The batch is one request to Badger, which
// therefore lies in one memtable and reaches the disk as a whole.
func (d *DB) Apply(b *storage.Batch) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	g, last, err := d.current, d.published, d.usable()
	d.mu.Unlock()
	if err != nil || len(b.Commits) == 0 {
		return err
	}
	for _, c := range b.Commits {
		if c.Revision <= last {
			return storage.ErrRevision
		}
		last = c.Revision
	}
	if d.opts.faults.halfVisible {
		d.publish(g, last)
	}
	if err := g.write(b, last); err != nil {
		return d.fail(err)
	}
	d.publish(g, last)
	return nil
}

func (d *DB) publish(g *generation, revision uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.published = revision
	g.setDiscard(g.discardable(revision))
}

// write makes one request of a batch and its mark.
func (g *generation) write(b *storage.Batch, last uint64) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.db == nil {
		return storage.ErrClosed
	}
	count, size := int64(1), int64(64)
	for _, c := range b.Commits {
		for i := range c.Writes {
			w := &c.Writes[i]
			count++
			size += int64(len(w.Key)+len(w.Value)) + 1 + frameOverhead + entryOverhead
		}
	}
	if count >= g.db.MaxBatchCount() || size >= g.db.MaxBatchSize() {
		return fmt.Errorf("%w: %d writes, %d bytes", ErrTooLarge, count, size)
	}
	l := loader{batch: g.db.NewManagedWriteBatch(), arena: make([]byte, 0, size), limit: g.db.Opts().ValueThreshold}
	defer l.batch.Cancel()
	for _, c := range b.Commits {
		for i := range c.Writes {
			if err := l.add(&c.Writes[i], c.Revision); err != nil {
				return err
			}
		}
	}
	return l.finish(last)
}

// loader turns writes into entries of a Badger batch. Keys and frames are
// carved from one arena, which Badger keeps until the batch is flushed.
type loader struct {
	batch *badger.WriteBatch
	arena []byte
	limit int64
}

func (l *loader) add(w *storage.Write, revision uint64) error {
	if int64(len(w.Value)+frameOverhead) >= l.limit {
		return fmt.Errorf("%w: a value of %d bytes", ErrTooLarge, len(w.Value))
	}
	start := len(l.arena)
	l.arena = append(append(l.arena, dataPrefix), w.Key...)
	key := l.arena[start:len(l.arena):len(l.arena)]
	if w.Volatile && w.Delete {
		return wrapWrite(l.batch.DeleteAt(key, revision))
	}
	kind, value := byte(kindLive), w.Value
	switch {
	case w.Delete:
		kind, value = kindTombstone, nil
	case w.Volatile:
		kind = kindVolatile
	}
	return l.set(key, kind, w.Key, value, revision)
}

func (l *loader) set(stored []byte, kind byte, key, value []byte, revision uint64) error {
	start := len(l.arena)
	l.arena = appendFrame(l.arena, kind, key, value, revision)
	e := badger.NewEntry(stored, l.arena[start:len(l.arena):len(l.arena)])
	if kind == kindVolatile {
		e = e.WithDiscard()
	}
	return wrapWrite(l.batch.SetEntryAt(e, revision))
}

// finish writes the mark and waits until all is in the memtable.
func (l *loader) finish(revision uint64) error {
	mark := []byte{markPrefix}
	if err := l.set(mark, kindVolatile, mark, nil, revision); err != nil {
		return err
	}
	return wrapWrite(l.batch.Flush())
}

func wrapWrite(err error) error {
	if errors.Is(err, badger.ErrTxnTooBig) {
		return ErrTooLarge
	}
	if err != nil {
		return fmt.Errorf("badgerdb: write: %w", err)
	}
	return nil
}

// Flush implements storage.Engine. Reads wait for it; open snapshots and
// iterators go on afterwards.
func (d *DB) Flush() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	g, err := d.acquire()
	if err != nil {
		return err
	}
	defer d.release(g)
	d.mu.Lock()
	published, discard := d.published, g.discardable(d.published)
	d.mu.Unlock()
	if err := g.flush(discard); err != nil {
		return d.fail(err)
	}
	found, err := g.mark()
	if err == nil && found != published {
		err = &storage.Corruption{Where: "flush", What: "the newest revision is not on disk"}
	}
	if err != nil {
		return d.fail(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable = max(d.durable, published)
	return nil
}
