package witness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// node is a running node, asked as anybody would.
type node struct {
	t          *testing.T
	url, token string
}

// start builds the program and runs one node until the test ends.
func start(t *testing.T) node {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "weir")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/weir").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "dev", "--data", filepath.Join(dir, "data"), "--listen", address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	n := node{t: t, url: "http://" + address}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if resp, err := http.Get(n.url + "/readyz"); err == nil {
			_ = resp.Body.Close() // only the status matters
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the node does not become ready")
		}
	}
	token, err := os.ReadFile(filepath.Join(dir, "data", "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	n.token = strings.TrimSpace(string(token))
	return n
}

func (n node) ask(method, path, body string) []byte {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), method, n.url+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was read, or the error of that is the better one
	if err != nil || resp.StatusCode >= 300 {
		n.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, raw, err)
	}
	return raw
}

// TestLiveProofs takes nothing from a running node but the entries' bytes,
// computes each root from them, and checks every proof that the node gives: of
// each entry, and between any two sizes.
func TestLiveProofs(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	n := start(t)
	for i := range 12 {
		n.ask("POST", "/v1/objects", fmt.Sprintf(`{"type":"note","data":{"n":%d}}`, i))
	}
	var v struct{ Last int64 }
	if err := json.Unmarshal(n.ask("GET", "/v1/audit/verify", ""), &v); err != nil || v.Last < 12 {
		t.Fatalf("the trail has %d entries: %v", v.Last, err)
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var got []tlog.Hash
		for _, i := range indexes {
			got = append(got, stored[i])
		}
		return got, nil
	})
	var leaves, roots []tlog.Hash
	for i := range v.Last {
		entry := n.ask("GET", fmt.Sprintf("/v1/audit/entries/%d/raw", i+1), "")
		more, err := tlog.StoredHashes(i, entry, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		root, err := tlog.TreeHash(i+1, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaves, roots = append(leaves, tlog.RecordHash(entry)), append(roots, root)
	}
	for size := int64(1); size <= v.Last; size++ {
		for k := int64(1); k <= size; k++ {
			var in, con struct {
				Hashes []tlog.Hash `json:"hashes"`
			}
			if err := json.Unmarshal(n.ask("GET", fmt.Sprintf("/v1/audit/proof/inclusion?sequence=%d&size=%d", k, size), ""), &in); err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(in.Hashes, size, roots[size-1], k-1, leaves[k-1]); err != nil {
				t.Errorf("entry %d in %d: %v", k, size, err)
			}
			if err := json.Unmarshal(n.ask("GET", fmt.Sprintf("/v1/audit/proof/consistency?from=%d&to=%d", k, size), ""), &con); err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckTree(con.Hashes, size, roots[size-1], k, roots[k-1]); err != nil {
				t.Errorf("from %d to %d: %v", k, size, err)
			}
		}
	}
}
