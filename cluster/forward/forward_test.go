package forward

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster/memnet"
	"github.com/weir-store/weir/core/fault"
)

// named gives the connections of a plain listener a peer.
type named struct{ net.Listener }

type namedConn struct{ net.Conn }

func (namedConn) Peer() string { return "n2" }

func (l named) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return namedConn{c}, err
}

func serve(t *testing.T, n *memnet.Network, handlers map[string]Handler) *Client {
	t.Helper()
	l, err := n.Listen("n1")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(handlers, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(named{l}) }()
	c := NewClient(n.Dialer("n2"))
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), l.Close()); err != nil {
			t.Error(err)
		}
		<-done
		s.Close()
	})
	return c
}

func echo(_ context.Context, node string, payload []byte) ([]byte, error) {
	return append([]byte(node+":"), payload...), nil
}

func TestManyCallsShareAConnection(t *testing.T) {
	n := memnet.New()
	var mu sync.Mutex
	dials := 0
	inner := n.Dialer("n2")
	c := serve(t, n, map[string]Handler{"echo": echo})
	c.dial = func(ctx context.Context, addr string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		dials++
		return inner(ctx, addr)
	}
	var calls sync.WaitGroup
	for i := range 200 {
		calls.Go(func() {
			want := fmt.Sprintf("n2:%d", i)
			if got, err := c.Call(t.Context(), "n1", "echo", fmt.Append(nil, i)); string(got) != want || err != nil {
				t.Errorf("answer %q, %v; want %q", got, err, want)
			}
		})
	}
	calls.Wait()
	if dials != 1 {
		t.Errorf("%d connections were opened", dials)
	}
}

func TestFaultsKeepTheirIdentity(t *testing.T) {
	sent := fault.New(fault.ClockSkew, "the clock").With("seconds", int64(7))
	c := serve(t, memnet.New(), map[string]Handler{
		"fault":  func(context.Context, string, []byte) ([]byte, error) { return nil, fmt.Errorf("wrapped: %w", sent) },
		"secret": func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("password 123") },
	})
	for _, row := range []struct {
		method string
		want   fault.Code
	}{
		{"fault", fault.ClockSkew},
		{"secret", fault.Internal},
		{"unheard of", fault.FeatureLevel},
	} {
		_, err := c.Call(t.Context(), "n1", row.method, nil)
		if !fault.Is(err, row.want) || errors.Is(err, ErrLost) || errors.Is(err, ErrUnreached) {
			t.Errorf("%s: %v, want %s", row.method, err, row.want)
		}
		if bytes.Contains([]byte(fmt.Sprint(err)), []byte("123")) {
			t.Errorf("%s: the cause crossed the wire: %v", row.method, err)
		}
	}
}

func TestFailuresOfTheWay(t *testing.T) {
	n := memnet.New()
	seen := make(chan context.Context, 1)
	c := serve(t, n, map[string]Handler{
		"echo": echo,
		"wait": func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			seen <- ctx
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	if _, err := c.Call(t.Context(), "nowhere", "echo", nil); !errors.Is(err, ErrUnreached) || errors.Is(err, ErrLost) {
		t.Errorf("nobody listens: %v, want ErrUnreached", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-seen; cancel() }()
	if _, err := c.Call(ctx, "n1", "wait", nil); !errors.Is(err, ErrLost) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want ErrLost", err)
	}

	lost := make(chan error, 1)
	go func() { _, err := c.Call(t.Context(), "n1", "wait", nil); lost <- err }()
	handler := <-seen
	n.Path("n2", "n1").Cut()
	if err := <-lost; !errors.Is(err, ErrLost) {
		t.Errorf("cut while waiting: %v, want ErrLost", err)
	}
	<-handler.Done() // nobody waits for it any more

	if _, err := c.Call(t.Context(), "n1", "echo", nil); !errors.Is(err, ErrUnreached) {
		t.Errorf("the path is cut: %v, want ErrUnreached", err)
	}
	n.Path("n2", "n1").Heal()
	if got, err := c.Call(t.Context(), "n1", "echo", []byte("again")); string(got) != "n2:again" || err != nil {
		t.Errorf("after heal: %q, %v", got, err)
	}
}

func TestDeadlineTravels(t *testing.T) {
	left := make(chan time.Duration, 1)
	c := serve(t, memnet.New(), map[string]Handler{"left": func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return nil, nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := c.Call(ctx, "n1", "left", nil); err != nil {
		t.Fatal(err)
	}
	if d := <-left; d <= 0 || d > time.Hour {
		t.Errorf("the handler had %v left of an hour", d)
	}
}

func TestClosedClientCallsNobody(t *testing.T) {
	c := serve(t, memnet.New(), map[string]Handler{"echo": echo})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(t.Context(), "n1", "echo", nil); !errors.Is(err, ErrUnreached) {
		t.Errorf("call after close: %v, want ErrUnreached", err)
	}
}

func FuzzFrame(f *testing.F) {
	var b bytes.Buffer
	if err := writeFrame(&b, frame{kind: kindCall, id: 7, body: call{method: "m", payload: []byte("p")}.encode()}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := readFrame(bufio.NewReader(bytes.NewReader(in)))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := writeFrame(&out, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(in, out.Bytes()) {
			t.Errorf("%x was read and is written as %x", in, out.Bytes())
		}
		if c, err := decodeCall(got.body); err == nil && !bytes.Equal(c.encode(), got.body) {
			t.Errorf("call %x is written as %x", got.body, c.encode())
		}
	})
}
