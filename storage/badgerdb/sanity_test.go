package badgerdb

import (
	"context"
	"fmt"
	"testing"

	"github.com/weir-store/weir/storage"
)

func TestSanity(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir, Options{MemTableSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for r := uint64(1); r <= 300; r++ {
		var c storage.Commit
		c.Revision = r
		for i := range 50 {
			c.Writes = append(c.Writes, storage.Write{Key: fmt.Appendf(nil, "k%03d", i), Value: fmt.Appendf(nil, "%d-%0100d", r, i)})
		}
		if err := d.Apply(&storage.Batch{Commits: []storage.Commit{c}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := d.Snapshot(7)
	if err != nil {
		t.Fatal(err)
	}
	it := s.Scan(nil, nil, true)
	n := 0
	for it.Next() {
		n++
		if n == 20 {
			t.Log(d.Durable())
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
			t.Log(d.Durable())
		}
		if string(it.Value()[:2]) != "7-" {
			t.Fatal(string(it.Value()))
		}
	}
	if n != 50 || it.Err() != nil {
		t.Fatal(n, it.Err())
	}
	it.Close()
	if err := d.Replace(500, func(add func(storage.Version) error) error {
		return d.Dump(context.Background(), 300, add)
	}); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get([]byte("k003")); err != nil || string(v[:2]) != "7-" {
		t.Fatal(err)
	}
	s.Close()
	if err := d.Scrub(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = Open(dir, Options{MemTableSize: 1 << 20})
	if err != nil || d.Published() != 500 {
		t.Fatal(err, d.Published())
	}
	d.Close()
}
