package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/weir-store/weir/fsm/snapshot"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

func stream(tb testing.TB) []byte {
	tb.Helper()
	db := memdb.New()
	for revision := uint64(1); revision <= 3; revision++ {
		err := db.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: revision, Writes: []storage.Write{
			{Key: []byte{0x30, byte(revision)}, Value: []byte("value")}, {Key: []byte{0x30, 9}, Delete: revision == 3},
		}}}})
		if err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := snapshot.Write(context.Background(), &b, db, 3); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (n int, err error) {
	r, err := snapshot.NewReader(bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	for {
		if _, err := r.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
	}
}

func TestStreamsThatAreCutAreRefused(t *testing.T) {
	whole := stream(t)
	if n, err := read(whole); err != nil || n != 6 {
		t.Fatalf("%d versions: %v", n, err)
	}
	for n := range whole {
		if _, err := read(whole[:n]); !errors.Is(err, snapshot.ErrFormat) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
}

// Any bytes are a whole stream or ErrFormat.
func FuzzRead(f *testing.F) {
	f.Add(stream(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := read(b); err != nil && !errors.Is(err, snapshot.ErrFormat) {
			t.Fatal(err)
		}
	})
}
