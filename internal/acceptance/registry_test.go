package acceptance_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// One bad item among many new members: nobody becomes one, on no node, and the
// answer says which item it was.
func TestB14ManyMembersOrNone(t *testing.T) {
	owner, bob, carol := newcomer(t, "owner"), newcomer(t, "bob"), newcomer(t, "carol")
	scope := owner.scope(t, "")
	path := "/v1/scopes/" + scope + "/members/bulk"
	item := func(id string) object { return object{"principal_id": id, "role": "viewer"} }
	a := owner.ask(t, "POST", path, object{"members": []object{item(bob.id), item("nobody-" + random()), item(carol.id)}})
	if got := a.decode(t); a.status != 404 || fmt.Sprint(got["index"]) != "1" {
		t.Errorf("%v, want 404 and the index 1", a)
	}
	for node := range 3 {
		if got := owner.at(t, node, "GET", "/v1/scopes/"+scope+"/members", nil).items(t); len(got) != 1 {
			t.Errorf("node %d shows the members %v", node, got)
		}
	}
	added := owner.must(t, "POST", path, object{"members": []object{item(bob.id), item(carol.id)}})
	for i, m := range added["items"].([]any) {
		traced := changes(t, i, m.(object)["id"].(string))
		if traced["membership_change"] != 1 {
			t.Errorf("the trail of a new member is %v", traced)
		}
	}
	if got := bob.must(t, "GET", "/v1/scopes/"+scope+"/members/"+bob.id, nil); got["is_member"] != true {
		t.Errorf("bob is %v", got)
	}
}

// The trail comes to say that a membership has expired, though nobody asks.
func TestExpiredMembershipsAreTraced(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope := owner.scope(t, "")
	end := time.Now().Add(time.Second).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	m := owner.must(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": bob.id, "expires_at": end})
	var trail []object
	for deadline := time.Now().Add(time.Minute); len(trail) == 0; trail = entriesOf(t, 0, m["id"].(string), "&action=revoke") {
		if time.Now().After(deadline) {
			t.Fatal("nobody has noted the end of a membership")
		}
	}
	if len(trail) != 1 || trail[0]["metadata"].(object)["reason"] != "expired" || trail[0]["actor_id"] != "system" || trail[0]["scope_id"] != scope {
		t.Errorf("the trail is %v", trail)
	}
}

// A name is taken for ever, on each node.
func TestNamesAreNeverFreed(t *testing.T) {
	name := "n-" + random()
	entry := object{"kind": "task", "namespace": "acceptance", "name": name, "tags": []string{name}}
	first := root().must(t, "POST", "/v1/registry/entries", entry)
	root().must(t, "POST", "/v1/registry/entries/"+first["id"].(string)+"/archive", object{})
	for node := range 3 {
		root().at(t, node, "POST", "/v1/registry/entries", entry).is(t, 409, "already-registered")
	}
	entry["version"] = 2
	second := root().must(t, "POST", "/v1/registry/entries", entry)
	if second["previous_entry_id"] != first["id"] {
		t.Errorf("the second version is %v", second)
	}
	reader := newcomer(t, "reader")
	for node := range 3 {
		if got := reader.at(t, node, "GET", "/v1/registry/entries?tag="+name, nil).items(t); len(got) != 1 || got[0]["id"] != second["id"] {
			t.Errorf("node %d lists %v", node, got)
		}
		urn := url.QueryEscape(first["urn"].(string))
		if got := reader.at(t, node, "GET", "/v1/registry/by-urn?urn="+urn, nil).decode(t); got["lifecycle"] != "archived" {
			t.Errorf("node %d shows %v", node, got)
		}
	}
}
