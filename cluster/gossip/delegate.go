package gossip

import (
	"encoding/json"
	"errors"

	"github.com/hashicorp/memberlist"
)

var errForeign = errors.New("gossip: node of another cluster")

var (
	_ memberlist.Delegate         = (*Gossip)(nil)
	_ memberlist.EventDelegate    = (*Gossip)(nil)
	_ memberlist.ConflictDelegate = (*Gossip)(nil)
	_ memberlist.MergeDelegate    = (*Gossip)(nil)
	_ memberlist.AliveDelegate    = (*Gossip)(nil)
)

// NodeMeta encodes what this node says of itself.
func (g *Gossip) NodeMeta(limit int) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, err := json.Marshal(g.meta)
	if err != nil || len(b) > limit {
		g.log.Error("what this node says of itself does not fit", "bytes", len(b), "limit", limit, "error", err)
		return nil
	}
	return b
}

// NotifyMsg ignores messages: all that is said is in NodeMeta.
func (g *Gossip) NotifyMsg([]byte) {}

// GetBroadcasts has nothing to add to NodeMeta.
func (g *Gossip) GetBroadcasts(_, _ int) [][]byte { return nil }

// LocalState has nothing to add to NodeMeta.
func (g *Gossip) LocalState(bool) []byte { return nil }

// MergeRemoteState ignores what others add.
func (g *Gossip) MergeRemoteState([]byte, bool) {}

// NotifyJoin keeps what a new node says of itself. The library changes a Node
// while others read it, so nothing of one is used after these calls.
func (g *Gossip) NotifyJoin(n *memberlist.Node) { g.hear(n) }

// NotifyUpdate keeps what a node says now.
func (g *Gossip) NotifyUpdate(n *memberlist.Node) { g.hear(n) }

// NotifyLeave forgets a node that left or is dead.
func (g *Gossip) NotifyLeave(n *memberlist.Node) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.peers, n.Name)
	g.announce()
}

func (g *Gossip) hear(n *memberlist.Node) {
	var meta Meta
	if err := json.Unmarshal(n.Meta, &meta); err != nil || meta.Server != n.Name {
		return // not one of ours
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.peers[n.Name] = meta
	g.announce()
}

// announce wakes those who wait for a change. The lock is held.
func (g *Gossip) announce() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// NotifyConflict reports two nodes that use one server id: a data directory was
// copied, or a node came back at another address before its old one was given up.
func (g *Gossip) NotifyConflict(existing, other *memberlist.Node) {
	g.log.Error("two nodes say that they are the same server", "server", existing.Name, "known", existing.Address(), "other", other.Address())
}

// NotifyMerge refuses a whole gossip in which there is a foreign cluster.
func (g *Gossip) NotifyMerge(peers []*memberlist.Node) error {
	for _, p := range peers {
		if err := g.NotifyAlive(p); err != nil {
			return err
		}
	}
	return nil
}

// NotifyAlive refuses a node of another cluster. A node that belongs to none
// may see several, so that it can say what is wrong.
func (g *Gossip) NotifyAlive(peer *memberlist.Node) error {
	var meta Meta
	if err := json.Unmarshal(peer.Meta, &meta); err != nil {
		return errForeign
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meta.Cluster != "" && meta.Cluster != "" && meta.Cluster != g.meta.Cluster {
		return errForeign
	}
	return nil
}
