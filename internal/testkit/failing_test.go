package testkit_test

import "github.com/weir-store/weir/storage"

// failing is an engine whose nth call fails. Apply counts twice: it fails once
// before and once after it has taken effect.
type failing struct {
	storage.Engine
	countdown int
	applied   bool
}

func (e *failing) fails() error {
	e.countdown--
	if e.countdown == 0 {
		return &storage.Corruption{Where: "here", What: "made to fail"}
	}
	return nil
}

func (e *failing) Apply(b *storage.Batch) error {
	if err := e.fails(); err != nil {
		return err
	}
	if err := e.Engine.Apply(b); err != nil {
		return err
	}
	err := e.fails()
	e.applied = err != nil
	return err
}

func (e *failing) Snapshot(revision uint64) (storage.Snapshot, error) {
	if err := e.fails(); err != nil {
		return nil, err
	}
	s, err := e.Engine.Snapshot(revision)
	return failingSnapshot{s, e}, err
}

type failingSnapshot struct {
	storage.Snapshot
	engine *failing
}

func (s failingSnapshot) Get(k []byte) ([]byte, error) {
	if err := s.engine.fails(); err != nil {
		return nil, err
	}
	return s.Snapshot.Get(k)
}

func (s failingSnapshot) Scan(start, end []byte, reverse bool) storage.Iterator {
	return &failingIterator{Iterator: s.Snapshot.Scan(start, end, reverse), engine: s.engine}
}

type failingIterator struct {
	storage.Iterator
	engine *failing
	err    error
}

func (i *failingIterator) Next() bool {
	if i.err == nil {
		i.err = i.engine.fails()
	}
	return i.err == nil && i.Iterator.Next()
}

func (i *failingIterator) Err() error {
	if i.err != nil {
		return i.err
	}
	return i.Iterator.Err()
}
