package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/gossip"
)

// assembleEvery is how often a node that is not complete tries again.
const assembleEvery = 250 * time.Millisecond

// errBootstrap says that the nodes do not agree on what cluster to form; a
// person must correct their settings.
var errBootstrap = errors.New("cluster: no cluster can be formed")

// newcomer is a node as it becomes part of a cluster.
type newcomer struct{ *Node }

// assemble makes this node part of a cluster: it forms one with its equals, or
// joins one, and then fetches what a member has. It ends when nothing is missing.
func (n newcomer) assemble() {
	tick := time.NewTicker(assembleEvery)
	defer tick.Stop()
	var last string
	for !n.complete() {
		err := n.step()
		switch {
		case errors.Is(err, errBootstrap):
			n.fail(err)
			return
		case err != nil && err.Error() != last && n.ctx.Err() == nil:
			last = err.Error() // once, not four times a second
			n.log.Warn("not part of a cluster yet", "error", err)
		}
		select {
		case <-tick.C:
		case <-n.changed():
		case <-n.ctx.Done():
			return
		}
	}
	n.announce()
	n.log.Info("this node is part of a cluster", "cluster", n.ClusterID(), "server", n.dir.Server)
}

// complete reports whether this node is a member with everything it needs. The
// data directory is read by this goroutine alone.
func (n newcomer) complete() bool {
	return len(n.servers()) > 0 && n.dir.Cluster != "" && !n.dir.Forming && !n.needsKeyring()
}

// changed is closed by the next news from other nodes; nil without gossip.
func (n newcomer) changed() <-chan struct{} {
	if n.gossip == nil {
		return nil
	}
	return n.gossip.Changed()
}

// step does the next thing that is missing.
func (n newcomer) step() error {
	ctx, cancel := context.WithTimeout(n.ctx, patience)
	defer cancel()
	if len(n.servers()) > 0 {
		return n.finish(ctx)
	}
	if n.dir.Cluster != "" && !n.dir.Forming {
		// Joined, and waiting for the leader's first entries.
		return n.join(ctx)
	}
	peers := n.peers()
	found := ""
	for _, p := range peers {
		if found != "" && p.Cluster != "" && p.Cluster != found {
			return fmt.Errorf("%w: there are two clusters, %s and %s", errBootstrap, found, p.Cluster)
		}
		found = max(found, p.Cluster)
	}
	if found != "" {
		return n.join(ctx)
	}
	return n.form(peers)
}

// finish completes a member: the end of forming, the cluster's id, the keyring.
func (n newcomer) finish(ctx context.Context) error {
	if n.dir.Forming {
		return n.formed()
	}
	if n.dir.Cluster == "" {
		if err := n.join(ctx); err != nil {
			return err
		}
	}
	if n.needsKeyring() {
		return n.fetchKeyring(ctx)
	}
	return nil
}

// form bootstraps a new cluster if this node and its peers agree on it and this
// one has the lowest node-id. Otherwise it tells the peers what it sees.
func (n newcomer) form(peers []gossip.Meta) error {
	if n.config.Expect == 0 {
		return nil
	}
	var empty []gossip.Meta
	for _, p := range peers {
		if p.Expect == 0 {
			continue
		}
		if p.Expect != n.config.Expect {
			return fmt.Errorf("%w: %s expects %d nodes and this one %d", errBootstrap, nodeOf(raft.ServerID(p.Server)), p.Expect, n.config.Expect)
		}
		empty = append(empty, p)
	}
	if len(empty) > n.config.Expect {
		return fmt.Errorf("%w: there are %d empty nodes and %d are expected", errBootstrap, len(empty), n.config.Expect)
	}
	sight := seen(empty)
	if n.gossip != nil {
		if err := n.gossip.Update(func(m *gossip.Meta) { m.Sees = sight }); err != nil {
			return err
		}
	}
	if len(empty) < n.config.Expect {
		return nil
	}
	for _, p := range empty {
		if p.Sees != sight && p.Server != string(n.dir.Server) {
			return nil // it has not heard of everybody yet
		}
	}
	if empty[0].Server != string(n.dir.Server) { // peers are in order
		return nil
	}
	return n.bootstrap(empty)
}

// seen names a set of servers.
func seen(peers []gossip.Meta) string {
	h := sha256.New()
	for _, p := range peers {
		_, _ = fmt.Fprintf(h, "%s\n", p.Server) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// bootstrap writes the first configuration. A crash before that leaves a node
// that is forming and still empty; after it, one that only has to say so.
func (n newcomer) bootstrap(members []gossip.Meta) error {
	id, err := newClusterID()
	if err != nil {
		return err
	}
	if n.config.Keyring != nil {
		ring, err := n.config.Keyring()
		if err != nil {
			return fmt.Errorf("cluster: make the keyring: %w", err)
		}
		if err := n.keepKeyring(ring); err != nil {
			return err
		}
	}
	if err := n.dir.beginForming(id); err != nil {
		return err
	}
	var c raft.Configuration
	for _, m := range members {
		c.Servers = append(c.Servers, raft.Server{ID: raft.ServerID(m.Server), Address: raft.ServerAddress(m.Address)})
	}
	if err := await(n.ctx, n.raft.BootstrapCluster(c)); err != nil {
		return fmt.Errorf("cluster: bootstrap: %w", err)
	}
	return n.formed()
}

// formed makes the drawn id the cluster's.
func (n newcomer) formed() error {
	if err := n.dir.endForming(); err != nil {
		return err
	}
	n.setCluster()
	return nil
}

// setCluster lets everybody know what the data directory says.
func (n newcomer) setCluster() {
	n.mu.Lock()
	n.cluster = n.dir.Cluster
	n.mu.Unlock()
	n.announce()
}

// announce gossips what this node belongs to.
func (n newcomer) announce() {
	if n.gossip == nil {
		return
	}
	err := n.gossip.Update(func(m *gossip.Meta) { m.Cluster, m.Expect, m.Sees = n.ClusterID(), n.expectation(), "" })
	if err != nil {
		n.log.Warn("cannot tell the others", "error", err)
	}
}

// expectation is what this node says that it expects: nothing, once it is a
// member.
func (n *Node) expectation() int {
	if n.ClusterID() != "" || len(n.servers()) > 0 {
		return 0
	}
	return n.config.Expect
}

// peers is everybody that gossip hears, or this node alone.
func (n *Node) peers() []gossip.Meta {
	if n.gossip != nil {
		return n.gossip.Peers()
	}
	return []gossip.Meta{{Server: string(n.dir.Server), Address: string(n.address), Expect: n.config.Expect}}
}

// heard is what the living nodes say, by server id.
func (n *Node) heard() map[raft.ServerID]gossip.Meta {
	heard := map[raft.ServerID]gossip.Meta{}
	for _, p := range n.peers() {
		heard[raft.ServerID(p.Server)] = p
	}
	return heard
}

// joinRequest asks to be, or to stay, a member at an address.
type joinRequest struct {
	Server  string `json:"server"`
	Address string `json:"address"`
}

// joinReply is the cluster's id, or the address of the leader who knows more.
type joinReply struct {
	Cluster string `json:"cluster,omitempty"`
	Leader  string `json:"leader,omitempty"`
}

// join asks the members that it knows of to take this node in.
func (n newcomer) join(ctx context.Context) error {
	request, err := json.Marshal(joinRequest{Server: string(n.dir.Server), Address: string(n.address)})
	if err != nil {
		return fmt.Errorf("cluster: encode the request to join: %w", err)
	}
	var addresses []string
	for _, p := range n.peers() {
		if p.Cluster != "" && p.Server != string(n.dir.Server) {
			addresses = append(addresses, p.Address)
		}
	}
	for _, s := range n.servers() {
		addresses = append(addresses, string(s.Address))
	}
	err = errors.New("cluster: no member to join is known")
	for hop := 0; len(addresses) > 0 && hop < 16; hop++ {
		addr := addresses[0]
		addresses = addresses[1:]
		var raw []byte
		if raw, err = n.client.Call(ctx, addr, methodJoin, request); err != nil {
			continue
		}
		var reply joinReply
		if err = json.Unmarshal(raw, &reply); err != nil {
			continue
		}
		if reply.Cluster != "" {
			return n.joined(reply.Cluster)
		}
		addresses = append([]string{reply.Leader}, addresses...)
	}
	return err
}

func (n newcomer) joined(id string) error {
	if err := n.dir.setCluster(id); err != nil {
		return fmt.Errorf("%w: %w", errBootstrap, err)
	}
	n.setCluster()
	return nil
}
