package cluster

import (
	"errors"
	"time"

	"github.com/hashicorp/raft"
)

// watchEvery is how often the node looks after itself.
const watchEvery = time.Second

// hugeLog is how many times its bound the log may reach before transfers no
// longer hold it back.
const hugeLog = 4

// What makes a node stop that no single call can report.
var (
	errStuckTransfer = errors.New("cluster: a transfer of leadership does not end; the process must restart")
	errRaftStopped   = errors.New("cluster: raft stopped by itself; the node was removed, or the process must restart")
)

// keeper is a node as it looks after itself.
type keeper struct{ *Node }

// watch looks after the disk, the log and Raft until the node stops.
func (n keeper) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-n.ctx.Done():
			return
		}
		if err := n.disk.Measure(); err != nil {
			n.log.Error("cannot see the free disk space", "error", err)
		}
		n.boundLog()
		if n.raft.State() == raft.Shutdown {
			n.fail(errRaftStopped)
		}
	}
}

// boundLog has the engine flush when the log is too long. A machine that changes
// little never fills a memory table, so that nothing could ever be cut.
func (n keeper) boundLog() {
	size := n.raftLog.Bytes()
	if size <= n.tuning.LogBytes {
		return
	}
	if size > hugeLog*n.tuning.LogBytes {
		n.pins.Drop()
	}
	if err := n.engine.Flush(); err != nil {
		n.fail(err)
		return
	}
	if err := await(n.ctx, n.raft.Snapshot()); err != nil && !errors.Is(err, raft.ErrNothingNewToSnapshot) {
		n.log.Warn("the log was not cut", "error", err)
	}
}
