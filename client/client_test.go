package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// servers answers requests without a network: to each attempt what the script
// says next, and what it says last from then on.
type servers struct {
	mu     sync.Mutex // guards sent
	sent   []sent
	script []step
}

// sent is an attempt as it arrived.
type sent struct {
	method, url, body string
	header            http.Header
	at                time.Time
}

type step func(r *http.Request) (*http.Response, error)

func (s *servers) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(nil)
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	i := len(s.sent)
	s.sent = append(s.sent, sent{r.Method, r.URL.String(), string(body), r.Header, time.Now()})
	s.mu.Unlock()
	return s.script[min(i, len(s.script)-1)](r)
}

func answer(status int, header http.Header, body string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}, wire.HeaderRevision: {"9"}}
		for name, values := range header {
			h[name] = values
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func problem(f *fault.Fault) step {
	return func(*http.Request) (*http.Response, error) {
		body, err := wire.Problem(f, "request-1")
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: f.Status(), Header: http.Header{"Content-Type": {wire.ProblemType}}, Body: io.NopCloser(bytes.NewReader(body))}, nil
	}
}

var (
	shown   = `{"id":"obj_01890a5d0c1e7000a000000000000003","type":"note","owner_id":"alice","version":4,"lifecycle":"active","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","checksum":"x"}`
	created = answer(201, http.Header{"Etag": {`"v4"`}}, shown)
	refused = func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	broken = func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	silent = func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	noLeader = problem(fault.New(fault.NoLeader, "none"))
	unknown  = problem(fault.New(fault.OutcomeUnknown, "who knows"))
	waiting  = problem(fault.New(fault.RateLimited, "slow").With("retry_after", int64(7)))
	conflict = problem(fault.New(fault.VersionConflict, "changed").With("current", uint64(5)))
)

const token = "weir_01890a5d0c1e7000a000000000000002_canary"

var three = []string{"http://a:1", "http://b:2/", "http://c:3"}

func open(t *testing.T, s *servers, urls []string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(urls, token, append(options, client.RoundTripper(s))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func create(ctx context.Context, r op.Runner) error {
	_, err := objects.Create.Call(ctx, r, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	return err
}

func get(ctx context.Context, r op.Runner) error {
	_, err := objects.Get.Call(ctx, r, objects.GetInput{ID: "obj_01890a5d0c1e7000a000000000000003"})
	return err
}

func TestAttempts(t *testing.T) {
	for _, row := range []struct {
		name   string
		urls   []string
		script []step
		call   func(context.Context, op.Runner) error
		// hosts are those that are tried, in order.
		hosts string
		// code is of the fault at the end; "" is success.
		code fault.Code
		// least and most bound the time that the call takes.
		least, most time.Duration
	}{
		{"the first answers", three, []step{created}, create, "a", "", 0, 0},
		{"one node is down", three, []step{refused, created}, create, "ab", "", 0, 0},
		{"all are down for a moment", three, []step{refused, refused, refused, created}, create, "abca", "", 12 * time.Millisecond, 25 * time.Millisecond},
		{"no node has a leader for a moment", three, []step{noLeader, noLeader, noLeader, created}, create, "abca", "", 12 * time.Millisecond, 25 * time.Millisecond},
		{"the connection of a command breaks", three, []step{broken, created}, create, "ab", "", 0, 0},
		{"the outcome of a command is unknown", three, []step{unknown, created}, create, "ab", "", 0, 0},
		{"told to wait", three, []step{waiting, created}, create, "ab", "", 7 * time.Second, 7*time.Second + 25*time.Millisecond},
		{"a server that says nothing", three, []step{silent, created}, create, "ab", "", 35 * time.Second, 35 * time.Second},
		{"refused for good", three, []step{conflict}, create, "a", fault.VersionConflict, 0, 0},
		{"refused after an attempt that broke", three, []step{broken, conflict}, create, "ab", fault.VersionConflict, 0, 0},
		{"a command is never done", three[:1], []step{refused}, create, "aaaaaaaaaa", fault.DependencyUnavailable, time.Second, 10 * time.Second},
		{"a command breaks and is never done", three[:1], []step{broken, noLeader}, create, "aaaaaaaaaa", fault.OutcomeUnknown, time.Second, 10 * time.Second},
		{"a command that no node takes", three[:1], []step{noLeader}, create, "aaaaaaaaaa", fault.NoLeader, time.Second, 10 * time.Second},
		{"a read breaks and is never done", three[:1], []step{broken}, get, "aaaaaaaaaa", fault.DependencyUnavailable, time.Second, 10 * time.Second},
		{"a proxy fails for a moment", three, []step{answer(502, nil, "<html>"), created}, create, "ab", "", 0, 0},
		{"an input that cannot be sent", three, []step{created}, func(ctx context.Context, r op.Runner) error {
			_, err := objects.Get.Call(ctx, r, objects.GetInput{})
			return err
		}, "", fault.ValidationFailed, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &servers{script: row.script}
				start := time.Now()
				err := row.call(t.Context(), open(t, s, row.urls))
				took := time.Since(start)
				if row.code == "" && err != nil || row.code != "" && !fault.Is(err, row.code) {
					t.Errorf("got %v, want %q", err, row.code)
				}
				hosts := ""
				for _, x := range s.sent {
					hosts += strings.TrimPrefix(x.url, "http://")[:1]
				}
				if hosts != row.hosts {
					t.Errorf("tried %q, want %q", hosts, row.hosts)
				}
				if took < row.least || took > row.most {
					t.Errorf("took %v, want %v to %v", took, row.least, row.most)
				}
			})
		})
	}
}

func TestAttemptsShareKeyAndRequestID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &servers{script: []step{broken, unknown, created}}
		c := open(t, s, three)
		if err := create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{wire.HeaderIdempotencyKey, wire.HeaderRequestID} {
			first := s.sent[0].header.Get(name)
			if len(first) < wire.MinSecretKey || s.sent[1].header.Get(name) != first || s.sent[2].header.Get(name) != first {
				t.Errorf("%s changed between attempts, or is too short: %q", name, first)
			}
			if s.sent[3].header.Get(name) == first {
				t.Errorf("%s is used for two calls", name)
			}
		}
	})
}

func TestAnEarlierAttemptIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := create(t.Context(), open(t, &servers{script: []step{broken, conflict}}, three))
		f, ok := fault.Of(err)
		if !ok || len(f.Members) != 2 || f.Members[1] != (fault.Member{Name: "earlier_attempt", Value: "unknown"}) {
			t.Errorf("got %+v", err)
		}
	})
}

func TestContexts(t *testing.T) {
	for _, row := range []struct {
		name   string
		script []step
		call   func(context.Context, op.Runner) error
		check  func(error) bool
		most   time.Duration
	}{
		{"a read is out of time", []step{silent}, get, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }, 3 * time.Second},
		{"a command that was sent is out of time", []step{silent}, create, func(err error) bool {
			return fault.Is(err, fault.OutcomeUnknown) && errors.Is(err, context.DeadlineExceeded)
		}, 3 * time.Second},
		{"there is no time left to wait", []step{waiting}, create, func(err error) bool { return fault.Is(err, fault.RateLimited) }, 0},
		{"no node is reached in time", []step{refused}, create, func(err error) bool {
			return fault.Is(err, fault.DependencyUnavailable)
		}, 3 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				err := row.call(ctx, open(t, &servers{script: row.script}, three[:1], client.Attempts(1000)))
				if !row.check(err) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took > row.most {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestRequestsAreWrittenAsTheContractSays(t *testing.T) {
	s := &servers{script: []step{created}}
	c := open(t, s, three, client.ReadYourWrites()).ActingAs("bob")
	ctx := t.Context()
	if err := create(ctx, c); err != nil {
		t.Fatal(err)
	}
	reply, err := c.Run(ctx, &op.Call{
		Op: "object.update", Operation: objects.Update.Operation, Input: op.JSON(`{"id":"obj_01890a5d0c1e7000a000000000000003","data":{"a":1.10}}`),
		IfMatch: 3, IdempotencyKey: "mine-mine-mine-mine", RequestID: "request-1", Token: "other",
		Trace: op.Trace{ParentID: "aud_01890a5d0c1e7000a000000000000007"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if reply.Version != 4 || reply.Revision != 9 || string(reply.Output) != shown {
		t.Errorf("the reply is %+v", reply)
	}
	if _, err := c.Run(ctx, &op.Call{Op: "object.list", Operation: objects.List.Operation, Input: op.JSON(`{"type":"a b"}`), At: "7", Stale: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WithToken("third").Run(ctx, &op.Call{Items: []op.Item{{Op: "object.create", Input: op.JSON(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		line, body string
		header     map[string]string
	}{
		{"POST http://a:1/v1/objects", `{"data":{},"type":"note"}`, map[string]string{"Authorization": "Bearer " + token, "X-Act-As": "bob", "Weir-Min-Revision": ""}},
		{"PUT http://a:1/v1/objects/obj_01890a5d0c1e7000a000000000000003", `{"data":{"a":1.10}}`, map[string]string{
			"Authorization": "Bearer other", "If-Match": `"v3"`, "Idempotency-Key": `"mine-mine-mine-mine"`, "X-Request-Id": "request-1", "Weir-Min-Revision": "9",
			"Weir-Parent-Trace": "aud_01890a5d0c1e7000a000000000000007", "Weir-Environment": "",
		}},
		{"GET http://a:1/v1/objects?type=a+b&at=7&consistency=stale", "", map[string]string{"Idempotency-Key": "", "Content-Type": ""}},
		{"POST http://a:1/v1/batch", `{"operations":[{"op":"object.create","input":{}}]}`, map[string]string{"Authorization": "Bearer third", "X-Act-As": ""}},
	} {
		got := s.sent[i]
		if line := got.method + " " + got.url; line != want.line || got.body != want.body {
			t.Errorf("sent %s with %s, want %s with %s", line, got.body, want.line, want.body)
		}
		for name, value := range want.header {
			if got.header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", want.line, name, got.header.Get(name), value)
			}
		}
	}
}

func TestAClientStaysWithTheServerThatAnswers(t *testing.T) {
	s := &servers{script: []step{refused, created}}
	c := open(t, s, three)
	for range 3 {
		if err := create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if last := s.sent[len(s.sent)-1].url; len(s.sent) != 4 || !strings.HasPrefix(last, "http://b:2/v1") {
		t.Errorf("%d attempts, the last at %s", len(s.sent), last)
	}
	if got := fmt.Sprint(c.Servers()); got != "[http://b:2 http://c:3 http://a:1]" {
		t.Errorf("the servers are %s", got)
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	leaky := func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy refused %s", r.URL.Host)
	}
	err := create(t.Context(), open(t, &servers{script: []step{leaky}}, three, client.Attempts(1)))
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "canary") {
			t.Errorf("the token is in %q", e)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, row := range []struct {
		name    string
		servers []string
		option  client.Option
	}{
		{"no server", nil, client.Attempts(1)},
		{"a server without a scheme", []string{"a:1"}, client.Attempts(1)},
		{"a server with a password", []string{"http://u:p@a:1"}, client.Attempts(1)},
		{"another scheme", []string{"ftp://a"}, client.Attempts(1)},
		{"no attempt", three, client.Attempts(0)},
		{"no time", three, client.AttemptTimeout(0)},
		{"a CA file that is not there", three, client.CAFile(filepath.Join(t.TempDir(), "ca.pem"))},
		{"a CA file without a certificate", three, client.CAFile("client_test.go")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := client.New(row.servers, token, row.option); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestACallNeedsItsDeclaration(t *testing.T) {
	if _, err := open(t, &servers{script: []step{created}}, three).Run(t.Context(), &op.Call{Op: "object.get"}); err == nil {
		t.Error("a call without a route was sent")
	}
}

// TestNeitherStoreNorConsensusIsPulledIn keeps what users of the client build
// small.
func TestNeitherStoreNorConsensusIsPulledIn(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, heavy := range []string{"badger", "hashicorp", "prometheus", "bbolt", "weir/cluster", "weir/fsm", "storage/memdb"} {
		if strings.Contains(string(out), heavy) {
			t.Errorf("the client pulls in %s", heavy)
		}
	}
	if !strings.Contains(string(out), "weir/transport/wire") {
		t.Error("the list of dependencies is not one")
	}
}
