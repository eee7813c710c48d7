package transport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/transport"
	"github.com/weir-store/weir/transport/wire"
)

// store is a whole store behind its server.
type store struct {
	*testkit.Solo
	url string
	t   *testing.T
}

func serve(t *testing.T) *store {
	t.Helper()
	solo := testkit.New(t)
	s, err := transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: solo.Edge, Version: "test", Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler)
	t.Cleanup(server.Close)
	return &store{solo, server.URL, t}
}

// as is a client that shows a token.
func (s *store) as(token string) *client.Client {
	s.t.Helper()
	c, err := client.New([]string{s.url}, token)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// answered is an answer of the server with its body.
type answered struct {
	*http.Response
	body string
}

// send makes a request by hand; headers are name and value in turn.
func (s *store) send(token, method, target, body string, headers ...string) answered {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		s.t.Fatal(err)
	}
	return answered{answer, string(raw)}
}

func (s *store) create(token, data string) objects.Object {
	s.t.Helper()
	o, err := objects.Create.Call(s.t.Context(), s.as(token), objects.CreateInput{Type: "note", Data: op.JSON(data)})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func TestShareAndRevoke(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	alice, bob := s.as(s.Token("alice")), s.as(s.Token("bob"))
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{"title":"draft"}`)})
	if err != nil {
		t.Fatal(err)
	}
	read := func() error {
		_, err := objects.Get.Call(ctx, bob, objects.GetInput{ID: o.ID})
		return err
	}
	if err := read(); !fault.Is(err, fault.NotFound) {
		t.Fatalf("before the share: %v", err)
	}
	scope, err := tenancy.Create.Call(ctx, alice, tenancy.CreateInput{Name: "team"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenancy.Add.Call(ctx, alice, tenancy.AddInput{ID: scope.ID, PrincipalID: "bob", Role: "viewer"}); err != nil {
		t.Fatal(err)
	}
	if _, err := tenancy.Project.Call(ctx, alice, tenancy.ProjectInput{ID: scope.ID, ObjectID: o.ID}); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Fatalf("after the share: %v", err)
	}
	shared := bob.Revision()
	if _, err := objects.Update.Call(ctx, bob, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{}`)}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("a viewer writes: %v", err)
	}
	if _, err := tenancy.Unproject.Call(ctx, alice, tenancy.UnprojectInput{ID: scope.ID, ObjectID: o.ID}); err != nil {
		t.Fatal(err)
	}
	if err := read(); !fault.Is(err, fault.NotFound) {
		t.Errorf("after the revocation: %v", err)
	}
	in, err := op.Marshal(access.Question{PrincipalID: "bob", Action: "read", ObjectID: o.ID})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := s.as(s.Root).Run(ctx, &op.Call{Op: access.Check.Name, Operation: access.Check.Operation, Input: in, At: strconv.FormatUint(shared, 10)})
	if err != nil || !strings.Contains(string(reply.Output), `"allowed":true`) {
		t.Errorf("what bob could then: %+v, %v", reply, err)
	}
	if _, err := bob.Run(ctx, &op.Call{Op: objects.Get.Name, Operation: objects.Get.Operation, Input: op.JSON(`{"id":"` + string(o.ID) + `"}`), At: strconv.FormatUint(shared, 10)}); !fault.Is(err, fault.NotFound) {
		t.Errorf("bob reads the past: %v", err)
	}
	s.Verify()
}

func TestVersions(t *testing.T) {
	s := serve(t)
	alice := s.Token("alice")
	o := s.create(alice, `{"n":1}`)
	target := "/v1/objects/" + string(o.ID)
	for _, row := range []struct {
		name, body, ifMatch string
		status              int
		etag                string
	}{
		{"the version that is current, in If-Match", `{"data":{"n":2}}`, `"v1"`, 200, `"v2"`},
		{"an old version in If-Match", `{"data":{"n":3}}`, `"v1"`, 412, ""},
		{"the version that is current, in the body", `{"data":{"n":3},"version":2}`, "", 200, `"v3"`},
		{"an old version in the body", `{"data":{"n":4},"version":2}`, "", 409, ""},
		{"any version", `{"data":{"n":4}}`, "*", 200, `"v4"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			headers := []string{}
			if row.ifMatch != "" {
				headers = []string{"If-Match", row.ifMatch}
			}
			a := s.send(alice, "PUT", target, row.body, headers...)
			if a.StatusCode != row.status || a.Header.Get("ETag") != row.etag {
				t.Fatalf("got %d, ETag %s: %s", a.StatusCode, a.Header.Get("ETag"), a.body)
			}
			if row.status >= 400 && wire.ReadProblem(a.StatusCode, a.Header, []byte(a.body)).Code != fault.VersionConflict {
				t.Errorf("got %s", a.body)
			}
		})
	}
	if a := s.send(alice, "GET", target, "", "If-None-Match", `"v4"`); a.StatusCode != http.StatusNotModified || a.body != "" {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if a := s.send(s.Token("bob"), "GET", target, "", "If-None-Match", `"v4"`); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger learns that the version is current: %d", a.StatusCode)
	}
}

func TestIdempotency(t *testing.T) {
	s := serve(t)
	alice := s.Token("alice")
	const key = "one-call-and-no-more"
	first := s.send(alice, "POST", "/v1/objects", `{"type":"note","data":{"a":1}}`, "Idempotency-Key", key)
	again := s.send(alice, "POST", "/v1/objects", `{"data":{"a":1},"type":"note"}`, "Idempotency-Key", `"`+key+`"`)
	if first.StatusCode != http.StatusCreated || again.StatusCode != http.StatusCreated || first.body != again.body {
		t.Errorf("got %d %s, then %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
	for _, name := range []string{"ETag", "Location", "Weir-Revision"} {
		if first.Header.Get(name) == "" || first.Header.Get(name) != again.Header.Get(name) {
			t.Errorf("%s is %q, then %q", name, first.Header.Get(name), again.Header.Get(name))
		}
	}
	if first.Header.Get(wire.HeaderReplayed) != "" || again.Header.Get(wire.HeaderReplayed) != "true" {
		t.Error("the replay is not marked, or the first call is")
	}
	other := s.send(alice, "POST", "/v1/objects", `{"type":"note","data":{"a":2}}`, "Idempotency-Key", key)
	if other.StatusCode != http.StatusConflict || wire.ReadProblem(http.StatusConflict, other.Header, []byte(other.body)).Code != fault.IdempotencyKeyReused {
		t.Errorf("another body: %d %s", other.StatusCode, other.body)
	}
	if n := len(list(t, s.as(alice))); n != 1 {
		t.Errorf("there are %d objects", n)
	}
}

func TestSecretsReplayIdentically(t *testing.T) {
	s := serve(t)
	s.Token("alice")
	const key = "01890a5d-0c1e-7000-a000-00000000000a"
	var tokens []string
	for range 2 {
		a := s.send(s.Root, "POST", "/v1/principals/alice/keys", `{"name":"laptop"}`, "Idempotency-Key", key)
		var out struct {
			Token string `json:"token"`
		}
		if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.StatusCode != http.StatusCreated {
			t.Fatalf("got %d %s: %v", a.StatusCode, a.body, err)
		}
		tokens = append(tokens, out.Token)
	}
	if tokens[0] == "" || tokens[0] != tokens[1] {
		t.Error("the token of the second reply is another one")
	}
}

func TestHostileBodies(t *testing.T) {
	s := serve(t)
	alice := s.Token("alice")
	deep := strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)
	for _, row := range []struct {
		name, body string
		status     int
	}{
		{"an unknown field", `{"type":"a","data":{},"colour":1}`, 422},
		{"a wrong type", `{"type":1,"data":{}}`, 422},
		{"data that is no object", `{"type":"a","data":[]}`, 422},
		{"a missing field", `{"type":"a"}`, 422},
		{"NaN", `{"type":"a","data":{"a":NaN}}`, 400},
		{"a name twice in data", `{"type":"a","data":{"a":1,"a":2}}`, 400},
		{"something behind it", `{"type":"a","data":{}}x`, 400},
		{"too deep", `{"type":"a","data":` + deep + `}`, 422},
		{"half of it", `{"type":"a","data":`, 400},
		{"2 MiB", `{"type":"a","data":{"a":"` + strings.Repeat("x", 2<<20) + `"}}`, 413},
		{"data of 300 KiB", `{"type":"a","data":{"a":"` + strings.Repeat("x", 300<<10) + `"}}`, 413},
		{"nothing", ``, 422},
	} {
		t.Run(row.name, func(t *testing.T) {
			if a := s.send(alice, "POST", "/v1/objects", row.body); a.StatusCode != row.status {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
		})
	}
	kept := s.send(alice, "POST", "/v1/objects", `{"type":"a","data":{"n":1152921504606846977,"x":1.10}}`)
	if kept.StatusCode != http.StatusCreated || !strings.Contains(kept.body, `"data":{"n":1152921504606846977,"x":1.10}`) {
		t.Errorf("numbers are not kept: %s", kept.body)
	}
}

func TestKeysDieAtOnce(t *testing.T) {
	s := serve(t)
	s.Token("alice")
	admin := s.as(s.Root)
	made, err := apikey.Create.Call(t.Context(), admin, apikey.CreateInput{PrincipalID: "alice", Name: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	if a := s.send(made.Token, "GET", "/v1/me", ""); a.StatusCode != http.StatusOK {
		t.Fatalf("a new key: %d %s", a.StatusCode, a.body)
	}
	if _, err := apikey.Revoke.Call(t.Context(), admin, apikey.RevokeInput{ID: made.Key.ID}); err != nil {
		t.Fatal(err)
	}
	unknown := "weir_01890a5d0c1e7000a0000000000000ff_" + strings.Repeat("x", 43)
	for _, token := range []string{made.Token, unknown, "nonsense"} {
		if a := s.send(token, "GET", "/v1/me", ""); a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("got %d, %q: %s", a.StatusCode, a.Header.Get("WWW-Authenticate"), a.body)
		}
	}
}

func TestBatches(t *testing.T) {
	s := serve(t)
	alice := s.Token("alice")
	scope, err := tenancy.Create.Call(t.Context(), s.as(alice), tenancy.CreateInput{Name: "team"})
	if err != nil {
		t.Fatal(err)
	}
	batch := func(third string) string {
		return fmt.Sprintf(`{"operations":[
			{"op":"object.create","input":{"type":"a","data":{"$result":[0,"id"]}}},
			{"op":"object.create","input":{"type":"b","data":{}}},
			{"op":"scope.project","input":{"id":%q,"object_id":%s}}]}`, scope.ID, third)
	}
	failed := s.send(alice, "POST", "/v1/batch", batch(`"obj_01890a5d0c1e7000a0000000000000ff"`))
	f := wire.ReadProblem(failed.StatusCode, failed.Header, []byte(failed.body))
	if failed.StatusCode != http.StatusNotFound || len(f.Members) == 0 || f.Members[0] != (fault.Member{Name: "index", Value: int64(2)}) {
		t.Errorf("got %d %s", failed.StatusCode, failed.body)
	}
	if n := len(list(t, s.as(alice))); n != 0 {
		t.Errorf("%d objects of a refused batch", n)
	}
	wrong := s.send(alice, "POST", "/v1/batch", batch(`7`))
	f = wire.ReadProblem(wrong.StatusCode, wrong.Header, []byte(wrong.body))
	if wrong.StatusCode != http.StatusUnprocessableEntity || len(f.Items) == 0 || f.Items[0].Pointer != "/operations/2/input/object_id" {
		t.Errorf("got %d %s", wrong.StatusCode, wrong.body)
	}
	done := s.send(alice, "POST", "/v1/batch", batch(`{"$result":[1,"id"]}`))
	var out struct {
		Results []json.RawMessage `json:"results"`
	}
	if err := json.Unmarshal([]byte(done.body), &out); err != nil || done.StatusCode != http.StatusOK || len(out.Results) != 3 {
		t.Fatalf("got %d %s: %v", done.StatusCode, done.body, err)
	}
	if !strings.Contains(string(out.Results[0]), `"data":{"$result":[0,"id"]}`) {
		t.Errorf("data was taken for a reference: %s", out.Results[0])
	}
	s.Verify()
}

func list(t *testing.T, r op.Runner) []urn.ID {
	t.Helper()
	var ids []urn.ID
	for o, err := range client.Pages(t.Context(), r, objects.List, objects.ListInput{Paging: op.Paging{Limit: 20}}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.ID)
	}
	return ids
}

func TestPages(t *testing.T) {
	s := serve(t)
	alice := s.Token("alice")
	var want []urn.ID
	for range 45 {
		want = append(want, s.create(alice, `{}`).ID)
	}
	if got := list(t, s.as(alice)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("over HTTP: %d of %d", len(got), len(want))
	}
	if got := list(t, s.As(alice)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in process: %d of %d", len(got), len(want))
	}
	first := s.send(alice, "GET", "/v1/objects?limit=20", "")
	next, ok := strings.CutPrefix(first.Header.Get("Link"), "<")
	next, _, found := strings.Cut(next, `>; rel="next"`)
	if !ok || !found {
		t.Fatalf("the link is %q", first.Header.Get("Link"))
	}
	if a := s.send(alice, "GET", next, ""); a.StatusCode != http.StatusOK || !strings.Contains(a.body, string(want[20])) {
		t.Errorf("the second page: %d", a.StatusCode)
	}
	for _, row := range []struct {
		name, token, target string
		code                fault.Code
	}{
		{"somebody else's cursor", s.Token("bob"), next, fault.InvalidCursor},
		{"a cursor with another filter", alice, next + "&type=note", fault.InvalidCursor},
		{"a forged cursor", alice, "/v1/objects?cursor=AAAA", fault.InvalidCursor},
		{"a page of nothing", alice, "/v1/objects?limit=0", fault.MalformedRequest},
		{"a revision above the newest", alice, "/v1/objects?at=999999", fault.MalformedRequest},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.send(row.token, "GET", row.target, "")
			if f := wire.ReadProblem(a.StatusCode, a.Header, []byte(a.body)); a.StatusCode != http.StatusBadRequest || f.Code != row.code {
				t.Errorf("got %d %s", a.StatusCode, a.body)
			}
		})
	}
}

func TestBytesTravelToo(t *testing.T) {
	s := serve(t)
	in := audit.TileInput{Path: "0/000.p/1"}
	want, err := audit.Tile.Call(t.Context(), s.Admin(), in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.Tile.Call(t.Context(), s.as(s.Root), in)
	if err != nil || !bytes.Equal(got.Body, want.Body) || got.ContentType != want.ContentType || len(got.Body) != 32 {
		t.Errorf("got %d bytes of %s: %v", len(got.Body), got.ContentType, err)
	}
}

func TestTheServerIsBounded(t *testing.T) {
	s, err := transport.NewServer(transport.Config{
		Sets: core.Sets(), Runner: testkit.New(t).Edge, Version: "test", Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.ReadHeaderTimeout != 5*time.Second || s.IdleTimeout != 2*time.Minute || s.MaxHeaderBytes < 64<<10 {
		t.Errorf("the bounds are %v, %v, %d", s.ReadHeaderTimeout, s.IdleTimeout, s.MaxHeaderBytes)
	}
}
