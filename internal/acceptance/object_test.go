package acceptance_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestDeletedObjects(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{"n": 1})
	owner.add(t, scope, bob, "editor")
	owner.project(t, scope, id, "write")
	path := "/v1/objects/" + id
	bob.ask(t, "DELETE", path, nil).is(t, 403, "permission-denied")
	owner.ask(t, "POST", path+"/restore", object{}).is(t, 409, "isolation-violation")
	for range 2 {
		if got := owner.ask(t, "DELETE", path+"?reason=old", nil); got.status != 204 || len(got.body) != 0 {
			t.Errorf("delete: %v", got)
		}
	}
	for node := range 3 {
		owner.at(t, node, "GET", path, nil).is(t, 404, "not-found")
		bob.at(t, node, "GET", path, nil).is(t, 404, "not-found")
		bob.at(t, node, "GET", path+"?include=tombstoned", nil).is(t, 404, "not-found")
		if got := owner.at(t, node, "GET", path+"?include=tombstoned", nil).good(t); got["lifecycle"] != "tombstoned" {
			t.Errorf("with tombstones: %v", got)
		}
	}
	if all := owner.ask(t, "GET", "/v1/objects", nil).items(t); len(all) != 0 {
		t.Errorf("the list holds %v", all)
	}
	owner.ask(t, "PUT", path, object{"data": object{}}).is(t, 409, "isolation-violation")
	bob.ask(t, "PUT", path, object{"data": object{}}).is(t, 404, "not-found")
	bob.ask(t, "POST", path+"/restore", object{}).is(t, 404, "not-found")
	if got := owner.must(t, "POST", path+"/restore", object{}); num(got["version"]) != 2 || got["lifecycle"] != "active" {
		t.Errorf("restored: %v", got)
	}
	list := owner.ask(t, "GET", path+"/versions", nil).items(t)
	if len(list) != 2 || list[1]["origin"] != "restore" {
		t.Errorf("versions: %v", list)
	}
	if got := bob.ask(t, "GET", path, nil); got.status != 200 {
		t.Errorf("after restore: %v", got)
	}
}

// TestAbsentAndHiddenLookAlike: nobody learns from a refusal that a thing exists.
func TestAbsentAndHiddenLookAlike(t *testing.T) {
	owner, eve := newcomer(t, "owner"), newcomer(t, "eve")
	hidden := map[string]string{"obj": owner.note(t, object{}), "scp": owner.scope(t, "")}
	owner.must(t, "GET", "/v1/me", nil)
	ids := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	rows := []struct {
		name, method, path string
		body               func(id string) any
		kind               string
	}{
		{"get object", "GET", "/v1/objects/ID", nil, "obj"},
		{"update object", "PUT", "/v1/objects/ID", func(string) any { return object{"data": object{}} }, "obj"},
		{"delete object", "DELETE", "/v1/objects/ID", nil, "obj"},
		{"restore object", "POST", "/v1/objects/ID/restore", func(string) any { return object{} }, "obj"},
		{"versions", "GET", "/v1/objects/ID/versions", nil, "obj"},
		{"one version", "GET", "/v1/objects/ID?version=1", nil, "obj"},
		{"diff", "GET", "/v1/objects/ID/diff?from=1&to=2", nil, "obj"},
		{"get scope", "GET", "/v1/scopes/ID", nil, "scp"},
		{"members", "GET", "/v1/scopes/ID/members", nil, "scp"},
		{"children", "GET", "/v1/scopes/ID/children", nil, "scp"},
		{"freeze", "POST", "/v1/scopes/ID/freeze", func(string) any { return object{} }, "scp"},
		{"leave", "POST", "/v1/scopes/ID/leave", func(string) any { return object{} }, "scp"},
		{"child", "POST", "/v1/scopes", func(id string) any { return object{"name": "x", "parent_id": id} }, "scp"},
		{"check", "POST", "/v1/access/check", func(id string) any { return object{"action": "read", "object_id": id} }, "obj"},
		{"check about others", "POST", "/v1/access/check", func(id string) any {
			return object{"principal_id": owner.id, "action": "read", "object_id": id}
		}, "obj"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			ask := func(id string) answer {
				var body any
				if row.body != nil {
					body = row.body(id)
				}
				return eve.ask(t, row.method, strings.ReplaceAll(row.path, "ID", id), body)
			}
			there, absent := ask(hidden[row.kind]), ask(row.kind+"_01890a5d0c1e7000a000000000000003")
			mask := func(a answer) string { return ids.ReplaceAllString(string(a.body), "ID") }
			if there.status != absent.status || mask(there) != mask(absent) {
				t.Errorf("hidden: %v\nabsent: %v", there, absent)
			}
		})
	}
}
