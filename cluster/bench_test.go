package cluster

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// benchTown is three nodes on loopback sockets, with the real engine and TLS.
func benchTown(b *testing.B) []*resident {
	b.Helper()
	keys, err := trust.ParseKeys([]byte(strings.Repeat("k", 40)))
	if err != nil {
		b.Fatal(err)
	}
	gossipKeys, err := keys.Gossip()
	if err != nil {
		b.Fatal(err)
	}
	var nodes []*resident
	var seeds []string
	for _, name := range []string{"a", "b", "c"} {
		identity, err := trust.FromKeys(name, keys)
		if err != nil {
			b.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		r := &resident{name: name}
		r.Node, err = Open(Config{
			Dir: b.TempDir(), Node: name, Identity: identity, Listener: listener, Expect: 3,
			Gossip: &Gossip{Bind: "127.0.0.1:0", Keys: gossipKeys, Seeds: seeds},
			Engine: func(dir string) (storage.Engine, error) { return badgerdb.Open(dir, badgerdb.Options{}) },
			Machine: func(e storage.Engine) (Machine, error) {
				r.machine = &register{engine: e}
				return r.machine, nil
			},
			Log: slog.New(slog.DiscardHandler), Tuning: Tuning{MinFreeBytes: -1, MinFreeShare: -1},
		})
		if err != nil {
			b.Fatal(err)
		}
		seeds = append(seeds, r.gossip.Addr())
		nodes = append(nodes, r)
	}
	b.Cleanup(func() {
		for _, r := range nodes {
			if err := r.Close(); err != nil {
				b.Error(err)
			}
		}
	})
	for _, r := range nodes {
		r.awaitReady()
	}
	return nodes
}

// clients runs a benchmark with about so many callers at once.
func clients(b *testing.B, n int, call func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	b.SetParallelism(max(n/2, 1))
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := call(next.Add(1)); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCluster(b *testing.B) {
	nodes := benchTown(b)
	leader, follower := nodes[0], nodes[1]
	for _, r := range nodes {
		if r.Status().Leading {
			leader = r
		} else {
			follower = r
		}
	}
	for _, at := range []struct {
		name string
		*resident
	}{{"leader", leader}, {"follower", follower}} {
		for _, n := range []int{2, 64, 256} {
			b.Run(fmt.Sprintf("propose/%s/%d", at.name, n), func(b *testing.B) {
				clients(b, n, func(i int64) error {
					_, err := at.Propose(b.Context(), fmt.Appendf(nil, "k%d=%0256d", i%1000, i))
					return err
				})
			})
			b.Run(fmt.Sprintf("confirm/%s/%d", at.name, n), func(b *testing.B) {
				clients(b, n, func(int64) error { return at.Confirm(b.Context()) })
			})
		}
	}
}
