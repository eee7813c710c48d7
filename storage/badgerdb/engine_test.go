package badgerdb

import (
	"testing"

	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/storagetest"
)

// small makes memtables that fill up within a test.
var small = Options{MemTableSize: 1 << 20}

func open(t testing.TB, dir string) storage.Engine {
	t.Helper()
	return openDB(t, dir, small)
}

func openDB(t testing.TB, dir string, o Options) *DB {
	t.Helper()
	d, err := Open(dir, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return d
}

func TestEngine(t *testing.T)        { storagetest.Run(t, open) }
func TestEngineLasting(t *testing.T) { storagetest.RunLasting(t, open) }
