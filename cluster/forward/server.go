package forward

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/weir-store/weir/core/fault"
)

// perConnection is how many calls of one peer are carried out at once.
const perConnection = 4096

// Handler carries out a call of the node with the given node-id. An error that
// is no fault reaches the caller as an internal one.
type Handler func(ctx context.Context, node string, payload []byte) ([]byte, error)

// Server answers the calls of other nodes.
type Server struct {
	handlers map[string]Handler
	log      *slog.Logger
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// NewServer returns a server of the methods.
func NewServer(handlers map[string]Handler, log *slog.Logger) *Server {
	s := &Server{handlers: handlers, log: log}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// peered is a connection that knows who is at the other end.
type peered interface{ Peer() string }

// Serve accepts connections until the listener closes. Each connection must
// know its Peer.
func (s *Server) Serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.serve(conn) })
	}
}

// Close cancels the calls under way and waits for them. The connections belong
// to the listener's owner, who closes them first.
func (s *Server) Close() {
	s.cancel()
	s.running.Wait()
}

// session is one connection of a peer.
type session struct {
	server  *Server
	conn    net.Conn
	node    string
	sending sync.Mutex
	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
	calls   sync.WaitGroup
}

func (s *Server) serve(conn net.Conn) {
	p := &session{server: s, conn: conn, node: conn.(peered).Peer(), cancels: map[uint64]context.CancelFunc{}}
	ctx, cancel := context.WithCancel(s.ctx)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the read below
	err := p.receive(ctx)
	cancel() // nobody waits for the answers any more
	p.calls.Wait()
	stop()
	_ = conn.Close() // the peer is gone or broke the protocol
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		s.log.Warn("connection of a peer ended", "node", p.node, "error", err)
	}
}

func (p *session) receive(ctx context.Context) error {
	r := bufio.NewReader(p.conn)
	slots := make(chan struct{}, perConnection)
	for {
		f, err := readFrame(r)
		if err != nil {
			return err
		}
		switch f.kind {
		case kindCancel:
			p.mu.Lock()
			if cancel := p.cancels[f.id]; cancel != nil {
				cancel()
			}
			p.mu.Unlock()
		case kindCall:
			c, err := decodeCall(f.body)
			if err != nil {
				return err
			}
			slots <- struct{}{}
			callCtx, done := p.begin(ctx, f.id, c)
			p.calls.Go(func() {
				defer func() { <-slots }()
				defer done()
				p.answer(callCtx, f.id, c)
			})
		default:
			return errFrame
		}
	}
}

// begin returns the context of a call: it ends with the caller's patience, when
// the caller cancels, and with the connection.
func (p *session) begin(ctx context.Context, id uint64, c call) (context.Context, func()) {
	var cancel context.CancelFunc
	if c.milliseconds > 0 {
		const day = uint64(24 * time.Hour / time.Millisecond)
		ctx, cancel = context.WithTimeout(ctx, time.Duration(min(c.milliseconds, day))*time.Millisecond)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	p.mu.Lock()
	p.cancels[id] = cancel
	p.mu.Unlock()
	return ctx, func() {
		p.mu.Lock()
		delete(p.cancels, id)
		p.mu.Unlock()
		cancel()
	}
}

func (p *session) answer(ctx context.Context, id uint64, c call) {
	reply := frame{kind: kindReply, id: id}
	var err error
	if handler := p.server.handlers[c.method]; handler != nil {
		reply.body, err = handler(ctx, p.node, c.payload)
	} else {
		err = fault.New(fault.FeatureLevel, "this node does not know the call")
	}
	if err != nil {
		f, ok := fault.Of(err)
		if !ok {
			p.server.log.Error("call of a peer failed", "node", p.node, "method", c.method, "error", err)
			f = fault.InternalOf(err)
		}
		reply.kind = kindFault
		if reply.body, err = json.Marshal(f); err != nil {
			p.server.log.Error("cannot encode a fault", "method", c.method, "error", err)
			return
		}
	}
	p.sending.Lock()
	defer p.sending.Unlock()
	err = p.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		err = writeFrame(p.conn, reply)
	}
	if err != nil {
		_ = p.conn.Close() // half a frame is of no use: the caller learns that it is lost
	}
}
