// Package forward carries calls from node to node: over one connection per peer,
// many at a time, each with a deadline. A fault that the peer answers arrives as
// the same fault, and a failure of the way says whether the call can have been
// carried out.
package forward

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/weir-store/weir/core/fault"
)

// Failures of the way, as opposed to faults that the peer answers.
var (
	// ErrUnreached says that the peer has not seen the call.
	ErrUnreached = errors.New("forward: the peer was not reached")
	// ErrLost says that no answer came: the call may have been carried out.
	ErrLost = errors.New("forward: no answer came")
)

// writeTimeout bounds one write to a peer that stopped reading.
const writeTimeout = 10 * time.Second

// Dial opens a connection to the node at an address.
type Dial func(ctx context.Context, addr string) (net.Conn, error)

// Client calls other nodes. It is safe for concurrent use.
type Client struct {
	dial   Dial
	mu     sync.Mutex
	peers  map[string]*peer
	closed bool
}

// NewClient returns a client without connections.
func NewClient(dial Dial) *Client { return &Client{dial: dial, peers: map[string]*peer{}} }

// Call calls a method of the node at addr. A deadline in ctx is passed on.
func (c *Client) Call(ctx context.Context, addr, method string, payload []byte) ([]byte, error) {
	p, err := c.peer(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreached, err)
	}
	return p.call(ctx, method, payload)
}

// Close ends every connection; calls under way are lost.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	peers := c.peers
	c.peers = map[string]*peer{}
	c.mu.Unlock()
	for _, p := range peers {
		p.fail(net.ErrClosed)
	}
	return nil
}

// peer returns the live connection to an address, or opens one. Callers that
// come while it is being opened wait for the same one.
func (c *Client) peer(ctx context.Context, addr string) (*peer, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, net.ErrClosed
	}
	p := c.peers[addr]
	fresh := p == nil || p.broken()
	if fresh {
		p = &peer{opened: make(chan struct{}), ended: make(chan struct{}), pending: map[uint64]chan frame{}}
		c.peers[addr] = p
	}
	c.mu.Unlock()
	if fresh {
		if conn, err := c.dial(ctx, addr); err != nil {
			p.fail(err)
		} else {
			p.begin(conn)
		}
		close(p.opened)
	}
	select {
	case <-p.opened:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.broken() {
		return nil, p.err
	}
	return p, nil
}

// peer is one connection and the calls that wait on it.
type peer struct {
	opened chan struct{} // closed when conn is set or dialing failed
	conn   net.Conn

	sending sync.Mutex // held while a frame is written

	mu      sync.Mutex
	pending map[uint64]chan frame
	next    uint64
	ended   chan struct{} // closed when the connection is of no more use
	err     error         // why; set before ended is closed
}

func (p *peer) broken() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// begin takes the connection into use, unless the client was closed meanwhile.
func (p *peer) begin(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken() {
		_ = conn.Close() // nothing was sent
		return
	}
	p.conn = conn
	go p.receive()
}

// fail ends the connection, once.
func (p *peer) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken() {
		return
	}
	p.err = err
	close(p.ended)
	if p.conn != nil {
		_ = p.conn.Close() // it is given up
	}
}

func (p *peer) receive() {
	r := bufio.NewReader(p.conn)
	for {
		f, err := readFrame(r)
		if err != nil {
			p.fail(err)
			return
		}
		p.mu.Lock()
		waiting := p.pending[f.id]
		delete(p.pending, f.id)
		p.mu.Unlock()
		if waiting != nil {
			waiting <- f // has room for the one answer
		}
	}
}

func (p *peer) send(f frame) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	err := p.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		err = writeFrame(p.conn, f)
	}
	if err != nil {
		p.fail(err)
	}
	return err
}

func (p *peer) call(ctx context.Context, method string, payload []byte) ([]byte, error) {
	body := call{method: method, payload: payload}
	if deadline, ok := ctx.Deadline(); ok {
		body.milliseconds = uint64(max(time.Until(deadline).Milliseconds(), 1))
	}
	answer := make(chan frame, 1)
	p.mu.Lock()
	p.next++
	id := p.next
	p.pending[id] = answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.pending, id)
		p.mu.Unlock()
	}()
	// From here on bytes may have reached the peer, even if the write fails.
	if err := p.send(frame{kind: kindCall, id: id, body: body.encode()}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	select {
	case f := <-answer:
		return decodeAnswer(f)
	case <-p.ended:
		return nil, fmt.Errorf("%w: %w", ErrLost, p.err)
	case <-ctx.Done():
		go func() { _ = p.send(frame{kind: kindCancel, id: id}) }() // a courtesy
		return nil, fmt.Errorf("%w: %w", ErrLost, ctx.Err())
	}
}

func decodeAnswer(f frame) ([]byte, error) {
	switch f.kind {
	case kindReply:
		return f.body, nil
	case kindFault:
		var answered fault.Fault
		if err := json.Unmarshal(f.body, &answered); err != nil {
			return nil, fmt.Errorf("%w: unreadable fault: %w", ErrLost, err)
		}
		return nil, &answered
	default:
		return nil, fmt.Errorf("%w: %w: kind %d", ErrLost, errFrame, f.kind)
	}
}
