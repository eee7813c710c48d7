package acceptance_test

import (
	"fmt"
	"testing"
)

// Each change of an organization is one entry by who made it, and says which host
// spoke for him; its owner reads them.
func TestOrgTrail(t *testing.T) {
	host := newHost(t)
	owner := host.acting(user(t, "owner"))
	id, _ := owner.found(t)
	path := "/v1/orgs/" + id
	owner.must(t, "PATCH", path, object{"slug": nil})
	owner.must(t, "PATCH", path, object{"slug": nil}) // changes nothing, and leaves nothing
	host.must(t, "POST", path+"/suspend", nil)
	root().must(t, "POST", path+"/reinstate", nil)
	owner.must(t, "POST", path+"/freeze", nil)
	owner.ask(t, "PATCH", path, object{"name": "x"}).is(t, 409, "scope-frozen")
	owner.must(t, "POST", path+"/unfreeze", nil)
	owner.must(t, "POST", path+"/revoke", nil)
	byUser, byHost, byRoot := fmt.Sprint(owner.id, host.id), fmt.Sprint(host.id, nil), fmt.Sprint("root", nil)
	want := []string{
		"org.create scope_create " + byUser, "org.create membership_change " + byUser, "org.update scope_modify " + byUser,
		"org.suspend lifecycle_change " + byHost, "org.reinstate lifecycle_change " + byRoot,
		"org.freeze lifecycle_change " + byUser, "org.unfreeze lifecycle_change " + byUser, "org.revoke scope_dissolve " + byUser,
	}
	for node := range 3 {
		var got []string
		for _, e := range owner.at(t, node, "GET", "/v1/audit/entries?order=sequence&limit=50&outcome=ok&scope_id="+id, nil).items(t) {
			if e["action"] == "read" || e["action"] == "access_check" {
				continue
			}
			got = append(got, fmt.Sprint(e["operation"], " ", e["action"], " ", fmt.Sprint(e["actor_id"], e["impersonator_id"])))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("node %d has\n%q, want\n%q", node, got, want)
		}
	}
	if got := root().must(t, "GET", "/v1/audit/verify", nil); got["valid"] != true {
		t.Error(got)
	}
}
