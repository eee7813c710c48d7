package acceptance_test

import (
	"strconv"
	"testing"
)

func TestChecks(t *testing.T) {
	owner, bob, eve := newcomer(t, "owner"), newcomer(t, "bob"), newcomer(t, "eve")
	scope, id := owner.scope(t, ""), owner.note(t, object{})
	owner.add(t, scope, bob, "viewer")
	owner.project(t, scope, id, "write")
	then := bob.ask(t, "GET", "/v1/objects/"+id, nil).revision(t)
	check := func(asker person, about, action, query string) answer {
		in := object{"action": action, "object_id": id}
		if about != "" {
			in["principal_id"] = about
		}
		return asker.ask(t, "POST", "/v1/access/check"+query, in)
	}
	rows := []struct {
		name          string
		asker         person
		about, action string
		allowed       bool
	}{
		{"owner about itself", owner, "", "write", true},
		{"member about itself", bob, "", "read", true},
		{"viewer may not write", bob, "", "write", false},
		{"stranger about itself", eve, "", "read", false},
		{"owner about the member", owner, bob.id, "read", true},
		{"owner about a stranger", owner, eve.id, "read", false},
		{"administrator about the member", root(), bob.id, "read", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := check(row.asker, row.about, row.action, "").good(t); got["allowed"] != row.allowed {
				t.Errorf("check: %v", got)
			}
			in := object{"action": row.action, "object_id": id}
			if row.about != "" {
				in["principal_id"] = row.about
			}
			if got := row.asker.must(t, "POST", "/v1/access/explain", in); got["allowed"] != row.allowed {
				t.Errorf("explain: %v", got)
			}
		})
	}
	check(eve, bob.id, "read", "").is(t, 404, "not-found")
	check(bob, eve.id, "read", "").is(t, 403, "permission-denied")

	owner.must(t, "DELETE", "/v1/scopes/"+scope+"/members/"+bob.id, nil)
	at := "at=" + strconv.FormatUint(then, 10)
	for node := range 3 {
		in := object{"principal_id": bob.id, "action": "read", "object_id": id}
		if got := root().at(t, node, "POST", "/v1/access/check?"+at, in).good(t); got["allowed"] != true {
			t.Errorf("then: %v", got)
		}
		if got := root().at(t, node, "POST", "/v1/access/check", in).good(t); got["allowed"] != false {
			t.Errorf("now: %v", got)
		}
		if got := root().at(t, node, "GET", "/v1/access/visible?principal_id="+bob.id+"&"+at, nil).items(t); len(got) != 1 || got[0]["object_id"] != id {
			t.Errorf("visible then: %v", got)
		}
		if got := root().at(t, node, "GET", "/v1/access/visible?principal_id="+bob.id, nil).items(t); len(got) != 0 {
			t.Errorf("visible now: %v", got)
		}
	}
	eve.ask(t, "GET", "/v1/access/visible?principal_id="+bob.id, nil).is(t, 403, "permission-denied")
	if got := owner.ask(t, "GET", "/v1/access/visible", nil).items(t); len(got) != 1 || got[0]["level"] != "owner" {
		t.Errorf("visible to the owner: %v", got)
	}
}

func TestPermissions(t *testing.T) {
	auditor := newcomer(t, "auditor")
	path := "/v1/principals/" + auditor.id + "/permissions"
	auditor.ask(t, "GET", "/v1/audit/verify", nil).is(t, 403, "permission-denied")
	root().must(t, "POST", path, object{"permission": "audit.read"})
	for node := range 3 {
		if got := auditor.at(t, node, "GET", "/v1/audit/verify?from=1&to=3", nil).good(t); got["valid"] != true {
			t.Errorf("verify: %v", got)
		}
	}
	root().must(t, "DELETE", path+"/audit.read", nil)
	for node := range 3 {
		auditor.at(t, node, "GET", "/v1/audit/verify", nil).is(t, 403, "permission-denied")
	}
	root().ask(t, "POST", path, object{"permission": "everything"}).is(t, 422, "validation-failed")
	root().ask(t, "POST", "/v1/principals", object{"id": auditor.id, "kind": "user"}).is(t, 409, "already-exists")
	root().ask(t, "POST", "/v1/principals", object{"id": "usr_nothex", "kind": "user"}).is(t, 422, "invalid-id")
	if got := root().must(t, "GET", "/v1/cluster", nil); len(got["nodes"].([]any)) != 3 || got["leader_id"] == "" {
		t.Errorf("the cluster is %v", got)
	}
}
