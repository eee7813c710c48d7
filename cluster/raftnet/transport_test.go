package raftnet

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/memnet"
)

// stream is a raft.StreamLayer on a network in memory.
type stream struct {
	net.Listener
	dial func(ctx context.Context, to string) (net.Conn, error)
}

func (s *stream) Dial(to raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.dial(ctx, string(to))
}

func open(t *testing.T, n *memnet.Network, addr string, acks *Acks) *Transport {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	trans := New(&stream{Listener: l, dial: n.Dialer(addr)}, acks, hclog.NewNullLogger())
	t.Cleanup(func() {
		if err := trans.Close(); err != nil {
			t.Error(err)
		}
	})
	return trans
}

// answer replies to every request that reaches the consumer of a transport.
func answer(t *testing.T, trans raft.Transport, reply func(*raft.AppendEntriesRequest) raft.AppendEntriesResponse) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for {
			select {
			case rpc := <-trans.Consumer():
				resp := reply(rpc.Command.(*raft.AppendEntriesRequest))
				rpc.Respond(&resp, nil)
			case <-ctx.Done():
				return
			}
		}
	}()
}

func heartbeat(term uint64) *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{RPCHeader: raft.RPCHeader{Addr: []byte("a")}, Term: term}
}

// A heartbeat must wait its turn in the main loop. The row without the wrapper
// shows that the library does otherwise.
func TestHeartbeatsTakeTheMainLoop(t *testing.T) {
	for _, row := range []struct {
		name     string
		receiver func(*Transport) raft.Transport
		fastPath bool
	}{
		{"wrapped", func(t *Transport) raft.Transport { return t }, false},
		{"fault: the library's own", func(t *Transport) raft.Transport { return t.Inner }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := memnet.New()
			a, b := open(t, n, "a", &Acks{}), open(t, n, "b", &Acks{})
			overtook := make(chan struct{}, 1)
			row.receiver(b).SetHeartbeatHandler(func(rpc raft.RPC) {
				overtook <- struct{}{}
				rpc.Respond(&raft.AppendEntriesResponse{Term: 1, Success: true}, nil)
			})
			answer(t, b, func(*raft.AppendEntriesRequest) raft.AppendEntriesResponse {
				return raft.AppendEntriesResponse{Term: 1, Success: true}
			})
			var resp raft.AppendEntriesResponse
			if err := a.AppendEntries("b", "b", heartbeat(1), &resp); err != nil || !resp.Success {
				t.Fatalf("heartbeat: %+v, %v", resp, err)
			}
			if got := len(overtook) == 1; got != row.fastPath {
				t.Errorf("heartbeat overtook the main loop: %v, want %v", got, row.fastPath)
			}
		})
	}
}

func TestAcknowledgementsCountBySendTimeAndTerm(t *testing.T) {
	for _, row := range []struct {
		name string
		resp raft.AppendEntriesResponse
		term uint64 // asked about
		want bool
	}{
		{"success", raft.AppendEntriesResponse{Term: 4, Success: true}, 4, true},
		{"refusal", raft.AppendEntriesResponse{Term: 4}, 4, false},
		{"newer term in the answer", raft.AppendEntriesResponse{Term: 5, Success: true}, 4, false},
		{"asked about a newer term", raft.AppendEntriesResponse{Term: 4, Success: true}, 5, false},
		{"asked about an older term", raft.AppendEntriesResponse{Term: 4, Success: true}, 3, false},
	} {
		send := map[string]func(*testing.T, *Transport){
			"one by one": func(t *testing.T, a *Transport) {
				if err := a.AppendEntries("b", "b", heartbeat(4), new(raft.AppendEntriesResponse)); err != nil {
					t.Fatal(err)
				}
			},
			"pipelined": func(t *testing.T, a *Transport) {
				p, err := a.AppendEntriesPipeline("b", "b")
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := p.Close(); err != nil {
						t.Error(err)
					}
				}()
				if _, err := p.AppendEntries(heartbeat(4), new(raft.AppendEntriesResponse)); err != nil {
					t.Fatal(err)
				}
				<-p.Consumer()
			},
		}
		for how, send := range send {
			t.Run(row.name+", "+how, func(t *testing.T) {
				n, acks := memnet.New(), &Acks{}
				a, b := open(t, n, "a", acks), open(t, n, "b", &Acks{})
				answer(t, b, func(*raft.AppendEntriesRequest) raft.AppendEntriesResponse { return row.resp })
				before := time.Now()
				send(t, a)
				if got := acks.Since("b", row.term, before); got != row.want {
					t.Errorf("acknowledged since before the send: %v, want %v", got, row.want)
				}
				if acks.Since("b", row.term, time.Now()) {
					t.Error("counted as acknowledging a request that was never sent")
				}
				if acks.Since("c", row.term, before) {
					t.Error("counted for a server that was never asked")
				}
			})
		}
	}
}

// The time that counts is the one of sending: an answer that travelled for long
// proves nothing about the time of its arrival.
func TestLateAnswerCountsFromItsSendTime(t *testing.T) {
	n, acks := memnet.New(), &Acks{}
	a, b := open(t, n, "a", acks), open(t, n, "b", &Acks{})
	answer(t, b, func(*raft.AppendEntriesRequest) raft.AppendEntriesResponse {
		return raft.AppendEntriesResponse{Term: 1, Success: true}
	})
	path := n.Path("a", "b")
	path.HoldReplies()
	done := make(chan error, 1)
	go func() { done <- a.AppendEntries("b", "b", heartbeat(1), new(raft.AppendEntriesResponse)) }()
	if err := path.AwaitHeldReplies(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	asked := time.Now() // a read that arrives while the answer is on its way
	changed := acks.Changed()
	path.ReleaseReplies()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	<-changed
	if acks.Since("b", 1, asked) {
		t.Error("an answer to an earlier request confirms a later read")
	}
}

func TestOlderAcknowledgementNeverReplacesNewer(t *testing.T) {
	var a Acks
	base := time.Now()
	ok := func(term uint64) *raft.AppendEntriesResponse {
		return &raft.AppendEntriesResponse{Term: term, Success: true}
	}
	a.record("b", base.Add(2), heartbeat(2), ok(2))
	a.record("b", base.Add(1), heartbeat(2), ok(2))
	a.record("b", base.Add(9), heartbeat(1), ok(1))
	if !a.Since("b", 2, base.Add(2)) {
		t.Error("the newest acknowledgement was replaced")
	}
	if a.Since("b", 1, base) {
		t.Error("an older term is still counted")
	}
}
