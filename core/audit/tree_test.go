package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// model is the tree as tlog itself keeps it, of the same leaves.
func model(t *testing.T, l *testLog) tlog.HashReaderFunc {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	v := l.view()
	for n := range int64(l.head.Sequence) {
		hashes, err := tlog.StoredHashes(n, load(v, uint64(n)+1).Entry, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	return read
}

func TestTreeAgreesWithTlog(t *testing.T) {
	l := newLog(t)
	l.fill(1300, 97)
	m, v := model(t, l), l.view()
	for size := uint64(1); size <= l.head.Sequence; size++ {
		if size > 20 && size < l.head.Sequence-20 && size%61 != 0 && size%256 > 1 {
			continue
		}
		want, err := tlog.TreeHash(int64(size), m)
		if err != nil {
			t.Fatal(err)
		}
		if got := Root(v, size); tlog.Hash(got) != want {
			t.Fatalf("the root of %d entries is %x, want %x", size, got, want)
		}
	}
}

func TestProofsVerify(t *testing.T) {
	l := newLog(t)
	l.fill(700, 64)
	m, v := model(t, l), l.view()
	hashes := func(texts []string) []tlog.Hash {
		out := make([]tlog.Hash, len(texts))
		for i, text := range texts {
			h, err := tlog.ParseHash(text)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = h
		}
		return out
	}
	root := func(size uint64) tlog.Hash {
		h, err := tlog.TreeHash(int64(size), m)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.Uint64Range(1, l.head.Sequence).Draw(r, "size")
		from := rapid.Uint64Range(1, size).Draw(r, "from")
		p := must(l, Inclusion, InclusionInput{Sequence: from, Size: size})
		leaf := tlog.Hash(chain.Leaf(load(v, from).Entry))
		if err := tlog.CheckRecord(hashes(p.Hashes), int64(size), root(size), int64(from)-1, leaf); err != nil || p.LeafHash != leaf.String() {
			r.Fatalf("inclusion of %d in %d: %v", from, size, err)
		}
		c := must(l, Consistency, ConsistencyInput{From: from, To: size})
		if err := tlog.CheckTree(hashes(c.Hashes), int64(size), root(size), int64(from), root(from)); err != nil {
			r.Fatalf("consistency of %d with %d: %v", from, size, err)
		}
	})
}

func TestTilesAreThoseOfTlog(t *testing.T) {
	l := newLog(t)
	l.fill(600, 64)
	m, v := model(t, l), l.view()
	for _, want := range tlog.NewTiles(tileHeight, 0, int64(l.head.Sequence)) {
		path := fmt.Sprintf("%d/%03d", want.L, want.N)
		if want.W < tileWidth {
			path += fmt.Sprintf(".p/%d", want.W)
		}
		data, err := tlog.ReadTileData(want, m)
		if err != nil {
			t.Fatal(err)
		}
		if got := must(l, Tile, TileInput{Path: path}); !bytes.Equal(got.Body, data) {
			t.Errorf("tile %s differs", path)
		}
	}
	bundle := must(l, Tile, TileInput{Path: "entries/001"}).Body
	for n := uint64(257); n <= 512; n++ {
		size := int(binary.BigEndian.Uint16(bundle))
		if got := bundle[2 : 2+size]; !bytes.Equal(got, load(v, n).Entry) {
			t.Fatalf("entry %d of the bundle differs", n)
		}
		bundle = bundle[2+size:]
	}
	if len(bundle) != 0 {
		t.Errorf("the bundle has %d bytes too many", len(bundle))
	}
}

func TestTilesOfAllLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 65,800 entries")
	}
	l := newLog(t)
	l.fill(tileWidth*tileWidth+264, 1000)
	v, size := l.view(), int64(l.head.Sequence)
	if !tiles.Has(v, state.Key(key.AuditTile, uint64(1), uint64(0))) || tiles.Has(v, state.Key(key.AuditTile, uint64(1), uint64(1))) {
		t.Error("the first tile of level 1 is stored, and no other")
	}
	root, err := tlog.TreeHash(size, &reader{v: v})
	if err != nil {
		t.Fatal(err)
	}
	if root != tlog.Hash(chain.Root(l.head.Peaks)) {
		t.Error("tiles and peaks do not have one root")
	}
	top := must(l, Tile, TileInput{Path: "2/000.p/1"}).Body
	if got := fold(must(l, Tile, TileInput{Path: "1/000"}).Body); !bytes.Equal(top, got[:]) {
		t.Error("level 2 is not the root of level 1")
	}
	for _, n := range []int64{0, 255, 65535, 65536, size - 1} {
		proof, err := tlog.ProveRecord(size, n, &reader{v: v})
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, size, root, n, chain.Leaf(load(v, uint64(n)+1).Entry)); err != nil {
			t.Errorf("record %d: %v", n, err)
		}
	}
	if got := must(l, Verify, VerifyInput{From: 65000}); !got.Valid {
		t.Errorf("got %+v", got)
	}
}

func TestTilePaths(t *testing.T) {
	l := newLog(t)
	l.fill(300, 64)
	for _, row := range []struct {
		path  string
		found bool
	}{
		{"0/000", true},
		{"0/000.p/255", true},
		{"0/001.p/1", true},
		{"0/001", false},
		{"0/001.p/256", false},
		{"0/000.p/0", false},
		{"1/000.p/1", true},
		{"1/000", false},
		{"7/000.p/1", false},
		{"00/000", false},
		{"0/0", false},
		{"0/x000/000", false},
		{"0/x001/000", false},
		{"entries/000", true},
		{"entries/000.p/7", true},
		{"entries/002", false},
		{"data/000", false},
		{"-1/000", false},
		{"0", false},
		{"", false},
		{"0/x999/x999/x999/x999/x999/x999/999", false},
		{"../checkpoint", false},
	} {
		t.Run(row.path, func(t *testing.T) {
			if _, _, err := ask(l, "auditor", Tile, TileInput{Path: row.path}); (err == nil) != row.found {
				t.Errorf("err = %v, found should be %v", err, row.found)
			}
		})
	}
}

func FuzzTilePath(f *testing.F) {
	for _, seed := range []string{"0/000", "entries/x001/234.p/5", "63/999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, ok := parseTile(path)
		if ok && (tile.H != tileHeight || tile.L < -1 || tile.N < 0 || tile.W < 1 || tile.W > tileWidth) {
			t.Errorf("%q became %+v", path, tile)
		}
	})
}
