package raftnet

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Acks knows, for every server, the newest request that it acknowledged. The
// zero value is empty and ready for use.
type Acks struct {
	mu      sync.Mutex
	newest  map[raft.ServerID]ack
	changed chan struct{} // closed and replaced by record, once somebody waits
}

// ack is the term of an acknowledged request and the time at which it was sent
// by this node, on its monotonic clock.
type ack struct {
	term uint64
	sent time.Time
}

// record keeps an acknowledgement. Only a success counts: a refusal says
// nothing about who leads, and a newer term in it says that another one does.
func (a *Acks) record(id raft.ServerID, sent time.Time, req *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) {
	if !resp.Success || resp.Term > req.Term {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.newest[id]
	if req.Term < old.term || req.Term == old.term && !sent.After(old.sent) {
		return
	}
	if a.newest == nil {
		a.newest = map[raft.ServerID]ack{}
	}
	a.newest[id] = ack{term: req.Term, sent: sent}
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

// Since reports whether the server acknowledged, in exactly this term, a
// request that was sent at t or later.
func (a *Acks) Since(id raft.ServerID, term uint64, t time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	newest := a.newest[id]
	return newest.term == term && !newest.sent.Before(t)
}

// Changed returns a channel that is closed by the next acknowledgement. Take it
// before asking Since, so that none is missed.
func (a *Acks) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changed == nil {
		a.changed = make(chan struct{})
	}
	return a.changed
}
