package badgerdb

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Free gives the bytes that are left on the disk of the directory, and their
// part of the whole from 0 to 1. Badger ends the process when a disk is full,
// so the caller must refuse writes long before.
func (d *DB) Free() (free uint64, fraction float64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(d.dir, &s); err != nil {
		return 0, 0, fmt.Errorf("badgerdb: free space: %w", err)
	}
	if s.Blocks == 0 {
		return 0, 0, fmt.Errorf("badgerdb: free space: a disk without blocks")
	}
	return s.Bavail * uint64(s.Bsize), float64(s.Bavail) / float64(s.Blocks), nil
}
