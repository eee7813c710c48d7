package acceptance_test

import "testing"

// The paths of scopes take the id of an organization and do the same as its own.
func TestOrgByScopePaths(t *testing.T) {
	c := newCompany(t)
	scope := "/v1/scopes/" + c.id
	listed := func(want bool) {
		t.Helper()
		for node := range 3 {
			found := false
			for _, s := range c.member.at(t, node, "GET", "/v1/scopes", nil).items(t) {
				found = found || s["id"] == c.id
			}
			n := c.member.at(t, node, "GET", "/v1/scopes/count", nil).good(t)["count"]
			if counted := n.(interface{ String() string }).String() == "1"; found != want || counted != want {
				t.Errorf("node %d: the member's list has it: %t, its count is %v", node, found, n)
			}
		}
	}
	is := func(status string, frozen bool) {
		t.Helper()
		want := status
		if frozen && status == "active" {
			want = "frozen"
		}
		o, s := c.owner.must(t, "GET", c.path, nil), c.owner.must(t, "GET", scope, nil)
		if o["status"] != status || o["frozen"] != frozen || s["status"] != want || s["version"] != o["version"] || s["name"] != o["name"] || s["parent_id"] != nil {
			t.Errorf("it is %v, and as a scope %v", o, s)
		}
	}
	listed(true)
	is("active", false)
	c.owner.must(t, "POST", scope+"/freeze", nil)
	is("active", true)
	c.owner.ask(t, "POST", scope+"/freeze", nil).is(t, 409, "scope-frozen")
	c.owner.ask(t, "PATCH", scope, object{"name": "x"}).is(t, 409, "scope-frozen")
	listed(true)
	c.owner.must(t, "POST", scope+"/unfreeze", nil)
	c.owner.ask(t, "POST", scope+"/unfreeze", nil).is(t, 409, "invalid-transition")
	c.host.must(t, "POST", c.path+"/suspend", nil)
	is("suspended", false)
	listed(false)
	c.owner.must(t, "PATCH", scope, object{"name": "By its scope", "metadata": object{"a": 1}})
	is("suspended", false)
	c.member.ask(t, "PATCH", scope, object{"name": "x"}).is(t, 404, "not-found")
	c.host.must(t, "POST", c.path+"/reinstate", nil)
	listed(true)
	c.member.ask(t, "POST", scope+"/archive", nil).is(t, 403, "permission-denied")
	if got := c.owner.must(t, "POST", scope+"/archive", nil); got["status"] != "revoked" {
		t.Error(got)
	}
	is("revoked", false)
	listed(false)
	for path, code := range map[string]string{"/archive": "already-terminal", "/freeze": "already-terminal", "/unfreeze": "already-terminal"} {
		c.owner.ask(t, "POST", scope+path, nil).is(t, 409, code)
	}
	c.owner.ask(t, "PATCH", scope, object{"name": "x"}).is(t, 409, "already-terminal")
	c.owner.ask(t, "POST", "/v1/scopes", object{"name": "x", "parent_id": c.id}).is(t, 409, "org-not-active")
	m := c.owner.must(t, "GET", "/v1/memberships/"+c.mem[c.member.id], nil)
	if m["end_reason"] != "org_revoked" || m["removed_by"] != c.owner.id {
		t.Error(m)
	}
}
