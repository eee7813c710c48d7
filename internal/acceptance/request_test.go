package acceptance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// web keeps connections, does not follow redirects and asks for no compression,
// so that tests see what the node said.
var web = &http.Client{
	Timeout:       40 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// header is more of a request's headers: names and values in turn.
type header []string

// answer is a response that was read to its end.
type answer struct {
	method, path string
	status       int
	header       http.Header
	body         []byte
}

func (a answer) String() string {
	return fmt.Sprintf("%s %s: %d %.500s", a.method, a.path, a.status, a.body)
}

// send asks a node. A body is sent as it is if it is a string, else as JSON.
func send(ctx context.Context, node int, token, method, path string, body any, more header) (answer, error) {
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case io.Reader:
		content = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, cluster.Nodes()[node]+path, content)
	if err != nil {
		return answer{}, err
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(more); i += 2 {
		req.Header.Set(more[i], more[i+1])
		if more[i+1] == "" {
			req.Header.Del(more[i])
		}
	}
	resp, err := web.Do(req)
	if err != nil {
		return answer{}, err
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close() // it was read, or the error of that is the better one
	return answer{method, path, resp.StatusCode, resp.Header, raw}, err
}

// turn makes requests that name no node go to each in turn.
var turn atomic.Int64

// person is a principal with its key; or the user as whom a host acts, with the
// host's key.
type person struct{ id, token, as string }

func root() person { return person{id: "root", token: cluster.Root} }

// ask sends a request to the next node and checks what holds for every answer.
func (p person) ask(t *testing.T, method, path string, body any, more ...string) answer {
	t.Helper()
	return p.at(t, int(turn.Add(1)%3), method, path, body, more...)
}

func (p person) at(t *testing.T, node int, method, path string, body any, more ...string) answer {
	t.Helper()
	if p.as != "" {
		more = append(more, "X-Act-As", p.as)
	}
	a, err := send(t.Context(), node, p.token, method, path, body, more)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	a.wellFormed(t)
	return a
}

// must is ask for what has to succeed, decoded.
func (p person) must(t *testing.T, method, path string, body any, more ...string) map[string]any {
	t.Helper()
	return p.ask(t, method, path, body, more...).good(t)
}

func (a answer) good(t *testing.T) map[string]any {
	t.Helper()
	if a.status/100 != 2 {
		t.Fatal(a)
	}
	if len(a.body) == 0 {
		return nil
	}
	return a.decode(t)
}

func (a answer) decode(t *testing.T) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %v", a, err)
	}
	return m
}

// is checks the status, and the code if the answer is a problem.
func (a answer) is(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || (status >= 400 && a.code(t) != code) {
		t.Errorf("%v; want %d %s", a, status, code)
	}
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	if a.status < 400 {
		return ""
	}
	code, _ := a.decode(t)["code"].(string)
	return code
}

func (a answer) revision(t *testing.T) uint64 {
	t.Helper()
	r, err := strconv.ParseUint(a.header.Get("Weir-Revision"), 10, 64)
	if err != nil {
		t.Fatalf("%v: Weir-Revision: %v", a, err)
	}
	return r
}

// items are the items of a page.
func (a answer) items(t *testing.T) []map[string]any {
	t.Helper()
	list, ok := a.good(t)["items"].([]any)
	if !ok {
		t.Fatalf("%v has no items", a)
	}
	var all []map[string]any
	for _, i := range list {
		all = append(all, i.(map[string]any))
	}
	return all
}

// wellFormed checks what every answer has: one request id, no 5xx but those
// that say to try again, and a problem document with all its members for every
// error.
func (a answer) wellFormed(t *testing.T) {
	t.Helper()
	ids := a.header.Values("X-Request-Id")
	if len(ids) != 1 || len(ids[0]) < 8 {
		t.Errorf("%v: X-Request-Id is %q", a, ids)
	}
	if a.status < 400 {
		if strings.HasPrefix(a.path, "/v1/") && a.path != "/v1/openapi.json" && a.revision(t) == 0 {
			t.Errorf("%v is of no revision", a)
		}
		return
	}
	if a.status >= 500 && a.status != http.StatusServiceUnavailable && a.status != http.StatusGatewayTimeout {
		t.Errorf("%v", a)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%v: the type is %q", a, got)
	}
	if a.method == http.MethodHead {
		return
	}
	p := a.decode(t)
	for _, name := range []string{"type", "title", "detail", "instance", "code", "request_id"} {
		if s, ok := p[name].(string); !ok || s == "" {
			t.Errorf("%v: %s is %v", a, name, p[name])
		}
	}
	_, again := p["retryable"].(bool)
	if !again || p["status"] != json.Number(strconv.Itoa(a.status)) || p["request_id"] != ids[0] ||
		p["instance"] != "urn:request:"+ids[0] || p["type"] != "/problems/"+p["code"].(string) {
		t.Errorf("%v: the members do not agree with each other and the headers", a)
	}
}

// place is where the first item of a problem points: /pointer, ?parameter or
// header.
func (a answer) place(t *testing.T) string {
	t.Helper()
	list, _ := a.decode(t)["errors"].([]any)
	if len(list) == 0 {
		return ""
	}
	first := list[0].(map[string]any)
	for prefix, name := range map[string]string{"": "pointer", "?": "parameter", ":": "header"} {
		if s, ok := first[name].(string); ok {
			return prefix + s
		}
	}
	return ""
}

func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return hex.EncodeToString(b)
}

// newcomer makes a principal with a key; the name is part of its id.
func newcomer(t *testing.T, name string) person {
	t.Helper()
	id := name + "-" + random()[:8]
	root().must(t, "POST", "/v1/principals", object{"id": id, "kind": "user", "display_name": name})
	made := root().must(t, "POST", "/v1/principals/"+id+"/keys", object{"name": "test"})
	return person{id: id, token: made["token"].(string)}
}

// object is a JSON object.
type object = map[string]any

// note makes an object of the type note and gives its id.
func (p person) note(t *testing.T, data any) string {
	t.Helper()
	return p.must(t, "POST", "/v1/objects", object{"type": "note", "data": data})["id"].(string)
}

// scope makes a scope, a root if parent is empty.
func (p person) scope(t *testing.T, parent string) string {
	t.Helper()
	in := object{"name": "team"}
	if parent != "" {
		in["parent_id"] = parent
	}
	return p.must(t, "POST", "/v1/scopes", in)["id"].(string)
}

func (p person) add(t *testing.T, scope string, who person, role string) {
	t.Helper()
	p.must(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": who.id, "role": role})
}

func (p person) project(t *testing.T, scope, id, level string) {
	t.Helper()
	p.must(t, "POST", "/v1/scopes/"+scope+"/projections", object{"object_id": id, "level": level})
}

func until(t *testing.T, what string, holds func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		}
	}
}
