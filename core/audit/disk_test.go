package audit

import (
	"encoding/json"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// TestLogOnDisk keeps a log with two checkpoints as files, under the paths of
// C2SP tlog-tiles. internal/witness verifies them with nothing of Weir.
func TestLogOnDisk(t *testing.T) {
	l := newLog(t)
	k := l.key()
	l.fill(40, 8)
	first := l.sign(k)
	l.fill(230, 23)
	golden(t, "log/checkpoint.old", []byte(first))
	size := l.head.Sequence
	golden(t, "log/checkpoint", []byte(l.sign(k)))
	golden(t, "log/key", []byte(must(l, Keys, KeysInput{}).Keys[0].VerifierKey))
	tiles := append(tlog.NewTiles(tileHeight, 0, int64(size)), tlog.NewTiles(tileHeight, 0, int64(size&^(tileWidth-1)))...)
	for _, tile := range tiles {
		path := tilePath(fmt.Sprint(tile.L), tile)
		golden(t, "log/tile/"+path, must(l, Tile, TileInput{Path: path}).Body)
		if tile.L == 0 {
			path = tilePath("entries", tile)
			golden(t, "log/tile/"+path, must(l, Tile, TileInput{Path: path}).Body)
		}
	}
	var proofs struct {
		Inclusion   []InclusionProof   `json:"inclusion"`
		Consistency []ConsistencyProof `json:"consistency"`
	}
	for n := uint64(1); n <= size; n += 11 {
		proofs.Inclusion = append(proofs.Inclusion, must(l, Inclusion, InclusionInput{Sequence: n, Size: size}))
	}
	proofs.Consistency = append(proofs.Consistency, must(l, Consistency, ConsistencyInput{From: 44, To: size}))
	b, err := json.MarshalIndent(proofs, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "log/proofs.json", b)
}

func tilePath(level string, t tlog.Tile) string {
	path := fmt.Sprintf("%s/%03d", level, t.N)
	if t.W < tileWidth {
		path += fmt.Sprintf(".p/%d", t.W)
	}
	return path
}
