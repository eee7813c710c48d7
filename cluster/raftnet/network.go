package raftnet

import (
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

const (
	// messageTimeout bounds one request and its answer on an idle connection.
	messageTimeout = 10 * time.Second
	// installRate is what a snapshot transfer must at least reach, in bytes per
	// messageTimeout. The library's default would let a dead receiver hold the
	// sender for hours.
	installRate = 16 << 20
	// idleConnections is how many connections per peer are kept open: heartbeat,
	// replication and votes.
	idleConnections = 3
)

// New returns a transport over streams that records into acks.
func New(stream raft.StreamLayer, acks *Acks, logger hclog.Logger) *Transport {
	inner := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream:  stream,
		MaxPool: idleConnections,
		Timeout: messageTimeout,
		Logger:  logger,
	})
	inner.TimeoutScale = installRate
	return Wrap(inner, acks)
}
