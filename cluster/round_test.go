package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/clock"
	"github.com/weir-store/weir/cluster/memnet"
	"github.com/weir-store/weir/cluster/raftnet"
	"github.com/weir-store/weir/cluster/snapshot"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/storage/memdb"
)

// bare is a Raft node with a round and nothing else of a Node, so that a test
// decides what happens on each path.
type bare struct {
	raft    *raft.Raft
	rounds  *rounds
	machine *register
	pause   atomic.Pointer[chan struct{}] // holds apply back while set
}

type layer struct {
	net.Listener
	dial func(context.Context, string) (net.Conn, error)
}

func (l layer) Dial(to raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return l.dial(ctx, string(to))
}

// startBare starts one node of a cluster whose first member is a patient leader:
// it keeps leading, as it believes, long after the others gave it up.
func startBare(t *testing.T, n *memnet.Network, id raft.ServerID, members raft.Configuration, patience time.Duration) *bare {
	t.Helper()
	l, err := n.Listen(string(id))
	if err != nil {
		t.Fatal(err)
	}
	b := &bare{machine: &register{engine: memdb.New()}}
	b.machine.pause = func() {
		if c := b.pause.Load(); c != nil {
			<-*c
		}
	}
	mark, acks, store := &watermark{}, &raftnet.Acks{}, raft.NewInmemStore()
	trans := raftnet.New(layer{l, n.Dialer(string(id))}, acks, bridge(slog.New(slog.DiscardHandler), "raft"))
	a := &applier{
		machine: b.machine, watermark: mark, clock: clock.New(time.Time{}),
		repeats: &snapshot.Repeats{Limit: 3, Window: time.Minute},
		fatal:   func(err error) { t.Errorf("%s stops: %v", id, err) },
	}
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = id, bridge(slog.New(slog.DiscardHandler), "raft")
	conf.HeartbeatTimeout, conf.ElectionTimeout, conf.LeaderLeaseTimeout = patience, patience, patience
	conf.CommitTimeout = 10 * time.Millisecond
	snaps := raft.NewDiscardSnapshotStore()
	if err := raft.BootstrapCluster(conf, store, store, snaps, trans, members); err != nil {
		t.Fatal(err)
	}
	if b.raft, err = raft.NewRaft(conf, a, store, store, snaps, trans); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.raft.Shutdown().Error(); err != nil {
			t.Error(err)
		}
	})
	b.rounds = &rounds{
		raft: b.raft, self: id, acks: acks, log: store, watermark: mark, limit: 5 * time.Second,
		ready: func() uint64 { return b.raft.CurrentTerm() },
	}
	b.rounds.confirm, b.rounds.shared.ask = b.rounds.majority, b.rounds.once
	return b
}

func startBares(t *testing.T, n *memnet.Network, servers ...raft.Server) map[raft.ServerID]*bare {
	t.Helper()
	nodes := map[raft.ServerID]*bare{}
	for i := range servers {
		servers[i].Address = raft.ServerAddress(servers[i].ID)
	}
	for i, s := range servers {
		patience := 300 * time.Millisecond
		if i == 0 {
			patience = time.Minute
		}
		nodes[s.ID] = startBare(t, n, s.ID, raft.Configuration{Servers: servers}, patience)
	}
	t.Cleanup(func() { // what still waits for an answer ends before the nodes do
		for a := range nodes {
			for b := range nodes {
				n.Path(string(a), string(b)).Cut()
			}
		}
	})
	return nodes
}

// eventually waits for a condition that no event announces.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func leaderOf(t *testing.T, nodes map[raft.ServerID]*bare, except raft.ServerID) (raft.ServerID, *bare) {
	t.Helper()
	var id raft.ServerID
	eventually(t, "a leader", func() bool {
		for i, b := range nodes {
			if i != except && b.raft.State() == raft.Leader && b.raft.Barrier(time.Second).Error() == nil {
				id = i
				return true
			}
		}
		return false
	})
	return id, nodes[id]
}

func (b *bare) write(t *testing.T, key, value string) {
	t.Helper()
	data, err := b.machine.Pack([]Stamped{{Command: fmt.Appendf(nil, "%s=%s", key, value), Time: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.raft.Apply(data, time.Second).Error(); err != nil {
		t.Fatal(err)
	}
}

// read is a linearizable read, if the round is right.
func (b *bare) read(ctx context.Context, key string) (string, error) {
	index, err := b.rounds.index(ctx)
	if err != nil {
		return "", err
	}
	if err := b.rounds.watermark.waitIndex(ctx, index); err != nil {
		return "", err
	}
	return b.machine.get(key)
}

// verifyLeader is the fault: it trusts the library's own check.
func (r *rounds) verifyLeader(ctx context.Context, _ uint64, _ time.Time) error {
	done := make(chan error, 1)
	go func() { done <- r.raft.VerifyLeader().Error() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// makeLeader has the patient node lead.
func makeLeader(t *testing.T, nodes map[raft.ServerID]*bare, id raft.ServerID) *bare {
	t.Helper()
	eventually(t, "the patient node leads", func() bool {
		current, b := leaderOf(t, nodes, "")
		if current == id {
			return true
		}
		_ = b.raft.LeadershipTransferToServer(id, raft.ServerAddress(id)).Error() // tried again below
		return nodes[id].raft.State() == raft.Leader
	})
	if err := nodes[id].raft.Barrier(10 * time.Second).Error(); err != nil {
		t.Fatal(err)
	}
	return nodes[id]
}

var modes = []struct {
	name  string
	fault bool
}{
	{"the round", false},
	{"fault: VerifyLeader", true},
}

// judge checks what a read at the deposed leader gave.
func judge(t *testing.T, broken bool, value string, err error) {
	t.Helper()
	switch {
	case broken && (err != nil || value != "old"):
		t.Errorf("read %q, %v: the fault shows no stale read, so the test proves nothing", value, err)
	case !broken && !fault.Is(err, fault.NoLeader):
		t.Errorf("read %q, %v; want no-leader", value, err)
	}
}

// The leader is cut off after its followers took in its last heartbeats; their
// answers are still on the way. Meanwhile another leader is elected and writes.
// The late answers arrive while the old leader confirms a read.
func TestStaleReadWithLateAcknowledgements(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := memnet.New()
			nodes := startBares(t, n, raft.Server{ID: "l"}, raft.Server{ID: "a"}, raft.Server{ID: "b"})
			old := makeLeader(t, nodes, "l")
			old.write(t, "x", "old")
			for _, f := range []string{"a", "b"} {
				n.Path("l", f).HoldReplies()
			}
			nudged := old.raft.VerifyLeader() // sends heartbeats now
			for _, f := range []string{"a", "b"} {
				if err := n.Path("l", f).AwaitHeldReplies(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				awaitHeartbeat(t, nodes[raft.ServerID(f)])
				n.Path("l", f).HoldRequests()
				n.Path(f, "l").Cut()
			}
			_, next := leaderOf(t, nodes, "l")
			next.write(t, "x", "new")

			if mode.fault {
				old.rounds.confirm = old.rounds.verifyLeader
			} else {
				old.rounds.limit = time.Second
			}
			type answer struct {
				value string
				err   error
			}
			read := make(chan answer, 1)
			go func() {
				value, err := old.read(t.Context(), "x")
				read <- answer{value, err}
			}()
			eventually(t, "the read began", func() bool {
				s := &old.rounds.shared
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.running && s.waiting == nil
			})
			for _, f := range []string{"a", "b"} {
				n.Path("l", f).ReleaseReplies()
			}
			got := <-read
			judge(t, mode.fault, got.value, got.err)
			if err := nudged.Error(); err != nil {
				t.Errorf("the heartbeats were not answered: %v", err)
			}
		})
	}
}

// awaitHeartbeat waits until a follower has handled everything sent so far.
func awaitHeartbeat(t *testing.T, b *bare) {
	t.Helper()
	before := b.raft.LastContact()
	eventually(t, "a heartbeat", func() bool { return b.raft.LastContact().After(before) || time.Since(before) > 100*time.Millisecond })
}

// The leader keeps one server without a vote and loses the others.
func TestStaleReadWithNonVoter(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := memnet.New()
			nodes := startBares(t, n, raft.Server{ID: "l"}, raft.Server{ID: "a"}, raft.Server{ID: "b"}, raft.Server{ID: "n", Suffrage: raft.Nonvoter})
			old := makeLeader(t, nodes, "l")
			old.write(t, "x", "old")
			n.Cut([]string{"l", "n"}, []string{"a", "b"})
			_, next := leaderOf(t, nodes, "l")
			next.write(t, "x", "new")
			if mode.fault {
				old.rounds.confirm = old.rounds.verifyLeader
			} else {
				old.rounds.limit = time.Second
			}
			value, err := old.read(t.Context(), "x")
			judge(t, mode.fault, value, err)
		})
	}
}

func TestReadsSeeEveryAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	n := memnet.New()
	nodes := startBares(t, n, raft.Server{ID: "l"}, raft.Server{ID: "a"}, raft.Server{ID: "b"})
	leader := makeLeader(t, nodes, "l")
	for i := range 50 {
		want := fmt.Sprint(i)
		leader.write(t, "x", want)
		if got, err := leader.read(t.Context(), "x"); got != want || err != nil {
			t.Fatalf("read %q, %v after writing %q", got, err, want)
		}
	}
}

// A read waits for what is committed and not yet applied, and no read waits for
// an entry that never reaches the machine.
func TestReadWaitsForCommandsOnly(t *testing.T) {
	t.Parallel()
	n := memnet.New()
	leader := makeLeader(t, startBares(t, n, raft.Server{ID: "l"}, raft.Server{ID: "a"}, raft.Server{ID: "b"}), "l")
	leader.write(t, "x", "1")
	if err := leader.raft.Barrier(time.Second).Error(); err != nil {
		t.Fatal(err)
	}
	index, err := leader.rounds.index(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if published := leader.rounds.watermark.published(); index != published || index >= leader.raft.CommitIndex() {
		t.Errorf("index %d with %d published and %d committed", index, published, leader.raft.CommitIndex())
	}

	hold := make(chan struct{})
	leader.pause.Store(&hold)
	data, err := leader.machine.Pack([]Stamped{{Command: []byte("x=2")}})
	if err != nil {
		t.Fatal(err)
	}
	before := leader.raft.CommitIndex()
	applied := leader.raft.Apply(data, time.Second)
	eventually(t, "the write is committed", func() bool { return leader.raft.CommitIndex() > before })
	if index, err = leader.rounds.index(t.Context()); err != nil || index <= leader.rounds.watermark.published() {
		t.Errorf("index %d, %v: a committed write is passed over", index, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := leader.rounds.watermark.waitIndex(ctx, index); !errors.Is(err, context.Canceled) {
		t.Errorf("the read did not wait: %v", err)
	}
	leader.pause.Store(nil)
	close(hold)
	if err := applied.Error(); err != nil {
		t.Fatal(err)
	}
	if got, err := leader.read(t.Context(), "x"); got != "2" || err != nil {
		t.Errorf("read %q, %v; want 2", got, err)
	}
}

func TestFollowerConfirmsNothing(t *testing.T) {
	t.Parallel()
	n := memnet.New()
	nodes := startBares(t, n, raft.Server{ID: "l"}, raft.Server{ID: "a"}, raft.Server{ID: "b"})
	makeLeader(t, nodes, "l")
	if _, err := nodes["a"].rounds.index(t.Context()); !fault.Is(err, fault.NoLeader) {
		t.Errorf("a follower confirmed: %v", err)
	}
}
