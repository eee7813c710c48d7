package cluster

import (
	"context"
	"sync"
)

// watermark is how far the published state has come, for those who wait for it.
// The zero value stands at nothing.
type watermark struct {
	mu       sync.Mutex
	index    uint64
	revision uint64
	changed  chan struct{} // closed and replaced by set, once somebody waits
}

// set is called after the state was published, never before.
func (w *watermark) set(p Position) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.index, w.revision = p.Index, p.Revision
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// published is the index of the newest entry that readers see.
func (w *watermark) published() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.index
}

// waitIndex returns when the entry at index, and all before it, are published.
func (w *watermark) waitIndex(ctx context.Context, index uint64) error {
	return w.wait(ctx, func() bool { return w.index >= index })
}

// waitRevision returns when a revision is published.
func (w *watermark) waitRevision(ctx context.Context, revision uint64) error {
	return w.wait(ctx, func() bool { return w.revision >= revision })
}

func (w *watermark) wait(ctx context.Context, reached func() bool) error {
	for {
		w.mu.Lock()
		if reached() {
			w.mu.Unlock()
			return nil
		}
		if w.changed == nil {
			w.changed = make(chan struct{})
		}
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
