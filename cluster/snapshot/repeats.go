package snapshot

import (
	"fmt"
	"sync"
	"time"
)

// Repeats notices a node that is sent the state again and again without
// applying an entry in between. After an install Raft keeps the last index of
// its log in memory; if a stale tail reached past the installed state, only a
// restart ends the loop.
type Repeats struct {
	// Limit is how many installs within Window, without progress, are too many.
	Limit  int
	Window time.Duration

	mu sync.Mutex
	at []time.Time
}

// Installed counts an install; the error says that the process must restart.
func (r *Repeats) Installed(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.at) > 0 && now.Sub(r.at[0]) >= r.Window {
		r.at = r.at[1:]
	}
	r.at = append(r.at, now)
	if len(r.at) < r.Limit {
		return nil
	}
	return fmt.Errorf("snapshot: %d installs within %v without progress", len(r.at), r.Window)
}

// Progress forgets earlier installs: entries were applied after the last one.
func (r *Repeats) Progress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = nil
}
