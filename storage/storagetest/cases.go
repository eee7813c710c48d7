package storagetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/storage"
)

// failer is a test, or one run of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func put(key, value string) storage.Write {
	return storage.Write{Key: []byte(key), Value: []byte(value)}
}

func remove(key string) storage.Write { return storage.Write{Key: []byte(key), Delete: true} }

func volatile(w storage.Write) storage.Write {
	w.Volatile = true
	return w
}

func commit(revision uint64, writes ...storage.Write) storage.Commit {
	return storage.Commit{Revision: revision, Writes: writes}
}

func apply(tb testing.TB, e storage.Engine, commits ...storage.Commit) {
	tb.Helper()
	if err := e.Apply(&storage.Batch{Commits: commits}); err != nil {
		tb.Fatalf("apply: %v", err)
	}
}

func snapshot(tb testing.TB, e storage.Engine, revision uint64) storage.Snapshot {
	tb.Helper()
	s, err := e.Snapshot(revision)
	if err != nil {
		tb.Fatalf("snapshot at %d: %v", revision, err)
	}
	tb.Cleanup(s.Close)
	return s
}

// get gives the value, or "-" where there is none.
func get(t failer, r storage.Reader, key string) string {
	t.Helper()
	v, err := r.Get([]byte(key))
	if errors.Is(err, storage.ErrNotFound) {
		return "-"
	}
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	return string(v)
}

// walk gives the rest of a scan as "key=value".
func walk(t failer, it storage.Iterator) []string {
	t.Helper()
	defer it.Close()
	rows := []string{}
	for it.Next() {
		rows = append(rows, string(it.Key())+"="+string(it.Value()))
	}
	if err := it.Err(); err != nil {
		t.Fatalf("scan: %v", err)
	}
	return rows
}

func equal(t failer, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func wantError(t failer, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

func checkEmpty(t *testing.T, e storage.Engine) {
	equal(t, "published", e.Published(), uint64(0))
	equal(t, "durable", e.Durable(), uint64(0))
	for _, revision := range []uint64{0, 1} {
		_, err := e.Snapshot(revision)
		wantError(t, "snapshot", err, storage.ErrRevision)
	}
}

func checkRevisions(t *testing.T, e storage.Engine) {
	apply(t, e, commit(5, put("k", "five")))
	refused := []struct {
		name    string
		commits []storage.Commit
	}{
		{"zero", []storage.Commit{commit(0, put("k", "bad"))}},
		{"below", []storage.Commit{commit(4, put("k", "bad"))}},
		{"the same", []storage.Commit{commit(5, put("k", "bad"))}},
		{"falling within a batch", []storage.Commit{commit(7, put("k", "bad")), commit(6, put("k", "bad"))}},
		{"twice in a batch", []storage.Commit{commit(6, put("k", "bad")), commit(6, put("l", "bad"))}},
	}
	for _, r := range refused {
		wantError(t, r.name, e.Apply(&storage.Batch{Commits: r.commits}), storage.ErrRevision)
	}
	equal(t, "published", e.Published(), uint64(5))
	equal(t, "rows", walk(t, snapshot(t, e, 5).Scan(nil, nil, false)), []string{"k=five"})
	_, err := e.Snapshot(6)
	wantError(t, "snapshot above", err, storage.ErrRevision)
	apply(t, e, commit(9, put("k", "nine"))) // still usable, and gaps are fine
	equal(t, "value after", get(t, snapshot(t, e, 9), "k"), "nine")
}

func checkHistory(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("k", "one"), put("other", "x")), commit(3, remove("k")))
	apply(t, e, commit(4, put("k", "four")), commit(6, remove("k")), commit(7, remove("never")))
	for revision, want := range map[uint64]string{1: "one", 2: "one", 3: "-", 4: "four", 5: "four", 6: "-", 7: "-"} {
		s := snapshot(t, e, revision)
		equal(t, "revision", s.Revision(), revision)
		equal(t, "get", get(t, s, "k"), want)
		rows := []string{"other=x"}
		if want != "-" {
			rows = []string{"k=" + want, "other=x"}
		}
		equal(t, "scan", walk(t, s.Scan(nil, nil, false)), rows)
	}
}

func checkEmptyCommit(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("k", "v")))
	apply(t, e, commit(2))
	apply(t, e) // no commits at all: nothing happens
	equal(t, "published", e.Published(), uint64(2))
	equal(t, "value", get(t, snapshot(t, e, 2), "k"), "v")
}

func checkVolatile(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, volatile(put("v", "one"))), commit(2, volatile(put("v", "two"))))
	s := snapshot(t, e, 2)
	equal(t, "value", get(t, s, "v"), "two")
	equal(t, "rows", walk(t, s.Scan(nil, nil, true)), []string{"v=two"})
}

func checkVolatileDelete(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, volatile(put("v", "one"))))
	apply(t, e, commit(2, volatile(remove("v"))))
	s := snapshot(t, e, 2)
	equal(t, "value", get(t, s, "v"), "-")
	equal(t, "rows", walk(t, s.Scan(nil, nil, false)), []string{})
	apply(t, e, commit(3, volatile(put("v", "again"))))
	equal(t, "value after", get(t, snapshot(t, e, 3), "v"), "again")
}

func checkBytes(t *testing.T, e storage.Engine) {
	keys := []string{"", "\x00", "\x00\x00", "!badger!x", "a", "a\x00", "a\xff", "\xff", "\xff\xff"}
	var writes []storage.Write
	want := []string{}
	for _, k := range keys {
		writes = append(writes, put(k, ""))
		want = append(want, k+"=")
	}
	apply(t, e, commit(1, writes...))
	s := snapshot(t, e, 1)
	equal(t, "rows", walk(t, s.Scan(nil, nil, false)), want)
	for _, k := range keys {
		equal(t, "value", get(t, s, k), "")
	}
}

func checkScan(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1"), put("b", "1"), put("b\x00", "1"), put("c", "1"), put("d", "1")), commit(2, remove("c")))
	s := snapshot(t, e, 2)
	bound := func(text string) []byte {
		if text == "nil" {
			return nil
		}
		return []byte(text)
	}
	for _, c := range []struct {
		name, start, end string
		want             []string
	}{
		{"all", "nil", "nil", []string{"a=1", "b=1", "b\x00=1", "d=1"}},
		{"the start is within, the end is not", "b", "d", []string{"b=1", "b\x00=1"}},
		{"no upper bound", "b\x00", "nil", []string{"b\x00=1", "d=1"}},
		{"no lower bound", "nil", "b", []string{"a=1"}},
		{"bounds that are no keys", "aa", "zz", []string{"b=1", "b\x00=1", "d=1"}},
		{"only a deleted key", "c", "d", []string{}},
		{"nothing between", "bb", "bc", []string{}},
		{"an empty range", "b", "b", []string{}},
		{"a range turned round", "d", "a", []string{}},
		{"an empty end", "a", "", []string{}},
	} {
		equal(t, c.name, walk(t, s.Scan(bound(c.start), bound(c.end), false)), c.want)
		reversed := []string{}
		for i := len(c.want) - 1; i >= 0; i-- {
			reversed = append(reversed, c.want[i])
		}
		equal(t, c.name+", in reverse", walk(t, s.Scan(bound(c.start), bound(c.end), true)), reversed)
	}
}

func checkInterleaved(t *testing.T, e storage.Engine) {
	apply(t, e, commit(1, put("a", "1"), put("b", "2"), put("c", "3")))
	s := snapshot(t, e, 1)
	up, down := s.Scan(nil, nil, false), s.Scan(nil, nil, true)
	defer up.Close()
	defer down.Close()
	var got []string
	for up.Next() && down.Next() {
		got = append(got, string(up.Key())+string(up.Value())+string(down.Key())+get(t, s, "b"))
	}
	equal(t, "steps", got, []string{"a1c2", "b2b2", "c3a2"})
	if up.Next() || up.Err() != nil {
		t.Fatalf("a scan went on after its end: %v", up.Err())
	}
}

func checkScrub(t *testing.T, e storage.Engine) {
	for r := uint64(1); r <= 20; r++ {
		apply(t, e, commit(r, put("k", "v"), volatile(put("w", "x")), volatile(remove("u"))))
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := e.Scrub(t.Context()); err != nil {
		t.Fatalf("scrub: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Scrub(ended); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("scrub after its context ended: %v", err)
	}
	equal(t, "value", get(t, snapshot(t, e, 20), "k"), "v")
}

func clone(v storage.Version) storage.Version {
	v.Key, v.Value = bytes.Clone(v.Key), append([]byte{}, v.Value...)
	return v
}
