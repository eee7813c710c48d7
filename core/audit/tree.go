package audit

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// A tile has a height of 8: 256 hashes of one level are the leaves of a
// subtree whose root is one hash of the level above.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	hashSize   = tlog.HashSize
)

// grow moves the head past a new entry and stores the tiles that it completes.
func grow(tx *state.Tx, entry []byte) {
	h := tx.Head()
	h.Peaks = chain.Grow(h.Peaks, h.Sequence, chain.Leaf(entry))
	h.Sequence++
	h.Chain = chain.Hash(entry)
	r := &reader{v: tx}
	level := uint64(0)
	for n := h.Sequence; n%tileWidth == 0; n /= tileWidth {
		tiles.Insert(tx, &tile{Level: level, Number: n/tileWidth - 1, Hashes: r.hashes(level, n-tileWidth, tileWidth)})
		level++
	}
}

// reader gives the hashes of the tree: from tiles where they are complete,
// else from entries and the tiles below.
type reader struct {
	v state.View
	// last is the tile that was read last; walks come in order.
	last *tile
}

// tile gives a tile, if it is complete.
func (r *reader) tile(level, n uint64) (*tile, bool) {
	if r.last != nil && r.last.Level == level && r.last.Number == n {
		return r.last, true
	}
	t, ok := tiles.Get(r.v, state.Key(key.AuditTile, level, n))
	if ok {
		r.last = t
	}
	return t, ok
}

// hashes gives count hashes of a level of tiles, from number first on. They
// lie in one tile.
func (r *reader) hashes(level, first, count uint64) []byte {
	if t, ok := r.tile(level, first/tileWidth); ok {
		at := first % tileWidth * hashSize
		return t.Hashes[at : at+count*hashSize]
	}
	found := make([]byte, 0, count*hashSize)
	for n := first; n < first+count; n++ {
		var h [32]byte
		if level == 0 {
			h = chain.Leaf(load(r.v, n+1).Entry)
		} else {
			h = fold(r.hashes(level-1, n*tileWidth, tileWidth))
		}
		found = append(found, h[:]...)
	}
	return found
}

// fold is the root of the complete subtree over a power of two of hashes.
func fold(hashes []byte) [32]byte {
	if len(hashes) == hashSize {
		return [32]byte(hashes)
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fold(hashes[:half]), fold(hashes[half:]))
}

// ReadHashes implements tlog.HashReader.
func (r *reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		width := uint64(1) << (level % tileHeight)
		out[i] = fold(r.hashes(uint64(level/tileHeight), uint64(n)*width, width))
	}
	return out, nil
}

// Root is the root of the tree over the first size entries, which must exist.
// The view is of the newest state.
func Root(v state.View, size uint64) [32]byte { return chain.Root(peaks(v, size)) }

// peaks gives the complete subtrees that make up the tree of a size.
func peaks(v state.View, size uint64) [][32]byte {
	if h := head(v); h.Sequence == size {
		return h.Peaks
	}
	r := &reader{v: v}
	var found [][32]byte
	for rest := size; rest > 0; {
		height := bits.Len64(rest) - 1
		width := uint64(1) << (height % tileHeight)
		n := (size - rest) >> height
		found = append(found, fold(r.hashes(uint64(height/tileHeight), n*width, width)))
		rest -= 1 << height
	}
	return found
}
