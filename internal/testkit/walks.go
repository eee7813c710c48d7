package testkit

import "github.com/weir-store/weir/storage"

// Walks is an engine that counts the walks over it: what a command costs,
// without a clock.
type Walks struct {
	storage.Engine
	N int
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
	return s.Snapshot.Scan(start, end, reverse)
}
