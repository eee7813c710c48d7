package acceptance_test

import "testing"

// newest is the newest entry of a thing with an action.
func newest(t *testing.T, node int, id, action string) string {
	t.Helper()
	all := entriesOf(t, node, id, "&action="+action)
	if len(all) == 0 {
		t.Fatalf("node %d has no entry %s of %s", node, action, id)
	}
	return all[len(all)-1]["id"].(string)
}

// rollBack takes an entry back through a node.
func (p person) rollBack(t *testing.T, node int, entry string) answer {
	t.Helper()
	return p.at(t, node, "POST", "/v1/rollbacks", object{"entry_id": entry, "reason": "a mistake"})
}

// A deleted object that is rolled back is there again, for its members too,
// with its versions.
func TestB8DeletedAndRolledBack(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{"n": 1})
	owner.add(t, scope, bob, "viewer")
	owner.project(t, scope, id, "read")
	owner.must(t, "PUT", "/v1/objects/"+id, object{"data": object{"n": 2}})
	owner.ask(t, "DELETE", "/v1/objects/"+id, nil).is(t, 204, "")
	bob.ask(t, "GET", "/v1/objects/"+id, nil).is(t, 404, "not-found")
	owner.rollBack(t, 1, newest(t, 0, id, "delete")).good(t)
	for node := range 3 {
		got := bob.at(t, node, "GET", "/v1/objects/"+id, nil).good(t)
		if num(got["version"]) != 3 || num(got["data"].(object)["n"]) != 2 || got["lifecycle"] != "active" {
			t.Errorf("node %d: %v", node, got)
		}
		for i, v := range owner.at(t, node, "GET", "/v1/objects/"+id+"/versions", nil).items(t) {
			if num(v["version"]) != int64(i+1) {
				t.Errorf("node %d: version %v at place %d", node, v["version"], i)
			}
		}
	}
}

// A rollback reverts what its entry is about, and nothing else.
func TestB9EachThingForItself(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{"n": 1})
	path := "/v1/scopes/" + scope
	member := owner.must(t, "POST", path+"/members", object{"principal_id": bob.id, "role": "viewer"})["id"].(string)
	shared := owner.must(t, "POST", path+"/projections", object{"object_id": id, "level": "read"})["id"].(string)
	seen := func(t *testing.T, want bool) {
		t.Helper()
		for node := range 3 {
			if got := bob.at(t, node, "GET", "/v1/objects/"+id, nil); (got.status == 200) != want {
				t.Errorf("%v; want it seen: %v", got, want)
			}
			if got := owner.at(t, node, "GET", "/v1/objects/"+id, nil).good(t); num(got["version"]) != 1 || got["lifecycle"] != "active" {
				t.Errorf("the object is now %v", got)
			}
		}
	}
	rows := []struct {
		name           string
		method, path   string
		body           any
		target, action string
		// before and after say whether the member sees the object.
		before, after bool
	}{
		{"projection", "DELETE", path + "/projections/" + id, nil, shared, "revoke", true, false},
		{"membership", "DELETE", path + "/members/" + bob.id, nil, member, "revoke", true, false},
		{"freeze", "POST", path + "/freeze", object{}, scope, "lifecycle_change", true, true},
		{"archive", "POST", path + "/archive", object{}, scope, "scope_dissolve", true, false},
	}
	for n, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			seen(t, row.before)
			owner.ask(t, row.method, row.path, row.body).good(t)
			seen(t, row.after)
			entry := newest(t, n%3, row.target, row.action)
			if got := bob.rollBack(t, n%3, entry); got.status != 403 && got.status != 404 {
				t.Errorf("a viewer rolls back: %v", got)
			}
			owner.rollBack(t, (n+1)%3, entry).good(t)
			seen(t, row.before)
		})
	}
	if got := owner.must(t, "GET", path, nil); got["status"] != "active" || got["name"] != "team" {
		t.Errorf("the scope is now %v", got)
	}
	t.Run("what was given", func(t *testing.T) {
		other := owner.note(t, object{})
		given := owner.must(t, "POST", path+"/projections", object{"object_id": other, "level": "read"})["id"].(string)
		bob.ask(t, "GET", "/v1/objects/"+other, nil).is(t, 200, "")
		owner.rollBack(t, 2, newest(t, 1, given, "projection")).good(t)
		bob.ask(t, "GET", "/v1/objects/"+other, nil).is(t, 404, "not-found")
		owner.ask(t, "GET", "/v1/objects/"+other, nil).is(t, 200, "")
	})
}

// What was rolled back is not rolled back twice, nothing is rolled back from
// under a later change, and no number of a version comes again.
func TestB10RolledBackOutOfOrder(t *testing.T) {
	who := newcomer(t, "writer")
	id := who.note(t, object{"n": 1})
	update := func(n int64) string {
		t.Helper()
		who.must(t, "PUT", "/v1/objects/"+id, object{"data": object{"n": n}})
		return newest(t, int(n%3), id, "update")
	}
	second := update(2)
	third := update(3)
	who.rollBack(t, 0, second).is(t, 409, "rollback-conflict")
	who.rollBack(t, 1, third).good(t)
	again := who.rollBack(t, 2, third).good(t)
	if list, _ := again["skipped"].([]any); len(list) != 1 || list[0] != third {
		t.Errorf("the second rollback gives %v", again)
	}
	who.rollBack(t, 0, second).good(t)
	update(6)
	update(7)
	want := []int64{1, 2, 3, 2, 1, 6, 7}
	for node := range 3 {
		versions := who.at(t, node, "GET", "/v1/objects/"+id+"/versions", nil).items(t)
		if len(versions) != len(want) {
			t.Fatalf("node %d has %d versions: %v", node, len(versions), versions)
		}
		for i, n := range want {
			at := who.at(t, node, "GET", "/v1/objects/"+id+"?version="+string(rune('1'+i)), nil).good(t)
			if num(at["version"]) != int64(i+1) || num(at["data"].(object)["n"]) != n {
				t.Errorf("node %d: version %d is %v; want %d", node, i+1, at, n)
			}
		}
	}
}
