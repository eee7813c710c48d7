// Package raftnet carries Raft's messages between nodes. It wraps the library's
// transport in two ways: heartbeats take the same road as every other message,
// and each acknowledgement is recorded with the time at which its request left,
// which is what a confirmed read is built on.
package raftnet

import (
	"time"

	"github.com/hashicorp/raft"
)

// Inner is a transport with everything Raft may ask of one.
type Inner interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
}

// Transport is an Inner that records acknowledgements.
type Transport struct {
	Inner
	acks *Acks
}

// Wrap returns a transport that records into acks.
func Wrap(inner Inner, acks *Acks) *Transport { return &Transport{Inner: inner, acks: acks} }

// SetHeartbeatHandler leaves the handler unset. The library would otherwise
// answer heartbeats on the connection's goroutine, beside its main loop, where
// a heartbeat of an older term can overtake a vote: two leaders in one term.
func (t *Transport) SetHeartbeatHandler(func(raft.RPC)) {}

// AppendEntries sends one request and records its acknowledgement.
func (t *Transport) AppendEntries(id raft.ServerID, target raft.ServerAddress, req *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	sent := time.Now()
	if err := t.Inner.AppendEntries(id, target, req, resp); err != nil {
		return err
	}
	t.acks.record(id, sent, req, resp)
	return nil
}

// AppendEntriesPipeline opens a pipeline whose acknowledgements are recorded
// before Raft sees them.
func (t *Transport) AppendEntriesPipeline(id raft.ServerID, target raft.ServerAddress) (raft.AppendPipeline, error) {
	inner, err := t.Inner.AppendEntriesPipeline(id, target)
	if err != nil {
		return nil, err
	}
	p := &pipeline{AppendPipeline: inner, id: id, acks: t.acks, done: make(chan raft.AppendFuture), closed: make(chan struct{})}
	go p.forward()
	return p, nil
}

// pipeline passes on the futures of another one.
type pipeline struct {
	raft.AppendPipeline
	id     raft.ServerID
	acks   *Acks
	done   chan raft.AppendFuture
	closed chan struct{}
}

func (p *pipeline) forward() {
	for {
		select {
		case f := <-p.AppendPipeline.Consumer():
			if f.Error() == nil {
				p.acks.record(p.id, f.Start(), f.Request(), f.Response())
			}
			select {
			case p.done <- f:
			case <-p.closed:
				return
			}
		case <-p.closed:
			return
		}
	}
}

func (p *pipeline) Consumer() <-chan raft.AppendFuture { return p.done }

// Close is called once, by the goroutine that opened the pipeline.
func (p *pipeline) Close() error {
	close(p.closed)
	return p.AppendPipeline.Close()
}
