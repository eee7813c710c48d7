package rest_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/openapi"
	"github.com/weir-store/weir/transport/rest"
	"github.com/weir-store/weir/transport/wire"
)

var ops = &op.Set{Noun: "probe", Doc: "Operations of these tests."}

type tileInput struct {
	Tile string `json:"tile" op:"path"`
}

var (
	_ = op.NewQuery(ops, op.Spec[tileInput, op.Raw]{
		Name: "tile", Route: "GET /v1/tiles/{tile...}", Access: op.Anyone[tileInput]("read"),
		Result: op.Raw{ContentType: "application/octet-stream"},
	}, func(*op.View, tileInput) (op.Raw, error) { return op.Raw{}, nil })
	_ = op.NewLocal(ops, op.Spec[op.Nothing, map[string]string]{
		Name: "status", Route: "GET /v1/cluster", Access: op.Open[op.Nothing]("read"),
	})
)

// stub answers with what the test says and keeps the call.
type stub struct {
	reply *op.Reply
	err   error
	call  *op.Call
}

func (s *stub) Run(_ context.Context, call *op.Call) (*op.Reply, error) {
	s.call = call
	if s.reply == nil && s.err == nil {
		return &op.Reply{Output: op.JSON(`{}`)}, nil
	}
	return s.reply, s.err
}

func sets() []*op.Set { return []*op.Set{objects.Ops, apikey.Ops, ops} }

func serve(t *testing.T, change func(*rest.Config)) http.Handler {
	t.Helper()
	document, err := openapi.Document(sets(), "test")
	if err != nil {
		t.Fatal(err)
	}
	c := rest.Config{
		Catalog: op.NewCatalog(sets()...), Runner: &stub{}, Logger: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), Document: document,
	}
	change(&c)
	h, err := rest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

const (
	object = "obj_01890a5d0c1e7000a000000000000003"
	bearer = "Bearer weir_01890a5d0c1e7000a000000000000002_canarycanarycanarycanarycanarycanarycanary1"
	key    = "0123456789abcdef"
)

// exchange is a request and what it must become.
type exchange struct {
	name, method, target, body string
	header                     http.Header
	// anonymous requests show no key.
	anonymous bool
	reply     *op.Reply
	err       error

	status int
	// code and place are of the problem, if there must be one.
	code  fault.Code
	place fault.Item
	// want are headers that the answer must have; none may be "".
	want map[string]string
	// call is what the runner must get; Operation, Token and RequestID apart.
	call *op.Call
}

func (x *exchange) run(t *testing.T) {
	t.Helper()
	runner := &stub{reply: x.reply, err: x.err}
	h := serve(t, func(c *rest.Config) { c.Runner = runner })
	r := httptest.NewRequest(x.method, x.target, strings.NewReader(x.body))
	if x.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if !x.anonymous {
		r.Header.Set("Authorization", bearer)
	}
	for name, values := range x.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != x.status {
		t.Fatalf("status %d, want %d: %s", w.Code, x.status, w.Body)
	}
	if w.Code >= 400 {
		x.problem(t, w)
	}
	for name, want := range x.want {
		if got := strings.Join(w.Header().Values(name), "; "); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if x.call != nil {
		if runner.call == nil {
			t.Fatal("the runner was not called")
		}
		got := *runner.call
		got.Operation, got.Token, got.RequestID = nil, "", ""
		if diff := cmp.Diff(*x.call, got); diff != "" {
			t.Errorf("the call differs (-want +got):\n%s", diff)
		}
	} else if w.Code >= 400 && x.err == nil && runner.call != nil {
		t.Errorf("the runner was called with %+v", runner.call)
	}
}

func (x *exchange) problem(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != wire.ProblemType {
		t.Errorf("the problem has the type %q", got)
	}
	f := wire.ReadProblem(w.Code, w.Header(), w.Body.Bytes())
	if f.Code != x.code {
		t.Errorf("code %q, want %q: %s", f.Code, x.code, w.Body)
	}
	if x.place == (fault.Item{}) {
		return
	}
	if len(f.Items) == 0 {
		t.Fatalf("no place is named: %s", w.Body)
	}
	got := fault.Item{Pointer: f.Items[0].Pointer, Parameter: f.Items[0].Parameter, Header: f.Items[0].Header}
	if got != x.place {
		t.Errorf("the place is %+v, want %+v", got, x.place)
	}
}

func TestRequests(t *testing.T) {
	for _, x := range []exchange{
		{
			name: "a read", method: "GET", target: "/v1/objects/" + object + "?version=2", status: 200,
			call: &op.Call{Op: "object.get", Input: op.JSON(`{"id":"` + object + `","version":2}`)},
		},
		{
			name: "a read of the past", method: "GET", target: "/v1/objects?at=2026-01-01T00:00:00Z&owned_only=true", status: 200,
			call: &op.Call{Op: "object.list", Input: op.JSON(`{"owned_only":true}`), At: "2026-01-01T00:00:00Z"},
		},
		{
			name: "an unconfirmed read", method: "GET", target: "/v1/objects?consistency=stale", status: 200,
			call: &op.Call{Op: "object.list", Input: op.JSON(`{}`), Stale: true},
		},
		{
			name: "a read with the default consistency", method: "GET", target: "/v1/objects?consistency=linearizable", status: 200,
			call: &op.Call{Op: "object.list", Input: op.JSON(`{}`)},
		},
		{
			name: "a command with everything", method: "PUT", target: "/v1/objects/" + object, body: `{"data":{"b":1e400,"a":1152921504606846977}}`, status: 200,
			header: http.Header{"If-Match": {`"v3"`}, "Idempotency-Key": {`"` + key + `"`}, "X-Act-As": {"bob"}, "Weir-Min-Revision": {"7"}},
			call: &op.Call{
				Op: "object.update", Input: op.JSON(`{"data":{"a":1152921504606846977,"b":1e400},"id":"` + object + `"}`),
				IfMatch: 3, IdempotencyKey: key, ActAs: "bob", MinRevision: 7,
			},
		},
		{
			name: "a call with a cause", method: "GET", target: "/v1/objects", status: 200,
			header: http.Header{"Weir-Parent-Trace": {"aud_01890a5d0c1e7000a000000000000007"}, "Weir-Trace-Scope": {"scp_01890a5d0c1e7000a000000000000004"}},
			call: &op.Call{Op: "object.list", Input: op.JSON(`{}`), Trace: op.Trace{
				ParentID: "aud_01890a5d0c1e7000a000000000000007", ScopeID: "scp_01890a5d0c1e7000a000000000000004",
			}},
		},
		{
			name: "If-Match of any version", method: "DELETE", target: "/v1/objects/" + object, header: http.Header{"If-Match": {"*"}}, status: 204,
			call: &op.Call{Op: "object.delete", Input: op.JSON(`{"id":"` + object + `"}`)},
		},
		{
			name: "a reason in the query of DELETE", method: "DELETE", target: "/v1/objects/" + object + "?reason=old", status: 204,
			call: &op.Call{Op: "object.delete", Input: op.JSON(`{"id":"` + object + `","reason":"old"}`)},
		},
		{
			name: "a reason in the body of DELETE", method: "DELETE", target: "/v1/objects/" + object, body: `{"reason":"old"}`, status: 204,
			call: &op.Call{Op: "object.delete", Input: op.JSON(`{"id":"` + object + `","reason":"old"}`)},
		},
		{
			name: "POST without a body", method: "POST", target: "/v1/objects/" + object + "/restore", status: 200,
			call: &op.Call{Op: "object.restore", Input: op.JSON(`{"id":"` + object + `"}`)},
		},
		{
			name: "JSON with a charset", method: "POST", target: "/v1/objects", body: `{"type":"note","data":{}}`, status: 201,
			header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}},
			call:   &op.Call{Op: "object.create", Input: op.JSON(`{"data":{},"type":"note"}`)},
		},
		{
			name: "an open operation without a key", method: "GET", target: "/v1/cluster", anonymous: true, status: 200,
			call: &op.Call{Op: "probe.status", Input: op.JSON(`{}`)},
		},
		{
			name: "a batch", method: "POST", target: "/v1/batch", status: 200, header: http.Header{"Idempotency-Key": {key}},
			body: `{"operations":[{"op":"object.create","input":{"type":"note","data":{}}},{"op":"object.delete","input":{"id":{"$result":[0,"id"]}}}]}`,
			call: &op.Call{IdempotencyKey: key, Items: []op.Item{
				{Op: "object.create", Input: op.JSON(`{"data":{},"type":"note"}`)}, {Op: "object.delete", Input: op.JSON(`{"id":{"$result":[0,"id"]}}`)},
			}},
		},
	} {
		t.Run(x.name, x.run)
	}
}

func TestRefusals(t *testing.T) {
	big := `{"type":"note","data":{"a":"` + strings.Repeat("x", 2<<20) + `"}}`
	many := `{"operations":[` + strings.TrimSuffix(strings.Repeat(`{"op":"object.create"},`, 101), ",") + `]}`
	for _, x := range []exchange{
		{name: "no route", method: "GET", target: "/v1/nothing", status: 404, code: fault.NotFound},
		{name: "no such method", method: "PATCH", target: "/v1/objects", status: 405, code: fault.MethodNotAllowed, want: map[string]string{"Allow": "GET, HEAD, POST"}},
		{name: "a method of nobody", method: "FETCH", target: "/v1/batch", status: 405, code: fault.MethodNotAllowed, want: map[string]string{"Allow": "POST"}},
		{name: "no key", method: "GET", target: "/v1/objects", anonymous: true, status: 401, code: fault.Unauthenticated, place: fault.Item{Header: "Authorization"}, want: map[string]string{"WWW-Authenticate": `Bearer realm="weir"`}},
		{name: "no key for a batch", method: "POST", target: "/v1/batch", body: `{`, anonymous: true, status: 401, code: fault.Unauthenticated},
		{name: "another kind of key", method: "GET", target: "/v1/objects", header: http.Header{"Authorization": {"Basic eDp5"}}, status: 401, code: fault.Unauthenticated},
		{name: "two keys", method: "GET", target: "/v1/objects", header: http.Header{"Authorization": {bearer, bearer}}, status: 400, code: fault.AmbiguousCredentials},
		{name: "not acceptable", method: "GET", target: "/v1/objects", header: http.Header{"Accept": {"text/html"}}, status: 406, code: fault.NotAcceptable},
		{name: "not JSON", method: "POST", target: "/v1/objects", body: "a=1", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, status: 415, code: fault.UnsupportedMediaType, want: map[string]string{"Accept-Post": "application/json"}},
		{name: "JSON of no known charset", method: "POST", target: "/v1/objects", body: "{}", header: http.Header{"Content-Type": {"application/json; charset=utf-16"}}, status: 415, code: fault.UnsupportedMediaType},
		{name: "2 MiB", method: "POST", target: "/v1/objects", body: big, status: 413, code: fault.PayloadTooLarge},
		{name: "64 KiB of headers", method: "GET", target: "/v1/objects", header: http.Header{"X-Much": {strings.Repeat("x", 64<<10)}}, status: 431, code: fault.HeaderTooLarge},
		{name: "NaN", method: "POST", target: "/v1/objects", body: `{"type":"note","data":{"a":NaN}}`, status: 400, code: fault.MalformedRequest, place: fault.Item{Pointer: "/data/a"}},
		{name: "a name twice", method: "POST", target: "/v1/objects", body: `{"type":"a","type":"b"}`, status: 400, code: fault.MalformedRequest, place: fault.Item{Pointer: "/type"}},
		{name: "no UTF-8", method: "POST", target: "/v1/objects", body: "{\"type\":\"\xff\"}", status: 400, code: fault.MalformedRequest},
		{name: "an array", method: "POST", target: "/v1/objects", body: `[]`, status: 422, code: fault.ValidationFailed},
		{name: "a query that is none", method: "GET", target: "/v1/objects?type=%zz", status: 400, code: fault.MalformedRequest},
		{name: "an unknown parameter", method: "GET", target: "/v1/objects?colour=red", status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "colour"}},
		{name: "a parameter twice", method: "GET", target: "/v1/objects?type=a&type=b", status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "type"}},
		{name: "at twice", method: "GET", target: "/v1/objects?at=1&at=2", status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "at"}},
		{name: "at without a value", method: "GET", target: "/v1/objects?at=", status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "at"}},
		{name: "a command in the past", method: "POST", target: "/v1/objects?at=1", body: `{}`, status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "at"}},
		{name: "an unconfirmed command", method: "POST", target: "/v1/objects?consistency=stale", body: `{}`, status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "consistency"}},
		{name: "an unknown consistency", method: "GET", target: "/v1/objects?consistency=eventual", status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "consistency"}},
		{name: "a short key", method: "POST", target: "/v1/objects", body: `{}`, header: http.Header{"Idempotency-Key": {"short"}}, status: 400, code: fault.IdempotencyInvalid, place: fault.Item{Header: "Idempotency-Key"}},
		{name: "a key too short for a secret", method: "POST", target: "/v1/principals/bob/keys", body: `{"name":"x"}`, header: http.Header{"Idempotency-Key": {key}}, status: 400, code: fault.IdempotencyInvalid, place: fault.Item{Header: "Idempotency-Key"}},
		{name: "a key too short for a secret in a batch", method: "POST", target: "/v1/batch", body: `{"operations":[{"op":"key.create","input":{"name":"x"}}]}`, header: http.Header{"Idempotency-Key": {key}}, status: 400, code: fault.IdempotencyInvalid},
		{name: "a weak tag", method: "PUT", target: "/v1/objects/" + object, body: `{}`, header: http.Header{"If-Match": {`W/"v1"`}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "If-Match"}},
		{name: "two tags", method: "PUT", target: "/v1/objects/" + object, body: `{}`, header: http.Header{"If-Match": {`"v1", "v2"`}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "If-Match"}},
		{name: "If-Match where nothing has a version", method: "POST", target: "/v1/objects", body: `{}`, header: http.Header{"If-Match": {`"v1"`}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "If-Match"}},
		{name: "If-Match on a batch", method: "POST", target: "/v1/batch", body: `{}`, header: http.Header{"If-Match": {`"v1"`}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "If-Match"}},
		{name: "a revision that is none", method: "GET", target: "/v1/objects", header: http.Header{"Weir-Min-Revision": {"-1"}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "Weir-Min-Revision"}},
		{name: "a cause that is none", method: "GET", target: "/v1/objects", header: http.Header{"Weir-Parent-Trace": {object}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "Weir-Parent-Trace"}},
		{name: "acting for nobody", method: "GET", target: "/v1/objects", header: http.Header{"X-Act-As": {"a b"}}, status: 400, code: fault.InvalidID, place: fault.Item{Header: "X-Act-As"}},
		{name: "acting for none", method: "GET", target: "/v1/objects", header: http.Header{"X-Act-As": {""}}, status: 400, code: fault.InvalidID, place: fault.Item{Header: "X-Act-As"}},
		{name: "acting for a service", method: "GET", target: "/v1/objects", header: http.Header{"X-Act-As": {"svc_01890a5d0c1e7000a000000000000001"}}, status: 400, code: fault.InvalidIDType, place: fault.Item{Header: "X-Act-As"}},
		{name: "acting for two", method: "POST", target: "/v1/batch", body: `{}`, header: http.Header{"X-Act-As": {"alice", "alice"}}, status: 400, code: fault.MalformedRequest, place: fault.Item{Header: "X-Act-As"}},
		{name: "a batch with a parameter", method: "POST", target: "/v1/batch?x=1", body: `{}`, status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "x"}},
		{name: "a batch of nothing", method: "POST", target: "/v1/batch", body: `{"operations":[]}`, status: 422, code: fault.ValidationFailed, place: fault.Item{Pointer: "/operations"}},
		{name: "a batch without a body", method: "POST", target: "/v1/batch", status: 400, code: fault.MalformedRequest},
		{name: "a batch of 101", method: "POST", target: "/v1/batch", body: many, status: 422, code: fault.LimitExceeded, place: fault.Item{Pointer: "/operations"}},
		{name: "a batch with a read", method: "POST", target: "/v1/batch", body: `{"operations":[{"op":"object.create"},{"op":"object.get"}]}`, status: 422, code: fault.ValidationFailed, place: fault.Item{Pointer: "/operations/1/op"}},
		{name: "a batch with more members", method: "POST", target: "/v1/batch", body: `{"operations":[{"op":"object.create","inputs":{}}]}`, status: 422, code: fault.ValidationFailed, place: fault.Item{Pointer: "/operations/0/inputs"}},
		{name: "a code that nobody knows", method: "GET", target: "/problems/no-such-code", anonymous: true, status: 404, code: fault.NotFound},
	} {
		t.Run(x.name, x.run)
	}
}

func TestFaultsOfTheRunner(t *testing.T) {
	at := func(code fault.Code, pointer string) *fault.Fault {
		return fault.New(code, "wrong").At(fault.Item{Pointer: pointer, Code: string(code), Detail: "wrong"})
	}
	const target = "/v1/objects/" + object
	for _, x := range []exchange{
		{name: "a wrong id in the path", method: "GET", target: "/v1/objects/x", err: at(fault.InvalidID, "/id"), status: 400, code: fault.InvalidID, place: fault.Item{Parameter: "id"}},
		{name: "a wrong parameter", method: "GET", target: target + "?version=0", err: at(fault.ValidationFailed, "/version"), status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "version"}},
		{name: "a missing parameter", method: "GET", target: target + "/diff?from=1", err: at(fault.ValidationFailed, "/to"), status: 400, code: fault.MalformedRequest, place: fault.Item{Parameter: "to"}},
		{name: "a wrong member", method: "PUT", target: target, body: `{"data":1}`, err: at(fault.ValidationFailed, "/data"), status: 422, code: fault.ValidationFailed, place: fault.Item{Pointer: "/data"}},
		{name: "an old version in the body", method: "PUT", target: target, body: `{"version":1}`, err: fault.New(fault.VersionConflict, "old"), status: 409, code: fault.VersionConflict},
		{name: "an old version in If-Match", method: "PUT", target: target, body: `{}`, header: http.Header{"If-Match": {`"v1"`}}, err: fault.New(fault.VersionConflict, "old").Precondition(), status: 412, code: fault.VersionConflict},
		{name: "an item of a batch", method: "POST", target: "/v1/batch", body: `{"operations":[{"op":"object.create"},{"op":"object.create"}]}`, err: at(fault.ValidationFailed, "/data").With("index", int64(1)), status: 422, code: fault.ValidationFailed, place: fault.Item{Pointer: "/operations/1/input/data"}},
		{name: "no leader", method: "GET", target: target, err: fault.New(fault.NoLeader, "none"), status: 503, code: fault.NoLeader, want: map[string]string{"Retry-After": "1"}},
		{name: "a key that is not live", method: "GET", target: target, err: fault.New(fault.APIKeyInvalid, "dead"), status: 401, code: fault.APIKeyInvalid, want: map[string]string{"WWW-Authenticate": `Bearer realm="weir", error="invalid_token"`}},
		{name: "a command out of time", method: "DELETE", target: target, err: context.DeadlineExceeded, status: 504, code: fault.OutcomeUnknown},
		{name: "a batch out of time", method: "POST", target: "/v1/batch", body: `{"operations":[{"op":"object.create"}]}`, err: context.DeadlineExceeded, status: 504, code: fault.OutcomeUnknown},
		{name: "a read out of time", method: "GET", target: target, err: context.DeadlineExceeded, status: 504, code: fault.HandlerTimeout},
		{name: "an error of the node", method: "GET", target: target, err: errors.New("disk of canary"), status: 500, code: fault.Internal},
	} {
		x.err = errors.Join(x.err) // wrapped, as it may come
		t.Run(x.name, x.run)
	}
}

func TestReplies(t *testing.T) {
	shown := &op.Reply{Output: op.JSON(`{"id":"` + object + `","version":4}`), Revision: 12, Version: 4}
	const target = "/v1/objects/" + object
	for _, x := range []exchange{
		{name: "a read", method: "GET", target: target, reply: shown, status: 200, want: map[string]string{"ETag": `"v4"`, "Weir-Revision": "12", "Content-Type": "application/json", "Cache-Control": "no-store", "Idempotent-Replayed": ""}},
		{name: "the version that is known", method: "GET", target: target, header: http.Header{"If-None-Match": {`"v4"`}}, reply: shown, status: 304, want: map[string]string{"ETag": `"v4"`, "Content-Type": ""}},
		{name: "another version is known", method: "GET", target: target, header: http.Header{"If-None-Match": {`"v3"`}}, reply: shown, status: 200},
		{name: "If-None-Match is for reads", method: "PUT", target: target, body: `{}`, header: http.Header{"If-None-Match": {`"v4"`}}, reply: shown, status: 200},
		{name: "created", method: "POST", target: "/v1/objects", body: `{}`, reply: shown, status: 201, want: map[string]string{"Location": target, "ETag": `"v4"`}},
		{name: "replayed", method: "POST", target: "/v1/objects", body: `{}`, reply: &op.Reply{Output: shown.Output, Replayed: true}, status: 201, want: map[string]string{"Idempotent-Replayed": "true", "Location": target}},
		{name: "nothing to show", method: "DELETE", target: target, reply: &op.Reply{Output: op.JSON(`{}`), Revision: 13}, status: 204, want: map[string]string{"Weir-Revision": "13", "Content-Type": ""}},
		{name: "not confirmed", method: "GET", target: target + "?consistency=stale", reply: &op.Reply{Output: op.JSON(`{}`), Stale: true}, status: 200, want: map[string]string{"Weir-Consistency": "stale"}},
		{name: "not JSON", method: "GET", target: "/v1/tiles/0/x001", header: http.Header{"Accept": {"application/octet-stream"}}, reply: &op.Reply{Raw: &op.Raw{ContentType: "application/octet-stream", Body: []byte{1, 2}}}, status: 200, want: map[string]string{"Content-Type": "application/octet-stream", "Content-Length": "2"}},
		{
			name: "a page that goes on", method: "GET", target: "/v1/objects?type=a+b&limit=1", status: 200, want: map[string]string{"Link": `</v1/objects?cursor=n%2F1&limit=1&type=a+b>; rel="next"`},
			reply: &op.Reply{Output: op.JSON(`{"items":[{"data":{"next_cursor":"fake"}}],"next_cursor":"n/1","has_more":true}`)},
		},
		{
			name: "the last page", method: "GET", target: "/v1/objects", status: 200, want: map[string]string{"Link": ""},
			reply: &op.Reply{Output: op.JSON(`{"items":[{"data":{"next_cursor":"fake"}}],"next_cursor":null,"has_more":false}`)},
		},
		{name: "the head of a read", method: "HEAD", target: target, reply: shown, status: 200, want: map[string]string{"ETag": `"v4"`}},
		{name: "a page about a code", method: "GET", target: "/problems/not-found", anonymous: true, status: 200, want: map[string]string{"Content-Type": "text/html; charset=utf-8"}},
	} {
		t.Run(x.name, x.run)
	}
}

// TestLinkNeedsThePagesShape fails when op.Page no longer ends with its cursor,
// which the Link header is read from.
func TestLinkNeedsThePagesShape(t *testing.T) {
	raw, err := op.Marshal(op.NewPage([]string{`"next_cursor":"fake"`}, "on"))
	if err != nil {
		t.Fatal(err)
	}
	x := exchange{method: "GET", target: "/v1/objects", status: 200, reply: &op.Reply{Output: raw}, want: map[string]string{"Link": `</v1/objects?cursor=on>; rel="next"`}}
	x.run(t)
}
