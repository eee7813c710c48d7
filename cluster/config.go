package cluster

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/mux"
	"github.com/weir-store/weir/cluster/raftlog"
	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/storage"
)

// Config is what a node is made of. Fields without a remark are required.
type Config struct {
	// Dir is the data directory; Node the node-id, which it is bound to.
	Dir, Node string
	Identity  *trust.Identity

	// Listener is the cluster port. Advertise is the address that other nodes
	// reach it at; empty takes the listener's.
	Listener  net.Listener
	Advertise string
	// Dial opens plain connections to other nodes; nil takes TCP.
	Dial mux.Dialer

	// Gossip finds the other nodes; nil for a node that is alone.
	Gossip *Gossip
	// Expect is how many empty nodes form a new cluster; 0 waits to be joined to
	// an existing one.
	Expect int
	// HTTP is where clients reach this node, as told to other nodes.
	HTTP string
	// Level is the newest feature level that this binary knows.
	Level uint64

	// Engine opens the engine in a directory, Machine the machine on it. The node
	// closes the engine.
	Engine  func(dir string) (storage.Engine, error)
	Machine func(storage.Engine) (Machine, error)
	// Store opens log and votes; nil takes bbolt.
	Store func(dir string) (raftlog.Store, error)

	// Keyring makes the cluster's keyring on the node that forms the cluster; all
	// others fetch it from a member. Nil if keys come from elsewhere.
	Keyring func() ([]byte, error)

	// Lead is called when this node leads and has applied everything before its
	// term; its context ends with the leadership. Nil if there is nothing to do.
	Lead func(context.Context)
	// Fatal is called at most once, when this process must not go on. Nil panics.
	Fatal func(error)
	Log   *slog.Logger
	// Tuning is zero but for tests and slow machines.
	Tuning Tuning
}

// Gossip is where a node looks for others.
type Gossip struct {
	// Bind and Advertise are gossip addresses, host:port.
	Bind, Advertise string
	// Keys encrypt it, the active one first.
	Keys [][]byte
	// Seeds are gossip addresses of other nodes.
	Seeds []string
}

// Tuning holds the settings that have a default for everybody; zero takes it.
type Tuning struct {
	// Election is the heartbeat, election and lease time. 1 s; 2 s on slow disks.
	Election time.Duration
	// Seek is how long a call looks for a leader before it is refused. Two elections.
	Seek time.Duration
	// TrailingLogs, SnapshotThreshold and SnapshotInterval say when the log is cut.
	// At least 64 entries trail.
	TrailingLogs      uint64
	SnapshotThreshold uint64
	SnapshotInterval  time.Duration
	// LogBytes is the size of the log at which the engine is flushed so that the
	// log can be cut. 256 MiB.
	LogBytes int64
	// MinFreeBytes and MinFreeShare are the free disk space below which writes are
	// refused. 2 GiB and 0.1; negative switches one off.
	MinFreeBytes int64
	MinFreeShare float64
	// Settled is how long a joined node must keep up before it votes. 10 s.
	Settled time.Duration
}

func (t Tuning) withDefaults() Tuning {
	orElse(&t.Election, time.Second)
	orElse(&t.Seek, 2*t.Election)
	orElse(&t.TrailingLogs, 10_240)
	orElse(&t.SnapshotThreshold, 8_192)
	orElse(&t.SnapshotInterval, 30*time.Second)
	orElse(&t.LogBytes, 256<<20)
	orElse(&t.MinFreeBytes, 2<<30)
	orElse(&t.MinFreeShare, 0.1)
	orElse(&t.Settled, 10*time.Second)
	t.TrailingLogs = max(t.TrailingLogs, 64)
	return t
}

func orElse[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

// raftConfig is Raft's configuration; reasons that are not obvious stand beside
// the line.
func (t Tuning) raftConfig(id raft.ServerID, notify chan<- bool, log hclog.Logger) *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID, c.NotifyCh, c.Logger = id, notify, log
	c.ProtocolVersion = raft.ProtocolVersionMax
	// Heartbeats wait for the main loop, which may sync. The lease protects
	// nothing of ours: reads are confirmed by a round.
	c.HeartbeatTimeout, c.ElectionTimeout, c.LeaderLeaseTimeout = t.Election, t.Election, t.Election
	c.CommitTimeout = 10 * time.Millisecond // followers hear of commits this late when idle
	c.MaxAppendEntries = 64                 // times 256 KiB is the largest message
	c.BatchApplyCh = true
	c.TrailingLogs, c.SnapshotThreshold, c.SnapshotInterval = t.TrailingLogs, t.SnapshotThreshold, t.SnapshotInterval
	c.NoSnapshotRestoreOnStart = true // the state is on disk already
	c.NoLegacyTelemetry = true
	return c
}
