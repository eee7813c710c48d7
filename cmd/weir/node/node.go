// Package node composes a node of all its parts: engine, state machine, Raft,
// edge, workers and HTTP server.
package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/cluster/edge"
	"github.com/weir-store/weir/cluster/keyring"
	"github.com/weir-store/weir/cluster/replica"
	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/internal/buildinfo"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
	"github.com/weir-store/weir/transport"
	"github.com/weir-store/weir/worker"
	"github.com/weir-store/weir/worker/witness"
)

// Config is what a node is started with. Addresses are host:port.
type Config struct {
	// NodeID names the node in its cluster; Data is its directory.
	NodeID, Data string
	Listen       string
	// ClusterListen and GossipListen are empty for a store of one node.
	ClusterListen, GossipListen string
	// Advertise is the host by which others reach the node, if it is not the
	// one that it listens on.
	Advertise       string
	Join            []string
	BootstrapExpect int
	// Keys are the cluster's keys.
	Keys trust.Keys
	// Certificates are the operator's own for the cluster port; made from Keys
	// when empty.
	Certificates trust.Files
	// Keyring is the keyring of the cluster, where it is not kept in Data.
	Keyring []byte
	// TLSCert and TLSKey are files; HTTP is plain without.
	TLSCert, TLSKey string
	// RootKey and HostKey are the tokens of the first administrator and of the
	// first host; one is drawn when empty.
	RootKey, HostKey string
	// ProfileListen is where profiles of the runtime are served, if anywhere.
	ProfileListen string
	Log           *slog.Logger
	Tuning        cluster.Tuning
}

// Node is a running node.
type Node struct {
	config  Config
	cluster *cluster.Node
	edge    *edge.Edge
	index   *trailIndex
	http    *http.Server
	url     string
	// opened is closed once edge is there for those that the cluster calls.
	opened chan struct{}
	// witnesses collects cosignatures while this node leads.
	witnesses *witness.Collector
	fatal     chan error
	served    sync.WaitGroup

	mu   sync.Mutex // guards keys
	keys *keyring.Keyring
}

// checkpointEvery is the time between two looks at whether the audit trail
// has grown and a checkpoint of it should be signed.
const checkpointEvery = 10 * time.Second

// sweepEvery is the time between two looks at which memberships have expired.
const sweepEvery = 5 * time.Second

// Start starts a node. It returns when the node serves HTTP; whether it is
// ready to answer is what its probes say.
func Start(config Config) (*Node, error) {
	n := &Node{config: config, opened: make(chan struct{}), fatal: make(chan error, 1)}
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for HTTP: %w", err)
	}
	n.url = publicURL(config, listener)
	if err := n.open(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := errors.Join(n.serve(listener), n.profile()); err != nil {
		return nil, errors.Join(err, listener.Close(), n.index.Close(), n.cluster.Close())
	}
	return n, nil
}

// open starts the cluster's part of the node, and the edge over it.
func (n *Node) open() error {
	c := n.config
	var engine storage.Engine
	var state *replica.Replica
	catalog := op.NewCatalog(core.Sets()...)
	identity, err := c.identity()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", or(c.ClusterListen, "127.0.0.1:0"))
	if err != nil {
		return fmt.Errorf("listen for the cluster: %w", err)
	}
	gossip, err := n.gossip()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	n.cluster, err = cluster.Open(cluster.Config{
		Dir: c.Data, Node: c.NodeID, Identity: identity,
		Listener: listener, Advertise: advertised(c.Advertise, listener.Addr().String()),
		Gossip: gossip, Expect: max(c.BootstrapExpect, single(c)), HTTP: n.url, Level: system.Level,
		Engine: func(dir string) (storage.Engine, error) {
			db, err := badgerdb.Open(dir, badgerdb.Options{Logger: c.Log})
			if err != nil {
				return nil, err
			}
			engine = db
			return db, nil
		},
		Machine: func(e storage.Engine) (cluster.Machine, error) {
			machine, err := fsm.New(e, catalog, access.Sight{})
			if err != nil {
				return nil, err
			}
			state = replica.New(machine, e)
			return state, nil
		},
		Keyring: n.drawKeyring(),
		Lead:    n.lead,
		Fatal:   n.stop,
		Log:     c.Log,
		Tuning:  c.Tuning,
	})
	if err != nil {
		return err
	}
	if n.index, err = n.openIndex(engine); err != nil {
		return errors.Join(err, n.cluster.Close())
	}
	n.edge = edge.New(edge.Config{
		Catalog: catalog, Sight: access.Sight{}, Engine: engine, Log: n.cluster, Keys: n, Postings: n.index,
		Local:  map[string]edge.Local{system.StatusQuery.Name: n.status},
		Before: map[string]edge.Before{audit.Checkpoint.Name: n.fresh},
		Clock:  time.Now, Random: rand.Reader, Logger: c.Log,
	})
	n.witnesses = &witness.Collector{Store: n.edge, Every: checkpointEvery, Clock: time.Now, Log: c.Log}
	close(n.opened)
	return nil
}

// identity is what the node shows to others: a certificate of the operator's,
// or one made from the cluster key.
func (c *Config) identity() (*trust.Identity, error) {
	if c.Certificates.Cert != "" {
		return trust.FromFiles(c.NodeID, c.Certificates)
	}
	return trust.FromKeys(c.NodeID, c.Keys)
}

// single is how many nodes found a store of one node.
func single(c Config) int {
	if c.GossipListen == "" {
		return 1
	}
	return 0
}

func (n *Node) gossip() (*cluster.Gossip, error) {
	c := n.config
	if c.GossipListen == "" {
		return nil, nil
	}
	keys, err := c.Keys.Gossip()
	if err != nil {
		return nil, err
	}
	return &cluster.Gossip{Bind: c.GossipListen, Advertise: advertised(c.Advertise, c.GossipListen), Keys: keys, Seeds: c.Join}, nil
}

// drawKeyring is nil where the operator keeps the keyring himself.
func (n *Node) drawKeyring() func() ([]byte, error) {
	if n.config.Keyring != nil {
		return nil
	}
	return keyring.Draw
}

// Derive implements edge.Keys.
func (n *Node) Derive(label string) ([]byte, error) {
	k, err := n.ring()
	if err != nil {
		return nil, err
	}
	return k.Derive(label)
}

func (n *Node) ring() (*keyring.Keyring, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys != nil {
		return n.keys, nil
	}
	encoded := n.config.Keyring
	if encoded == nil {
		encoded = n.cluster.Keyring()
	}
	if encoded == nil {
		return nil, errors.New("the node has not received the keyring yet")
	}
	var err error
	n.keys, err = keyring.Parse(encoded)
	return n.keys, err
}

// lead does the leader's work until the leadership ends.
func (n *Node) lead(ctx context.Context) {
	select {
	case <-n.opened:
	case <-ctx.Done():
		return
	}
	founder := &worker.Founder{
		Store: n.edge, ClusterID: n.cluster.ClusterID,
		Root: worker.FirstKey{Given: n.config.RootKey, File: n.RootFile()},
		Host: worker.FirstKey{Given: n.config.HostKey, File: filepath.Join(n.config.Data, "host.key")},
	}
	for ctx.Err() == nil {
		err := founder.Found(ctx)
		if err == nil {
			break
		}
		n.config.Log.Warn("the cluster could not be founded yet", "error", err)
		pause(ctx, time.Second)
	}
	var workers sync.WaitGroup
	workers.Go(func() { n.sweeper().Run(ctx) })
	workers.Go(func() { n.witnesses.Run(ctx) })
	n.signer().Run(ctx)
	workers.Wait()
}

func (n *Node) sweeper() *worker.Sweeper {
	return &worker.Sweeper{Store: n.edge, Every: sweepEvery, Now: time.Now, Log: n.config.Log}
}

func (n *Node) signer() *worker.Signer {
	return &worker.Signer{Store: n.edge, Seed: n.logSeed, Every: checkpointEvery, Log: n.config.Log}
}

// fresh signs a new checkpoint before one is shown, if that is asked for.
func (n *Node) fresh(ctx context.Context, in any) (acted bool, err error) {
	if c, ok := in.(audit.CheckpointInput); !ok || !c.Fresh {
		return false, nil
	}
	return true, n.signer().Sign(ctx)
}

func (n *Node) logSeed(origin string) ([32]byte, error) {
	k, err := n.ring()
	if err != nil {
		return [32]byte{}, err
	}
	return k.LogSeed(origin)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// RootFile is where the first administrator's token goes if the node draws it.
func (n *Node) RootFile() string { return filepath.Join(n.config.Data, "root.key") }

// URL is where clients reach the node.
func (n *Node) URL() string { return n.url }

// Ready says why the node cannot answer now; nil if it can.
func (n *Node) Ready() error {
	if err := n.cluster.Ready(); err != nil {
		return err
	}
	return n.edge.Founded()
}

// Failed gives the error after which the node must not go on.
func (n *Node) Failed() <-chan error { return n.fatal }

// stop takes note that the node must not go on.
func (n *Node) stop(err error) {
	select {
	case n.fatal <- err:
	default:
	}
}

func (n *Node) serve(listener net.Listener) error {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), n.collector(),
		counter("weir_witness_cosignatures_total", "The cosignatures of checkpoints that this node has collected as a leader.", &n.witnesses.Collected),
		counter("weir_witness_failures_total", "The calls of witnesses that gave no cosignature.", &n.witnesses.Failed))
	var err error
	n.http, err = transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: n.edge, Version: buildinfo.Version(), Logger: n.config.Log, Metrics: metrics,
		Ready: n.Ready, Started: n.Ready,
	})
	if err != nil {
		return err
	}
	n.served.Go(func() {
		var err error
		if n.config.TLSCert == "" {
			err = n.http.Serve(listener)
		} else {
			n.http.TLSConfig = serverTLS(n.config.TLSCert, n.config.TLSKey)
			err = n.http.ServeTLS(listener, "", "")
		}
		if !errors.Is(err, http.ErrServerClosed) {
			n.stop(fmt.Errorf("serve HTTP: %w", err))
		}
	})
	return nil
}

// Close ends the node in order: requests that run are answered first, as long
// as the context lasts.
func (n *Node) Close(ctx context.Context) error {
	err := n.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, n.http.Close())
	}
	n.served.Wait()
	n.edge.Close()
	return errors.Join(err, n.index.Close(), n.cluster.Close())
}

// RandomKeys makes the keys of a store of one node, which no other node needs.
func RandomKeys() (trust.Keys, error) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return trust.ParseKeys([]byte(hex.EncodeToString(b)))
}
