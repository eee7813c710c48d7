package testkit

import "github.com/weir-store/weir/storage"

// Walks is an engine that counts the walks over it, and their steps: what a
// command or a query costs, without a clock.
type Walks struct {
	storage.Engine
	N, Steps int
}

// Snapshot implements storage.Engine.
func (w *Walks) Snapshot(revision uint64) (storage.Snapshot, error) {
	s, err := w.Engine.Snapshot(revision)
	if err != nil {
		return nil, err
	}
	return walked{s, w}, nil
}

type walked struct {
	storage.Snapshot
	walks *Walks
}

func (s walked) Scan(start, end []byte, reverse bool) storage.Iterator {
	s.walks.N++
	return stepped{s.Snapshot.Scan(start, end, reverse), s.walks}
}

type stepped struct {
	storage.Iterator
	walks *Walks
}

func (s stepped) Next() bool {
	s.walks.Steps++
	return s.Iterator.Next()
}
