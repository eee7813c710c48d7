// Package gossip finds the other nodes and hears whether they are alive. Nothing
// in it grants anything: who is a member is Raft's configuration, and who is a
// node at all is shown by certificates on another port.
package gossip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// reclaim is how long a name stays bound to the address of a dead node.
	reclaim = 30 * time.Second
	// lonely is how often a node without peers asks the seeds, and settled how
	// often one with peers does, so that two halves find each other again.
	lonely  = 500 * time.Millisecond
	settled = 30 * time.Second
	// leaveTimeout bounds the farewell at Close.
	leaveTimeout = time.Second
)

// Meta is what a node says of itself. Encoded it is at most 512 bytes.
type Meta struct {
	// Server is the Raft server id.
	Server string `json:"s"`
	// Cluster is the cluster's id; empty while the node belongs to none.
	Cluster string `json:"c,omitempty"`
	// Level is the newest feature level that the node knows.
	Level uint64 `json:"l,omitempty"`
	// Address is where other nodes reach it, HTTP where clients do.
	Address string `json:"a"`
	HTTP    string `json:"h,omitempty"`
	// Expect is how many nodes shall form a new cluster; 0 when the node will
	// not take part in that.
	Expect int `json:"e,omitempty"`
	// Sees names the set of nodes that it would form the cluster with.
	Sees string `json:"v,omitempty"`
}

// Config is what a node needs to gossip.
type Config struct {
	// Bind is the host:port to listen on, Advertise what others are told; empty
	// is the same as Bind. Port 0 takes a free one.
	Bind, Advertise string
	// Keys encrypt, the first one what is sent. Each has 16, 24 or 32 bytes.
	Keys [][]byte
	// Seeds are gossip addresses of other nodes.
	Seeds []string
	Meta  Meta
	Log   *slog.Logger
}

// Gossip is a running member.
type Gossip struct {
	list  *memberlist.Memberlist
	addr  string
	seeds []string
	log   *slog.Logger
	stop  context.CancelFunc
	done  sync.WaitGroup

	mu      sync.Mutex
	meta    Meta
	peers   map[string]Meta // the living ones, by server id
	changed chan struct{}   // closed and replaced on every change of a member
}

// Start joins the gossip in the background and returns at once.
func Start(c Config) (*Gossip, error) {
	g := &Gossip{seeds: c.Seeds, log: c.Log, meta: c.Meta, peers: map[string]Meta{}, changed: make(chan struct{})}
	conf, err := g.config(c)
	if err != nil {
		return nil, err
	}
	if g.list, err = memberlist.Create(conf); err != nil {
		return nil, fmt.Errorf("gossip: start: %w", err)
	}
	g.addr = g.list.LocalNode().Address()
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = cancel
	g.done.Go(func() { g.seek(ctx) })
	return g, nil
}

func (g *Gossip) config(c Config) (*memberlist.Config, error) {
	conf := memberlist.DefaultLANConfig()
	// The server id, since a host name would collide where two nodes share one.
	conf.Name = c.Meta.Server
	// A constant: the cluster's id is unknown before there is a cluster.
	conf.Label = "weir"
	conf.DeadNodeReclaimTime = reclaim
	conf.Delegate, conf.Events, conf.Conflict = g, g, g
	conf.Merge, conf.Alive = g, g
	conf.LogOutput = lines{c.Log}
	if len(c.Keys) == 0 {
		return nil, errors.New("gossip: no key given")
	}
	ring, err := memberlist.NewKeyring(c.Keys, c.Keys[0])
	if err != nil {
		return nil, fmt.Errorf("gossip: keys: %w", err)
	}
	conf.Keyring = ring
	if conf.BindAddr, conf.BindPort, err = resolve(c.Bind); err != nil {
		return nil, err
	}
	if c.Advertise == "" {
		c.Advertise = c.Bind
	}
	if conf.AdvertiseAddr, conf.AdvertisePort, err = resolve(c.Advertise); err != nil {
		return nil, err
	}
	return conf, nil
}

// resolve turns host:port into what memberlist takes, an IP address and a port.
func resolve(addr string) (string, int, error) {
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("gossip: address: %w", err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("gossip: port of %s: %w", addr, err)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if net.ParseIP(host) != nil {
		return host, int(port), nil
	}
	ips, err := net.LookupIP(host)
	if err != nil {
		return "", 0, fmt.Errorf("gossip: resolve %s: %w", host, err)
	}
	return ips[0].String(), int(port), nil
}

// seek asks the seeds, often while alone and now and then afterwards.
func (g *Gossip) seek(ctx context.Context) {
	for len(g.seeds) > 0 {
		if _, err := g.list.Join(g.seeds); err != nil {
			g.log.Debug("no seed answered", "error", err)
		}
		pause := settled
		if g.list.NumMembers() == 1 {
			pause = lonely
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// Addr is the address that this member told the others.
func (g *Gossip) Addr() string { return g.addr }

// Update changes what this node says of itself.
func (g *Gossip) Update(change func(*Meta)) error {
	g.mu.Lock()
	before := g.meta
	change(&g.meta)
	same := g.meta == before
	g.mu.Unlock()
	if same {
		return nil
	}
	if err := g.list.UpdateNode(leaveTimeout); err != nil {
		return fmt.Errorf("gossip: update: %w", err)
	}
	return nil
}

// Peers returns what the living nodes, this one included, say of themselves, in
// the order of their server ids.
func (g *Gossip) Peers() []Meta {
	g.mu.Lock()
	defer g.mu.Unlock()
	peers := []Meta{g.meta}
	for id, meta := range g.peers {
		if id != g.meta.Server {
			peers = append(peers, meta)
		}
	}
	slices.SortFunc(peers, func(a, b Meta) int { return strings.Compare(a.Server, b.Server) })
	return peers
}

// Changed returns a channel that is closed by the next change among the peers.
func (g *Gossip) Changed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed
}

// Close says farewell and stops.
func (g *Gossip) Close() error {
	g.stop()
	g.done.Wait()
	if err := g.list.Leave(leaveTimeout); err != nil {
		g.log.Debug("left without a farewell", "error", err)
	}
	if err := g.list.Shutdown(); err != nil {
		return fmt.Errorf("gossip: stop: %w", err)
	}
	return nil
}

// lines passes memberlist's log on: "date time [LEVEL] memberlist: text".
type lines struct{ log *slog.Logger }

var levels = map[string]slog.Level{
	"DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "ERR": slog.LevelError, "ERROR": slog.LevelError,
}

func (l lines) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	level := slog.LevelInfo
	if _, leveled, ok := strings.Cut(text, "["); ok {
		if name, rest, ok := strings.Cut(leveled, "] "); ok {
			if known, ok := levels[name]; ok {
				level, text = known, rest
			}
		}
	}
	l.log.Log(context.Background(), level, text)
	return len(b), nil
}
