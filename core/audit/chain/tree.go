package chain

import (
	"crypto/sha256"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Leaf is the leaf hash of an entry in the tree (RFC 6962).
func Leaf(entry []byte) [32]byte { return tlog.RecordHash(entry) }

// Grow adds the leaf after the first size ones to the peaks of a tree: the
// roots of its complete subtrees, largest first, one for each bit of its size.
func Grow(peaks [][32]byte, size uint64, leaf [32]byte) [][32]byte {
	for range bits.TrailingZeros64(^size) {
		last := len(peaks) - 1
		leaf = tlog.NodeHash(peaks[last], leaf)
		peaks = peaks[:last]
	}
	return append(peaks, leaf)
}

// Root is the root of the tree with these peaks.
func Root(peaks [][32]byte) [32]byte {
	if len(peaks) == 0 {
		return sha256.Sum256(nil)
	}
	root := peaks[len(peaks)-1]
	for i := len(peaks) - 2; i >= 0; i-- {
		root = tlog.NodeHash(peaks[i], root)
	}
	return root
}
