package acceptance_test

import (
	"strconv"
	"testing"
	"time"
)

// family is a scope with a child, each with a member and an object in it, and
// somebody who has nothing to do with them.
type family struct {
	owner, above, below, stranger person
	parent, child                 string
	parents, childs               string
}

func newFamily(t *testing.T) family {
	t.Helper()
	f := family{owner: newcomer(t, "owner"), above: newcomer(t, "above"), below: newcomer(t, "below"), stranger: newcomer(t, "stranger")}
	f.parent = f.owner.scope(t, "")
	f.child = f.owner.scope(t, f.parent)
	f.owner.add(t, f.parent, f.above, "editor")
	f.owner.add(t, f.child, f.below, "editor")
	f.parents, f.childs = f.owner.note(t, object{"of": "parent"}), f.owner.note(t, object{"of": "child"})
	f.owner.project(t, f.parent, f.parents, "write")
	f.owner.project(t, f.child, f.childs, "write")
	return f
}

func TestChildrenSeeTheirAncestors(t *testing.T) {
	f := newFamily(t)
	rows := []struct {
		name        string
		who         person
		id          string
		read, write int
	}{
		{"member above, object above", f.above, f.parents, 200, 200},
		{"member above, object below", f.above, f.childs, 404, 404},
		{"member below, object below", f.below, f.childs, 200, 200},
		{"member below, object above", f.below, f.parents, 200, 403},
		{"stranger, object above", f.stranger, f.parents, 404, 404},
		{"stranger, object below", f.stranger, f.childs, 404, 404},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for node := range 3 {
				if got := row.who.at(t, node, "GET", "/v1/objects/"+row.id, nil); got.status != row.read {
					t.Errorf("%v; want %d", got, row.read)
				}
				if got := row.who.at(t, node, "PUT", "/v1/objects/"+row.id, object{"data": object{}}); got.status != row.write {
					t.Errorf("%v; want %d", got, row.write)
				}
			}
		})
	}
}

// Who has nothing to do with a scope changes nothing in it, and each try is
// traced.
func TestB4StrangersGainNothing(t *testing.T) {
	f := newFamily(t)
	rows := []struct {
		name, method, path string
		body               any
	}{
		{"child scope", "POST", "/v1/scopes", object{"name": "mine", "parent_id": f.parent}},
		{"add itself", "POST", "/v1/scopes/" + f.parent + "/members", object{"principal_id": f.stranger.id, "role": "owner"}},
		{"remove the owner", "DELETE", "/v1/scopes/" + f.parent + "/members/" + f.owner.id, nil},
		{"rename", "PATCH", "/v1/scopes/" + f.parent, object{"name": "mine"}},
		{"freeze", "POST", "/v1/scopes/" + f.parent + "/freeze", object{}},
		{"archive", "POST", "/v1/scopes/" + f.parent + "/archive", object{}},
		{"leave", "POST", "/v1/scopes/" + f.parent + "/leave", object{}},
		{"unproject", "DELETE", "/v1/scopes/" + f.parent + "/projections/" + f.parents, nil},
		{"project", "POST", "/v1/scopes/" + f.parent + "/projections", object{"object_id": f.stranger.note(t, object{})}},
		{"write", "PUT", "/v1/objects/" + f.parents, object{"data": object{}}},
		{"delete", "DELETE", "/v1/objects/" + f.parents, nil},
		{"restore", "POST", "/v1/objects/" + f.parents + "/restore", object{}},
		{"make a principal", "POST", "/v1/principals", object{"kind": "user"}},
		{"make a key of somebody", "POST", "/v1/principals/" + f.owner.id + "/keys", object{"name": "x"}},
		{"give itself a permission", "POST", "/v1/principals/" + f.stranger.id + "/permissions", object{"permission": "cluster.admin"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			id := "stranger-" + random()
			if got := f.stranger.ask(t, row.method, row.path, row.body, "X-Request-Id", id); got.status != 403 && got.status != 404 {
				t.Fatalf("%v; want 403 or 404", got)
			}
			// The trace is written before or just after the answer.
			traced := root().ask(t, "GET", "/v1/audit/entries?order=-sequence&limit=20&actor_id="+f.stranger.id, nil).items(t)
			for _, e := range traced {
				if e["request_id"] == id && e["outcome"] == "denied" {
					return
				}
			}
			t.Errorf("no entry of the trail says denied: %v", traced)
		})
	}
	if got := f.owner.must(t, "GET", "/v1/scopes/"+f.parent, nil); got["name"] != "team" || got["status"] != "active" {
		t.Errorf("the scope is now %v", got)
	}
}

func TestRolesAndLevels(t *testing.T) {
	owner := newcomer(t, "owner")
	scope := owner.scope(t, "")
	rows := []struct {
		role, level         string
		read, write, delete int
	}{
		{"viewer", "admin", 200, 403, 403},
		{"guest", "admin", 404, 404, 404},
		{"editor", "read", 200, 403, 403},
		{"editor", "write", 200, 200, 403},
		{"editor", "admin", 200, 200, 403},
		{"admin", "read", 200, 403, 403},
		{"admin", "write", 200, 200, 403},
		{"admin", "admin", 200, 200, 204},
		{"owner", "admin", 200, 200, 204},
	}
	for _, row := range rows {
		t.Run(row.role+" at "+row.level, func(t *testing.T) {
			who, id := newcomer(t, row.role), owner.note(t, object{})
			owner.project(t, scope, id, row.level)
			owner.add(t, scope, who, row.role)
			path := "/v1/objects/" + id
			for _, c := range []struct {
				method string
				body   any
				want   int
			}{{"GET", nil, row.read}, {"PUT", object{"data": object{}}, row.write}, {"DELETE", nil, row.delete}} {
				if got := who.ask(t, c.method, path, c.body); got.status != c.want {
					t.Errorf("%v; want %d", got, c.want)
				}
			}
		})
	}
	owner.ask(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": owner.id, "role": "king"}).is(t, 422, "invalid-role")
	owner.ask(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": "nobody-" + random(), "role": "viewer"}).is(t, 404, "not-found")
}

func TestRevocationIsImmediate(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{})
	path := "/v1/objects/" + id
	ways := []struct{ name, grantPath, method, revoke string }{
		{"membership", "/members", "DELETE", "/members/" + bob.id},
		{"projection", "/projections", "DELETE", "/projections/" + id},
		{"archive", "", "POST", "/archive"},
	}
	owner.add(t, scope, bob, "viewer")
	owner.project(t, scope, id, "read")
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			for node := range 3 {
				before := bob.at(t, node, "GET", path, nil)
				if before.good(t); before.status != 200 {
					t.Fatal(before)
				}
				owner.at(t, (node+1)%3, way.method, "/v1/scopes/"+scope+way.revoke, nil).good(t)
				for at := range 3 {
					bob.at(t, at, "GET", path, nil).is(t, 404, "not-found")
					bob.at(t, at, "GET", path+"?at="+strconv.FormatUint(before.revision(t), 10), nil).is(t, 404, "not-found")
				}
				switch way.name {
				case "membership":
					owner.add(t, scope, bob, "viewer")
				case "projection":
					owner.project(t, scope, id, "read")
				default:
					return
				}
			}
		})
	}
}

func TestLifecycleOfScopes(t *testing.T) {
	f := newFamily(t)
	path := "/v1/scopes/" + f.parent
	f.owner.must(t, "POST", path+"/freeze", object{})
	f.owner.ask(t, "POST", path+"/members", object{"principal_id": f.stranger.id}).is(t, 409, "scope-frozen")
	f.owner.ask(t, "PATCH", path, object{"name": "x"}).is(t, 409, "scope-frozen")
	f.owner.ask(t, "POST", path+"/projections", object{"object_id": f.childs}).is(t, 409, "scope-frozen")
	f.above.ask(t, "POST", path+"/unfreeze", object{}).is(t, 403, "permission-denied")
	if got := f.above.ask(t, "GET", "/v1/objects/"+f.parents, nil); got.status != 200 {
		t.Errorf("a frozen scope cannot be read: %v", got)
	}
	f.owner.must(t, "POST", path+"/unfreeze", object{})
	f.owner.ask(t, "POST", path+"/leave", object{}).is(t, 409, "sole-owner")
	f.owner.ask(t, "DELETE", path+"/members/"+f.owner.id, nil).is(t, 409, "sole-owner")
	f.above.must(t, "POST", path+"/leave", object{})
	f.above.ask(t, "GET", "/v1/objects/"+f.parents, nil).is(t, 404, "not-found")
	f.owner.must(t, "DELETE", path+"/members/"+f.above.id, nil)
	f.owner.must(t, "DELETE", path+"/projections/"+f.childs, nil)
	if got := f.owner.must(t, "PATCH", path, object{"name": "renamed", "metadata": object{"a": 1}}); got["name"] != "renamed" {
		t.Errorf("renamed: %v", got)
	}
	if got := f.owner.must(t, "POST", path+"/archive", object{}); got["status"] != "archived" {
		t.Errorf("archived: %v", got)
	}
	f.owner.ask(t, "POST", path+"/unfreeze", object{}).is(t, 409, "scope-frozen")
	f.below.ask(t, "GET", "/v1/objects/"+f.parents, nil).is(t, 404, "not-found")
}

func TestMembershipsExpire(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{})
	owner.project(t, scope, id, "read")
	owner.ask(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": bob.id, "expires_at": "2020-01-01T00:00:00Z"}).is(t, 422, "validation-failed")
	owner.ask(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": bob.id, "role": "owner", "expires_at": "2999-01-01T00:00:00Z"}).is(t, 422, "validation-failed")
	end := time.Now().Add(2 * time.Second)
	owner.must(t, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": bob.id, "expires_at": end.UTC().Format("2006-01-02T15:04:05.000000Z07:00")})
	// Whatever was asked after the end must be refused, on each node.
	for node := range 3 {
		for refused := false; !refused; {
			asked := time.Now()
			got := bob.at(t, node, "GET", "/v1/objects/"+id, nil)
			refused = got.status == 404
			if !refused && asked.After(end) {
				t.Fatalf("read after the end: %v", got)
			}
		}
	}
}
