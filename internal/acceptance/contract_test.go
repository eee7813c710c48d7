package acceptance_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// refused is a request and how it must be refused.
type refused struct {
	name, method, path string
	body               any
	header             header
	status             int
	// code and place are not compared where they are "-".
	code, place string
}

func content(data string) string { return `{"type":"note","data":` + data + `}` }

func deep(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }

// malformed are bodies that must not pass.
func malformed(id string) []refused {
	return []refused{
		{"unknown field", "POST", "/v1/objects", `{"type":"note","data":{},"colour":1}`, nil, 422, "validation-failed", "/colour"},
		{"missing field", "POST", "/v1/objects", `{"type":"note"}`, nil, 422, "validation-failed", "/data"},
		{"field of the path in the body", "PUT", "/v1/objects/" + id, `{"id":"` + id + `","data":{}}`, nil, 422, "validation-failed", "/id"},
		{"number for a string", "POST", "/v1/objects", `{"type":7,"data":{}}`, nil, 422, "validation-failed", "/type"},
		{"string for an integer", "PUT", "/v1/objects/" + id, `{"data":{},"version":"1"}`, nil, 422, "validation-failed", "/version"},
		{"fraction for an integer", "PUT", "/v1/objects/" + id, `{"data":{},"version":1.5}`, nil, 422, "validation-failed", "/version"},
		{"negative version", "PUT", "/v1/objects/" + id, `{"data":{},"version":-1}`, nil, 422, "validation-failed", "/version"},
		{"version beyond 64 bits", "PUT", "/v1/objects/" + id, `{"data":{},"version":18446744073709551616}`, nil, 422, "validation-failed", "/version"},
		{"array for data", "POST", "/v1/objects", content(`[1]`), nil, 422, "validation-failed", "/data"},
		{"null for data", "POST", "/v1/objects", content(`null`), nil, 422, "validation-failed", "/data"},
		{"array for the input", "POST", "/v1/objects", `[]`, nil, 422, "validation-failed", ""},
		{"empty body", "POST", "/v1/objects", ``, nil, 422, "validation-failed", "/type"},
		{"NaN", "POST", "/v1/objects", content(`{"a":NaN}`), nil, 400, "malformed-request", "/data/a"},
		{"Infinity", "POST", "/v1/objects", content(`{"a":-Infinity}`), nil, 400, "malformed-request", "/data/a"},
		{"duplicate key", "POST", "/v1/objects", `{"type":"a","type":"b","data":{}}`, nil, 400, "malformed-request", "-"},
		{"duplicate key inside data", "POST", "/v1/objects", content(`{"a":1,"a":2}`), nil, 400, "malformed-request", "-"},
		{"bad UTF-8", "POST", "/v1/objects", content("{\"a\":\"\xff\"}"), nil, 400, "malformed-request", "-"},
		{"trailing bytes", "POST", "/v1/objects", content(`{}`) + `x`, nil, 400, "malformed-request", "-"},
		{"second value", "POST", "/v1/objects", content(`{}`) + content(`{}`), nil, 400, "malformed-request", "-"},
		{"truncated", "POST", "/v1/objects", `{"type":"note","data":{`, nil, 400, "malformed-request", "-"},
		{"body of 2 MiB", "POST", "/v1/objects", content(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`), nil, 413, "payload-too-large", "-"},
		{"body of 2 MiB without a length", "POST", "/v1/objects", io.MultiReader(strings.NewReader(content(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`))), nil, 413, "payload-too-large", "-"},
		{"data beyond 256 KiB", "POST", "/v1/objects", content(`{"a":"` + strings.Repeat("x", 256<<10) + `"}`), nil, 413, "payload-too-large", "/data"},
		{"nested deep", "POST", "/v1/objects", content(deep(80)), nil, 422, "limit-exceeded", "-"},
		{"nested very deep", "POST", "/v1/objects", content(deep(100_000)), nil, 422, "limit-exceeded", "-"},
		{"number of 65 digits", "POST", "/v1/objects", content(`{"a":1` + strings.Repeat("0", 64) + `}`), nil, 422, "limit-exceeded", "-"},
	}
}

// misplaced are requests that are wrong around the body.
func misplaced(id, principal string) []refused {
	return []refused{
		{"unknown parameter", "GET", "/v1/objects?colour=red", nil, nil, 400, "malformed-request", "?colour"},
		{"parameter twice", "GET", "/v1/objects?type=a&type=b", nil, nil, 400, "malformed-request", "?type"},
		{"query that is none", "GET", "/v1/objects?%zz", nil, nil, 400, "malformed-request", "-"},
		{"limit 0", "GET", "/v1/objects?limit=0", nil, nil, 400, "malformed-request", "?limit"},
		{"limit -1", "GET", "/v1/objects?limit=-1", nil, nil, 400, "malformed-request", "?limit"},
		{"limit x", "GET", "/v1/objects?limit=x", nil, nil, 400, "malformed-request", "?limit"},
		{"cursor of nobody", "GET", "/v1/objects?cursor=abc", nil, nil, 400, "invalid-cursor", "-"},
		{"cursor too long", "GET", "/v1/objects?cursor=" + strings.Repeat("A", 5000), nil, nil, 400, "invalid-cursor", "-"},
		{"wrong method", "POST", "/v1/objects/" + id, `{}`, nil, 405, "method-not-allowed", ""},
		{"unknown path", "GET", "/v1/nothing", nil, nil, 404, "not-found", ""},
		{"root path", "GET", "/", nil, nil, 404, "not-found", ""},
		{"accepts other types only", "GET", "/v1/objects", nil, header{"Accept", "text/html"}, 406, "not-acceptable", "-"},
		{"sends another type", "POST", "/v1/objects", content(`{}`), header{"Content-Type", "text/plain"}, 415, "unsupported-media-type", "-"},
		{"malformed id", "GET", "/v1/objects/obj_12", nil, nil, 400, "invalid-id", "?id"},
		{"id in upper case", "GET", "/v1/objects/" + strings.ToUpper(id), nil, nil, 400, "-", "?id"},
		{"id of another kind", "GET", "/v1/objects/scp" + id[3:], nil, nil, 400, "invalid-id-type", "?id"},
		{"id of another kind in a body", "POST", "/v1/access/check", object{"action": "read", "object_id": "scp" + id[3:]}, nil, 422, "invalid-id-type", "/object_id"},
		{"at beyond the head", "GET", "/v1/objects/" + id + "?at=999999999", nil, nil, 400, "malformed-request", "?at"},
		{"at of the future", "GET", "/v1/objects/" + id + "?at=2999-01-01T00:00:00Z", nil, nil, 400, "malformed-request", "?at"},
		{"at that is no time", "GET", "/v1/objects/" + id + "?at=yesterday", nil, nil, 400, "malformed-request", "?at"},
		{"at 0", "GET", "/v1/objects/" + id + "?at=0", nil, nil, 400, "malformed-request", "?at"},
		{"at on a command", "PUT", "/v1/objects/" + id + "?at=1", `{"data":{}}`, nil, 400, "malformed-request", "?at"},
		{"consistency of a strange kind", "GET", "/v1/objects?consistency=maybe", nil, nil, 400, "malformed-request", "?consistency"},
		{"stale without the right", "GET", "/v1/objects?consistency=stale", nil, nil, 403, "permission-denied", "-"},
		{"short idempotency key", "POST", "/v1/objects", content(`{}`), header{"Idempotency-Key", "short"}, 400, "idempotency-key-invalid", ":Idempotency-Key"},
		{"long idempotency key", "POST", "/v1/objects", content(`{}`), header{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "idempotency-key-invalid", ":Idempotency-Key"},
		{"key of 16 characters where a secret is shown", "POST", "/v1/principals/" + principal + "/keys", object{"name": "x"}, header{"Idempotency-Key", "0123456789abcdef"}, 400, "idempotency-key-invalid", ":Idempotency-Key"},
		{"If-Match that is no version", "PUT", "/v1/objects/" + id, `{"data":{}}`, header{"If-Match", "v1"}, 400, "malformed-request", ":If-Match"},
		{"minimum revision that is none", "GET", "/v1/objects", nil, header{"Weir-Min-Revision", "x"}, 400, "malformed-request", ":Weir-Min-Revision"},
		{"minimum revision out of reach", "GET", "/v1/objects", nil, header{"Weir-Min-Revision", "999999999"}, 503, "index-not-reached", "-"},
	}
}

func TestRefusedRequests(t *testing.T) {
	alice := newcomer(t, "alice")
	id := alice.note(t, object{"n": 1})
	for _, row := range append(malformed(id), misplaced(id, alice.id)...) {
		t.Run(row.name, func(t *testing.T) {
			a := alice.ask(t, row.method, row.path, row.body, row.header...)
			code := row.code
			if code == "-" {
				code = a.code(t)
			}
			a.is(t, row.status, code)
			if a.status >= 400 && row.place != "-" && a.place(t) != row.place {
				t.Errorf("%v points at %q, not %q", a, a.place(t), row.place)
			}
			if a.status == http.StatusMethodNotAllowed && a.header.Get("Allow") != "DELETE, GET, HEAD, PUT" && a.header.Get("Allow") != "GET, HEAD, PUT, DELETE" {
				t.Errorf("Allow is %q", a.header.Get("Allow"))
			}
		})
	}
	if got := alice.must(t, "GET", "/v1/objects/"+id, nil)["version"]; num(got) != 1 {
		t.Errorf("refused requests made version %v", got)
	}
}

// num is a JSON number that is an integer, or -1.
func num(v any) int64 {
	n, ok := v.(interface{ Int64() (int64, error) })
	if !ok {
		return -1
	}
	i, err := n.Int64()
	if err != nil {
		return -1
	}
	return i
}

func TestKeysThatDoNotOpen(t *testing.T) {
	alice := newcomer(t, "alice")
	id := alice.note(t, object{})
	keys := alice.ask(t, "GET", "/v1/principals/"+alice.id+"/keys", nil).items(t)
	unknown := "weir_" + strings.Split(alice.token, "_")[1] + "_" + strings.Repeat("A", 43)
	rows := []struct{ name, authorization, code string }{
		{"none", "", "unauthenticated"},
		{"other scheme", "Basic YTpi", "-"},
		{"garbled", "Bearer weir_x", "api-key-invalid"},
		{"wrong secret", "Bearer " + unknown, "api-key-invalid"},
		{"unknown id", "Bearer weir_" + random() + "_" + strings.Repeat("A", 43), "api-key-invalid"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for node := range 3 {
				a := person{}.at(t, node, "GET", "/v1/objects/"+id, nil, "Authorization", row.authorization)
				if a.status != 401 || (row.code != "-" && a.code(t) != row.code) {
					t.Errorf("%v; want 401 %s", a, row.code)
				}
				if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("WWW-Authenticate is %q", a.header.Get("WWW-Authenticate"))
				}
			}
		})
	}
	t.Run("a stranger cannot make a node wait", func(t *testing.T) {
		person{token: unknown}.ask(t, "GET", "/v1/objects", nil, "Weir-Min-Revision", "999999999").is(t, 401, "api-key-invalid")
	})
	t.Run("revoked, on every node at once", func(t *testing.T) {
		alice.must(t, "DELETE", "/v1/keys/"+keys[0]["id"].(string), nil)
		for node := range 3 {
			alice.at(t, node, "GET", "/v1/objects/"+id, nil).is(t, 401, "api-key-invalid")
			alice.at(t, node, "POST", "/v1/objects", object{"type": "note", "data": object{}}).is(t, 401, "api-key-invalid")
		}
	})
}

func TestVersions(t *testing.T) {
	alice := newcomer(t, "alice")
	id := alice.note(t, object{"n": 1})
	path := "/v1/objects/" + id
	put := func(version int) object {
		in := object{"data": object{"n": 2}}
		if version > 0 {
			in["version"] = version
		}
		return in
	}
	if a := alice.ask(t, "PUT", path, put(0), "If-Match", `"v1"`); a.status != 200 || a.header.Get("ETag") != `"v2"` || a.revision(t) == 0 {
		t.Errorf("right If-Match: %v, ETag %s", a, a.header.Get("ETag"))
	}
	alice.ask(t, "PUT", path, put(1)).is(t, 409, "version-conflict")
	alice.ask(t, "PUT", path, put(0), "If-Match", `"v1"`).is(t, 412, "version-conflict")
	if got := alice.must(t, "PUT", path, put(2))["version"]; num(got) != 3 {
		t.Errorf("right version gives %v", got)
	}
	if got := alice.must(t, "PUT", path, put(0))["version"]; num(got) != 4 {
		t.Errorf("no version gives %v", got)
	}
	for node := range 3 {
		if a := alice.at(t, node, "GET", path, nil, "If-None-Match", `"v4"`); a.status != 304 || len(a.body) != 0 {
			t.Errorf("If-None-Match: %v", a)
		}
		if a := alice.at(t, node, "GET", path, nil, "If-None-Match", `"v3"`); a.status != 200 || a.header.Get("ETag") != `"v4"` {
			t.Errorf("If-None-Match of an old version: %v", a)
		}
		if a := alice.at(t, node, "HEAD", path, nil); a.status != 200 || len(a.body) != 0 {
			t.Errorf("HEAD: %v", a)
		}
	}
	for i, v := range alice.ask(t, "GET", path+"/versions", nil).items(t) {
		if num(v["version"]) != int64(i+1) {
			t.Errorf("version %v is at place %d", v["version"], i)
		}
	}
	if d := alice.must(t, "GET", path+"/diff?from=1&to=2", nil); d["changed"] == nil {
		t.Errorf("diff is %v", d)
	}
	if got := alice.must(t, "GET", path+"?version=1", nil)["version"]; num(got) != 1 {
		t.Errorf("version 1 is %v", got)
	}
	alice.ask(t, "GET", path+"?version=9", nil).is(t, 404, "not-found")
}

func TestNumbersAreKept(t *testing.T) {
	alice := newcomer(t, "alice")
	const data = `{"big":1152921504606846977,"money":1.10,"small":1e-400,"text":"é \u2028"}`
	id := alice.must(t, "POST", "/v1/objects", `{"type":"note","data":`+data+`}`)["id"].(string)
	for node := range 3 {
		a := alice.at(t, node, "GET", "/v1/objects/"+id, nil)
		for _, want := range []string{`"big":1152921504606846977`, `"money":1.10`, `"small":1e-400`} {
			if !strings.Contains(string(a.body), want) {
				t.Errorf("%v lacks %s", a, want)
			}
		}
	}
	if got := alice.ask(t, "GET", "/v1/objects/"+strings.TrimPrefix(id, "obj_"), nil); got.status != 200 {
		t.Errorf("id without prefix: %v", got)
	}
}

func TestIdempotency(t *testing.T) {
	alice := newcomer(t, "alice")
	key := random()
	in := object{"type": "note", "data": object{"n": 1}}
	first := alice.at(t, 0, "POST", "/v1/objects", in, "Idempotency-Key", key)
	if first.status != 201 || first.header.Get("Idempotent-Replayed") != "" {
		t.Fatal(first)
	}
	for node := range 3 {
		again := alice.at(t, node, "POST", "/v1/objects", in, "Idempotency-Key", key)
		if again.status != 201 || !bytes.Equal(again.body, first.body) || again.header.Get("Idempotent-Replayed") != "true" ||
			again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("repeated on node %d: %v", node, again)
		}
		alice.at(t, node, "POST", "/v1/objects", object{"type": "note", "data": object{"n": 2}}, "Idempotency-Key", key).is(t, 409, "idempotency-key-reused")
	}
	if all := alice.ask(t, "GET", "/v1/objects?owned_only=true", nil).items(t); len(all) != 1 {
		t.Errorf("there are %d objects", len(all))
	}
	put, path := random(), "/v1/objects/"+first.decode(t)["id"].(string)
	for node := range 3 {
		if got := alice.at(t, node, "PUT", path, object{"data": object{"n": 2}}, "Idempotency-Key", put).good(t); num(got["version"]) != 2 {
			t.Errorf("the update repeated on node %d made version %v", node, got["version"])
		}
	}
	bob := newcomer(t, "bob")
	if got := bob.ask(t, "POST", "/v1/objects", in, "Idempotency-Key", key); got.status != 201 || got.decode(t)["id"] == first.decode(t)["id"] {
		t.Errorf("another principal's key: %v", got)
	}
	secret := random()
	token := alice.at(t, 0, "POST", "/v1/principals/"+alice.id+"/keys", object{"name": "a"}, "Idempotency-Key", secret)
	for node := range 3 {
		if again := alice.at(t, node, "POST", "/v1/principals/"+alice.id+"/keys", object{"name": "a"}, "Idempotency-Key", secret); !bytes.Equal(again.body, token.body) {
			t.Errorf("the token is not shown again on node %d: %v", node, again)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	for _, row := range []struct {
		name, given string
		kept        bool
	}{{"given", "request-0001", true}, {"too short", "abc", false}, {"with a space", "abc def ghi", false}, {"too long", strings.Repeat("a", 129), false}, {"none", "", false}} {
		t.Run(row.name, func(t *testing.T) {
			got := root().ask(t, "GET", "/v1/me", nil, "X-Request-Id", row.given).header.Values("X-Request-Id")
			if len(got) != 1 || (got[0] == row.given) != row.kept {
				t.Errorf("X-Request-Id is %q", got)
			}
		})
	}
}

func TestPages(t *testing.T) {
	alice, bob := newcomer(t, "alice"), newcomer(t, "bob")
	var want []string
	for range 5 {
		want = append(want, alice.note(t, object{}))
	}
	var got []string
	path := "/v1/objects?limit=2"
	for cursor, node := "", 0; ; node++ {
		a := alice.at(t, node%3, "GET", path+cursor, nil)
		for _, i := range a.items(t) {
			got = append(got, i["id"].(string))
		}
		page := a.decode(t)
		if page["has_more"] != true {
			break
		}
		next := page["next_cursor"].(string)
		cursor = "&cursor=" + next
		alice.ask(t, "GET", path+"&cursor="+next[:len(next)-4]+"AAAA", nil).is(t, 400, "invalid-cursor")
		bob.ask(t, "GET", path+cursor, nil).is(t, 400, "invalid-cursor")
		alice.ask(t, "GET", "/v1/scopes?limit=2"+cursor, nil).is(t, 400, "invalid-cursor")
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the pages hold %v, not %v", got, want)
	}
	if a := alice.ask(t, "GET", "/v1/objects?limit=1000", nil); len(a.items(t)) != 5 {
		t.Errorf("limit 1000: %v", a)
	}
}

func TestReadingThePast(t *testing.T) {
	alice := newcomer(t, "alice")
	made := alice.ask(t, "POST", "/v1/objects", object{"type": "note", "data": object{"n": 1}})
	path := "/v1/objects/" + made.good(t)["id"].(string)
	second := alice.ask(t, "PUT", path, object{"data": object{"n": 2}})
	then := strconv.FormatUint(made.revision(t), 10)
	moment := made.decode(t)["created_at"].(string)
	for node := range 3 {
		for _, at := range []string{then, moment} {
			if got := alice.at(t, node, "GET", path+"?at="+at, nil).good(t); num(got["version"]) != 1 {
				t.Errorf("at %s it is version %v", at, got["version"])
			}
		}
		a := alice.at(t, node, "GET", path, nil, "Weir-Min-Revision", second.header.Get("Weir-Revision"))
		if a.good(t); a.revision(t) < second.revision(t) {
			t.Errorf("%v is of revision %d", a, a.revision(t))
		}
	}
	alice.ask(t, "GET", path+"?at="+strconv.FormatUint(made.revision(t)-1, 10), nil).is(t, 404, "not-found")
}

func TestService(t *testing.T) {
	for _, path := range []string{"/livez", "/readyz", "/startupz", "/metrics", "/openapi.json", "/v1/openapi.json", "/problems/version-conflict"} {
		for node := range 3 {
			if a := (person{}).at(t, node, "GET", path, nil); a.status != 200 || len(a.body) == 0 {
				t.Error(a)
			}
		}
	}
	alice := newcomer(t, "alice")
	if a, b := alice.ask(t, "GET", "/v1/me", nil), alice.ask(t, "GET", "/v1/auth/me", nil); a.status != 200 || !bytes.Equal(a.body, b.body) {
		t.Errorf("%v is not %v", a, b)
	}
}
