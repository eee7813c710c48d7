package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/weir-store/weir/storage"
)

var errStop = errors.New("stopped by the test")

func dump(tb testing.TB, e storage.Engine, revision uint64) []storage.Version {
	tb.Helper()
	var all []storage.Version
	err := e.Dump(tb.Context(), revision, func(v storage.Version) error {
		all = append(all, clone(v))
		return nil
	})
	if err != nil {
		tb.Fatalf("dump at %d: %v", revision, err)
	}
	return all
}

func load(e storage.Engine, revision uint64, all []storage.Version) error {
	return e.Replace(revision, func(add func(storage.Version) error) error {
		for _, v := range all {
			if err := add(v); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkIsolation(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("b", "old")))
	s := snapshot(t, e, 1)
	it := s.Scan(nil, nil, false)
	apply(t, e, commit(2, put("a", "new"), remove("b"), put("c", "new")))
	equal(t, "scan", walk(t, it), []string{"b=old"})
	equal(t, "get", get(t, s, "b"), "old")
	equal(t, "scan of the newest", walk(t, snapshot(t, e, 2).Scan(nil, nil, false)), []string{"a=new", "c=new"})
}

func checkFlush(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1"), put("b", "1"), put("c", "1"), put("d", "1"), volatile(put("v", "1"))))
	s := snapshot(t, e, 1)
	up, down := s.Scan(nil, []byte("e"), false), s.Scan(nil, []byte("e"), true)
	defer up.Close()
	defer down.Close()
	if !up.Next() || !down.Next() {
		t.Fatal("scans ended before they began")
	}
	held, err := s.Get([]byte("c"))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, e, commit(2, put("b", "2"), remove("c"), volatile(put("v", "2"))))
	if err := e.Flush(); err != nil {
		t.Fatalf("flush: %v", err)
	}
	equal(t, "durable", e.Durable(), uint64(2))
	equal(t, "published", e.Published(), uint64(2))
	equal(t, "key and value held over the flush", string(up.Key())+string(up.Value())+string(held), "a11")
	equal(t, "rest of the scan", walk(t, up), []string{"b=1", "c=1", "d=1"})
	equal(t, "rest of the reverse scan", walk(t, down), []string{"c=1", "b=1", "a=1"})
	equal(t, "volatile value of an open snapshot", get(t, s, "v"), "1")
	equal(t, "newest", walk(t, snapshot(t, e, 2).Scan(nil, nil, false)), []string{"a=1", "b=2", "d=1", "v=2"})
}

func checkDump(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("b", "b1"), put("a", "a1"), volatile(put("v", "v1")), volatile(put("w", "w1"))))
	apply(t, e, commit(2, remove("a")), commit(3, put("a", "a3"), volatile(put("v", "v3")), volatile(remove("w"))))
	apply(t, e, commit(4, put("z", "late"), put("b", "late")))
	equal(t, "dump", dump(t, e, 3), []storage.Version{
		{Key: []byte("a"), Value: []byte("a3"), Revision: 3},
		{Key: []byte("a"), Value: []byte{}, Revision: 2, Delete: true},
		{Key: []byte("a"), Value: []byte("a1"), Revision: 1},
		{Key: []byte("b"), Value: []byte("b1"), Revision: 1},
		{Key: []byte("v"), Value: []byte("v3"), Revision: 3, Volatile: true},
	})
}

func checkDumpEnds(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1"), put("b", "1")))
	calls := 0
	stop := func(storage.Version) error { calls++; return errStop }
	wantError(t, "error of the function", e.Dump(t.Context(), 1, stop), errStop)
	equal(t, "calls", calls, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, "ended context", e.Dump(ended, 1, func(storage.Version) error { return nil }), context.Canceled)
	for _, revision := range []uint64{0, 2} {
		wantError(t, "revision", e.Dump(t.Context(), revision, stop), storage.ErrRevision)
	}
}

func checkReplace(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "a1"), put("gone", "x")), commit(2, remove("a"), volatile(put("v", "v2"))))
	apply(t, e, commit(3, put("a", "a3"), put("later", "y")))
	all := dump(t, e, 2)
	apply(t, e, commit(8, put("stray", "z")))
	if err := load(e, 2, all); err != nil { // back in time, as a restore may go
		t.Fatalf("replace: %v", err)
	}
	equal(t, "published", e.Published(), uint64(2))
	equal(t, "durable", e.Durable(), uint64(2))
	equal(t, "dump again", dump(t, e, 2), all)
	equal(t, "the past", get(t, snapshot(t, e, 1), "a"), "a1")
	equal(t, "rows", walk(t, snapshot(t, e, 2).Scan(nil, nil, false)), []string{"gone=x", "v=v2"})
	apply(t, e, commit(3, put("a", "another three")))
	equal(t, "written after", get(t, snapshot(t, e, 3), "a"), "another three")
	if err := load(e, 40, nil); err != nil {
		t.Fatalf("replace with nothing: %v", err)
	}
	equal(t, "published when empty", e.Published(), uint64(40))
	equal(t, "rows when empty", walk(t, snapshot(t, e, 40).Scan(nil, nil, false)), []string{})
}

func checkReplaceSnapshot(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "old"), put("b", "old"), put("c", "old")))
	s := snapshot(t, e, 1)
	it := s.Scan(nil, nil, false)
	if !it.Next() {
		t.Fatal("the scan ended before it began")
	}
	for revision := uint64(2); revision <= 4; revision++ {
		if err := load(e, revision, []storage.Version{{Key: []byte("a"), Value: []byte("new"), Revision: 1}}); err != nil {
			t.Fatalf("replace: %v", err)
		}
	}
	equal(t, "rest of the old scan", walk(t, it), []string{"b=old", "c=old"})
	equal(t, "old value", get(t, s, "a"), "old")
	equal(t, "new rows", walk(t, snapshot(t, e, 1).Scan(nil, nil, false)), []string{"a=new"})
}

func checkReplaceFails(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1")))
	version := func(revision uint64) storage.Version {
		return storage.Version{Key: []byte("b"), Value: []byte("2"), Revision: revision}
	}
	err := e.Replace(9, func(add func(storage.Version) error) error {
		return errors.Join(add(version(2)), errStop)
	})
	wantError(t, "error of fill", err, errStop)
	wantError(t, "a version above the revision", load(e, 9, []storage.Version{version(10)}), storage.ErrRevision)
	wantError(t, "revision 0", load(e, 0, nil), storage.ErrRevision)
	equal(t, "published", e.Published(), uint64(1))
	equal(t, "rows", walk(t, snapshot(t, e, 1).Scan(nil, nil, false)), []string{"a=1"})
	apply(t, e, commit(2, put("a", "2")))
	equal(t, "written after", get(t, snapshot(t, e, 2), "a"), "2")
}

// checkWhole writes the revision into many keys at once, while readers look
// for two different ones in a published revision and the engine is flushed.
func checkWhole(t *testing.T, e storage.Engine) {
	if torn, err := Torn(e, 300); err != nil || torn != 0 {
		t.Fatalf("%d reads saw half a batch, error %v", torn, err)
	}
}

// Torn applies a number of batches beside readers of the published revision
// and counts the reads that saw half a batch.
func Torn(e storage.Engine, batches uint64) (torn int, err error) {
	const keys, readers = 60, 2
	done := make(chan struct{})
	var (
		mu      sync.Mutex // guards torn and err while readers run
		waiting sync.WaitGroup
	)
	for range readers {
		waiting.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				whole, readErr := readWhole(e)
				mu.Lock()
				if readErr != nil {
					err = errors.Join(err, readErr)
				} else if !whole {
					torn++
				}
				mu.Unlock()
			}
		})
	}
	var writeErr error
	for r := uint64(1); r <= batches && writeErr == nil; r++ {
		c := storage.Commit{Revision: r}
		for k := range keys {
			c.Writes = append(c.Writes, put(fmt.Sprintf("k%02d", k), strconv.FormatUint(r, 10)))
		}
		writeErr = e.Apply(&storage.Batch{Commits: []storage.Commit{c}})
		if r%100 == 0 && writeErr == nil {
			writeErr = e.Flush()
		}
	}
	close(done)
	waiting.Wait()
	return torn, errors.Join(err, writeErr)
}

// readWhole says whether all keys have the value of the published revision.
func readWhole(e storage.Engine) (bool, error) {
	revision := e.Published()
	if revision == 0 {
		return true, nil
	}
	s, err := e.Snapshot(revision)
	if err != nil {
		return false, err
	}
	defer s.Close()
	want := strconv.FormatUint(revision, 10)
	it := s.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		if string(it.Value()) != want {
			return false, nil
		}
	}
	v, err := s.Get([]byte("k59"))
	if errors.Is(err, storage.ErrNotFound) {
		return false, it.Err()
	}
	return string(v) == want, errors.Join(err, it.Err())
}

func checkClosed(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1")))
	s := snapshot(t, e, 1)
	it := s.Scan(nil, nil, false)
	defer it.Close()
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	_, openErr := e.Snapshot(1)
	_, getErr := s.Get([]byte("a"))
	if it.Next() {
		t.Fatal("a scan goes on after close")
	}
	for _, c := range []struct {
		name string
		err  error
	}{
		{"snapshot", openErr},
		{"get", getErr},
		{"scan", it.Err()},
		{"apply", e.Apply(&storage.Batch{Commits: []storage.Commit{commit(2)}})},
		{"flush", e.Flush()},
		{"scrub", e.Scrub(t.Context())},
		{"dump", e.Dump(t.Context(), 1, func(storage.Version) error { return nil })},
		{"replace", load(e, 2, nil)},
	} {
		wantError(t, c.name, c.err, storage.ErrClosed)
	}
	equal(t, "published", e.Published(), uint64(1))
	equal(t, "durable", e.Durable(), uint64(1))
}

func checkReopen(t *testing.T, open Open) {
	dir := t.TempDir()
	for r := uint64(1); r <= 5; r++ {
		e := open(t, dir)
		equal(t, "published", e.Published(), r-1)
		equal(t, "durable", e.Durable(), r-1)
		for past := uint64(1); past < r; past++ {
			equal(t, "value", get(t, snapshot(t, e, past), "k"), strconv.FormatUint(past, 10))
		}
		apply(t, e, commit(r, put("k", strconv.FormatUint(r, 10))))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func checkReopenReplaced(t *testing.T, open Open) {
	dir := t.TempDir()
	e := open(t, dir)
	apply(t, e, commit(7, put("old", "x")))
	held := snapshot(t, e, 7)
	if err := load(e, 3, []storage.Version{{Key: []byte("new"), Value: []byte("y"), Revision: 2}}); err != nil {
		t.Fatal(err)
	}
	equal(t, "held", get(t, held, "old"), "x")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(t, dir)
	equal(t, "published", e.Published(), uint64(3))
	equal(t, "rows", walk(t, snapshot(t, e, 3).Scan(nil, nil, false)), []string{"new=y"})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}
