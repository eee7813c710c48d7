package badgerdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-store/weir/storage"
)

// childEnv makes the test binary a writer in the directory that it names.
const childEnv = "BADGERDB_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, writeForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// perBatch revisions make a batch, so that a published revision that is no
// multiple of it is half a batch.
const perBatch = 3

// writeForever applies batches, replaces the content by itself now and then,
// and says after each step what is published and durable.
func writeForever(dir string) error {
	d, err := Open(dir, small)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := d.Apply(batchAfter(d.Published())); err != nil {
			return err
		}
		switch {
		case n%90 == 0:
			err = replaceByItself(d)
		case n%37 == 0:
			err = d.Flush()
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Println(d.Published(), d.Durable()); err != nil {
			return err
		}
	}
}

func replaceByItself(d *DB) error {
	revision := d.Published()
	return d.Replace(revision, func(add func(storage.Version) error) error {
		return d.Dump(context.Background(), revision, add)
	})
}

// batchAfter is the one batch that follows a revision.
func batchAfter(revision uint64) *storage.Batch {
	var b storage.Batch
	for range perBatch {
		revision++
		b.Commits = append(b.Commits, storage.Commit{Revision: revision, Writes: writesOf(revision)})
	}
	return &b
}

// writesOf is what a revision writes: five of fifty rows, one of them deleted
// at times, and a volatile row.
func writesOf(revision uint64) []storage.Write {
	writes := []storage.Write{{Key: []byte("volatile"), Value: fmt.Appendf(nil, "%d", revision), Volatile: true}}
	for j := range uint64(5) {
		w := storage.Write{Key: fmt.Appendf(nil, "row%02d", (revision*7+j)%50)}
		if w.Delete = (revision+j)%11 == 0; !w.Delete {
			w.Value = fmt.Appendf(nil, "%d.%d %s", revision, j, strings.Repeat("x", 400))
		}
		writes = append(writes, w)
	}
	return writes
}

// contentAt is all rows of a revision.
func contentAt(revision uint64, past bool) map[string]string {
	rows := map[string]string{}
	for r := uint64(1); r <= revision; r++ {
		for _, w := range writesOf(r) {
			switch {
			case w.Volatile && past:
			case w.Delete:
				delete(rows, string(w.Key))
			default:
				rows[string(w.Key)] = string(w.Value)
			}
		}
	}
	return rows
}

// checkContent compares the newest revision and some of the past with what
// must have been written. An error of the engine is returned, not reported.
func checkContent(t *testing.T, d *DB) error {
	t.Helper()
	published := d.Published()
	if published%perBatch != 0 {
		t.Errorf("published %d lies within a batch", published)
	}
	for _, revision := range []uint64{published, published / 2, published / 3, 1} {
		if revision == 0 || published == 0 {
			continue
		}
		rows, err := readRows(d, revision)
		if err != nil {
			return err
		}
		past := revision != published
		if past {
			delete(rows, "volatile")
		}
		want := contentAt(revision, past)
		for k, v := range want {
			if rows[k] != v {
				t.Errorf("revision %d of %d: %s is %.20q, want %.20q", revision, published, k, rows[k], v)
			}
		}
		if len(rows) != len(want) {
			t.Errorf("revision %d of %d: %d rows, want %d", revision, published, len(rows), len(want))
		}
	}
	return nil
}

// scanRows reads a revision by a scan.
func scanRows(d *DB, revision uint64) (map[string]string, error) {
	s, err := d.Snapshot(revision)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rows := map[string]string{}
	it := s.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		rows[string(it.Key())] = string(it.Value())
	}
	return rows, it.Err()
}

// readRows reads a revision by a scan and checks it by gets.
func readRows(d *DB, revision uint64) (map[string]string, error) {
	rows, err := scanRows(d, revision)
	if err != nil {
		return nil, err
	}
	s, err := d.Snapshot(revision)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for k, want := range rows {
		got, err := s.Get([]byte(k))
		if err != nil {
			return nil, err
		}
		if string(got) != want {
			return nil, fmt.Errorf("get and scan of %q disagree", k)
		}
	}
	return rows, nil
}

func TestKilledWriterLeavesWholeBatches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for range rounds {
		published, durable := killAfter(t, dir, 1+random.IntN(200))
		d := openDB(t, dir, small)
		// The writer may have gone on after its last line was read.
		if d.Published() < durable || d.Durable() != d.Published() {
			t.Errorf("published %d and durable %d after a crash at %d, of which %d was durable", d.Published(), d.Durable(), published, durable)
		}
		if err := checkContent(t, d); err != nil {
			t.Errorf("read: %v", err)
		}
		if err := d.Scrub(t.Context()); err != nil {
			t.Errorf("scrub: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs a writer for a number of steps, kills it and gives what it
// said last.
func killAfter(t *testing.T, dir string, steps int) (published, durable uint64) {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0])
	writer.Env = append(os.Environ(), childEnv+"="+dir)
	var complaint strings.Builder
	writer.Stderr = &complaint
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range steps {
		if !lines.Scan() {
			t.Fatalf("the writer ended by itself: %v %s", lines.Err(), complaint.String())
		}
		if _, err := fmt.Sscan(lines.Text(), &published, &durable); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := writer.Wait(); !errors.As(err, &ended) {
		t.Fatalf("the writer was not killed: %v %s", err, complaint.String())
	}
	return published, durable
}

// fill applies batches up to a revision.
func fill(tb testing.TB, d *DB, revision uint64) {
	tb.Helper()
	for d.Published() < revision {
		if err := d.Apply(batchAfter(d.Published())); err != nil {
			tb.Fatal(err)
		}
	}
}

func copyDir(tb testing.TB, from, to string) {
	tb.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		tb.Fatal(err)
	}
}

// lostLog makes what a power loss may leave: of two memtables that were not
// yet tables, the log of the first is gone and that of the second is not.
func lostLog(t *testing.T) string {
	t.Helper()
	dir, image := t.TempDir(), t.TempDir()
	d := openDB(t, dir, small)
	copyDir(t, dir, image)
	fill(t, d, 90)
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	fill(t, d, 93)
	logs, err := filepath.Glob(filepath.Join(generationDir(dir, 1), "*.mem"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("logs %v, error %v", logs, err)
	}
	text, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(generationDir(image, 1), filepath.Base(logs[0])), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return image
}

func TestLostLog(t *testing.T) {
	t.Parallel()
	t.Run("logs are not trusted", func(t *testing.T) {
		d := openDB(t, lostLog(t), small)
		defer closeDB(t, d)
		if d.Published() != 0 {
			t.Errorf("published %d, want nothing", d.Published())
		}
	})
	t.Run("with logs trusted there is a hole", func(t *testing.T) {
		o := small
		o.faults.trustLogs = true
		d := openDB(t, lostLog(t), o)
		defer closeDB(t, d)
		rows, err := readRows(d, 93)
		if err != nil {
			t.Fatal(err)
		}
		if whole := contentAt(93, false); len(rows) >= len(whole) {
			t.Errorf("%d rows of %d at revision 93: the remedy is not needed", len(rows), len(whole))
		}
	})
}

func closeDB(tb testing.TB, d *DB) {
	tb.Helper()
	if err := d.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
}

func TestCrashAroundReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := openDB(t, dir, small)
	fill(t, d, 60)
	closeDB(t, d)
	old := t.TempDir()
	copyDir(t, dir, old)

	d = openDB(t, dir, small)
	if err := d.Replace(99, func(add func(storage.Version) error) error {
		return add(storage.Version{Key: []byte("new"), Value: []byte("v"), Revision: 99})
	}); err != nil {
		t.Fatal(err)
	}
	closeDB(t, d)

	for _, c := range []struct {
		name    string
		arrange func(t *testing.T, image string)
		want    uint64 // published, or 0 for a refusal
	}{
		{"before the new generation", func(*testing.T, string) {}, 60},
		{"while it is filled", func(t *testing.T, image string) {
			write(t, filepath.Join(generationDir(image, 2), "MANIFEST"), "half a man")
		}, 60},
		{"before the pointer", func(t *testing.T, image string) {
			copyDir(t, generationDir(dir, 2), generationDir(image, 2))
		}, 60},
		{"before the rename", func(t *testing.T, image string) {
			copyDir(t, generationDir(dir, 2), generationDir(image, 2))
			write(t, filepath.Join(image, "CURRENT.tmp"), pointerText(2)[:9])
		}, 60},
		{"before the old one is removed", func(t *testing.T, image string) {
			copyDir(t, generationDir(dir, 2), generationDir(image, 2))
			write(t, filepath.Join(image, "CURRENT"), pointerText(2))
		}, 99},
		{"a pointer to nothing", func(t *testing.T, image string) {
			write(t, filepath.Join(image, "CURRENT"), pointerText(2))
		}, 0},
		{"a lost pointer", func(t *testing.T, image string) {
			if err := os.Remove(filepath.Join(image, "CURRENT")); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			image := t.TempDir()
			copyDir(t, old, image)
			c.arrange(t, image)
			d, err := Open(image, small)
			if c.want == 0 {
				var corrupt *storage.Corruption
				if !errors.As(err, &corrupt) {
					t.Fatalf("open: %v, want a corruption", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer closeDB(t, d)
			if d.Published() != c.want {
				t.Errorf("published %d, want %d", d.Published(), c.want)
			}
			generations, err := filepath.Glob(filepath.Join(image, dirPrefix+"*"))
			if err != nil || len(generations) != 1 {
				t.Errorf("generations %v, error %v", generations, err)
			}
		})
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
