package acceptance_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestWhoSeesTheTrail(t *testing.T) {
	alice, bob := newcomer(t, "alice"), newcomer(t, "bob")
	id := alice.note(t, object{})
	alice.must(t, "PUT", "/v1/objects/"+id, object{"data": object{}}, "X-Request-Id", "request-of-alice")
	list := func(p person, query string) []object {
		return p.ask(t, "GET", "/v1/audit/entries?"+query, nil).items(t)
	}
	entries := list(alice, "target_id="+id)
	if len(entries) < 2 || entries[0]["operation"] != "object.create" || entries[1]["request_id"] != "request-of-alice" {
		t.Fatalf("alice's trail of her object: %v", entries)
	}
	if got := list(bob, "target_id="+id); len(got) != 0 {
		t.Errorf("bob sees %v", got)
	}
	sequence := string(entries[0]["sequence"].(json.Number))
	bob.ask(t, "GET", "/v1/audit/entries/"+sequence, nil).is(t, 404, "not-found")
	bob.ask(t, "GET", "/v1/audit/entries/"+sequence+"/raw", nil).is(t, 404, "not-found")
	bob.ask(t, "GET", "/v1/audit/export", nil).is(t, 403, "permission-denied")
	bob.ask(t, "GET", "/v1/audit/tile/0/000.p/1", nil).is(t, 403, "permission-denied")
	if got := alice.must(t, "GET", "/v1/audit/entries/"+sequence, nil); got["hash"] != entries[0]["hash"] {
		t.Errorf("entry %s: %v", sequence, got)
	}
	since := entries[1]["timestamp"].(string)
	rows := []struct {
		name, query string
		holds       func(e object) bool
	}{
		{"actor", "actor_id=" + alice.id, func(e object) bool { return e["actor_id"] == alice.id }},
		{"action", "action=update&target_id=" + id, func(e object) bool { return e["action"] == "update" }},
		{"entity", "entity=object&target_id=" + id, func(e object) bool { return e["entity"] == "object" }},
		{"type", "target_type=note&actor_id=" + alice.id, func(e object) bool { return e["target_type"] == "note" }},
		{"since", "target_id=" + id + "&since=" + since, func(e object) bool { return e["timestamp"].(string) >= since }},
		{"until", "target_id=" + id + "&until=" + since, func(e object) bool { return e["timestamp"].(string) <= since }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := list(root(), row.query)
			if len(got) == 0 {
				t.Error("nothing is found")
			}
			for _, e := range got {
				if !row.holds(e) {
					t.Errorf("%v does not belong here", e)
				}
			}
		})
	}
}

func TestNodesAgreeOnTheTrail(t *testing.T) {
	sameHeads(t)
}

// sameHeads verifies the trail on all nodes up to one entry, and compares what
// they found.
func sameHeads(t *testing.T) {
	t.Helper()
	to := string(root().must(t, "GET", "/v1/audit/verify", nil)["last"].(json.Number))
	var heads []string
	for node := range 3 {
		v := root().at(t, node, "GET", "/v1/audit/verify?to="+to, nil).good(t)
		if v["valid"] != true || v["last"] != json.Number(to) || v["checked"] != json.Number(to) {
			t.Errorf("node %d: %v", node, v)
		}
		heads = append(heads, v["head"].(string))
	}
	if heads[0] != heads[1] || heads[1] != heads[2] {
		t.Errorf("the heads at %s are %v", to, heads)
	}
}

// witness reads the trail of one node with the tools of others. It implements
// tlog.TileReader.
type witness struct {
	t    *testing.T
	node int
}

func (witness) Height() int                     { return 8 }
func (witness) SaveTiles([]tlog.Tile, [][]byte) {}

func (w witness) read(path string) []byte {
	w.t.Helper()
	a := root().at(w.t, w.node, "GET", "/v1/audit/"+path, nil)
	if a.status != 200 {
		w.t.Fatal(a)
	}
	return a.body
}

func (w witness) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range want {
		data = append(data, w.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return data, nil
}

func (w witness) checkpoint(fresh bool) (tlog.Tree, []byte) {
	w.t.Helper()
	var keys struct {
		Keys []struct {
			VerifierKey string `json:"verifier_key"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(w.read("keys"), &keys); err != nil {
		w.t.Fatal(err)
	}
	var verifiers []note.Verifier
	for _, k := range keys.Keys {
		v, err := note.NewVerifier(k.VerifierKey)
		if err != nil {
			w.t.Fatal(err)
		}
		verifiers = append(verifiers, v)
	}
	raw := w.read("checkpoint?fresh=" + strconv.FormatBool(fresh))
	n, err := note.Open(raw, note.VerifierList(verifiers...))
	if err != nil {
		w.t.Fatalf("%q: %v", raw, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != n.Sigs[0].Name || lines[3] != "" {
		w.t.Fatalf("the checkpoint is %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		w.t.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: hash}, raw
}

// entries reads the first n entries from the bundles.
func (w witness) entries(n int64) [][]byte {
	w.t.Helper()
	var all [][]byte
	for i := int64(0); i*256 < n; i++ {
		path := fmt.Sprintf("tile/entries/%03d", i)
		if left := n - i*256; left < 256 {
			path += fmt.Sprintf(".p/%d", left)
		}
		for b := w.read(path); len(b) > 0; {
			size := 2 + int(binary.BigEndian.Uint16(b))
			all = append(all, b[2:size])
			b = b[size:]
		}
	}
	return all
}

func TestProofsVerify(t *testing.T) {
	old, _ := witness{t, 0}.checkpoint(true)
	newcomer(t, "somebody")
	now, raw := witness{t, 1}.checkpoint(true)
	if now.N <= old.N {
		t.Fatalf("a fresh checkpoint is of %d entries, the one before of %d", now.N, old.N)
	}
	entries := witness{t, 2}.entries(now.N)
	if int64(len(entries)) != now.N {
		t.Fatalf("the bundles hold %d entries, not %d", len(entries), now.N)
	}
	for node := range 3 {
		w := witness{t, node}
		if _, again := w.checkpoint(false); !bytes.Equal(again, raw) {
			t.Errorf("node %d has the checkpoint %q, not %q", node, again, raw)
		}
		hashes := tlog.TileHashReader(now, w)
		for n := int64(node); n < now.N; n += 7 {
			proof, err := tlog.ProveRecord(now.N, n, hashes)
			if err != nil {
				t.Fatal(err)
			}
			leaf := tlog.RecordHash(entries[n])
			if err := tlog.CheckRecord(proof, now.N, now.Hash, n, leaf); err != nil {
				t.Errorf("tiles of node %d, entry %d: %v", node, n+1, err)
			}
			w.inclusion(now, n, leaf)
		}
		if got := w.read(fmt.Sprintf("entries/%d/raw", old.N)); !bytes.Equal(got, entries[old.N-1]) {
			t.Errorf("raw is %q, the bundle has %q", got, entries[old.N-1])
		}
		for from := int64(1); from < now.N; from += 1 + now.N/9 {
			w.consistency(from, now, entries)
		}
		w.consistency(old.N, now, entries)
	}
}

func (w witness) inclusion(tree tlog.Tree, n int64, leaf tlog.Hash) {
	w.t.Helper()
	var p struct {
		LeafHash tlog.Hash        `json:"leaf_hash"`
		Hashes   tlog.RecordProof `json:"hashes"`
	}
	if err := json.Unmarshal(w.read(fmt.Sprintf("proof/inclusion?sequence=%d&size=%d", n+1, tree.N)), &p); err != nil {
		w.t.Fatal(err)
	}
	if err := tlog.CheckRecord(p.Hashes, tree.N, tree.Hash, n, p.LeafHash); err != nil || p.LeafHash != leaf {
		w.t.Errorf("inclusion of entry %d: %v", n+1, err)
	}
}

func (w witness) consistency(from int64, tree tlog.Tree, entries [][]byte) {
	w.t.Helper()
	var p struct {
		Hashes tlog.TreeProof `json:"hashes"`
	}
	if err := json.Unmarshal(w.read(fmt.Sprintf("proof/consistency?from=%d&to=%d", from, tree.N)), &p); err != nil {
		w.t.Fatal(err)
	}
	if err := tlog.CheckTree(p.Hashes, tree.N, tree.Hash, from, rootOf(w.t, entries[:from])); err != nil {
		w.t.Errorf("consistency from %d: %v", from, err)
	}
}

// rootOf computes the root over entries from nothing else.
func rootOf(t *testing.T, entries [][]byte) tlog.Hash {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var got []tlog.Hash
		for _, i := range indexes {
			got = append(got, stored[i])
		}
		return got, nil
	})
	for n, e := range entries {
		more, err := tlog.StoredHashes(int64(n), e, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	h, err := tlog.TreeHash(int64(len(entries)), reader)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestExports(t *testing.T) {
	var exports [3][]byte
	for node := range exports {
		exports[node] = witness{t, node}.read("export?from=1&to=20")
	}
	if !bytes.Equal(exports[0], exports[1]) || !bytes.Equal(exports[1], exports[2]) {
		t.Error("the nodes export different bytes")
	}
	if lines := bytes.Count(exports[0], []byte("\n")); lines < 20 {
		t.Errorf("the export has %d lines", lines)
	}
	csv := root().ask(t, "GET", "/v1/audit/export?format=csv&to=20", nil)
	if csv.status != 200 || !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") {
		t.Error(csv)
	}
}
