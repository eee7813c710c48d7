package mux

import (
	"crypto/tls"
	"net"
	"sync"
)

// Conn is a connection to a node whose identity is proven.
type Conn struct {
	*tls.Conn
	mux   *Mux
	state tls.ConnectionState
	peer  string
}

// Peer is the node-id at the other end.
func (c *Conn) Peer() string { return c.peer }

// Close closes the connection. It does not wait for a peer that stopped reading.
func (c *Conn) Close() error {
	c.mux.mu.Lock()
	delete(c.mux.conns, c)
	c.mux.mu.Unlock()
	return c.Conn.Close()
}

// Listener accepts the connections of one protocol. Every one it returns is a
// *Conn.
type Listener struct {
	mux    *Mux
	admit  Admit
	queue  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *Listener) offer(c *Conn) error {
	select {
	case l.queue <- c:
		return nil
	case <-l.closed:
		return net.ErrClosed
	}
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *Listener) shut() { l.once.Do(func() { close(l.closed) }) }

// Close stops this protocol alone; the port stays open for the others.
func (l *Listener) Close() error {
	l.shut()
	return nil
}

// Addr is the address of the port.
func (l *Listener) Addr() net.Addr { return l.mux.Addr() }
