package mux

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/weir-store/weir/cluster/memnet"
	"github.com/weir-store/weir/cluster/trust"
)

func anyone(string) error { return nil }

func newMux(t *testing.T, n *memnet.Network, node, key string) *Mux {
	t.Helper()
	keys, err := trust.ParseKeys([]byte(strings.Repeat(key, 40)))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := trust.FromKeys(node, keys)
	if err != nil {
		t.Fatal(err)
	}
	l, err := n.Listen(node)
	if err != nil {
		t.Fatal(err)
	}
	m := New(l, identity, n.Dialer(node), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// echo answers on a listener with its own name and what it reads.
func echo(t *testing.T, l net.Listener, name string) {
	t.Helper()
	done := make(chan struct{})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, err := io.ReadAll(io.LimitReader(c, 1))
			if err == nil {
				_, err = io.WriteString(c, name+" "+c.(*Conn).Peer()+" "+string(text))
			}
			if err := errors.Join(err, c.Close()); err != nil {
				t.Error(err)
			}
		}
	}()
}

func ask(ctx context.Context, m *Mux, protocol, addr string) (string, error) {
	c, err := m.Dial(ctx, protocol, addr, anyone)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }() // the answer is in
	if _, err := io.WriteString(c, "!"); err != nil {
		return "", err
	}
	b, err := io.ReadAll(c)
	return string(b), err
}

func TestProtocolsShareOnePort(t *testing.T) {
	n := memnet.New()
	server, client, foreign := newMux(t, n, "n1", "a"), newMux(t, n, "n2", "a"), newMux(t, n, "n3", "b")
	removed := errors.New("was removed")
	echo(t, server.Listen("raft", anyone), "raft")
	echo(t, server.Listen("fwd", anyone), "fwd")
	echo(t, server.Listen("members", func(node string) error {
		if node == "n2" {
			return removed
		}
		return nil
	}), "members")
	server.Serve()
	for _, row := range []struct {
		name, protocol, want string
		from                 *Mux
	}{
		{"one protocol", "raft", "raft n2 !", client},
		{"the other", "fwd", "fwd n2 !", client},
		{"not admitted", "members", "", client},
		{"unknown protocol", "http", "", client},
		{"foreign cluster", "raft", "", foreign},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := ask(t.Context(), row.from, row.protocol, "n1")
			if got != row.want {
				t.Errorf("answer %q, %v; want %q", got, err, row.want)
			}
		})
	}
}

func TestDialerChecksWhomItMet(t *testing.T) {
	n := memnet.New()
	server, client := newMux(t, n, "n1", "a"), newMux(t, n, "n2", "a")
	echo(t, server.Listen("raft", anyone), "raft")
	server.Serve()
	_, err := client.Dial(t.Context(), "raft", "n1", func(node string) error {
		if node != "n9" {
			return ErrRefused
		}
		return nil
	})
	if !errors.Is(err, ErrRefused) {
		t.Errorf("met the wrong node: %v, want ErrRefused", err)
	}
}

func TestGarbageLeavesThePortOpen(t *testing.T) {
	n := memnet.New()
	server, client := newMux(t, n, "n1", "a"), newMux(t, n, "n2", "a")
	echo(t, server.Listen("raft", anyone), "raft")
	server.Serve()
	plain, err := n.Dialer("stranger")(t.Context(), "n1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(plain, "GET / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(plain); strings.Contains(string(b), "raft") {
		t.Errorf("a stranger was answered %q, %v", b, err)
	}
	if got, err := ask(t.Context(), client, "raft", "n1"); got != "raft n2 !" {
		t.Errorf("answer %q, %v after the stranger", got, err)
	}
}

func TestCloseEndsEveryConnection(t *testing.T) {
	n := memnet.New()
	server, client := newMux(t, n, "n1", "a"), newMux(t, n, "n2", "a")
	l := server.Listen("raft", anyone)
	server.Serve()
	c, err := client.Dial(t.Context(), "raft", "n1", anyone)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := accepted.Read(make([]byte, 1)); err == nil {
		t.Error("an accepted connection outlived the port")
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the peer was not told")
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
	if _, err := server.Dial(t.Context(), "raft", "n2", anyone); err == nil {
		t.Error("a closed mux dials")
	}
}

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := memnet.New()
	identity := newMux(t, n, "n1", "a").identity
	server := New(l, identity, TCP, slog.New(slog.DiscardHandler))
	echo(t, server.Listen("raft", anyone), "raft")
	server.Serve()
	if got, err := ask(t.Context(), server, "raft", server.Addr().String()); got != "raft n1 !" {
		t.Errorf("answer %q, %v", got, err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}
