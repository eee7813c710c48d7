package badgerdb

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-store/weir/storage"
)

// sampleFiles are a table and a manifest that Badger wrote.
func sampleFiles(f *testing.F) (table, manifest []byte) {
	f.Helper()
	dir := f.TempDir()
	d := openDB(f, dir, small)
	fill(f, d, 12)
	closeDB(f, d)
	tables, err := filepath.Glob(filepath.Join(generationDir(dir, 1), "*.sst"))
	if err != nil || len(tables) != 1 {
		f.Fatalf("tables %v, error %v", tables, err)
	}
	table, err = os.ReadFile(tables[0])
	if err != nil {
		f.Fatal(err)
	}
	manifest, err = os.ReadFile(filepath.Join(generationDir(dir, 1), "MANIFEST"))
	if err != nil {
		f.Fatal(err)
	}
	return table, manifest
}

// refused says whether a verifier refuses the bytes; any error but a
// Corruption fails the test.
func refused(t *testing.T, verify func(path string) error, data []byte) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err := verify(path)
	var corrupt *storage.Corruption
	if err != nil && !errors.As(err, &corrupt) {
		t.Fatalf("%v, want a corruption or nothing", err)
	}
	return err != nil
}

func FuzzVerifyTable(f *testing.F) {
	table, _ := sampleFiles(f)
	f.Add(table, uint32(0))
	f.Add(table, uint32(8*len(table)-1))
	f.Add(table[len(table)/2:], uint32(77))
	f.Add([]byte{}, uint32(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0}, uint32(3))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 4}, uint32(3))
	f.Fuzz(func(t *testing.T, data []byte, bit uint32) {
		if refused(t, verifyTable, data) {
			return
		}
		bit %= uint32(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
		if !refused(t, verifyTable, data) {
			t.Errorf("flipped bit %d of a good table is not noticed", bit)
		}
	})
}

func FuzzCheckManifest(f *testing.F) {
	_, manifest := sampleFiles(f)
	f.Add(manifest, uint32(0))
	f.Add(manifest[:len(manifest)-3], uint32(70))
	f.Add([]byte("Bdgr\x00\x01\x00\x08\xff\xff\xff\xff"), uint32(1))
	f.Fuzz(func(t *testing.T, data []byte, bit uint32) {
		if refused(t, checkManifest, data) || wholeRecords(data) == manifestHeader {
			return
		}
		// Badger itself refuses a changed header; a torn record is cut off.
		bit %= uint32(8 * (wholeRecords(data) - manifestHeader))
		data[manifestHeader+bit/8] ^= 1 << (bit % 8)
		if !refused(t, checkManifest, data) {
			t.Errorf("flipped bit %d of the records is not noticed", bit)
		}
	})
}

// wholeRecords is the size of a good manifest without a torn record.
func wholeRecords(data []byte) int {
	at := manifestHeader
	for len(data)-at >= recordHeader {
		next := at + recordHeader + int(uint32(data[at])<<24|uint32(data[at+1])<<16|uint32(data[at+2])<<8|uint32(data[at+3]))
		if next > len(data) {
			break
		}
		at = next
	}
	return at
}
