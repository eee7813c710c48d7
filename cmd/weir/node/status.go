package node

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/core/system"
)

// askPatience is how long another node is waited for when the cluster is
// described.
const askPatience = time.Second

// status describes the cluster as this node sees it.
func (n *Node) status(ctx context.Context, _ any) (any, error) {
	s := n.cluster.Status()
	out := system.Status{ClusterID: s.ClusterID, NodeID: s.Node, LeaderID: s.Leader, Term: s.Term, Revision: s.Revision}
	out.Nodes = make([]system.Node, len(s.Members))
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	var asked sync.WaitGroup
	for i, m := range s.Members {
		out.Nodes[i] = system.Node{ID: m.Node, Role: role(s, m), Health: health(m), URL: m.HTTP, Address: m.Address}
		if m.Node == s.Node {
			out.Nodes[i].Revision, out.Nodes[i].Index = s.Revision, s.Index
			continue
		}
		asked.Go(func() {
			if other, err := n.cluster.StatusOf(ctx, m); err == nil {
				out.Nodes[i].Revision, out.Nodes[i].Index = other.Revision, other.Index
			}
		})
	}
	asked.Wait()
	slices.SortFunc(out.Nodes, func(a, b system.Node) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func role(s cluster.Status, m cluster.Member) string {
	switch {
	case m.Node == s.Leader:
		return "leader"
	case m.Voter:
		return "follower"
	}
	return "learner"
}

func health(m cluster.Member) string {
	if m.Alive {
		return "alive"
	}
	return "silent"
}

// collector shows where the node stands as metrics.
func (n *Node) collector() prometheus.Collector {
	return &gauges{node: n, list: []gauge{
		describe("weir_raft_term", "The Raft term.", func(s cluster.Status) float64 { return float64(s.Term) }),
		describe("weir_applied_index", "The log index that is applied and published.", func(s cluster.Status) float64 { return float64(s.Index) }),
		describe("weir_commit_index", "The newest log index known to be committed.", func(s cluster.Status) float64 { return float64(s.Committed) }),
		describe("weir_revision", "The newest published revision.", func(s cluster.Status) float64 { return float64(s.Revision) }),
		describe("weir_log_bytes", "An estimate of the size of the Raft log in bytes.", func(s cluster.Status) float64 { return float64(s.LogBytes) }),
		describe("weir_is_leader", "1 on the leader.", func(s cluster.Status) float64 {
			if s.Leading {
				return 1
			}
			return 0
		}),
	}}
}

type gauge struct {
	desc  *prometheus.Desc
	value func(cluster.Status) float64
}

func describe(name, help string, value func(cluster.Status) float64) gauge {
	return gauge{prometheus.NewDesc(name, help, nil, nil), value}
}

// gauges reads the status once for all of them.
type gauges struct {
	node *Node
	list []gauge
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, x := range g.list {
		ch <- x.desc
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	s := g.node.cluster.Status()
	for _, x := range g.list {
		ch <- prometheus.MustNewConstMetric(x.desc, prometheus.GaugeValue, x.value(s))
	}
}

func counter(name, help string, count *atomic.Uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(count.Load()) })
}
