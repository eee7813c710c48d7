// Package mux carries several protocols between nodes over one port. Every
// connection is TLS 1.3 with certificates on both sides; the protocol is the one
// that the handshake agreed on.
package mux

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/weir-store/weir/cluster/trust"
)

const (
	// handshakeTimeout bounds a handshake, so that a silent peer holds nothing.
	handshakeTimeout = 10 * time.Second
	// handshakes is how many may be under way at once.
	handshakes = 64
	// userTimeout is how long sent bytes may stay unacknowledged before the
	// kernel gives a connection up.
	userTimeout = 30 * time.Second
)

// ErrRefused says that a peer is of this cluster but may not speak a protocol.
var ErrRefused = errors.New("mux: the peer is refused")

// Dialer opens the plain connection below TLS.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// TCP is the Dialer of real networks.
func TCP(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// Admit decides whether a node may speak a protocol. It is asked for every new
// connection, so that a removed node cannot come back.
type Admit func(node string) error

// Mux is the port of a node.
type Mux struct {
	identity *trust.Identity
	listener net.Listener
	dial     Dialer
	log      *slog.Logger
	slots    chan struct{}

	mu        sync.Mutex
	protocols map[string]*Listener
	conns     map[net.Conn]struct{}
	closed    bool
	running   sync.WaitGroup
}

// New returns the mux over a listener, which it owns from then on.
func New(listener net.Listener, identity *trust.Identity, dial Dialer, log *slog.Logger) *Mux {
	return &Mux{
		identity: identity, listener: listener, dial: dial, log: log,
		slots:     make(chan struct{}, handshakes),
		protocols: map[string]*Listener{},
		conns:     map[net.Conn]struct{}{},
	}
}

// Addr is the address that the mux listens on.
func (m *Mux) Addr() net.Addr { return m.listener.Addr() }

// Listen returns the listener of a protocol. All of them are asked for before
// Serve.
func (m *Mux) Listen(protocol string, admit Admit) *Listener {
	l := &Listener{mux: m, admit: admit, queue: make(chan net.Conn), closed: make(chan struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.protocols[protocol] = l
	return l
}

// Serve begins to accept connections, until Close.
func (m *Mux) Serve() {
	m.mu.Lock()
	names := make([]string, 0, len(m.protocols))
	for name := range m.protocols {
		names = append(names, name)
	}
	m.mu.Unlock()
	config := m.identity.Server(names...)
	m.running.Go(func() {
		for {
			plain, err := m.listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil { // out of descriptors, mostly: others must close first
				m.log.Error("cannot accept a connection", "error", err)
				time.Sleep(10 * time.Millisecond)
				continue
			}
			m.slots <- struct{}{}
			m.running.Go(func() {
				defer func() { <-m.slots }()
				m.receive(plain, config)
			})
		}
	})
}

// receive ends the handshake and hands the connection to its protocol.
func (m *Mux) receive(plain net.Conn, config *tls.Config) {
	conn, err := m.secure(context.Background(), tls.Server(plain, config), plain)
	if err != nil {
		m.log.Warn("refused a connection", "remote", plain.RemoteAddr().String(), "error", err)
		return
	}
	m.mu.Lock()
	l := m.protocols[conn.state.NegotiatedProtocol]
	m.mu.Unlock()
	if l == nil {
		err = fmt.Errorf("%w: protocol %q is not spoken here", ErrRefused, conn.state.NegotiatedProtocol)
	} else {
		err = l.admit(conn.peer)
	}
	if err == nil {
		err = l.offer(conn)
	}
	if err != nil {
		m.log.Warn("refused a connection", "node", conn.peer, "error", errors.Join(err, conn.Close()))
	}
}

// Dial opens a connection that speaks protocol to the node at addr.
func (m *Mux) Dial(ctx context.Context, protocol, addr string, admit Admit) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	m.mu.Lock()
	closed := m.closed
	m.mu.Unlock()
	if closed {
		return nil, net.ErrClosed
	}
	plain, err := m.dial(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("mux: dial %s: %w", addr, err)
	}
	config := m.identity.Client(protocol)
	conn, err := m.secure(ctx, tls.Client(plain, config), plain)
	if err != nil {
		return nil, fmt.Errorf("mux: dial %s: %w", addr, err)
	}
	if err := admit(conn.peer); err != nil {
		return nil, errors.Join(fmt.Errorf("mux: dial %s: %w", addr, err), conn.Close())
	}
	return conn, nil
}

// secure runs the handshake over a plain connection and closes it on failure.
func (m *Mux) secure(ctx context.Context, secured *tls.Conn, plain net.Conn) (*Conn, error) {
	setUserTimeout(plain, userTimeout)
	c := &Conn{Conn: secured, mux: m}
	err := m.track(c)
	if err == nil {
		err = secured.SetDeadline(time.Now().Add(handshakeTimeout))
	}
	if err == nil {
		err = secured.HandshakeContext(ctx)
	}
	if err == nil {
		c.state = secured.ConnectionState()
		c.peer, err = trust.Peer(c.state)
	}
	if err == nil {
		err = secured.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = c.Close() // the handshake's error is the one to tell
		return nil, err
	}
	return c, nil
}

func (m *Mux) track(c *Conn) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return net.ErrClosed
	}
	m.conns[c] = struct{}{}
	return nil
}

// Close stops accepting, closes every connection in both directions and waits
// for the handshakes under way.
func (m *Mux) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	conns := make([]net.Conn, 0, len(m.conns))
	for c := range m.conns {
		conns = append(conns, c)
	}
	for _, l := range m.protocols {
		l.shut()
	}
	m.mu.Unlock()
	err := m.listener.Close()
	for _, c := range conns {
		_ = c.Close() // a peer that is gone cannot be told so
	}
	m.running.Wait()
	return err
}
