package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/core/fault"
)

// Status is what a node knows of itself and of its cluster.
type Status struct {
	ClusterID string `json:"cluster_id"`
	Node      string `json:"node"`
	Server    string `json:"server"`
	// Leader is the node-id of the leader; empty while there is none.
	Leader string `json:"leader"`
	// Leading says that this node leads and answers from its state.
	Leading bool   `json:"leading"`
	Term    uint64 `json:"term"`
	// Index and Revision are those of the published state; Committed is the
	// newest entry that this node knows to be committed.
	Index     uint64   `json:"index"`
	Revision  uint64   `json:"revision"`
	Committed uint64   `json:"committed"`
	Members   []Member `json:"members"`
	// LogBytes estimates the size of the log.
	LogBytes int64 `json:"log_bytes"`
}

// Member is one server of the configuration.
type Member struct {
	Node    string `json:"node"`
	Server  string `json:"server"`
	Address string `json:"address"`
	HTTP    string `json:"http"`
	Voter   bool   `json:"voter"`
	// Alive is what gossip says; it decides nothing.
	Alive bool `json:"alive"`
}

// Status describes the node as of now.
func (n *Node) Status() Status {
	n.watermark.mu.Lock()
	index, revision := n.watermark.index, n.watermark.revision
	n.watermark.mu.Unlock()
	_, leader := n.raft.LeaderWithID()
	s := Status{
		ClusterID: n.ClusterID(), Node: n.config.Node, Server: string(n.dir.Server),
		Leader: nodeOf(leader), Leading: n.leads(), Term: n.raft.CurrentTerm(),
		Index: index, Revision: revision, Committed: n.raft.CommitIndex(), LogBytes: n.raftLog.Bytes(),
	}
	heard := n.heard()
	for _, member := range n.servers() {
		m := Member{
			Node: nodeOf(member.ID), Server: string(member.ID), Address: string(member.Address),
			Voter: member.Suffrage == raft.Voter,
		}
		meta, ok := heard[member.ID]
		m.Alive, m.HTTP = ok, meta.HTTP
		if member.ID == n.dir.Server {
			m.Alive, m.HTTP = true, n.config.HTTP
		}
		s.Members = append(s.Members, m)
	}
	return s
}

// Ready returns nil when this node can answer: it belongs to a cluster, has its
// keyring, and hears a leader. The fault says what is missing.
func (n *Node) Ready() error {
	n.mu.Lock()
	cluster, keyring, failed := n.cluster, n.keyring, n.failed
	n.mu.Unlock()
	_, leader := n.raft.LeaderWithID()
	switch {
	case failed != nil:
		return fault.New(fault.Draining, "the node stops").Wrap(failed)
	case cluster == "":
		return fault.New(fault.NoLeader, "the node belongs to no cluster yet")
	case n.config.Keyring != nil && keyring == nil:
		return fault.New(fault.NoLeader, "the node has not received the keyring yet")
	case leader == "":
		return fault.New(fault.NoLeader, "there is no leader at the moment")
	}
	return nil
}

// ClusterID is the id of the cluster; empty while the node belongs to none.
func (n *Node) ClusterID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cluster
}

func (n desk) handleStatus(context.Context, string, []byte) ([]byte, error) {
	b, err := json.Marshal(n.Status())
	if err != nil {
		return nil, fmt.Errorf("cluster: encode the status: %w", err)
	}
	return b, nil
}

// StatusOf asks another member for its status.
func (n *Node) StatusOf(ctx context.Context, m Member) (s Status, err error) {
	ctx, cancel := withPatience(ctx)
	defer cancel()
	b, err := n.client.Call(ctx, m.Address, methodStatus, nil)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return Status{}, fmt.Errorf("cluster: status of %s: %w", m.Node, err)
	}
	return s, nil
}
