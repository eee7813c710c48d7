package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/core/fault"
)

// lead follows the node's leadership from term to term.
func (n *Node) lead(notify <-chan bool) {
	end := func() {}
	for {
		select {
		case leads := <-notify:
			end()
			n.ready.Store(0)
			if leads {
				ctx, cancel := context.WithCancel(n.ctx)
				end = cancel
				n.running.Go(func() { chair{n}.reign(ctx) })
			}
		case <-n.ctx.Done():
			end()
			return
		}
	}
}

// chair is a node as the leader of the others.
type chair struct{ *Node }

// reign makes a new leader ready and does a leader's work until ctx ends. Until
// the barrier has passed, entries of earlier leaders may be committed and not
// yet applied: this node answers nothing from its state.
func (n chair) reign(ctx context.Context) {
	for {
		term := n.raft.CurrentTerm()
		err := await(ctx, n.raft.Barrier(enqueueTimeout))
		if err == nil && n.raft.State() == raft.Leader && n.raft.CurrentTerm() == term {
			n.ready.Store(term)
			break
		}
		if ctx.Err() != nil || n.raft.State() != raft.Leader {
			return
		}
	}
	n.log.Info("this node leads", "term", n.ready.Load())
	if n.config.Lead != nil {
		n.running.Go(func() { n.config.Lead(ctx) })
	}
	n.maintain(ctx)
}

// leads reports whether this node leads and is ready.
func (n *Node) leads() bool { return n.rounds.leads(n.raft.CurrentTerm()) }

// admitWrite refuses commands that this node must not propose now.
func (n *Node) admitWrite() error {
	if !n.leads() {
		return fault.New(fault.NoLeader, "this node does not lead, or not yet")
	}
	return n.disk.Check()
}

// noteTransfer watches a transfer of leadership. One that a step-down interrupts
// leaves Raft refusing entries for ever; only a restart of the process helps.
func (n *Node) noteTransfer(under bool) {
	n.mu.Lock()
	if !under {
		n.moved = time.Time{}
	} else if n.moved.IsZero() {
		n.moved = time.Now()
	}
	since := n.moved
	n.mu.Unlock()
	if under && time.Since(since) > 3*n.tuning.Election && n.raft.State() == raft.Leader {
		n.fail(errStuckTransfer)
	}
}

// await waits for a future of Raft's, some of which are never answered when Raft
// stops.
func await(ctx context.Context, f raft.Future) error {
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
