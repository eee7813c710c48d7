// Package witness reads an audit log as a stranger does, with the libraries of
// Go's checksum database and nothing of Weir: whatever passes here works with
// the tools that exist for such logs.
package witness

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// log is a folder laid out as C2SP tlog-tiles says, written by the tests of
// core/audit.
const log = "../../core/audit/testdata/log"

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(log, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tree opens a checkpoint as C2SP tlog-checkpoint says: three lines, signed by
// the key whose name is the first.
func tree(t *testing.T, name string) tlog.Tree {
	t.Helper()
	verifier, err := note.NewVerifier(string(read(t, "key")))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(read(t, name), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		t.Fatalf("%s is %q", name, n.Text)
	}
	var tree tlog.Tree
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil {
		t.Fatal(err)
	}
	if tree.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		t.Fatal(err)
	}
	return tree
}

// tiles reads hash tiles. The paths of C2SP lack the height.
type tiles struct{ t *testing.T }

func (tiles) Height() int { return 8 }

func (r tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(want))
	for i, tile := range want {
		data[i] = read(r.t, strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestEntriesAreTheLeaves(t *testing.T) {
	tree := tree(t, "checkpoint")
	hashes := tlog.TileHashReader(tree, tiles{t})
	bundle := read(t, "tile/entries/000")
	bundle = append(bundle, read(t, fmt.Sprintf("tile/entries/001.p/%d", tree.N-256))...)
	for n := range tree.N {
		if len(bundle) < 2 {
			t.Fatalf("the bundles end before entry %d", n)
		}
		size := int(binary.BigEndian.Uint16(bundle))
		entry := bundle[2 : 2+size]
		bundle = bundle[2+size:]
		got, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			t.Fatal(err)
		}
		if got[0] != tlog.RecordHash(entry) {
			t.Errorf("leaf %d is not the hash of its entry", n)
		}
		var e struct {
			Sequence int64 `json:"sequence"`
		}
		if err := json.Unmarshal(entry, &e); err != nil || e.Sequence != n+1 {
			t.Errorf("entry %d is %s: %v", n, entry, err)
		}
	}
	if len(bundle) != 0 {
		t.Errorf("the bundles have %d bytes too many", len(bundle))
	}
}

func TestProofs(t *testing.T) {
	old, now := tree(t, "checkpoint.old"), tree(t, "checkpoint")
	var proofs struct {
		Inclusion []struct {
			Sequence int64            `json:"sequence"`
			Size     int64            `json:"size"`
			LeafHash tlog.Hash        `json:"leaf_hash"`
			Hashes   tlog.RecordProof `json:"hashes"`
		} `json:"inclusion"`
		Consistency []struct {
			From   int64          `json:"from"`
			To     int64          `json:"to"`
			Hashes tlog.TreeProof `json:"hashes"`
		} `json:"consistency"`
	}
	if err := json.Unmarshal(read(t, "proofs.json"), &proofs); err != nil {
		t.Fatal(err)
	}
	for _, p := range proofs.Inclusion {
		if err := tlog.CheckRecord(p.Hashes, now.N, now.Hash, p.Sequence-1, p.LeafHash); err != nil || p.Size != now.N {
			t.Errorf("inclusion of entry %d: %v", p.Sequence, err)
		}
	}
	for _, p := range proofs.Consistency {
		if p.From != old.N || p.To != now.N {
			t.Errorf("the proof is from %d to %d", p.From, p.To)
		}
		if err := tlog.CheckTree(p.Hashes, now.N, now.Hash, old.N, old.Hash); err != nil {
			t.Errorf("consistency: %v", err)
		}
	}
	if len(proofs.Inclusion) < 20 || len(proofs.Consistency) != 1 {
		t.Errorf("there are %d and %d proofs", len(proofs.Inclusion), len(proofs.Consistency))
	}
}
