// Package disk watches the free space under a data directory.
package disk

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/weir-store/weir/core/fault"
)

// Guard says when a disk has too little free space. The engine maps its files: a
// full disk kills the process and keeps it from starting again, so writes are
// refused before. It is safe for concurrent use.
type Guard struct {
	path     string
	minBytes int64
	minShare float64
	full     atomic.Bool
}

// Watch returns the guard of the disk under path, which refuses below so many
// bytes or such a share of the whole.
func Watch(path string, minBytes int64, minShare float64) *Guard {
	return &Guard{path: path, minBytes: minBytes, minShare: minShare}
}

// Measure looks at the disk. Failing to is an error; a full disk is not.
func (d *Guard) Measure() error {
	var s unix.Statfs_t
	if err := unix.Statfs(d.path, &s); err != nil {
		return fmt.Errorf("disk: look at the free disk space: %w", err)
	}
	free := float64(s.Bavail) * float64(s.Bsize)
	total := float64(s.Blocks) * float64(s.Bsize)
	d.full.Store(free < float64(d.minBytes) || free < d.minShare*total)
	return nil
}

// Check refuses while the last look found too little space.
func (d *Guard) Check() error {
	if d.full.Load() {
		return fault.New(fault.StorageFull, "the disk of this node is nearly full")
	}
	return nil
}

// MeasureAndCheck looks at the disk and refuses if there is too little space.
func (d *Guard) MeasureAndCheck() error {
	if err := d.Measure(); err != nil {
		return err
	}
	return d.Check()
}
