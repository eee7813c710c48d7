package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/weir-store/weir/cluster/forward"
	"github.com/weir-store/weir/core/fault"
)

const (
	// patience is how long a call without a deadline of its own may take.
	patience = 10 * time.Second
	// retryPause is how long a call waits before it looks for a leader again.
	retryPause = 20 * time.Millisecond
)

// The methods that nodes call on each other.
const (
	methodPropose = "propose"
	methodIndex   = "index"
	methodStatus  = "status"
	methodJoin    = "join"
	methodKeyring = "keyring"
)

// desk is a node as it answers the calls of others.
type desk struct{ *Node }

func (n desk) handlers() map[string]forward.Handler {
	return map[string]forward.Handler{
		methodPropose: func(ctx context.Context, node string, command []byte) ([]byte, error) {
			if err := n.member(node); err != nil {
				return nil, err
			}
			return n.propose.propose(ctx, command)
		},
		methodIndex: func(ctx context.Context, node string, _ []byte) ([]byte, error) {
			if err := n.member(node); err != nil {
				return nil, err
			}
			index, err := n.rounds.index(ctx)
			return binary.BigEndian.AppendUint64(nil, index), err
		},
		methodStatus:  n.handleStatus,
		methodJoin:    n.handleJoin,
		methodKeyring: n.handleKeyring,
	}
}

// member refuses the calls of nodes that are not in the configuration.
func (n desk) member(node string) error {
	for _, s := range n.servers() {
		if nodeOf(s.ID) == node {
			return nil
		}
	}
	return fault.New(fault.PermissionDenied, "the calling node is no member of this cluster")
}

// Propose has a command applied and returns its reply, from any node. An error
// is a fault and says which of three things is true: nothing happened (503, 504
// handler-timeout, 507), the command was refused for good (4xx), or the outcome
// is unknown (504 outcome-unknown).
func (n *Node) Propose(ctx context.Context, command []byte) ([]byte, error) {
	return seeker{n}.atLeader(ctx, methodPropose, command, func(ctx context.Context) ([]byte, error) {
		return n.propose.propose(ctx, command)
	})
}

// Confirm returns when the published state of this node holds every command that
// was acknowledged anywhere before the call. An error is a fault.
func (n *Node) Confirm(ctx context.Context) error {
	ctx, cancel := withPatience(ctx)
	defer cancel()
	index, err := n.confirms.get(ctx)
	if err != nil {
		return err
	}
	return reached(n.watermark.waitIndex(ctx, index))
}

// seeker is a node as it carries calls to the leader.
type seeker struct{ *Node }

// askIndex asks the leader for a confirmed index, for all who wait.
func (n seeker) askIndex() (uint64, error) {
	ctx, cancel := context.WithTimeout(n.ctx, n.tuning.Seek+n.tuning.Election)
	defer cancel()
	b, err := n.atLeader(ctx, methodIndex, nil, func(ctx context.Context) ([]byte, error) {
		index, err := n.rounds.index(ctx)
		return binary.BigEndian.AppendUint64(nil, index), err
	})
	switch {
	case fault.Is(err, fault.OutcomeUnknown):
		// A read that is not confirmed changed nothing, whatever became of the call.
		return 0, fault.New(fault.NoLeader, "the read could not be confirmed").Wrap(err)
	case err != nil:
		return 0, err
	case len(b) != 8:
		return 0, fault.New(fault.Internal, "the leader's answer is no index")
	}
	return binary.BigEndian.Uint64(b), nil
}

// WaitRevision returns when this node has published a revision.
func (n *Node) WaitRevision(ctx context.Context, revision uint64) error {
	ctx, cancel := withPatience(ctx)
	defer cancel()
	return reached(n.watermark.waitRevision(ctx, revision))
}

func reached(err error) error {
	if err != nil {
		return fault.New(fault.IndexNotReached, "this node has not caught up in time").Wrap(err)
	}
	return nil
}

func withPatience(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patience)
}

// atLeader carries a call out where the leader is: here, or one hop away. It
// looks for the leader again as long as nothing happened.
func (n seeker) atLeader(ctx context.Context, method string, payload []byte, here func(context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel := withPatience(ctx)
	defer cancel()
	start := time.Now()
	for {
		reply, err := n.tryLeader(ctx, method, payload, here)
		if !fault.Is(err, fault.NoLeader) || time.Since(start) > n.tuning.Seek {
			return reply, err
		}
		timer := time.NewTimer(retryPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		case <-n.ctx.Done():
			timer.Stop()
			return nil, fault.New(fault.Draining, "the node stops")
		}
	}
}

func (n seeker) tryLeader(ctx context.Context, method string, payload []byte, here func(context.Context) ([]byte, error)) ([]byte, error) {
	addr, id := n.raft.LeaderWithID()
	switch {
	case n.ctx.Err() != nil:
		return nil, fault.New(fault.Draining, "the node stops")
	case id == n.dir.Server:
		return here(ctx)
	case id == "":
		return nil, fault.New(fault.NoLeader, "there is no leader at the moment; nothing happened")
	}
	reply, err := n.client.Call(ctx, string(addr), method, payload)
	switch {
	case errors.Is(err, forward.ErrUnreached):
		return nil, fault.New(fault.NoLeader, "the leader cannot be reached; nothing happened").Wrap(err)
	case fault.Is(err, fault.PermissionDenied): // what the command decides is a reply
		return nil, fault.New(fault.Draining, "this node was removed from its cluster").Wrap(err)
	case errors.Is(err, forward.ErrLost):
		return nil, fault.New(fault.OutcomeUnknown, "no answer came from the leader").Wrap(err)
	default:
		return reply, err
	}
}
