package system

import "github.com/weir-store/weir/core/op"

// Ops are what can be asked of the cluster itself.
var Ops = &op.Set{Noun: "cluster", Doc: "The cluster is the nodes that keep the store together."}

// StatusInput is empty: there is one cluster.
type StatusInput struct{}

// Status is the cluster as the asked node sees it.
type Status struct {
	ClusterID string `json:"cluster_id" doc:"the cluster"`
	NodeID    string `json:"node_id" doc:"the node that answers"`
	LeaderID  string `json:"leader_id" doc:"the node that leads; empty while there is none"`
	Term      uint64 `json:"term" doc:"the Raft term"`
	Revision  uint64 `json:"revision" doc:"the newest revision that this node has published"`
	Nodes     []Node `json:"nodes" doc:"the members, by id"`
}

// Node is one member of the cluster.
type Node struct {
	ID       string `json:"id" doc:"the node"`
	Role     string `json:"role" doc:"leader, follower or learner, which does not vote yet"`
	Health   string `json:"health" doc:"alive or silent, as gossip hears it; it decides nothing"`
	URL      string `json:"url" doc:"where its clients reach it"`
	Address  string `json:"address" doc:"where other nodes reach it"`
	Revision uint64 `json:"revision" doc:"the revision it has published; 0 if it does not answer"`
	Index    uint64 `json:"index" doc:"the log index it has applied; 0 if it does not answer"`
}

// StatusQuery describes the cluster. It is answered by each node for itself,
// also while there is no leader.
var StatusQuery = op.NewLocal(Ops, op.Spec[StatusInput, Status]{
	Name:    "status",
	Summary: "Show the cluster: who leads, who is there, how far each node is.",
	Route:   "GET /v1/cluster",
	Access:  op.Anyone[StatusInput]("read"),
	Result: Status{
		ClusterID: "01890a5d0c1e4000a000000000000000", NodeID: "n1", LeaderID: "n1", Term: 2, Revision: 42,
		Nodes: []Node{{ID: "n1", Role: "leader", Health: "alive", URL: "http://127.0.0.1:8420", Address: "127.0.0.1:8421", Revision: 42, Index: 17}},
	},
})
