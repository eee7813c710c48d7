package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/raftnet"
	"github.com/weir-store/weir/core/fault"
)

// renudge is how long a round waits for acknowledgements before it asks for
// traffic again.
const renudge = 50 * time.Millisecond

// rounds confirms, on the leader, the index that a read has to wait for. All
// reads that wait when a round starts share it.
//
// A round takes the time t0 and then demands, for its own term, a request sent
// at t0 or later and acknowledged, from a majority of the voters. The library's
// VerifyLeader demands neither: it counts answers to requests that were sent
// before the read arrived, and the answers of servers without a vote.
type rounds struct {
	raft      *raft.Raft
	self      raft.ServerID
	acks      *raftnet.Acks
	log       raft.LogStore
	watermark *watermark
	// ready is the term in which this leader has applied everything that earlier
	// leaders committed; 0 when there is none.
	ready func() uint64
	// limit bounds a round; without a majority it ends in no-leader.
	limit time.Duration
	// confirm shows that this node led the term at t0 or later.
	confirm func(ctx context.Context, term uint64, t0 time.Time) error

	shared shared
}

// index returns an index at or above every command that was acknowledged, by
// any node, before the call. A reader that waits until it is published reads
// linearizably. Errors say that nothing happened.
func (r *rounds) index(ctx context.Context) (uint64, error) { return r.shared.get(ctx) }

func (r *rounds) once() (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.limit)
	defer cancel()
	t0 := time.Now()
	term := r.raft.CurrentTerm()
	if !r.leads(term) {
		return 0, fault.New(fault.NoLeader, "this node does not lead, or not yet")
	}
	index, err := r.visible()
	if err != nil {
		return 0, err
	}
	if err := r.confirm(ctx, term, t0); err != nil {
		return 0, err
	}
	return index, nil
}

// leads reports whether this node leads the term and has caught up in it.
func (r *rounds) leads(term uint64) bool {
	return r.ready() == term && r.raft.State() == raft.Leader && r.raft.CurrentTerm() == term
}

// visible is the newest committed entry that reaches the machine. No-ops and
// barriers never do: waiting for one of those would last for ever.
func (r *rounds) visible() (uint64, error) {
	for i := r.raft.CommitIndex(); ; i-- {
		published := r.watermark.published()
		if i <= published {
			return published, nil
		}
		var entry raft.Log
		err := r.log.GetLog(i, &entry)
		switch {
		case errors.Is(err, raft.ErrLogNotFound) && i <= r.watermark.published():
			// Published and truncated while we looked.
		case err != nil:
			return 0, fault.New(fault.NoLeader, "the log cannot be read").Wrap(fmt.Errorf("cluster: entry %d: %w", i, err))
		case entry.Type == raft.LogCommand || entry.Type == raft.LogConfiguration:
			return i, nil
		}
	}
}

// majority waits until a majority of the voters, this node among them, has
// acknowledged in the term what was sent at t0 or later.
func (r *rounds) majority(ctx context.Context, term uint64, t0 time.Time) error {
	nudge := time.NewTicker(renudge)
	defer nudge.Stop()
	asked := false
	for {
		changed := r.acks.Changed()
		agreed := r.acknowledged(term, t0)
		if !r.leads(term) {
			return fault.New(fault.NoLeader, "this node no longer leads")
		}
		if agreed {
			return nil
		}
		if !asked {
			r.raft.VerifyLeader() // for its traffic; what it finds means nothing
			asked = true
		}
		select {
		case <-changed:
		case <-nudge.C:
			asked = false
		case <-ctx.Done():
			return fault.New(fault.NoLeader, "no majority of the voters answers").Wrap(ctx.Err())
		}
	}
}

func (r *rounds) acknowledged(term uint64, t0 time.Time) bool {
	voters, agreed := 0, 0
	for _, s := range r.raft.GetConfiguration().Configuration().Servers {
		if s.Suffrage != raft.Voter {
			continue
		}
		voters++
		if s.ID == r.self || r.acks.Since(s.ID, term, t0) {
			agreed++
		}
	}
	return agreed > voters/2
}
