package cluster

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/mux"
)

// stream is the connections that Raft's messages travel on.
type stream struct {
	*mux.Listener
	node *Node
}

// Dial connects to a member and to nobody else at its address.
func (s *stream) Dial(addr raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.node.ctx, timeout)
	defer cancel()
	return s.node.mux.Dial(ctx, raftProtocol, string(addr), func(node string) error { return s.node.expect(node, addr) })
}

// Addr is the address that other nodes know this one by.
func (s *stream) Addr() net.Addr { return advertised(s.node.address) }

type advertised string

func (advertised) Network() string  { return "tcp" }
func (a advertised) String() string { return string(a) }

// admit lets a node speak Raft with us if it is in the configuration. An empty
// node has none yet: whoever has the cluster's key may bring it one.
func (n *Node) admit(node string) error {
	servers := n.servers()
	if len(servers) == 0 {
		return nil
	}
	for _, s := range servers {
		if nodeOf(s.ID) == node {
			return nil
		}
	}
	return fmt.Errorf("%w: node %q is no member", mux.ErrRefused, node)
}

// expect is admit for a connection that we opened: it must be the very member
// that lives at the address.
func (n *Node) expect(node string, addr raft.ServerAddress) error {
	for _, s := range n.servers() {
		if s.Address == addr && nodeOf(s.ID) != node {
			return fmt.Errorf("%w: %q answers at the address of %q", mux.ErrRefused, node, nodeOf(s.ID))
		}
	}
	return n.admit(node)
}

// servers is the newest configuration, committed or not; none before Raft runs.
func (n *Node) servers() []raft.Server {
	select {
	case <-n.started:
	default:
		return nil
	}
	return n.raft.GetConfiguration().Configuration().Servers
}

func (n *Node) dialForward(ctx context.Context, addr string) (net.Conn, error) {
	return n.mux.Dial(ctx, forwardProtocol, addr, func(string) error { return nil })
}
