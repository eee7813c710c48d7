package badgerdb

import (
	"bytes"
	"context"
	"errors"
	"os"

	"github.com/weir-store/weir/storage"
)

// Dump implements storage.Engine.
func (d *DB) Dump(ctx context.Context, revision uint64, fn func(storage.Version) error) error {
	g, err := d.pin(revision)
	if err != nil {
		return err
	}
	defer d.unpin(g, revision)
	c := newCursor(d, g, revision, nil, nil)
	c.every = true
	defer c.close()
	var done []byte // a volatile key, whose older versions do not count
	for c.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if bytes.Equal(c.key, done) {
			continue
		}
		if c.deleted || c.kind == kindVolatile {
			done = append(done[:0], c.key...)
		}
		if c.deleted {
			continue
		}
		v := storage.Version{
			Key: c.key[1:], Value: c.value, Revision: c.version,
			Delete: c.kind == kindTombstone, Volatile: c.kind == kindVolatile,
		}
		if err := fn(v); err != nil {
			return err
		}
	}
	return c.err
}

// Replace implements storage.Engine: it fills a new generation, moves the
// pointer to it and lets the old one go with its last snapshot.
func (d *DB) Replace(revision uint64, fill func(add func(storage.Version) error) error) error {
	if revision == 0 {
		return storage.ErrRevision
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	old, err := d.acquire()
	if err != nil {
		return err
	}
	defer d.release(old)
	next := newGeneration(d.dir, old.number+1, d.opts)
	if err := next.openHandle(); err != nil {
		return err
	}
	err = next.load(revision, fill)
	if err == nil {
		err = syncDir(d.dir)
	}
	if err != nil {
		return errors.Join(err, next.close(), os.RemoveAll(next.dir))
	}
	if err := writePointer(d.dir, next.number); err != nil {
		// Which of the two a restart finds is not known.
		return d.fail(errors.Join(err, next.close()))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retired[old] = struct{}{}
	d.current, d.published, d.durable = next, revision, revision
	return nil
}

// load fills an empty generation and puts everything on disk.
func (g *generation) load(revision uint64, fill func(add func(storage.Version) error) error) error {
	l := loader{batch: g.db.NewManagedWriteBatch(), limit: g.db.Opts().ValueThreshold}
	defer l.batch.Cancel()
	err := fill(func(v storage.Version) error {
		if v.Revision == 0 || v.Revision > revision {
			return storage.ErrRevision
		}
		l.arena = nil // parts of the batch are in flight, so each version has its own
		return l.add(&storage.Write{Key: v.Key, Value: v.Value, Delete: v.Delete, Volatile: v.Volatile}, v.Revision)
	})
	if err != nil {
		return err
	}
	l.arena = nil
	if err := l.finish(revision); err != nil {
		return err
	}
	if err := g.flush(0); err != nil {
		return err
	}
	found, err := g.mark()
	if err == nil && found != revision {
		err = &storage.Corruption{Where: "replace", What: "the loaded revision is not on disk"}
	}
	return err
}

// Scrub implements storage.Engine: the sums of all tables, then the frames of
// all versions. It holds nobody up.
func (d *DB) Scrub(ctx context.Context) error {
	g, err := d.acquire()
	if err != nil {
		return err
	}
	defer d.release(g)
	if err := g.verifyTables(ctx.Err); err != nil {
		if ctx.Err() != nil || errors.Is(err, storage.ErrClosed) {
			return err
		}
		return d.fail(err)
	}
	c := newCursor(d, g, d.Published(), nil, nil)
	c.every = true
	defer c.close()
	for c.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return c.err
}
