package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/core/fault"
)

const (
	// maxBatch and maxBatchBytes bound the commands of one entry; a command that
	// is larger alone has an entry to itself.
	maxBatch      = 256
	maxBatchBytes = 256 << 10
	// maxCommand bounds one command.
	maxCommand = 1 << 20
	// maxWaiting bounds the commands that wait for a place in an entry.
	maxWaiting = 16 << 10
	// inFlight is how many entries may be proposed and not yet applied. While
	// one is being synced the next one fills: that is all the waiting there is.
	inFlight = 2
	// enqueueTimeout bounds the wait for Raft to take an entry.
	enqueueTimeout = 5 * time.Second
)

// proposer has commands applied, on the leader. Commands that wait are proposed
// together as one entry.
type proposer struct {
	raft  *raft.Raft
	pack  func([]Stamped) ([]byte, error)
	stamp func() (time.Time, error)
	// admit refuses commands before they are proposed, while the disk is full or
	// this node does not lead yet.
	admit func() error
	// transferring is told whether Raft refused because it hands leadership over.
	transferring func(bool)
	closed       chan struct{}

	mu      sync.Mutex
	waiting []*proposal
	wake    chan struct{} // has room for one
}

// proposal is a command on its way. Its state changes under the proposer's lock.
type proposal struct {
	command []byte
	taken   bool // it is part of an entry: what becomes of it is open
	done    chan struct{}
	reply   []byte
	err     error
}

func newProposer(r *raft.Raft, pack func([]Stamped) ([]byte, error), stamp func() (time.Time, error)) *proposer {
	return &proposer{
		raft: r, pack: pack, stamp: stamp,
		admit:        func() error { return nil },
		transferring: func(bool) {},
		closed:       make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

// propose returns the reply to a command. Errors are faults, and tell the three
// classes apart: nothing happened; refused for good; the outcome is unknown.
func (p *proposer) propose(ctx context.Context, command []byte) ([]byte, error) {
	if len(command) > maxCommand {
		return nil, fault.New(fault.PayloadTooLarge, "a command has %d bytes at most", maxCommand)
	}
	if err := p.admit(); err != nil {
		return nil, err
	}
	c := &proposal{command: command, done: make(chan struct{})}
	p.mu.Lock()
	if len(p.waiting) >= maxWaiting {
		p.mu.Unlock()
		return nil, fault.New(fault.HandlerTimeout, "too many commands wait; nothing happened")
	}
	p.waiting = append(p.waiting, c)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	select {
	case <-c.done:
		return c.reply, c.err
	case <-ctx.Done():
		return nil, p.abandon(c, ctx.Err())
	}
}

// abandon is what a caller is told who does not wait any longer.
func (p *proposer) abandon(c *proposal, cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-c.done: // answered in this very moment; the caller has gone all the same
		return fault.New(fault.OutcomeUnknown, "the call ended before its outcome was known").Wrap(cause)
	default:
	}
	if c.taken {
		return fault.New(fault.OutcomeUnknown, "the call ended before its outcome was known").Wrap(cause)
	}
	for i, w := range p.waiting {
		if w == c {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			break
		}
	}
	return fault.New(fault.HandlerTimeout, "the call ended before it was proposed; nothing happened").Wrap(cause)
}

// run proposes until close.
func (p *proposer) run() {
	slots := make(chan struct{}, inFlight)
	for {
		select {
		case <-p.wake:
		case <-p.closed:
			p.refuse(fault.New(fault.Draining, "the node stops"))
			return
		}
		for {
			select {
			case slots <- struct{}{}:
			case <-p.closed:
				p.refuse(fault.New(fault.Draining, "the node stops"))
				return
			}
			batch := p.take()
			if len(batch) == 0 {
				<-slots
				break
			}
			future, err := p.submit(batch)
			if err != nil {
				settle(batch, nil, err)
				<-slots
				continue
			}
			go func() {
				defer func() { <-slots }()
				p.await(future, batch)
			}()
		}
	}
}

func (p *proposer) close() { close(p.closed) }

// take removes from the queue what fits into one entry.
func (p *proposer) take() []*proposal {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size := 0, 0
	for n < len(p.waiting) && n < maxBatch {
		size += len(p.waiting[n].command)
		if n > 0 && size > maxBatchBytes {
			break
		}
		p.waiting[n].taken = true
		n++
	}
	batch := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	return batch
}

func (p *proposer) refuse(err error) {
	for batch := p.take(); len(batch) > 0; batch = p.take() {
		settle(batch, nil, err)
	}
}

// submit stamps a batch and hands it to Raft. An error says that it was not
// proposed.
func (p *proposer) submit(batch []*proposal) (raft.ApplyFuture, error) {
	now, err := p.stamp()
	if err != nil {
		return nil, err
	}
	stamped := make([]Stamped, len(batch))
	for i, c := range batch {
		stamped[i] = Stamped{Command: c.command, Time: now}
		if _, err := rand.Read(stamped[i].Entropy[:]); err != nil {
			return nil, fault.New(fault.Internal, "no randomness").Wrap(err)
		}
	}
	data, err := p.pack(stamped)
	if err != nil {
		return nil, fault.New(fault.Internal, "the commands cannot be packed").Wrap(err)
	}
	return p.raft.Apply(data, enqueueTimeout), nil
}

// await tells everybody in a batch what became of it. Raft leaves some futures
// unanswered when it stops.
func (p *proposer) await(future raft.ApplyFuture, batch []*proposal) {
	answered := make(chan error, 1)
	go func() { answered <- future.Error() }()
	select {
	case err := <-answered:
		p.transferring(errors.Is(err, raft.ErrLeadershipTransferInProgress))
		if err != nil {
			settle(batch, nil, outcome(err))
			return
		}
	case <-p.closed:
		settle(batch, nil, fault.New(fault.OutcomeUnknown, "the node stopped before the outcome was known"))
		return
	}
	replies, ok := future.Response().(Replies)
	if !ok || len(replies) != len(batch) {
		err, _ := future.Response().(error)
		if err == nil {
			err = fmt.Errorf("cluster: %d commands were given %d replies", len(batch), len(replies))
		}
		settle(batch, nil, fault.New(fault.OutcomeUnknown, "this node stops").Wrap(err))
		return
	}
	settle(batch, replies, nil)
}

func settle(batch []*proposal, replies Replies, err error) {
	for i, c := range batch {
		if err == nil {
			c.reply = replies[i]
		}
		c.err = err
		close(c.done)
	}
}

// outcome is the fault for an error of Raft's Apply. Only three errors say that
// the entry is in no log; everything else leaves it open, shutdown too, which
// comes from both sides of the queue.
func outcome(err error) error {
	switch {
	case errors.Is(err, raft.ErrNotLeader),
		errors.Is(err, raft.ErrEnqueueTimeout),
		errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return fault.New(fault.NoLeader, "the leader changes; nothing happened").Wrap(err)
	default:
		return fault.New(fault.OutcomeUnknown, "leadership was lost before the outcome was known").Wrap(err)
	}
}
