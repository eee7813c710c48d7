package acceptance_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// company is an organization with one of each kind of caller, calling by their
// own keys, but for the owner, for whom the host calls.
type company struct {
	host, owner, admin, member, guest, stranger person
	id, path                                    string
	// memberships by user.
	mem map[string]string
}

func newCompany(t *testing.T) company {
	t.Helper()
	c := company{host: newHost(t), mem: map[string]string{}}
	c.owner = c.host.acting(user(t, "owner"))
	c.admin, c.member, c.guest, c.stranger = user(t, "admin"), user(t, "member"), user(t, "guest"), user(t, "stranger")
	var owner string
	c.id, owner = c.owner.found(t)
	c.path = "/v1/orgs/" + c.id
	c.mem[c.owner.id] = owner
	for role, who := range map[string]person{"admin": c.admin, "member": c.member, "guest": c.guest} {
		c.mem[who.id] = c.owner.must(t, "POST", c.path+"/members", object{"usr_id": who.id, "role": role})["id"].(string)
	}
	return c
}

// Creation answers with the organization and its owner's membership; members
// with null are there and null.
func TestOrgCreate(t *testing.T) {
	host := newHost(t)
	owner := host.acting(user(t, "owner"))
	made := owner.ask(t, "POST", "/v1/orgs", object{})
	made.is(t, 201, "")
	o, m := made.decode(t)["org"].(object), made.decode(t)["owner_membership"].(object)
	for name, want := range map[string]any{"status": "active", "frozen": false, "name": nil, "slug": nil} {
		if got, there := o[name]; !there || got != want {
			t.Errorf("%s of the organization is %v", name, got)
		}
	}
	for name, want := range map[string]any{
		"usr_id": owner.id, "org_id": o["id"], "role": "owner", "status": "active", "replaces": nil, "invited_by": nil, "removed_by": nil, "end_reason": nil, "expires_at": nil,
	} {
		if got, there := m[name]; !there || got != want {
			t.Errorf("%s of the membership is %v", name, got)
		}
	}
	slug := "s-" + random()
	owner.must(t, "POST", "/v1/orgs", object{"slug": slug})
	owner.ask(t, "POST", "/v1/orgs", object{"slug": slug}).is(t, 409, "org-slug-conflict")
	owner.ask(t, "POST", "/v1/orgs", object{"slug": "-" + slug}).is(t, 422, "org-slug-format")
	owner.ask(t, "POST", "/v1/orgs", object{"slug": slug + "\n"}).is(t, 422, "org-slug-format")
	owner.ask(t, "POST", "/v1/orgs", object{"name": ""}).is(t, 422, "validation-failed")
	owner.ask(t, "POST", "/v1/orgs", object{"title": "x"}).is(t, 422, "validation-failed")
	host.ask(t, "POST", "/v1/orgs", object{}).is(t, 403, "permission-denied")
	person{}.ask(t, "POST", "/v1/orgs", object{}).is(t, 401, "unauthenticated")
}

// A change tells null from absence, names a version in either way, and gives a
// slug up at once.
func TestOrgUpdate(t *testing.T) {
	c := newCompany(t)
	slug := "s-" + random()
	change := func(body object, more ...string) answer { return c.admin.ask(t, "PATCH", c.path, body, more...) }
	change(object{"name": "Apex", "slug": slug}).is(t, 200, "")
	before := c.owner.must(t, "GET", c.path, nil)
	if same := change(object{}).good(t); fmt.Sprint(same) != fmt.Sprint(before) {
		t.Errorf("nothing changed %v into %v", before, same)
	}
	if same := change(object{"slug": slug}).good(t); fmt.Sprint(same) != fmt.Sprint(before) {
		t.Errorf("its own slug changed %v into %v", before, same)
	}
	if got := change(object{"slug": nil}).good(t); got["slug"] != nil || got["name"] != "Apex" {
		t.Errorf("cleared: %v", got)
	}
	c.owner.must(t, "POST", "/v1/orgs", object{"slug": slug})
	change(object{"slug": slug, "name": nil}).is(t, 409, "org-slug-conflict")
	if got := c.owner.must(t, "GET", c.path, nil); got["name"] != "Apex" {
		t.Errorf("the conflict left %v", got)
	}
	change(object{"slug": "A"}).is(t, 422, "org-slug-format")
	change(object{"name": "x", "version": 1}).is(t, 409, "version-conflict")
	change(object{"name": "x"}, "If-Match", `"v1"`).is(t, 412, "version-conflict")
	etag := c.owner.ask(t, "GET", c.path, nil).header.Get("ETag")
	change(object{"name": "x"}, "If-Match", etag).is(t, 200, "")
	c.member.ask(t, "PATCH", c.path, object{"name": "y"}).is(t, 403, "permission-denied")
	c.stranger.ask(t, "PATCH", c.path, object{"name": "y"}).is(t, 404, "not-found")
	c.owner.ask(t, "PATCH", "/v1/orgs/org_01890a5d0c1e9000a000000000000001", object{}).is(t, 400, "invalid-id")
	c.owner.ask(t, "PATCH", "/v1/orgs/usr_01890a5d0c1e7000a000000000000001", object{}).is(t, 400, "invalid-id-type")
	c.owner.ask(t, "PATCH", "/v1/orgs/org_01890a5d0c1e7000a000000000000001", object{}).is(t, 404, "not-found")
}

// What is suspended gives nothing on any node from the answer on, and all again
// when that ends.
func TestOrgSuspend(t *testing.T) {
	c := newCompany(t)
	note := c.owner.note(t, object{})
	c.owner.project(t, c.id, note, "write")
	team := c.owner.scope(t, c.id)
	c.owner.add(t, team, c.member, "editor")
	below := c.owner.note(t, object{})
	c.owner.project(t, team, below, "write")
	gives := func(status int, code string) {
		t.Helper()
		for _, path := range []string{"/v1/objects/" + note, "/v1/objects/" + below, c.path, "/v1/scopes/" + c.id, "/v1/scopes/" + team} {
			c.member.everywhere(t, "GET", path, nil, status, code)
		}
		for _, who := range []person{c.owner, c.admin, c.host, root()} {
			who.everywhere(t, "GET", c.path, nil, 200, "")
		}
		c.member.everywhere(t, "GET", "/v1/memberships/"+c.mem[c.member.id], nil, 200, "")
		c.owner.everywhere(t, "GET", "/v1/objects/"+note, nil, 200, "")
		c.stranger.everywhere(t, "GET", c.path, nil, 404, "not-found")
		for node := range 3 {
			check := c.member.at(t, node, "POST", "/v1/access/check", object{"action": "read", "object_id": note}).good(t)
			if check["allowed"] != (status == 200) {
				t.Errorf("node %d says %v", node, check)
			}
			if listed := len(c.member.at(t, node, "GET", "/v1/objects", nil).items(t)) > 0; listed != (status == 200) {
				t.Errorf("node %d lists: %v", node, listed)
			}
		}
	}
	gives(200, "")
	for _, who := range []person{c.owner, c.admin, c.member, c.guest} {
		who.ask(t, "POST", c.path+"/suspend", nil).is(t, 403, "permission-denied")
	}
	c.stranger.ask(t, "POST", c.path+"/suspend", nil).is(t, 404, "not-found")
	c.host.ask(t, "POST", c.path+"/reinstate", nil).is(t, 409, "invalid-transition")
	for range 3 {
		if got := c.host.must(t, "POST", c.path+"/suspend", nil); got["status"] != "suspended" {
			t.Fatal(got)
		}
		gives(404, "not-found")
		root().ask(t, "POST", c.path+"/suspend", nil).is(t, 409, "already-terminal")
		c.admin.ask(t, "PATCH", c.path, object{"name": "renamed " + random()}).is(t, 200, "")
		c.owner.ask(t, "POST", "/v1/scopes", object{"name": "x", "parent_id": c.id}).is(t, 409, "org-not-active")
		c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/projections", object{"object_id": below}).is(t, 409, "org-not-active")
		c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/members", object{"principal_id": c.stranger.id, "role": "member"}).is(t, 409, "org-not-active")
		entries := c.owner.ask(t, "GET", "/v1/audit/entries?limit=1&order=-sequence&action=lifecycle_change&scope_id="+c.id, nil).items(t)
		if len(entries) != 1 || entries[0]["operation"] != "org.suspend" || entries[0]["actor_id"] != c.host.id {
			t.Errorf("the owner reads %v", entries)
		}
		if got := root().must(t, "POST", c.path+"/reinstate", nil); got["status"] != "active" {
			t.Fatal(got)
		}
		gives(200, "")
	}
}

func TestOrgFreeze(t *testing.T) {
	c := newCompany(t)
	note := c.owner.note(t, object{})
	c.owner.project(t, c.id, note, "write")
	c.admin.ask(t, "POST", c.path+"/freeze", nil).is(t, 403, "permission-denied")
	if got := c.owner.must(t, "POST", c.path+"/freeze", nil); got["frozen"] != true || got["status"] != "active" {
		t.Fatal(got)
	}
	c.owner.ask(t, "POST", c.path+"/freeze", nil).is(t, 409, "scope-frozen")
	c.owner.ask(t, "PATCH", c.path, object{"name": "x"}).is(t, 409, "scope-frozen")
	c.owner.ask(t, "POST", "/v1/scopes", object{"name": "x", "parent_id": c.id}).is(t, 409, "scope-frozen")
	c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/members", object{"principal_id": c.stranger.id, "role": "member"}).is(t, 409, "scope-frozen")
	c.member.everywhere(t, "GET", "/v1/objects/"+note, nil, 200, "")
	// Frozen and suspended are two things.
	if got := c.host.must(t, "POST", c.path+"/suspend", nil); got["frozen"] != true || got["status"] != "suspended" {
		t.Error(got)
	}
	if got := c.host.must(t, "POST", c.path+"/reinstate", nil); got["frozen"] != true || got["status"] != "active" {
		t.Error(got)
	}
	if got := c.host.must(t, "POST", c.path+"/unfreeze", nil); got["frozen"] != false {
		t.Error(got)
	}
	c.owner.ask(t, "POST", c.path+"/unfreeze", nil).is(t, 409, "invalid-transition")
}

// Revocation is final and takes everything with it, whoever asks wherever.
func TestOrgRevoke(t *testing.T) {
	c := newCompany(t)
	slug := c.owner.must(t, "GET", c.path, nil)["slug"]
	note := c.owner.note(t, object{})
	c.owner.project(t, c.id, note, "write")
	c.admin.ask(t, "POST", c.path+"/revoke", nil).is(t, 403, "permission-denied")
	if got := c.owner.must(t, "POST", c.path+"/revoke", nil); got["status"] != "revoked" || got["slug"] != slug {
		t.Fatal(got)
	}
	c.member.everywhere(t, "GET", "/v1/objects/"+note, nil, 404, "not-found")
	for who, mem := range c.mem {
		for node := range 3 {
			got := root().at(t, node, "GET", "/v1/memberships/"+mem, nil).good(t)
			if got["status"] != "revoked" || got["end_reason"] != "org_revoked" || got["removed_by"] != c.owner.id {
				t.Errorf("the membership of %s: %v", who, got)
			}
		}
	}
	for move, code := range map[string]string{"suspend": "already-terminal", "reinstate": "invalid-transition", "revoke": "already-terminal", "freeze": "already-terminal", "unfreeze": "already-terminal"} {
		c.host.ask(t, "POST", c.path+"/"+move, nil).is(t, 409, code)
	}
	c.owner.ask(t, "PATCH", c.path, object{"name": "x"}).is(t, 409, "already-terminal")
	c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/archive", nil).is(t, 409, "already-terminal")
	c.owner.everywhere(t, "GET", c.path, nil, 200, "")
	c.stranger.must(t, "POST", "/v1/orgs", object{"slug": slug})
	// No rollback brings it back.
	entry := c.owner.ask(t, "GET", "/v1/audit/entries?limit=20&order=-sequence&action=scope_dissolve&scope_id="+c.id, nil).items(t)
	if len(entry) != 1 {
		t.Fatal(entry)
	}
	got := c.owner.ask(t, "POST", "/v1/rollbacks", object{"entry_id": entry[0]["id"], "mode": "overwrite"})
	if got.status < 400 {
		t.Error(got)
	}
	if got := c.owner.must(t, "GET", c.path, nil); got["status"] != "revoked" {
		t.Error(got)
	}
}

// A list is for those who run the cluster, and takes every character as it is.
func TestOrgList(t *testing.T) {
	c := newCompany(t)
	word := random()
	name := "100%_" + word
	c.owner.must(t, "PATCH", c.path, object{"name": name})
	other := c.owner.must(t, "POST", "/v1/orgs", object{"slug": word[:20]})["org"].(object)["id"]
	find := func(query string) (ids []any) {
		for _, o := range c.host.ask(t, "GET", "/v1/orgs?limit=500&"+query, nil).items(t) {
			ids = append(ids, o["id"])
		}
		return ids
	}
	for query, want := range map[string][]any{
		"query=" + word[:12]:                                      {c.id, other},
		"status=active&query=" + word[:12]:                        {c.id, other},
		"status=revoked&query=" + word[:12]:                       nil,
		"query=" + url.QueryEscape("%_"+word):                     {c.id},
		"query=" + url.QueryEscape("%"+word):                      nil,
		"query=" + url.QueryEscape("_"+strings.ToUpper(word[:9])): {c.id},
	} {
		if got := find(query); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	page := c.host.must(t, "GET", "/v1/orgs?limit=1&query="+word[:12], nil)
	if page["has_more"] != true {
		t.Error(page)
	}
	for _, who := range []person{c.owner, c.stranger} {
		who.ask(t, "GET", "/v1/orgs", nil).is(t, 403, "permission-denied")
	}
	root().ask(t, "GET", "/v1/orgs?limit=0", nil).is(t, 400, "malformed-request")
	root().ask(t, "GET", "/v1/orgs?status=frozen", nil).is(t, 400, "malformed-request")
	root().ask(t, "GET", "/v1/orgs?cursor=x", nil).is(t, 400, "invalid-cursor")
}
