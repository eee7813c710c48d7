package cluster

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/weir-store/weir/core/fault"
)

// disk watches the free space of the data directory. The engine maps its files:
// a full disk kills the process and keeps it from starting again, so writes are
// refused before.
type disk struct {
	path     string
	minBytes int64
	minShare float64
	full     atomic.Bool
}

// measure looks at the disk. Failing to is an error; a full disk is not.
func (d *disk) measure() error {
	var s unix.Statfs_t
	if err := unix.Statfs(d.path, &s); err != nil {
		return fmt.Errorf("cluster: look at the free disk space: %w", err)
	}
	free := float64(s.Bavail) * float64(s.Bsize)
	total := float64(s.Blocks) * float64(s.Bsize)
	d.full.Store(free < float64(d.minBytes) || free < d.minShare*total)
	return nil
}

// check refuses while the last look found too little space.
func (d *disk) check() error {
	if d.full.Load() {
		return fault.New(fault.StorageFull, "the disk of this node is nearly full")
	}
	return nil
}

func (d *disk) measureAndCheck() error {
	if err := d.measure(); err != nil {
		return err
	}
	return d.check()
}
