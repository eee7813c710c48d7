package acceptance_test

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// application is a principal that shares objects of its own types.
func application(t *testing.T) person {
	t.Helper()
	host := newcomer(t, "host")
	root().must(t, "POST", "/v1/principals/"+host.id+"/permissions", object{"permission": "org.host"})
	return host
}

// shared makes a share of a document of an application, and gives its id and
// its token.
func (p person) shared(t *testing.T, more object) (id, token string) {
	t.Helper()
	in := object{"object_type": "doc", "object_id": uuid(), "relation": "reader", "expires_in": 3600}
	for name, value := range more {
		in[name] = value
	}
	made := p.must(t, "POST", "/v1/shares", in)
	return made["share"].(object)["id"].(string), made["token"].(string)
}

// uuid is a new UUID of version 4.
func uuid() string {
	hex := random()
	return hex[:8] + "-" + hex[8:12] + "-4" + hex[13:16] + "-8" + hex[17:20] + "-" + hex[20:32]
}

// verify presents a token, without a key.
func verify(t *testing.T, node int, token string) answer {
	t.Helper()
	return person{}.at(t, node, "POST", "/v1/shares/verify", object{"token": token})
}

func TestShares(t *testing.T) {
	host := application(t)
	document := uuid()
	made := host.ask(t, "POST", "/v1/shares", object{"object_type": "doc", "object_id": document, "relation": "reader", "expires_in": 60})
	if made.status != 201 {
		t.Fatal(made)
	}
	share, token := made.good(t)["share"].(object), made.good(t)["token"].(string)
	want := object{"object_type": "doc", "object_id": document, "relation": "reader", "created_by": host.id, "single_use": false, "consumed_at": nil, "revoked_at": nil, "status": "active"}
	for name, want := range want {
		if share[name] != want {
			t.Errorf("%s is %v, want %v", name, share[name], want)
		}
	}
	id := share["id"].(string)
	if len(token) != 43 || !strings.HasPrefix(id, "shr_") {
		t.Errorf("token of %d characters, id %s", len(token), id)
	}
	for node := range 3 {
		got := verify(t, node, token).good(t)
		if got["share_id"] != id || got["object_type"] != "doc" || got["object_id"] != document || got["relation"] != "reader" || len(got) != 4 {
			t.Errorf("verified as %v", got)
		}
	}
	for _, path := range []string{"/v1/shares/" + id, "/v1/shares?object_type=doc&object_id=" + document} {
		if got := host.ask(t, "GET", path, nil); got.status != 200 || strings.Contains(string(got.body), token) {
			t.Error(got)
		}
	}
	stranger := newcomer(t, "stranger")
	stranger.ask(t, "GET", "/v1/shares/"+id, nil).is(t, 404, "not-found")
	stranger.ask(t, "POST", "/v1/shares/"+id+"/revoke", nil).is(t, 404, "not-found")
	stranger.ask(t, "GET", "/v1/shares?object_type=doc&object_id="+document, nil).is(t, 403, "permission-denied")
	first := host.must(t, "POST", "/v1/shares/"+id+"/revoke", nil)
	if again := host.must(t, "POST", "/v1/shares/"+id+"/revoke", nil); first["revoked_at"] == nil || again["revoked_at"] != first["revoked_at"] {
		t.Errorf("revoked at %v, then at %v", first["revoked_at"], again["revoked_at"])
	}
	for node := range 3 {
		verify(t, node, token).is(t, 401, "share-revoked")
	}
}

func TestSharesAreRefused(t *testing.T) {
	host := application(t)
	for _, row := range []struct {
		name   string
		in     object
		status int
		code   string
	}{
		{"no lifetime", object{"expires_in": 0}, 422, "share-lifetime"},
		{"a negative lifetime", object{"expires_in": -1}, 422, "share-lifetime"},
		{"more than a year", object{"expires_in": 365*24*3600 + 1}, 422, "share-lifetime"},
		{"a lifetime that is no number", object{"expires_in": "1h"}, 422, "validation-failed"},
		{"a relation with a digit", object{"relation": "v2"}, 422, "invalid-format"},
		{"a type in upper case", object{"object_type": "Doc"}, 422, "invalid-format"},
		{"an id that is none", object{"object_id": "1"}, 422, "invalid-id"},
		{"an object that there is not", object{"object_type": "obj"}, 404, "not-found"},
		{"an unknown field", object{"token": "mine"}, 422, "validation-failed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := object{"object_type": "doc", "object_id": uuid(), "relation": "reader", "expires_in": 60}
			for name, value := range row.in {
				in[name] = value
			}
			host.ask(t, "POST", "/v1/shares", in).is(t, row.status, row.code)
		})
	}
	newcomer(t, "somebody").ask(t, "POST", "/v1/shares", object{"object_type": "doc", "object_id": uuid(), "relation": "reader", "expires_in": 60}).is(t, 403, "permission-denied")
	host.ask(t, "GET", "/v1/shares?object_type=doc&object_id=1", nil).is(t, 400, "invalid-id")
	verify(t, 0, strings.Repeat("A", 43)).is(t, 401, "share-invalid")
	verify(t, 1, "no token").is(t, 401, "share-invalid")
	person{}.ask(t, "POST", "/v1/shares/verify", object{}).is(t, 422, "validation-failed")
	person{token: "weir_x"}.ask(t, "POST", "/v1/shares/verify", object{"token": "x"}).is(t, 401, "api-key-invalid")
	_, brief := host.shared(t, object{"expires_in": 1})
	for end := time.Now().Add(10 * time.Second); verify(t, 2, brief).status == 200; {
		if time.Now().After(end) {
			t.Fatal("it does not expire")
		}
	}
	verify(t, 2, brief).is(t, 401, "share-expired")
}

// Of many who present a share for one use, on all nodes at once, one is let in.
func TestOneUseIsOne(t *testing.T) {
	host := application(t)
	id, token := host.shared(t, object{"single_use": true})
	const tries = 12
	got := make([]answer, tries)
	var group sync.WaitGroup
	for i := range tries {
		group.Go(func() {
			a, err := send(t.Context(), i%3, "", "POST", "/v1/shares/verify", object{"token": token}, nil)
			if err != nil {
				t.Error(err)
			}
			got[i] = a
		})
	}
	group.Wait()
	let := 0
	for _, a := range got {
		if a.status == 200 {
			let++
			continue
		}
		a.is(t, 401, "share-consumed")
	}
	if let != 1 {
		t.Errorf("%d were let in", let)
	}
	if s := host.must(t, "GET", "/v1/shares/"+id, nil); s["consumed_at"] == nil || s["status"] != "consumed" {
		t.Errorf("it shows %v", s)
	}
	used := root().must(t, "GET", "/v1/audit/entries?action=share_use&target_id="+id, nil)["items"].([]any)
	if len(used) != 1 {
		t.Errorf("the trail tells of %d uses", len(used))
	}
}

// The same idempotency key gives the same answer, token and use included.
func TestShareIsRepeated(t *testing.T) {
	host := application(t)
	in := object{"object_type": "doc", "object_id": uuid(), "relation": "reader", "expires_in": 60, "single_use": true}
	key := uuid()
	first := host.must(t, "POST", "/v1/shares", in, "Idempotency-Key", key)
	if again := host.must(t, "POST", "/v1/shares", in, "Idempotency-Key", key); again["token"] != first["token"] {
		t.Error("another token was given")
	}
	present := object{"token": first["token"]}
	key = uuid()
	for range 2 {
		person{}.must(t, "POST", "/v1/shares/verify", present, "Idempotency-Key", key)
	}
	person{}.ask(t, "POST", "/v1/shares/verify", present).is(t, 401, "share-consumed")
}

// A share ends with the right by which it was made, on every node.
func TestShareEndsWithItsCreatorsRight(t *testing.T) {
	alice, bob := newcomer(t, "alice"), newcomer(t, "bob")
	note, scope := alice.note(t, object{"title": "draft"}), alice.scope(t, "")
	alice.project(t, scope, note, "admin")
	alice.add(t, scope, bob, "admin")
	_, token := bob.shared(t, object{"object_type": "obj", "object_id": note, "relation": "viewer"})
	if got := verify(t, 0, token).good(t); got["object_id"] != note {
		t.Errorf("verified as %v", got)
	}
	alice.must(t, "DELETE", "/v1/scopes/"+scope+"/members/"+bob.id, nil)
	for node := range 3 {
		verify(t, node, token).is(t, 401, "share-revoked")
	}
	carol := newcomer(t, "carol")
	carol.ask(t, "POST", "/v1/shares", object{"object_type": "obj", "object_id": note, "relation": "viewer", "expires_in": 60}).is(t, 404, "not-found")
}

// A user shares through a host as himself, and the trail names both.
func TestShareOfAUser(t *testing.T) {
	host, alice, bob := application(t), user(t, "alice"), user(t, "bob")
	note := alice.note(t, object{})
	id, token := host.acting(alice).shared(t, object{"object_type": "obj", "object_id": note, "relation": "viewer"})
	if s := alice.must(t, "GET", "/v1/shares/"+id, nil); s["created_by"] != alice.id {
		t.Errorf("it was made by %v", s["created_by"])
	}
	entry := root().must(t, "GET", "/v1/audit/entries?action=share_create&target_id="+id, nil)["items"].([]any)[0].(object)
	if entry["actor_id"] != alice.id || entry["impersonator_id"] != host.id {
		t.Errorf("the trail says %v for %v", entry["impersonator_id"], entry["actor_id"])
	}
	host.acting(bob).ask(t, "POST", "/v1/shares", object{"object_type": "obj", "object_id": note, "relation": "viewer", "expires_in": 60}).is(t, 404, "not-found")
	host.acting(bob).everywhere(t, "GET", "/v1/shares/"+id, nil, 404, "not-found")
	root().must(t, "POST", "/v1/principals/"+alice.id+"/suspend", nil)
	for node := range 3 {
		verify(t, node, token).is(t, 401, "share-revoked")
	}
	root().must(t, "POST", "/v1/principals/"+alice.id+"/resume", nil)
	for node := range 3 {
		verify(t, node, token).good(t)
	}
}
