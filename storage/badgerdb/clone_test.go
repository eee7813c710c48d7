package badgerdb

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-store/weir/storage"
)

// A clone answers like the engine did, and what becomes of it leaves the
// engine's directory as it is.
func TestClone(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), t.TempDir()
	d := openDB(t, dir, small)
	write := func(d *DB, value string) {
		t.Helper()
		if err := d.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: d.Published() + 1, Writes: []storage.Write{{Key: []byte("k"), Value: []byte(value)}}}}}); err != nil {
			t.Fatal(err)
		}
	}
	write(d, "one")
	if err := Clone(dir, to); err == nil {
		t.Fatal("an open engine was cloned")
	}
	closeDB(t, d)
	before := files(t, dir)
	if err := Clone(dir, to); err != nil {
		t.Fatal(err)
	}
	clone := openDB(t, to, small)
	if clone.Published() != 1 {
		t.Errorf("the clone is at revision %d", clone.Published())
	}
	write(clone, "two")
	if err := clone.current.db.DropAll(); err != nil { // also its tables
		t.Fatal(err)
	}
	closeDB(t, clone)
	if after := files(t, dir); len(after) != len(before) {
		t.Errorf("the directory has %v, had %v", after, before)
	}
	d = openDB(t, dir, small)
	defer closeDB(t, d)
	if d.Published() != 1 {
		t.Errorf("the engine is at revision %d", d.Published())
	}
	if err := Clone(t.TempDir(), t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
