package memnet

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

var errBroken = errors.New("memnet: connection reset")

// connection is two queues of bytes. The lock of its path guards all of it.
type connection struct {
	path               *Path
	toTarget, toDialer queue
	broken             bool
}

// queue is one direction of a connection.
type queue struct {
	chunks []chunk
	// eof is set when the writer closed; shut when the reader did.
	eof, shut bool
}

type chunk struct {
	due  time.Time
	data []byte
}

func (q *queue) size() int {
	n := 0
	for _, c := range q.chunks {
		n += len(c.data)
	}
	return n
}

// end is one side's view of a connection.
type end struct {
	c               *connection
	in, out         *queue
	inRule, outRule *rule
	local, remote   net.Addr
	closed          bool
	readBy, writeBy time.Time
}

func (e *end) Read(b []byte) (int, error) {
	p := e.c.path
	for {
		p.mu.Lock()
		n, until, err := e.take(b)
		changed := p.changed
		p.mu.Unlock()
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		wait(changed, until)
	}
}

// take reads what has arrived. Without bytes and error it says until when to
// wait at most; the zero time is for ever.
func (e *end) take(b []byte) (n int, until time.Time, err error) {
	switch now := time.Now(); {
	case e.closed:
		return 0, until, net.ErrClosed
	case e.c.broken:
		return 0, until, errBroken
	case !e.readBy.IsZero() && !now.Before(e.readBy):
		return 0, until, os.ErrDeadlineExceeded
	case e.inRule.held:
	case len(e.in.chunks) == 0 && e.in.eof:
		return 0, until, io.EOF
	case len(e.in.chunks) > 0 && now.Before(e.in.chunks[0].due):
		until = e.in.chunks[0].due
	case len(e.in.chunks) > 0:
		head := &e.in.chunks[0]
		n = copy(b, head.data)
		if head.data = head.data[n:]; len(head.data) == 0 {
			e.in.chunks = e.in.chunks[1:]
		}
		return n, until, nil
	}
	if !e.readBy.IsZero() && (until.IsZero() || e.readBy.Before(until)) {
		until = e.readBy
	}
	return 0, until, nil
}

func wait(changed <-chan struct{}, until time.Time) {
	if until.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// Write never blocks: the network has room for everything.
func (e *end) Write(b []byte) (int, error) {
	p := e.c.path
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.closed:
		return 0, net.ErrClosed
	case e.c.broken, e.out.shut:
		return 0, errBroken
	case !e.writeBy.IsZero() && !time.Now().Before(e.writeBy):
		return 0, os.ErrDeadlineExceeded
	}
	e.out.chunks = append(e.out.chunks, chunk{due: time.Now().Add(e.outRule.delay), data: append([]byte(nil), b...)})
	p.announce()
	return len(b), nil
}

func (e *end) Close() error {
	p := e.c.path
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed, e.out.eof, e.in.shut = true, true, true
	if e.out.shut {
		delete(p.conns, e.c)
	}
	p.announce()
	return nil
}

func (e *end) LocalAddr() net.Addr  { return e.local }
func (e *end) RemoteAddr() net.Addr { return e.remote }

func (e *end) SetDeadline(t time.Time) error {
	e.c.path.set(func() { e.readBy, e.writeBy = t, t })
	return nil
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.c.path.set(func() { e.readBy = t })
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.c.path.set(func() { e.writeBy = t })
	return nil
}
