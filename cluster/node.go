package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/clock"
	"github.com/weir-store/weir/cluster/disk"
	"github.com/weir-store/weir/cluster/forward"
	"github.com/weir-store/weir/cluster/gossip"
	"github.com/weir-store/weir/cluster/mux"
	"github.com/weir-store/weir/cluster/raftlog"
	"github.com/weir-store/weir/cluster/raftnet"
	"github.com/weir-store/weir/cluster/snapshot"
	"github.com/weir-store/weir/storage"
)

// The protocols on the cluster port.
const (
	raftProtocol    = "weir-raft/1"
	forwardProtocol = "weir-fwd/1"
)

// Node is one running node. It is safe for concurrent use.
type Node struct {
	config Config
	tuning Tuning
	log    *slog.Logger
	dir    *dataDir
	ground
	links
	raft   *raft.Raft
	rounds *rounds
	// confirms are the questions of this node's readers to the leader.
	confirms shared
	propose  *proposer
	// ready is the term in which this node leads with everything before applied.
	ready atomic.Uint64

	mu       sync.Mutex
	cluster  string // the cluster's id, once known
	keyring  []byte
	failed   error
	moved    time.Time // since when leadership is being handed over
	stopping bool

	started chan struct{} // closed when raft is set and runs
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// ground is what a node keeps on this machine.
type ground struct {
	engine    storage.Engine
	machine   Machine
	raftLog   *raftlog.Log
	pins      raftlog.Pins
	watermark watermark
	clock     *clock.Clock
	repeats   snapshot.Repeats
	disk      *disk.Guard
}

// links are how a node reaches others and is reached.
type links struct {
	address  raft.ServerAddress
	mux      *mux.Mux
	forwards *mux.Listener
	trans    *raftnet.Transport
	acks     raftnet.Acks
	gossip   *gossip.Gossip
	server   *forward.Server
	client   *forward.Client
}

// Open starts a node and returns once it runs, not once it has found a leader.
func Open(config Config) (*Node, error) {
	n := &Node{config: config, tuning: config.Tuning.withDefaults(), log: config.Log, started: make(chan struct{})}
	n.ctx, n.stop = context.WithCancel(context.Background())
	n.repeats = snapshot.Repeats{Limit: 3, Window: time.Minute}
	if err := n.open(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) open() error {
	if err := n.openState(); err != nil {
		return err
	}
	if err := n.openNetwork(); err != nil {
		return err
	}
	if err := n.openRaft(); err != nil {
		return err
	}
	close(n.started)
	n.running.Go(n.propose.run)
	n.running.Go(func() { n.server.Serve(n.forwards) })
	n.mux.Serve()
	n.running.Go(newcomer{n}.assemble)
	n.running.Go(keeper{n}.watch)
	return nil
}

// openState opens the directory, the engine, the machine and the log, and makes
// the log fit the state.
func (n *Node) openState() (err error) {
	if n.dir, err = openDataDir(n.config.Dir, n.config.Node); err != nil {
		return err
	}
	if !n.dir.Forming {
		n.cluster = n.dir.Cluster
	}
	if err := n.loadKeyring(); err != nil {
		return err
	}
	n.disk = disk.Watch(n.config.Dir, n.tuning.MinFreeBytes, n.tuning.MinFreeShare)
	if err := n.disk.Measure(); err != nil {
		return err
	}
	if n.engine, err = n.config.Engine(n.dir.file(engineDir)); err != nil {
		return fmt.Errorf("cluster: open the engine: %w", err)
	}
	if n.machine, err = n.config.Machine(n.engine); err != nil {
		return fmt.Errorf("cluster: open the machine: %w", err)
	}
	position := n.machine.Position()
	n.watermark.set(position)
	n.clock = clock.New(position.Time)
	openStore := n.config.Store
	if openStore == nil {
		openStore = raftlog.OpenBolt
	}
	store, err := openStore(n.config.Dir)
	if err != nil {
		return err
	}
	n.raftLog, err = raftlog.New(store, raftlog.Options{Flushed: n.flushed, Pins: &n.pins, Corrupt: n.fail})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	return n.raftLog.Reconcile(position.Index, position.Term)
}

// flushed is the index of the newest entry that the engine keeps without the
// log.
func (n *Node) flushed() (uint64, error) {
	p, err := n.machine.PositionAt(n.engine.Durable())
	return p.Index, err
}

func (n *Node) openNetwork() error {
	n.address = raft.ServerAddress(n.config.Advertise)
	if n.address == "" {
		n.address = raft.ServerAddress(n.config.Listener.Addr().String())
	}
	dial := n.config.Dial
	if dial == nil {
		dial = mux.TCP
	}
	n.mux = mux.New(n.config.Listener, n.config.Identity, dial, n.log)
	n.trans = raftnet.New(&stream{node: n, Listener: n.mux.Listen(raftProtocol, n.admit)}, &n.acks, bridge(n.log, "raft-net"))
	// Anybody with the cluster's key may call; each handler asks who it is.
	n.forwards = n.mux.Listen(forwardProtocol, func(string) error { return nil })
	n.client = forward.NewClient(n.dialForward)
	n.server = forward.NewServer(desk{n}.handlers(), n.log)
	if n.config.Gossip == nil {
		return nil
	}
	g := n.config.Gossip
	var err error
	n.gossip, err = gossip.Start(gossip.Config{
		Bind: g.Bind, Advertise: g.Advertise, Keys: g.Keys, Seeds: g.Seeds, Log: n.log,
		Meta: gossip.Meta{
			Server: string(n.dir.Server), Cluster: n.cluster, Level: n.config.Level,
			Address: string(n.address), HTTP: n.config.HTTP, Expect: n.expectation(),
		},
	})
	return err
}

func (n *Node) openRaft() error {
	snaps, err := snapshot.Open(snapshot.Options{
		Dir: n.dir.file(spoolDir), State: describer{n.machine}, Pins: &n.pins, Room: n.disk.MeasureAndCheck,
	})
	if err != nil {
		return err
	}
	machine := &applier{machine: n.machine, watermark: &n.watermark, clock: n.clock, repeats: &n.repeats, fatal: n.fail}
	notify := make(chan bool, 16) // Raft waits for whoever reads it
	logger := bridge(n.log, "raft")
	n.raft, err = raft.NewRaft(n.tuning.raftConfig(n.dir.Server, notify, logger), machine, n.raftLog, n.raftLog, snaps, n.trans)
	if err != nil {
		return fmt.Errorf("cluster: start raft: %w", err)
	}
	n.rounds = &rounds{
		raft: n.raft, self: n.dir.Server, acks: &n.acks, log: n.raftLog, watermark: &n.watermark,
		ready: n.ready.Load, limit: n.tuning.Election,
	}
	n.rounds.confirm, n.rounds.shared.ask = n.rounds.majority, n.rounds.once
	n.confirms.ask = seeker{n}.askIndex
	n.propose = newProposer(n.raft, n.machine.Pack, n.clock.Stamp)
	n.propose.admit, n.propose.transferring = n.admitWrite, n.noteTransfer
	n.running.Go(func() { n.lead(notify) })
	return nil
}

// fail stops the node: its state or its log can no longer be trusted, or Raft is
// stuck. It may be called from any goroutine.
func (n *Node) fail(err error) {
	n.mu.Lock()
	first := n.failed == nil && !n.stopping
	if first {
		n.failed = err
	}
	n.mu.Unlock()
	if !first {
		return
	}
	n.log.Error("the node must stop", "error", err)
	if n.config.Fatal == nil {
		panic(err)
	}
	n.config.Fatal(err)
}

// Close stops the node. Commands under way end with an unknown outcome.
func (n *Node) Close() error {
	n.mu.Lock()
	again := n.stopping
	n.stopping = true
	n.mu.Unlock()
	if again {
		return nil
	}
	n.stop()
	var errs []error
	if n.propose != nil {
		n.propose.close()
	}
	if n.gossip != nil {
		errs = append(errs, n.gossip.Close())
	}
	if n.client != nil {
		errs = append(errs, n.client.Close())
	}
	if n.mux != nil {
		// Before Raft, whose replication waits for answers on these connections.
		errs = append(errs, n.mux.Close())
	}
	if n.raft != nil {
		errs = append(errs, n.raft.Shutdown().Error())
	} else if n.trans != nil {
		errs = append(errs, n.trans.Close())
	}
	if n.server != nil {
		n.server.Close()
	}
	n.running.Wait()
	if n.raftLog != nil {
		errs = append(errs, n.raftLog.Close())
	}
	if n.engine != nil {
		errs = append(errs, n.engine.Close())
	}
	return errors.Join(errs...)
}
