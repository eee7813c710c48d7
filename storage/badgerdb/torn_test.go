package badgerdb

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/weir-store/weir/storage"
)

// tornRows is enough for a read to take longer than a fraction of a write.
const tornRows = 200

// allRows writes the revision into every row, so that the rows of one read tell
// whether they are all of one revision, and of which.
func allRows(revision uint64) *storage.Batch {
	c := storage.Commit{Revision: revision}
	for i := range tornRows {
		c.Writes = append(c.Writes, storage.Write{Key: fmt.Appendf(nil, "row%03d", i), Value: fmt.Appendf(nil, "%d", revision)})
	}
	return &storage.Batch{Commits: []storage.Commit{c}}
}

// foreignRows counts the rows of the published revision that are not of it.
func foreignRows(d *DB) (int, error) {
	s, err := d.Snapshot(d.Published())
	if err != nil {
		return 0, err
	}
	defer s.Close()
	it := s.Scan(nil, nil, false)
	defer it.Close()
	foreign, want := 0, fmt.Sprint(s.Revision())
	for it.Next() {
		if string(it.Value()) != want {
			foreign++
		}
	}
	return foreign, it.Err()
}

// readBeside reads the newest state in a loop beside a number of batches, or
// until a read was bad, and counts good and bad reads.
func readBeside(t *testing.T, o Options, batches uint64) (good, bad int) {
	t.Helper()
	d := openDB(t, t.TempDir(), o)
	defer closeDB(t, d)
	if err := d.Apply(allRows(1)); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	written := make(chan error)
	go func() {
		var err error
		for r := uint64(2); r <= batches && err == nil && !stop.Load(); r++ {
			err = d.Apply(allRows(r))
		}
		written <- err
	}()
	for {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			return good, bad
		default:
		}
		foreign, err := foreignRows(d)
		switch {
		case err != nil:
			t.Error(err)
			stop.Store(true)
		case foreign == 0:
			good++
		default:
			bad++
			stop.Store(true)
		}
	}
}

func TestTornRead(t *testing.T) {
	t.Parallel()
	t.Run("a batch is published when it is written", func(t *testing.T) {
		good, bad := readBeside(t, small, 500)
		if bad != 0 || good == 0 {
			t.Errorf("%d reads were of one revision, %d were not", good, bad)
		}
	})
	t.Run("published before, it is seen in part", func(t *testing.T) {
		o := small
		o.faults.halfVisible = true
		if good, bad := readBeside(t, o, 50_000); bad == 0 {
			t.Errorf("none of %d reads was torn: the remedy is not needed", good)
		}
	})
}
