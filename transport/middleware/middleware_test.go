package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/transport/middleware"
	"github.com/weir-store/weir/transport/wire"
)

// pipes is a listener whose connections are in memory, so that their time can
// be that of a test.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// serve runs a server with a handler until the test ends.
func serve(t *testing.T, h http.Handler) *pipes {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	done := make(chan error, 1)
	go func() { done <- s.Serve(p) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return p
}

// body answers with the bytes that it read, or with the problem.
func body(w http.ResponseWriter, r *http.Request) {
	b, f := middleware.ReadBody(w, r)
	if f != nil {
		_ = wire.WriteProblem(w, f, "")
		return
	}
	_, _ = w.Write(b)
}

// received is an answer, read to its end.
type received struct {
	status int
	header http.Header
	last   bool
	body   string
}

// receive reads an answer; last says whether its connection ends with it.
func receive(t *testing.T, from *bufio.Reader) received {
	t.Helper()
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return received{answer.StatusCode, answer.Header, answer.Close, string(text)}
}

const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

func TestBodiesMustComeInTime(t *testing.T) {
	for _, row := range []struct {
		name string
		// pace is the pause between pieces of the size; total is what is sent
		// in all, of the length that was announced.
		pace          time.Duration
		size, total   int
		length        int
		status        int
		code          fault.Code
		after, before time.Duration
	}{
		{"at once", 0, 100, 100, 100, 200, "", 0, 0},
		{"slowly but whole", time.Second, 10, 80, 80, 200, "", 7 * time.Second, 9 * time.Second},
		{"nothing comes", 0, 100, 0, 100, 408, fault.RequestTimeout, 10 * time.Second, 10 * time.Second},
		{"one byte a second", time.Second, 1, 100, 100, 408, fault.RequestTimeout, 10 * time.Second, 10 * time.Second},
		{"well paced for too long", time.Second, 8 << 10, 1 << 20, 1 << 20, 408, fault.RequestTimeout, 15 * time.Second, 15 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := serve(t, http.HandlerFunc(body)).dial()
				start := time.Now()
				written := make(chan struct{})
				go func() {
					defer close(written)
					_, err := io.WriteString(conn, head+"Content-Length: "+strconv.Itoa(row.length)+"\r\n\r\n")
					for sent := 0; err == nil && sent < row.total; sent += row.size {
						time.Sleep(row.pace)
						_, err = io.WriteString(conn, strings.Repeat(" ", min(row.size, row.total-sent)))
					}
				}()
				answer := receive(t, bufio.NewReader(conn))
				took := time.Since(start)
				if answer.status != row.status || took < row.after || took > row.before {
					t.Errorf("status %d after %v: %s", answer.status, took, answer.body)
				}
				if row.code != "" && wire.ReadProblem(answer.status, answer.header, []byte(answer.body)).Code != row.code {
					t.Errorf("got %s", answer.body)
				}
				if answer.last != (row.status == http.StatusRequestTimeout) {
					t.Errorf("the connection is kept: %t", !answer.last)
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
				<-written
				time.Sleep(time.Second) // the server lingers before it closes a connection
			})
		})
	}
}

// TestTheConnectionGoesOn fails when the deadline of a body outlives it: the
// handler that goes on, and the next request, must not meet it.
func TestTheConnectionGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body(w, r)
			time.Sleep(20 * time.Second) // longer than a body may take
			if err := r.Context().Err(); err != nil {
				t.Errorf("the context ended: %v", err)
			}
		})).dial()
		reader := bufio.NewReader(conn)
		for range 2 {
			go func() { _, _ = io.WriteString(conn, head+"Content-Length: 2\r\n\r\n{}") }()
			if answer := receive(t, reader); answer.body != "{}" || answer.status != http.StatusOK {
				t.Errorf("got %+v", answer)
			}
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestBodiesAreCountedAsTheyCome(t *testing.T) {
	for _, row := range []struct {
		name   string
		size   int
		status int
	}{
		{"as many bytes as may be", middleware.MaxBody, 200},
		{"one more", middleware.MaxBody + 1, 413},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := serve(t, http.HandlerFunc(body))
				transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.dial(), nil }}
				defer transport.CloseIdleConnections()
				// The type hides the length, so that the body is sent in chunks.
				content := struct{ io.Reader }{strings.NewReader(strings.Repeat(" ", row.size))}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", content)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				answer, err := transport.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, answer.Body); err != nil {
					t.Error(err)
				}
				if err := answer.Body.Close(); err != nil {
					t.Error(err)
				}
				if answer.StatusCode != row.status {
					t.Errorf("status %d", answer.StatusCode)
				}
				time.Sleep(time.Second) // the server lingers before it closes a connection
			})
		})
	}
}

func TestBeginBoundsTheTimeOfARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took time.Duration
		var x middleware.Exchange
		p := serve(t, middleware.Begin(30*time.Second, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			<-r.Context().Done()
			took, x = time.Since(start), middleware.ExchangeOf(r.Context())
			w.WriteHeader(http.StatusNoContent)
		})))
		conn := p.dial()
		go func() { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: bad id\r\n\r\n") }()
		answer := receive(t, bufio.NewReader(conn))
		if took != 30*time.Second {
			t.Errorf("the context ended after %v", took)
		}
		if got := answer.header.Values(wire.HeaderRequestID); len(got) != 1 || got[0] != x.RequestID || len(got[0]) != 36 {
			t.Errorf("the request id is %q, inside %q", got, x.RequestID)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestAbortedRequestsStayAborted holds that the way of net/http to end a
// connection is not taken for a defect.
func TestAbortedRequestsStayAborted(t *testing.T) {
	metrics, err := middleware.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	o := middleware.Observer{Metrics: metrics, Logger: slog.New(slog.DiscardHandler)}
	synctest.Test(t, func(t *testing.T) {
		conn := serve(t, o.Route("/", middleware.ClassPublic, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}))).dial()
		go func() { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") }()
		if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
			t.Errorf("it was answered with %s", line)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}
