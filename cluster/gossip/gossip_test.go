package gossip

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"
)

func start(t *testing.T, meta Meta, key byte, seeds ...string) *Gossip {
	t.Helper()
	g, err := Start(Config{
		Bind: "127.0.0.1:0", Keys: [][]byte{bytes.Repeat([]byte{key}, 32)}, Seeds: seeds,
		Meta: meta, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// await waits until the peers of a node are as wanted.
func await(t *testing.T, g *Gossip, what string, wanted func([]Meta) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		changed := g.Changed()
		if wanted(g.Peers()) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("never: %s; peers are %+v", what, g.Peers())
		}
	}
}

func servers(peers []Meta) []string {
	var ids []string
	for _, p := range peers {
		ids = append(ids, p.Server)
	}
	return ids
}

func sees(ids ...string) func([]Meta) bool {
	return func(p []Meta) bool { return slices.Equal(servers(p), ids) }
}

func TestNodesFindEachOtherAndHearUpdates(t *testing.T) {
	a := start(t, Meta{Server: "a", Expect: 3, Address: "a:1"}, 1)
	b := start(t, Meta{Server: "b"}, 1, a.Addr())
	c := start(t, Meta{Server: "c"}, 1, a.Addr())
	for _, g := range []*Gossip{a, b, c} {
		await(t, g, "all three", sees("a", "b", "c"))
	}
	if got := b.Peers()[0]; got.Expect != 3 || got.Address != "a:1" {
		t.Errorf("b hears %+v of a", got)
	}
	if err := a.Update(func(m *Meta) { m.Cluster, m.Sees = "k", "abc" }); err != nil {
		t.Fatal(err)
	}
	await(t, c, "the update", func(p []Meta) bool { return p[0].Cluster == "k" && p[0].Sees == "abc" })
}

func TestForeignersAreNotHeard(t *testing.T) {
	a := start(t, Meta{Server: "a", Cluster: "one"}, 1)
	key := start(t, Meta{Server: "b", Cluster: "one"}, 2)
	other := start(t, Meta{Server: "c", Cluster: "two"}, 1)
	for name, g := range map[string]*Gossip{"another key": key, "another cluster": other} {
		if _, err := g.list.Join([]string{a.Addr()}); err == nil {
			t.Errorf("%s: joined", name)
		}
		if !sees("a")(a.Peers()) {
			t.Errorf("%s: a hears %v", name, servers(a.Peers()))
		}
	}
	empty := start(t, Meta{Server: "d"}, 1, a.Addr())
	await(t, empty, "a cluster to join", func(p []Meta) bool { return len(p) == 2 && p[0].Cluster == "one" })
}

func TestMetaOfRealisticSizeFits(t *testing.T) {
	name := string(bytes.Repeat([]byte("n"), 63))
	g := start(t, Meta{
		Server: name + ".01234567", Cluster: "0123456789abcdef0123456789abcdef", Level: 1 << 40,
		Address: name + ".example.internal:8421", HTTP: name + ".example.internal:8420", Expect: 99, Sees: "0123456789abcdef",
	}, 1)
	if b := g.NodeMeta(512); len(b) == 0 {
		t.Error("the largest realistic meta does not fit into 512 bytes")
	}
}
