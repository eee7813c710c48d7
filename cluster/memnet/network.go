// Package memnet is a network inside one process whose paths can be cut, held
// and delayed, each direction by itself. The real protocols run over it, so a
// test meets the code that a wire would meet.
package memnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// ErrRefused is returned by a dial over a path that is cut, or to an address
// where nobody listens.
var ErrRefused = errors.New("memnet: connection refused")

// Network connects hosts, which are named by the address they listen on.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	paths     map[[2]string]*Path
	ports     int
}

// New returns a network without hosts in which every path is open.
func New() *Network {
	return &Network{listeners: map[string]*listener{}, paths: map[[2]string]*Path{}}
}

// Listen opens a listener on an address that nobody listens on.
func (n *Network) Listen(addr string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.listeners[addr]; taken {
		return nil, fmt.Errorf("memnet: address %s is in use", addr)
	}
	l := &listener{network: n, addr: address(addr), queue: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[addr] = l
	return l, nil
}

// Dialer returns the dial function of the host with the given address.
func (n *Network) Dialer(from string) func(ctx context.Context, to string) (net.Conn, error) {
	return func(ctx context.Context, to string) (net.Conn, error) { return n.dial(ctx, from, to) }
}

func (n *Network) dial(ctx context.Context, from, to string) (net.Conn, error) {
	path := n.Path(from, to)
	n.mu.Lock()
	l := n.listeners[to]
	n.ports++
	local := address(fmt.Sprintf("%s#%d", from, n.ports))
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("%w: nobody listens on %s", ErrRefused, to)
	}
	near, far, err := path.connect(local, l.addr)
	if err != nil {
		return nil, err
	}
	select {
	case l.queue <- far:
		return near, nil
	case <-l.closed:
		err = fmt.Errorf("%w: %s is closing", ErrRefused, to)
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, near.Close())
}

// Path is the path of the connections that dialer opens to target, whether or
// not the two exist yet.
func (n *Network) Path(dialer, target string) *Path {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := [2]string{dialer, target}
	p := n.paths[k]
	if p == nil {
		p = &Path{conns: map[*connection]struct{}{}, changed: make(chan struct{})}
		n.paths[k] = p
	}
	return p
}

// Cut cuts every path between the two groups, in both directions.
func (n *Network) Cut(group, other []string) {
	n.between(group, other, (*Path).Cut)
}

// Heal opens every path between the two groups.
func (n *Network) Heal(group, other []string) {
	n.between(group, other, (*Path).Heal)
}

func (n *Network) between(group, other []string, act func(*Path)) {
	for _, a := range group {
		for _, b := range other {
			act(n.Path(a, b))
			act(n.Path(b, a))
		}
	}
}

// Path carries the connections that one host opened to another. Requests are
// the bytes that the dialer writes, replies those that it reads.
type Path struct {
	mu       sync.Mutex
	cut      bool
	requests rule
	replies  rule
	conns    map[*connection]struct{}
	changed  chan struct{} // closed and replaced on every change
}

// rule says what happens to the bytes of one direction.
type rule struct {
	held  bool
	delay time.Duration
}

// Cut breaks the open connections and refuses new ones until Heal.
func (p *Path) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		c.broken = true
	}
	p.announce()
}

// Heal undoes Cut, holds and delays; bytes that were held arrive.
func (p *Path) Heal() {
	p.set(func() { p.cut, p.requests, p.replies = false, rule{}, rule{} })
}

// HoldRequests keeps what the dialer writes from arriving until Release.
func (p *Path) HoldRequests() { p.set(func() { p.requests.held = true }) }

// HoldReplies keeps what the target writes from arriving until Release.
func (p *Path) HoldReplies() { p.set(func() { p.replies.held = true }) }

// ReleaseReplies lets replies pass again, those that were held first.
func (p *Path) ReleaseReplies() { p.set(func() { p.replies.held = false }) }

// Delay makes bytes written from now on arrive that much later.
func (p *Path) Delay(requests, replies time.Duration) {
	p.set(func() { p.requests.delay, p.replies.delay = requests, replies })
}

// AwaitHeldReplies waits until at least n bytes of replies are held.
func (p *Path) AwaitHeldReplies(ctx context.Context, n int) error {
	for {
		p.mu.Lock()
		held, changed := 0, p.changed
		for c := range p.conns {
			held += c.toDialer.size()
		}
		p.mu.Unlock()
		if held >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Path) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.announce()
}

// announce wakes everybody who waits on the path. The lock is held.
func (p *Path) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Path) connect(local, remote net.Addr) (near, far *end, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return nil, nil, fmt.Errorf("%w: the path to %s is cut", ErrRefused, remote)
	}
	c := &connection{path: p}
	p.conns[c] = struct{}{}
	near = &end{c: c, in: &c.toDialer, out: &c.toTarget, inRule: &p.replies, outRule: &p.requests, local: local, remote: remote}
	far = &end{c: c, in: &c.toTarget, out: &c.toDialer, inRule: &p.requests, outRule: &p.replies, local: remote, remote: local}
	return near, far, nil
}

type address string

func (a address) Network() string { return "memnet" }
func (a address) String() string  { return string(a) }

type listener struct {
	network *Network
	addr    address
	queue   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.addr))
		l.network.mu.Unlock()
		close(l.closed)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }
