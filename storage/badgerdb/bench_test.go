package badgerdb

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weir-store/weir/storage"
)

// benchRows is how many keys the reading benchmarks choose from.
const benchRows = 20_000

func benchKey(n uint64) []byte { return fmt.Appendf(nil, "\x30%016x", n*0x9E3779B97F4A7C15) }

// benchBatch creates six keys of 256 bytes for each of a number of commands.
func benchBatch(revision uint64, commands int) *storage.Batch {
	var b storage.Batch
	value := make([]byte, 256)
	for range commands {
		revision++
		c := storage.Commit{Revision: revision}
		for i := range uint64(6) {
			c.Writes = append(c.Writes, storage.Write{Key: benchKey(revision*6 + i), Value: value, Volatile: i == 5})
		}
		b.Commits = append(b.Commits, c)
	}
	return &b
}

func BenchmarkApply(b *testing.B) {
	for _, commands := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("commands=%d", commands), func(b *testing.B) {
			d := openDB(b, b.TempDir(), Options{})
			defer closeDB(b, d)
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Apply(benchBatch(d.Published(), commands)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*commands), "ns/command")
		})
	}
}

// filled has benchRows rows with a number of versions each, in tables.
func filled(b *testing.B, versions int) *DB {
	b.Helper()
	d := openDB(b, b.TempDir(), Options{})
	b.Cleanup(func() { closeDB(b, d) })
	const perCommit = 100
	for range versions {
		for first := uint64(0); first < benchRows; first += perCommit {
			c := storage.Commit{Revision: d.Published() + 1}
			for n := first; n < first+perCommit; n++ {
				c.Writes = append(c.Writes, storage.Write{Key: benchKey(n), Value: make([]byte, 256)})
			}
			if err := d.Apply(&storage.Batch{Commits: []storage.Commit{c}}); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := d.Flush(); err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkGet(b *testing.B) {
	for _, versions := range []int{1, 10} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			d := filled(b, versions)
			s, err := d.Snapshot(d.Published())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			random := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(benchKey(random.Uint64N(benchRows))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkScan reads 100 rows from some place on.
func BenchmarkScan(b *testing.B) {
	for _, versions := range []int{1, 10} {
		b.Run(fmt.Sprintf("versions=%d", versions), func(b *testing.B) {
			d := filled(b, versions)
			s, err := d.Snapshot(d.Published())
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			random := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			for b.Loop() {
				it := s.Scan(benchKey(random.Uint64N(benchRows)), nil, false)
				for range 100 {
					if !it.Next() {
						break
					}
				}
				if err := it.Err(); err != nil {
					b.Fatal(err)
				}
				it.Close()
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	d := openDB(b, b.TempDir(), Options{})
	defer closeDB(b, d)
	if err := d.Apply(benchBatch(0, 1)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := d.Snapshot(d.Published())
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

// BenchmarkFlush is what close and reopen cost beside a little new data.
func BenchmarkFlush(b *testing.B) {
	d := filled(b, 1)
	for b.Loop() {
		if err := d.Apply(benchBatch(d.Published(), 1)); err != nil {
			b.Fatal(err)
		}
		if err := d.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}
