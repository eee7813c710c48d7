package badgerdb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/storagetest"
)

// small makes memtables that fill up within a test.
var small = Options{MemTableSize: 1 << 20}

func open(tb testing.TB, dir string) storage.Engine {
	tb.Helper()
	return openDB(tb, dir, small)
}

func openDB(tb testing.TB, dir string, o Options) *DB {
	tb.Helper()
	d, err := Open(dir, o)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	return d
}

func TestEngine(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, open)
}

func TestEngineLasting(t *testing.T) {
	t.Parallel()
	storagetest.RunLasting(t, open)
}

func TestBatchTooLarge(t *testing.T) {
	t.Parallel()
	value := func(size int) storage.Write { return storage.Write{Key: []byte("k"), Value: make([]byte, size)} }
	many := func(count int) (writes []storage.Write) {
		for i := range count {
			writes = append(writes, storage.Write{Key: fmt.Appendf(nil, "%d", i)})
		}
		return writes
	}
	for _, c := range []struct {
		name   string
		writes []storage.Write
		want   error
	}{
		{"what fits", append(many(1000), value(50<<10)), nil},
		{"a value for the value log", []storage.Write{value(int(small.MemTableSize) / 10)}, ErrTooLarge},
		{"too many bytes", append(many(2), value(90<<10), value(90<<10)), ErrTooLarge},
		{"too many writes", many(2000), ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openDB(t, t.TempDir(), small)
			defer closeDB(t, d)
			err := d.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: 1, Writes: c.writes}}})
			if !errors.Is(err, c.want) {
				t.Fatalf("apply: %v, want %v", err, c.want)
			}
			if again := d.Apply(batchAfter(1)); !errors.Is(again, c.want) {
				t.Errorf("the next apply: %v, want %v", again, c.want)
			}
		})
	}
}

func TestOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := openDB(t, dir, small)
	if _, err := Open(dir, small); err == nil {
		t.Error("a directory was opened twice")
	}
	closeDB(t, d)
	closeDB(t, openDB(t, dir, small))
}

// A child holds copies of all open files between its fork and its exec. No lock
// may depend on the last copy being closed.
func TestReopenBesideChildren(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	done := make(chan struct{})
	var forking sync.WaitGroup
	for range 2 {
		forking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$").Run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		d := openDB(t, dir, small)
		if err := d.Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
		closeDB(t, d)
	}
	close(done)
	forking.Wait()
}

func TestFree(t *testing.T) {
	t.Parallel()
	d := openDB(t, t.TempDir(), small)
	defer closeDB(t, d)
	free, fraction, err := d.Free()
	if err != nil || free == 0 || fraction <= 0 || fraction > 1 {
		t.Errorf("%d bytes, %v of the disk, error %v", free, fraction, err)
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.SliceOf(rapid.Byte()).Draw(rt, "key")
		value := rapid.SliceOf(rapid.Byte()).Draw(rt, "value")
		revision := rapid.Uint64().Draw(rt, "revision")
		kind := rapid.SampledFrom([]byte{kindLive, kindTombstone, kindVolatile}).Draw(rt, "kind")
		frame := appendFrame(nil, kind, key, value, revision)
		gotKind, got, err := openFrame(frame, key, revision)
		if err != nil || gotKind != kind || !bytes.Equal(got, value) {
			rt.Fatalf("kind %d, value %x, error %v", gotKind, got, err)
		}
		if _, _, err := openFrame(frame, append(key, 0), revision); err == nil {
			rt.Fatal("another key is not noticed")
		}
		if _, _, err := openFrame(frame, key, revision^1); err == nil {
			rt.Fatal("another revision is not noticed")
		}
		bit := rapid.IntRange(0, 8*len(frame)-1).Draw(rt, "bit")
		frame[bit/8] ^= 1 << (bit % 8)
		if _, _, err := openFrame(frame, key, revision); err == nil {
			rt.Fatalf("flipped bit %d is not noticed", bit)
		}
	})
}

func TestFrameGolden(t *testing.T) {
	t.Parallel()
	got := hex.EncodeToString(appendFrame(nil, kindLive, []byte("key"), []byte("value"), 258))
	if want := "0176616c75654eca3815"; got != want {
		t.Errorf("frame %s, want %s: stored data can no longer be read", got, want)
	}
}
