package badgerdb

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/storage"
)

// compacted applies commits, step revisions apart, that each write the same
// historic and the same volatile rows, and compacts after every few of them.
func compacted(t *testing.T, d *DB, commits, step uint64) {
	t.Helper()
	for n := range commits {
		c := storage.Commit{Revision: d.Published() + step}
		for i := range 20 {
			value := fmt.Appendf(nil, "%d %s", c.Revision, strings.Repeat("x", 100))
			c.Writes = append(c.Writes,
				storage.Write{Key: fmt.Appendf(nil, "historic%02d", i), Value: value, Delete: c.Revision/step%7 == 3},
				storage.Write{Key: fmt.Appendf(nil, "volatile%02d", i), Value: value, Volatile: true})
		}
		if err := d.Apply(&storage.Batch{Commits: []storage.Commit{c}}); err != nil {
			t.Fatal(err)
		}
		if n%10 == 9 {
			compact(t, d)
		}
	}
}

func compact(t *testing.T, d *DB) {
	t.Helper()
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := d.current.db.Flatten(2); err != nil {
		t.Fatal(err)
	}
}

// stored counts the versions that lie in the engine.
func stored(t *testing.T, d *DB) (historic, volatile int) {
	t.Helper()
	c := newCursor(d, d.current, d.Published(), nil, nil)
	c.every = true
	defer c.close()
	for c.next() {
		if c.kind == kindVolatile || c.deleted {
			volatile++
		} else {
			historic++
		}
	}
	if c.err != nil {
		t.Fatal(c.err)
	}
	return historic, volatile
}

func TestCompaction(t *testing.T) {
	t.Parallel()
	const commits, step = 200, discardWindow / 4
	d := openDB(t, t.TempDir(), small)
	defer closeDB(t, d)
	compacted(t, d, commits, step)

	historic, volatile := stored(t, d)
	if historic != 20*commits {
		t.Errorf("%d of %d historic versions are left", historic, 20*commits)
	}
	if volatile < 20 || volatile > 20*commits/2 {
		t.Errorf("%d of %d volatile versions are left, want the newest ones only", volatile, 20*commits)
	}
	if d.Durable() != commits*step {
		t.Errorf("durable %d, want %d", d.Durable(), commits*step)
	}
	for _, n := range []uint64{1, 2, 3, commits / 2, commits} {
		want := fmt.Sprint(n * step)
		if n%7 == 3 {
			want = "-"
		}
		if got := rowAt(t, d, n*step, "historic07"); got != want {
			t.Errorf("historic row at %d: %s, want %s", n*step, got, want)
		}
	}
}

// rowAt gives the revision that a row was written at, "-" where there is none.
func rowAt(t *testing.T, d *DB, revision uint64, key string) string {
	t.Helper()
	s, err := d.Snapshot(revision)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.Get([]byte(key))
	if errors.Is(err, storage.ErrNotFound) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	written, _, _ := strings.Cut(string(v), " ")
	return written
}

// TestCompactionSparesReaders compacts after others went on. The volatile rows
// of a revision stay while a reader may still be about to open it, and beyond
// that for a snapshot that is open, and only for that.
func TestCompactionSparesReaders(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		open bool
		step uint64
		want string
	}{
		{"a reader that was held up finds all", false, 1, "50"},
		{"an open snapshot keeps what it may ask for", true, discardWindow, "50"},
		{"otherwise old volatile rows go", false, discardWindow, "-"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := openDB(t, t.TempDir(), small)
			defer closeDB(t, d)
			compacted(t, d, 50, 1)
			if row.open {
				s, err := d.Snapshot(50)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
			}
			compacted(t, d, 50, row.step)
			if got := rowAt(t, d, 50, "volatile07"); got != row.want {
				t.Errorf("volatile row at 50: %s, want %s", got, row.want)
			}
		})
	}
}

// TestForgetting writes over, or deletes, historic rows as if they were
// volatile: what they were is dropped.
func TestForgetting(t *testing.T) {
	t.Parallel()
	d := openDB(t, t.TempDir(), small)
	defer closeDB(t, d)
	apply := func(w ...storage.Write) {
		t.Helper()
		if err := d.Apply(&storage.Batch{Commits: []storage.Commit{{Revision: d.Published() + 1, Writes: w}}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"secret one", "secret two"} {
		apply(storage.Write{Key: []byte("kept"), Value: []byte(text)}, storage.Write{Key: []byte("gone"), Value: []byte(text)})
	}
	apply(storage.Write{Key: []byte("kept"), Value: []byte("digest"), Volatile: true}, storage.Write{Key: []byte("gone"), Delete: true, Volatile: true})
	compacted(t, d, 100, discardWindow/4) // tables enough for a compaction
	found := map[string][]string{}
	c := newCursor(d, d.current, d.Published(), nil, nil)
	c.every = true
	defer c.close()
	for c.next() {
		if !c.deleted {
			found[string(c.key[1:])] = append(found[string(c.key[1:])], string(c.value))
		}
	}
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got := fmt.Sprint(found["kept"], found["gone"]); got != "[digest] []" {
		t.Errorf("left are %s", got)
	}
}
