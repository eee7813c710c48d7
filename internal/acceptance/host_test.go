package acceptance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// newHost makes an application that acts for users.
func newHost(t *testing.T) person {
	t.Helper()
	id := root().must(t, "POST", "/v1/principals", object{"kind": "service", "display_name": "front end"})["id"].(string)
	made := root().must(t, "POST", "/v1/principals/"+id+"/keys", object{"name": "front end"})
	root().must(t, "POST", "/v1/principals/"+id+"/permissions", object{"permission": "org.host"})
	return person{id: id, token: made["token"].(string)}
}

// user makes a user for whom the host acts.
func (p person) user(t *testing.T) string {
	t.Helper()
	return p.must(t, "POST", "/v1/users", object{})["id"].(string)
}

// For whom a header names, and for whom a host may act: each at every node.
func TestWhomAHostMayActFor(t *testing.T) {
	host, alice := newHost(t), newcomer(t, "alice")
	user := host.user(t)
	suspended, archived := host.user(t), host.user(t)
	root().must(t, "POST", "/v1/principals/"+suspended+"/suspend", nil)
	root().must(t, "POST", "/v1/principals/"+archived+"/archive", object{})
	for _, row := range []struct {
		name   string
		as     person
		user   string
		status int
		code   string
	}{
		{"a user", host, user, 200, ""},
		{"a user by a name of its own", host, alice.id, 200, ""},
		{"the host itself, a service", host, host.id, 400, "invalid-id-type"},
		{"a service with a name of its own", host, "root", 400, "invalid-id-type"},
		{"an organization", host, "org_" + user[4:], 400, "invalid-id-type"},
		{"no id", host, "not an id", 400, "invalid-id"},
		{"capitals", host, "usr_" + strings.ToUpper(user[4:]), 400, "invalid-id"},
		{"nobody", host, "usr_" + random()[:12] + "7" + random()[:19], 404, "not-found"},
		{"nobody by a name of its own", host, "nobody-" + random(), 404, "not-found"},
		{"suspended", host, suspended, 409, "principal-inactive"},
		{"archived", host, archived, 409, "principal-inactive"},
		{"by no host", alice, user, 403, "permission-denied"},
		{"by no host, for itself", alice, alice.id, 403, "permission-denied"},
		{"by no host, nobody", alice, "nobody-" + random(), 403, "permission-denied"},
		{"by nobody", person{token: strings.Replace(host.token, host.token[40:], strings.Repeat("x", len(host.token)-40), 1)}, user, 401, "api-key-invalid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for node := range 3 {
				for _, ask := range []struct {
					method, path string
					body         any
				}{{"GET", "/v1/me", nil}, {"POST", "/v1/objects", object{"type": "note", "data": object{}}}, {"GET", "/v1/cluster", nil}} {
					a := row.as.at(t, node, ask.method, ask.path, ask.body, "X-Act-As", row.user)
					want := row.status
					if want == 200 && ask.method == "POST" {
						want = 201
					}
					a.is(t, want, row.code)
					if a.status == 400 && a.place(t) != ":X-Act-As" {
						t.Errorf("%v does not name the header", a)
					}
					if a.status == 200 && ask.path == "/v1/me" && a.decode(t)["id"] != row.user {
						t.Errorf("%v, for %s", a, row.user)
					}
				}
			}
		})
	}
}

// A header that names nobody, or two, is refused, and never taken for none.
func TestHeadersThatNameNobody(t *testing.T) {
	host := newHost(t)
	user := host.user(t)
	for name, values := range map[string][]string{
		"empty": {""}, "blank": {"   "}, "twice": {user, user}, "two in one": {user + ", " + user}, "one and none": {user, ""},
	} {
		for _, path := range []string{"/v1/me", "/v1/batch"} {
			method, body := "GET", ""
			if path == "/v1/batch" {
				method, body = "POST", `{"operations":[{"op":"object.create","input":{"type":"note","data":{}}}]}`
			}
			req, err := http.NewRequestWithContext(t.Context(), method, cluster.Nodes()[0]+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header["X-Act-As"] = values
			req.Header.Set("Authorization", "Bearer "+host.token)
			req.Header.Set("Content-Type", "application/json")
			resp, err := web.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var problem struct{ Code string }
			err = json.NewDecoder(resp.Body).Decode(&problem)
			_ = resp.Body.Close() // it was read
			want := "invalid-id"
			if len(values) > 1 {
				want = "malformed-request"
			}
			if err != nil || resp.StatusCode != http.StatusBadRequest || problem.Code != want {
				t.Errorf("%s, %s: %d %s (%v)", name, path, resp.StatusCode, problem.Code, err)
			}
		}
	}
}

// What ends a host ends it at every node with the answer that says so.
func TestHostsEndEverywhereAtOnce(t *testing.T) {
	for _, row := range []struct {
		name   string
		end    func(t *testing.T, host person, user string)
		status int
		code   string
	}{
		{"the permission is taken", func(t *testing.T, host person, _ string) {
			root().at(t, 0, "DELETE", "/v1/principals/"+host.id+"/permissions/org.host", nil).is(t, 204, "")
		}, 403, "permission-denied"},
		{"the host is suspended", func(t *testing.T, host person, _ string) {
			root().at(t, 0, "POST", "/v1/principals/"+host.id+"/suspend", nil).is(t, 200, "")
		}, 401, "api-key-invalid"},
		{"the key is revoked", func(t *testing.T, host person, _ string) {
			key := strings.SplitN(host.token, "_", 3)[1]
			root().at(t, 0, "DELETE", "/v1/keys/pat_"+key, nil).is(t, 204, "")
		}, 401, "api-key-invalid"},
		{"the user is suspended", func(t *testing.T, _ person, user string) {
			root().at(t, 0, "POST", "/v1/principals/"+user+"/suspend", nil).is(t, 200, "")
		}, 409, "principal-inactive"},
		{"the user is archived", func(t *testing.T, _ person, user string) {
			root().at(t, 0, "POST", "/v1/principals/"+user+"/archive", object{}).is(t, 200, "")
		}, 409, "principal-inactive"},
	} {
		t.Run(row.name, func(t *testing.T) {
			host := newHost(t)
			user := host.user(t)
			note := object{"type": "note", "data": object{}}
			for node := range 3 {
				host.at(t, node, "POST", "/v1/objects", note, "X-Act-As", user).is(t, 201, "")
			}
			row.end(t, host, user)
			for _, node := range []int{1, 2, 0} {
				host.at(t, node, "GET", "/v1/me", nil, "X-Act-As", user).is(t, row.status, row.code)
				host.at(t, node, "POST", "/v1/objects", note, "X-Act-As", user).is(t, row.status, row.code)
			}
		})
	}
}

// Writes that were let in before the permission was taken do not happen behind
// it: each is judged at its place in the log.
func TestNoWriteBehindTheEndOfAHost(t *testing.T) {
	host := newHost(t)
	const writers, most = 9, 400
	revisions, under := make(chan uint64, writers*most), make(chan struct{}, writers*most)
	var wg sync.WaitGroup
	for writer := range writers {
		user := host.user(t)
		wg.Go(func() {
			for range most {
				a, err := send(t.Context(), writer%3, host.token, "POST", "/v1/objects", object{"type": "note", "data": object{}}, header{"X-Act-As", user})
				if err != nil {
					t.Error(err)
					return
				}
				if a.status != 201 {
					a.is(t, 403, "permission-denied")
					return
				}
				revisions <- a.revision(t)
				under <- struct{}{}
			}
			t.Error("the permission was never missed")
		})
	}
	for range 5 * writers {
		<-under
	}
	end := root().ask(t, "DELETE", "/v1/principals/"+host.id+"/permissions/org.host", nil)
	end.is(t, 204, "")
	wg.Wait()
	close(revisions)
	for r := range revisions {
		if r > end.revision(t) {
			t.Errorf("a write is at revision %d, behind %d", r, end.revision(t))
		}
	}
}

// The rights, the cursors and the repeats are the user's; the trail has both
// names.
func TestActingForAUser(t *testing.T) {
	host := newHost(t)
	user, other := host.user(t), host.user(t)
	act := []string{"X-Act-As", user}
	id := host.must(t, "POST", "/v1/objects", object{"type": "note", "data": object{"a": 1}}, act...)["id"].(string)
	host.ask(t, "GET", "/v1/objects/"+id, nil).is(t, 404, "not-found")
	host.ask(t, "GET", "/v1/objects/"+id, nil, "X-Act-As", other).is(t, 404, "not-found")
	host.ask(t, "POST", "/v1/users", object{}, act...).is(t, 403, "permission-denied")
	host.ask(t, "PUT", "/v1/objects/"+id, object{"data": object{"a": 2}}, "X-Act-As", other).is(t, 404, "not-found")

	once := []string{"X-Act-As", user, "Idempotency-Key", random()}
	first := host.must(t, "POST", "/v1/objects", object{"type": "note", "data": object{}}, once...)
	if again := host.must(t, "POST", "/v1/objects", object{"type": "note", "data": object{}}, once...); again["id"] != first["id"] {
		t.Errorf("the repeat made %v, the call %v", again["id"], first["id"])
	}
	once[1] = other
	if again := host.must(t, "POST", "/v1/objects", object{"type": "note", "data": object{}}, once...); again["id"] == first["id"] {
		t.Error("another user was answered with it")
	}
	list := host.must(t, "GET", "/v1/objects?limit=1", nil, act...)
	cursor, _ := list["next_cursor"].(string)
	if cursor == "" {
		t.Fatalf("no cursor in %v", list)
	}
	host.ask(t, "GET", "/v1/objects?cursor="+cursor, nil, act...).is(t, 200, "")
	host.ask(t, "GET", "/v1/objects?cursor="+cursor, nil, "X-Act-As", other).is(t, 400, "invalid-cursor")
	host.ask(t, "GET", "/v1/objects?cursor="+cursor, nil).is(t, 400, "invalid-cursor")

	batch := object{"operations": []object{
		{"op": "object.create", "input": object{"type": "note", "data": object{}}},
		{"op": "object.delete", "input": object{"id": object{"$result": []any{0, "id"}}}},
	}}
	host.ask(t, "POST", "/v1/batch", batch, act...).is(t, 200, "")
	for node := range 3 {
		entries := root().at(t, node, "GET", "/v1/audit/entries?limit=200&actor_id="+user, nil).items(t)
		if len(entries) < 4 {
			t.Errorf("%d entries of the user", len(entries))
		}
		for _, e := range entries {
			if e["impersonator_id"] != host.id || !strings.HasSuffix(e["credential_id"].(string), strings.SplitN(host.token, "_", 3)[1]) {
				t.Errorf("the entry is %v", e)
			}
		}
	}
	denied := root().ask(t, "GET", "/v1/audit/entries?action=access_check&actor_id="+other, nil).items(t)
	if len(denied) == 0 || denied[0]["impersonator_id"] != host.id || denied[0]["outcome"] != "denied" {
		t.Errorf("the refusal left %v", denied)
	}
}

// The host that comes into being with the cluster acts for users at once, on
// every node, and holds nothing else.
func TestTheFirstHost(t *testing.T) {
	host := person{id: "host", token: cluster.Host}
	me := host.must(t, "GET", "/v1/me", nil)
	if held, _ := me["permissions"].([]any); me["id"] != "host" || me["kind"] != "service" || len(held) != 1 || held[0] != "org.host" {
		t.Errorf("the first host is %v", me)
	}
	user := host.user(t)
	for node := range 3 {
		if got := host.at(t, node, "GET", "/v1/me", nil, "X-Act-As", user).good(t); got["id"] != user {
			t.Errorf("it is %v, for %s", got["id"], user)
		}
		host.at(t, node, "POST", "/v1/principals", object{"kind": "service"}).is(t, 403, "permission-denied")
		host.at(t, node, "GET", "/v1/audit/verify", nil).is(t, 403, "permission-denied")
	}
}

// Users over HTTP.
func TestUsers(t *testing.T) {
	host, eve := newHost(t), newcomer(t, "eve")
	made := host.ask(t, "POST", "/v1/users", object{"display_name": "Ada"})
	made.is(t, 201, "")
	user := made.decode(t)
	id := user["id"].(string)
	if !strings.HasPrefix(id, "usr_") || user["status"] != "active" || user["display_name"] != "Ada" || user["created_at"] == "" || user["version"] != json.Number("1") {
		t.Errorf("the user is %v", user)
	}
	if got := made.header.Get("Location"); got != "/v1/users/"+id {
		t.Errorf("it is at %q", got)
	}
	if plain := host.must(t, "POST", "/v1/users", object{}); plain["display_name"] != nil {
		t.Errorf("a user without a name has %v", plain["display_name"])
	}
	for node := range 3 {
		for _, as := range []person{host, root()} {
			a := as.at(t, node, "GET", "/v1/users/"+id, nil)
			if a.is(t, 200, ""); a.header.Get("ETag") != `"v1"` || a.decode(t)["id"] != id {
				t.Errorf("%v with ETag %s", a, a.header.Get("ETag"))
			}
		}
		host.at(t, node, "GET", "/v1/users/"+id, nil, "X-Act-As", id).is(t, 200, "")
		eve.at(t, node, "GET", "/v1/users/"+id, nil).is(t, 404, "not-found")
	}
	for path, want := range map[string]string{
		"usr_xyz": "invalid-id", "nonsense": "invalid-id", "usr_" + strings.ToUpper(id[4:]): "invalid-id", "usr_" + strings.Repeat("0", 32): "invalid-id",
		"svc_" + id[4:]: "invalid-id-type", "org_" + id[4:]: "invalid-id-type", "key_" + id[4:]: "invalid-id-type",
	} {
		a := host.ask(t, "GET", "/v1/users/"+path, nil)
		if a.is(t, 400, want); a.place(t) != "?id" {
			t.Errorf("%v does not name the parameter", a)
		}
	}
	host.ask(t, "GET", "/v1/users/usr_"+random()[:12]+"7"+random()[:19], nil).is(t, 404, "not-found")
	eve.ask(t, "POST", "/v1/users", object{}).is(t, 403, "permission-denied")
	for _, bad := range []object{{"display_name": ""}, {"display_name": strings.Repeat("a", 256)}, {"display_name": 7}, {"kind": "user"}, {"id": id}} {
		host.ask(t, "POST", "/v1/users", bad).is(t, 422, "validation-failed")
	}
	root().must(t, "POST", "/v1/principals/"+id+"/suspend", nil)
	found := false
	for _, u := range host.ask(t, "GET", "/v1/users?status=suspended&limit=200", nil).items(t) {
		found = found || u["id"] == id
		if u["status"] != "suspended" {
			t.Errorf("%v is listed as suspended", u)
		}
	}
	if !found {
		t.Error("the suspended user is not listed")
	}
	if got := eve.ask(t, "GET", "/v1/users", nil).items(t); len(got) != 0 {
		t.Errorf("a stranger is told of %v", got)
	}
}

// Ids over HTTP: one case of each rule.
func TestIds(t *testing.T) {
	alice := newcomer(t, "alice")
	const digits, uuid = "01890a5d0c1e7000a000000000000001", "01890a5d-0c1e-7000-a000-000000000001"
	for _, row := range []struct {
		name, path string
		in         object
		status     int
		code, at   string
		word       string
		out        object
	}{
		{"encode", "encode", object{"type": "org", "uuid": strings.ToUpper(uuid)}, 200, "", "", "", object{"id": "org_" + digits}},
		{"encode an unknown kind", "encode", object{"type": "file", "uuid": uuid}, 422, "invalid-id-type", "/type", "", nil},
		{"encode no UUID", "encode", object{"type": "org", "uuid": digits}, 422, "invalid-id", "/uuid", "", nil},
		{"encode version 9", "encode", object{"type": "org", "uuid": uuid[:14] + "9" + uuid[15:]}, 422, "invalid-id", "/uuid", "", nil},
		{"encode a number", "encode", object{"type": "org", "uuid": 7}, 422, "validation-failed", "/uuid", "", nil},
		{"decode", "decode", object{"id": "org_" + digits}, 200, "", "", "", object{"type": "org", "uuid": uuid}},
		{"decode without a separator", "decode", object{"id": "zzz" + digits}, 422, "invalid-id", "/id", "separator", nil},
		{"decode an unknown kind", "decode", object{"id": "zzz_x"}, 422, "invalid-id-type", "/id", "", nil},
		{"decode capitals", "decode", object{"id": "org_" + strings.ToUpper(digits)}, 422, "invalid-id", "/id", "", nil},
		{"decode a line break", "decode", object{"id": "org_" + digits + "\n"}, 422, "invalid-id", "/id", "", nil},
		{"decode all zero", "decode", object{"id": "org_" + strings.Repeat("0", 32)}, 422, "invalid-id", "/id", "version", nil},
		{"decode all f", "decode", object{"id": "org_" + strings.Repeat("f", 32)}, 422, "invalid-id", "/id", "version", nil},
		{"validate", "validate", object{"id": "org_" + digits}, 200, "", "", "", object{"valid": true}},
		{"validate a kind", "validate", object{"id": "org_" + digits, "expected_type": "org"}, 200, "", "", "", object{"valid": true}},
		{"validate another kind", "validate", object{"id": "org_" + digits, "expected_type": "usr"}, 200, "", "", "", object{"valid": false}},
		{"validate an unknown kind", "validate", object{"id": "org_" + digits, "expected_type": "zzz"}, 200, "", "", "", object{"valid": false}},
		{"validate anything", "validate", object{"id": "\u0000 ünïcode \n"}, 200, "", "", "", object{"valid": false}},
		{"validate no text", "validate", object{"id": []int{}}, 422, "validation-failed", "/id", "", nil},
		{"validate more", "validate", object{"id": "x", "strict": true}, 422, "validation-failed", "/strict", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			for node := range 3 {
				a := alice.at(t, node, "POST", "/v1/ids/"+row.path, row.in)
				a.is(t, row.status, row.code)
				if a.status >= 400 {
					if detail, _ := a.decode(t)["detail"].(string); a.place(t) != row.at || !strings.Contains(detail, row.word) {
						t.Errorf("%v; want it at %s, about the %s", a, row.at, row.word)
					}
					continue
				}
				got := a.decode(t)
				for name, value := range row.out {
					if got[name] != value || len(got) != len(row.out) {
						t.Errorf("%v, want %v", got, row.out)
					}
				}
			}
		})
	}
	(person{}).ask(t, "POST", "/v1/ids/validate", object{"id": "x"}).is(t, 401, "unauthenticated")
}
