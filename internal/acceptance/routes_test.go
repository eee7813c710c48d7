package acceptance_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// route is a route of the document.
type route struct {
	method, path string
	parameters   []object
	// body is the example of its body; nil if it has none.
	body object
	open bool
}

// routes reads the document that the nodes serve.
func routes(t *testing.T) []route {
	t.Helper()
	document := person{}.must(t, "GET", "/openapi.json", nil)
	paths := document["paths"].(object)
	var all []route
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			o, ok := item[method].(object)
			if !ok || o["responses"] == nil {
				continue
			}
			r := route{method: strings.ToUpper(method), path: path}
			security, listed := o["security"].([]any)
			r.open = listed && (len(security) == 0 || slices.ContainsFunc(security, func(s any) bool { return len(s.(object)) == 0 }))
			list, _ := o["parameters"].([]any)
			for _, p := range list {
				r.parameters = append(r.parameters, p.(object))
			}
			if body, ok := o["requestBody"].(object); ok {
				media := body["content"].(object)["application/json"].(object)
				r.body, _ = media["example"].(object)
				if r.body == nil {
					t.Errorf("%s %s has no example of its body", r.method, r.path)
				}
			}
			all = append(all, r)
		}
	}
	if len(all) < 50 {
		t.Fatalf("the document has %d routes", len(all))
	}
	return all
}

// example is a value of the right form for a parameter, as the document has it.
func example(p object) string {
	switch p["name"] {
	case "sequence":
		return "1"
	case "code":
		return "not-found"
	}
	if value := p["example"]; value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

// fill puts values of the right form in the place of the path's parameters.
func (r route) fill(values map[string]string) string {
	path := r.path
	for _, p := range r.parameters {
		if p["in"] != "path" {
			continue
		}
		name := p["name"].(string)
		value := values[name]
		if value == "" {
			value = example(p)
		}
		path = strings.Replace(path, "{"+name+"}", value, 1)
	}
	return path
}

// query gives the parameters of the example, but for what its body has.
func (r route) query() string {
	all := url.Values{}
	for _, p := range r.parameters {
		name := p["name"].(string)
		if value := example(p); p["in"] == "query" && value != "" && r.body[name] == nil {
			all.Set(name, value)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "?" + all.Encode()
}

func (r route) input() any {
	if r.body == nil {
		return nil
	}
	return r.body
}

// private says whether the route is of an operation.
func (r route) private() bool { return strings.HasPrefix(r.path, "/v1/") && !r.open }

func TestRoutesWithMalformedInput(t *testing.T) {
	junk := []string{"", "%00", "%ff", "-1", "..", "%2e%2e%2f", "a%20b", strings.Repeat("9", 40), strings.Repeat("x", 3000), "NaN", "1e9", "%7B%7D", "true", "weir%3A%3A", "obj_", "obj_%C3%A9"}
	bodies := []string{"", "{", "null", "[]", "1", `"x"`, "{}", `{"":1}`, "\xff", "{\"\xc3\":1}", `{"a":{"$result":[0,"id"]}}`, `{"operations":{}}`, `{"operations":[{}]}`, strings.Repeat("[", 100000)}
	wrong := []any{nil, 1, -1, 1.5, true, "", "x", []any{}, object{}, strings.Repeat("y", 3000), "\u0000", object{"$result": []any{0, "id"}}}
	// A caller who may do nothing much, so that what is well formed by chance
	// changes nothing that matters.
	eve := newcomer(t, "eve")
	for _, r := range routes(t) {
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			for _, p := range r.parameters {
				name, _ := p["name"].(string)
				for _, value := range junk {
					switch p["in"] {
					case "path":
						if value == "" || strings.HasPrefix(value, "..") {
							continue // another path
						}
						eve.ask(t, r.method, r.fill(map[string]string{name: value})+r.query(), r.input())
					case "query":
						eve.ask(t, r.method, r.fill(nil)+"?"+name+"="+value, r.input())
					}
				}
			}
			if r.body == nil {
				return
			}
			for _, body := range bodies {
				if a := eve.ask(t, r.method, r.fill(nil), body); a.status < 300 && body != "{}" && body != "" {
					t.Errorf("the body %.40q is taken: %v", body, a)
				}
			}
			for name := range r.body {
				for _, value := range wrong {
					in := maps.Clone(r.body)
					in[name] = value
					eve.ask(t, r.method, r.fill(nil), in)
				}
			}
		})
	}
}

// TestRoutesRefuseWithoutTrace: what is malformed never reaches the log.
func TestRoutesRefuseWithoutTrace(t *testing.T) {
	before := root().ask(t, "GET", "/v1/me", nil).revision(t)
	for _, r := range routes(t) {
		if !r.private() {
			continue
		}
		for _, a := range []answer{
			root().ask(t, r.method, r.fill(nil)+"?colour=red", r.input()),
			root().ask(t, r.method, r.fill(nil)+r.query(), r.input(), "X-Act-As", "not a principal"),
		} {
			if a.status != 400 {
				t.Errorf("%v; want 400", a)
			}
		}
		if r.body != nil {
			in := maps.Clone(r.body)
			in["colour"] = "red"
			if a := root().ask(t, r.method, r.fill(nil), in); a.status != 422 {
				t.Errorf("%v; want 422", a)
			}
		}
	}
	// Batched traces of the reads before this test may still come.
	after := root().ask(t, "GET", "/v1/me", nil).revision(t)
	entries := root().ask(t, "GET", "/v1/audit/entries?order=-sequence&limit=20", nil).items(t)
	for _, e := range entries {
		if r := uint64(num(e["revision"])); r > before && r <= after && e["actor_id"] == "root" && e["action"] != "read" && e["action"] != "list" {
			t.Errorf("a malformed call left %v", e)
		}
	}
}

func TestRoutesWithoutRights(t *testing.T) {
	eve := newcomer(t, "eve")
	owner := newcomer(t, "owner")
	id, scope := owner.note(t, object{}), owner.scope(t, "")
	foreign := func(r route) map[string]string {
		values := map[string]string{"object_id": id, "principal_id": owner.id}
		switch {
		case strings.Contains(r.path, "/scopes/"):
			values["id"] = scope
		case strings.Contains(r.path, "/objects/"):
			values["id"] = id
		case strings.Contains(r.path, "/principals/"):
			values["id"] = owner.id
		}
		return values
	}
	// What everybody may: see itself, begin something of one's own, ask about
	// oneself, know what words there are, and check what is proved.
	free := []string{
		"POST /v1/objects", "POST /v1/objects/bulk", "POST /v1/scopes", "POST /v1/batch", "GET /v1/me", "GET /v1/auth/me", "GET /v1/cluster",
		"POST /v1/ids/encode", "POST /v1/ids/decode", "POST /v1/ids/validate",
		"POST /v1/access/check", "POST /v1/access/explain", "POST /v1/rules/evaluate", "POST /v1/rules/explain", "GET /v1/registry/kinds",
		"GET /v1/audit/checkpoint", "GET /v1/audit/checkpoints", "GET /v1/audit/keys", "GET /v1/audit/proof/inclusion", "GET /v1/audit/proof/consistency",
	}
	for _, r := range routes(t) {
		if !r.private() {
			continue
		}
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			path := r.fill(foreign(r)) + r.query()
			if a := (person{}).ask(t, r.method, path, r.input()); a.status != 401 {
				t.Errorf("without a key: %v", a)
			}
			if slices.Contains(free, r.method+" "+r.path) {
				return
			}
			a := eve.ask(t, r.method, path, r.input())
			if a.status == 403 || a.status == 404 {
				return
			}
			if r.path == "/v1/rollbacks" && r.method == "POST" {
				a.is(t, 409, "rollback-failed") // as for an entry that never was
				return
			}
			if a.status != 200 || r.method != "GET" {
				t.Fatalf("%v; want 403 or 404", a)
			}
			body := a.decode(t)
			if count, ok := body["count"]; ok {
				if num(count) != 0 {
					t.Errorf("somebody without rights counts %v", count)
				}
				return
			}
			if entry, ok := body["entry"]; ok {
				if entry != nil {
					t.Errorf("somebody without rights finds %v", entry)
				}
				return
			}
			for _, i := range a.items(t) {
				if id := i["id"]; id != eve.id && i["actor_id"] != eve.id {
					t.Errorf("a list for somebody without rights holds %v", i)
				}
			}
		})
	}
}
