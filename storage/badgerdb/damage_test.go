package badgerdb

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/storage"
)

// settled makes a closed directory with tables on several levels of age: the
// rows of a later revision lie in another table than those of an earlier one.
func settled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	d := openDB(t, dir, small)
	for _, revision := range []uint64{60, 90, 120} {
		fill(t, d, revision)
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	closeDB(t, d)
	return dir
}

// flip changes one bit of a file.
func flip(t *testing.T, path string, bit int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], bit/8)
	if err == nil {
		b[0] ^= 1 << (bit % 8)
		_, err = f.WriteAt(b[:], bit/8)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// outcome of reading a damaged directory.
type outcome struct {
	refused   bool // by Open
	stopped   bool // by an error of a read
	published uint64
}

// answers opens a directory and compares everything; a wrong answer fails the
// test.
func answers(t *testing.T, dir string, o Options) outcome {
	t.Helper()
	d, err := Open(dir, o)
	if err != nil {
		return outcome{refused: true}
	}
	out := outcome{published: d.Published()}
	out.stopped = checkContent(t, d) != nil
	if err := d.Close(); err != nil {
		out.stopped = true
	}
	return out
}

func TestFlippedBitIsNeverAnotherAnswer(t *testing.T) {
	t.Parallel()
	base := settled(t)
	gen := filepath.Base(generationDir(base, 1))
	for _, c := range []struct {
		name, file string
		// every: distance of the bits that are tried. The last bits of a file
		// are all tried, since its footer is there.
		every, tail int64
		harmless    bool // the file may be changed without anybody noticing
	}{
		{"pointer", "CURRENT", 1, 0, false},
		{"manifest", gen + "/MANIFEST", 3, 0, false},
		{"table: data, index and footer", gen + "/*.sst", 8 * 1511, 8 * 12, false},
		{"key registry", gen + "/KEYREGISTRY", 17, 0, true},
		{"value log", gen + "/*.vlog", 29, 0, true},
		{"discard statistics", gen + "/DISCARD", 8 * 65536, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(base, c.file))
			if err != nil || len(files) == 0 {
				t.Fatalf("files %v, error %v", files, err)
			}
			file := files[len(files)-1]
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(base, file)
			if err != nil {
				t.Fatal(err)
			}
			noticed, tried, image := 0, 0, ""
			for bit, end := int64(0), 8*info.Size(); bit < end; bit++ {
				if bit%c.every != 0 && bit < end-c.tail {
					continue
				}
				if image == "" {
					image = t.TempDir()
					copyDir(t, base, image)
				}
				flip(t, filepath.Join(image, name), bit)
				out := answers(t, image, small)
				tried++
				if out.refused && !c.harmless {
					flip(t, filepath.Join(image, name), bit) // a refusal changes nothing
				} else {
					image = ""
				}
				if out.refused || out.stopped {
					noticed++
				} else if out.published != 120 {
					t.Errorf("bit %d of %s: answers from revision %d, want 120", bit, name, out.published)
				}
			}
			t.Logf("%d of %d noticed", noticed, tried)
			if !c.harmless && noticed != tried {
				t.Errorf("only %d of %d flipped bits were noticed", noticed, tried)
			}
		})
	}
}

// The newest table is the one whose loss lets older values show through.
func newestTable(t *testing.T, dir string) string {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(generationDir(dir, 1), "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables %v, error %v", tables, err)
	}
	return slices.Max(tables)
}

// inBlock finds a bit of the bytes that a revision wrote, in the middle of the
// newest table.
func inBlock(t *testing.T, dir string) (path string, bit int64) {
	t.Helper()
	path = newestTable(t, dir)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text[len(text)/2:], []byte(strings.Repeat("x", 40)))
	if at < 0 {
		t.Fatal("no value found")
	}
	return path, 8 * int64(len(text)/2+at)
}

func TestUnverifiedBlockGivesOlderAnswer(t *testing.T) {
	t.Parallel()
	dir := settled(t)
	path, bit := inBlock(t, dir)
	flip(t, path, bit)
	refused := func() error {
		d, err := Open(dir, small)
		if err == nil {
			closeDB(t, d)
		}
		return err
	}
	var corrupt *storage.Corruption
	if err := refused(); !errors.As(err, &corrupt) {
		t.Errorf("open: %v, want a corruption", err)
	}

	o := small
	o.faults.unverified = true
	d := openDB(t, dir, o)
	defer closeDB(t, d)
	rows, err := scanRows(d, 120)
	if err != nil {
		t.Fatalf("unverified: %v", err)
	}
	older := 0
	for k, v := range contentAt(120, false) {
		if rows[k] != v {
			older++
		}
	}
	if older == 0 {
		t.Error("no row was wrong without verification: the remedy is not needed")
	}
}

func TestChangedManifestLengthLosesTables(t *testing.T) {
	t.Parallel()
	base := settled(t)
	manifest := filepath.Join(generationDir(base, 1), "MANIFEST")
	info, err := os.Stat(manifest)
	if err != nil {
		t.Fatal(err)
	}
	o := small
	o.faults.unverified = true
	lost := false
	for bit := range 8 * info.Size() {
		image := t.TempDir()
		copyDir(t, base, image)
		flip(t, filepath.Join(generationDir(image, 1), "MANIFEST"), bit)
		d, err := Open(image, o)
		if err != nil {
			continue
		}
		lost = d.Published() < 120
		closeDB(t, d)
		if lost {
			break
		}
	}
	// TestFlippedBitIsNeverAnotherAnswer shows that none of them opens.
	if !lost {
		t.Error("no flipped bit lost a table without verification: the remedy is not needed")
	}
}

func TestTornManifestIsACrash(t *testing.T) {
	t.Parallel()
	base := settled(t)
	text, err := os.ReadFile(filepath.Join(generationDir(base, 1), "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	// A record that was being appended: some of it, or only some of its header.
	record := text[len(text)-20:]
	for size := range len(record) {
		torn := append([]byte{0, 0, 0, byte(len(record)), 1, 2, 3, 4}, record...)[:size]
		image := t.TempDir()
		copyDir(t, base, image)
		write(t, filepath.Join(generationDir(image, 1), "MANIFEST"), string(text)+string(torn))
		if out := answers(t, image, small); out.refused || out.stopped || out.published != 120 {
			t.Errorf("%d bytes of a record: %+v", size, out)
		}
	}
}

func TestBitFlippedWhileOpen(t *testing.T) {
	t.Parallel()
	t.Run("in a value: the read says so, and no later one answers", func(t *testing.T) {
		dir := settled(t)
		d := openDB(t, dir, small)
		defer closeDB(t, d)
		s, err := d.Snapshot(120)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		path, bit := inBlock(t, dir)
		flip(t, path, bit)
		_, err = readRows(d, 120)
		var corrupt *storage.Corruption
		for revision := uint64(119); err == nil && revision > 90; revision-- {
			_, err = readRows(d, revision)
		}
		if !errors.As(err, &corrupt) {
			t.Fatalf("read: %v, want a corruption", err)
		}
		flip(t, path, bit) // even when the bytes are right again
		if _, err := s.Get([]byte("row00")); !errors.As(err, &corrupt) {
			t.Errorf("get after a corruption: %v", err)
		}
		if _, err := d.Snapshot(1); !errors.As(err, &corrupt) {
			t.Errorf("snapshot after a corruption: %v", err)
		}
		if err := d.Apply(batchAfter(120)); !errors.As(err, &corrupt) {
			t.Errorf("apply after a corruption: %v", err)
		}
	})
	t.Run("anywhere in a table: a scrub says so", func(t *testing.T) {
		dir := settled(t)
		path := newestTable(t, dir)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for bit := int64(5); bit < 8*info.Size(); bit += 8 * info.Size() / 60 {
			d := openDB(t, dir, small)
			flip(t, path, bit)
			var corrupt *storage.Corruption
			if err := d.Scrub(t.Context()); !errors.As(err, &corrupt) {
				t.Errorf("bit %d: scrub: %v, want a corruption", bit, err)
			}
			flip(t, path, bit)
			closeDB(t, d)
		}
	})
}
