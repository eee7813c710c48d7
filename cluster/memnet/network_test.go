package memnet

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// pair returns the two ends of one connection from a to b.
func pair(t *testing.T, n *Network) (near, far net.Conn) {
	t.Helper()
	l, err := n.Listen("b")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	near, err = n.Dialer("a")(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	return near, <-accepted
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("read %q, %v; want %q", b, err, want)
	}
}

func TestBytesTravelBothWaysAndEndInEOF(t *testing.T) {
	near, far := pair(t, New())
	send(t, near, "question")
	receive(t, far, "question")
	send(t, far, "answer")
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	receive(t, near, "answer")
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("read after close: %v, want EOF", err)
	}
	if _, err := near.Write([]byte("late")); err == nil {
		t.Fatal("a write to a closed peer succeeded")
	}
}

func TestHeldRepliesArriveAfterRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		near, far := pair(t, n)
		path := n.Path("a", "b")
		path.HoldReplies()
		send(t, far, "ack")
		if err := path.AwaitHeldReplies(t.Context(), 3); err != nil {
			t.Fatal(err)
		}
		if err := near.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Read(make([]byte, 3)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a held reply was read: %v", err)
		}
		send(t, near, "on") // the other direction is open
		receive(t, far, "on")
		path.ReleaseReplies()
		if err := near.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		receive(t, near, "ack")
	})
}

func TestDelayedBytesTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New()
		near, far := pair(t, n)
		n.Path("a", "b").Delay(time.Second, 2*time.Second)
		start := time.Now()
		send(t, near, "x")
		receive(t, far, "x")
		if d := time.Since(start); d != time.Second {
			t.Errorf("request took %v, want 1s", d)
		}
		send(t, far, "y")
		receive(t, near, "y")
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("round trip took %v, want 3s", d)
		}
	})
}

func TestCutBreaksAndRefusesUntilHeal(t *testing.T) {
	n := New()
	near, far := pair(t, n)
	n.Cut([]string{"a"}, []string{"b"})
	for name, c := range map[string]net.Conn{"dialer": near, "target": far} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: read succeeded on a cut path", name)
		}
	}
	if _, err := n.Dialer("a")(t.Context(), "b"); !errors.Is(err, ErrRefused) {
		t.Errorf("dial over a cut path: %v, want ErrRefused", err)
	}
	n.Heal([]string{"a"}, []string{"b"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody accepts: reaching the listener is enough
	if _, err := n.Dialer("a")(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("dial after heal: %v, want to reach the listener", err)
	}
}
