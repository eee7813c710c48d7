package acceptance_test

import (
	"strings"
	"testing"
)

// Of several things with a bad one among them none is done, and the answer says
// which one it was. Nothing is traced as done.
func TestB14AllOrNone(t *testing.T) {
	owner, bob, carol := newcomer(t, "owner"), newcomer(t, "bob"), newcomer(t, "carol")
	scope := owner.scope(t, "")
	members := "/v1/scopes/" + scope + "/members"
	rows := []struct {
		name, path string
		body       any
		status     int
		code       string
	}{
		{"members", members + "/bulk", object{"members": []object{
			{"principal_id": bob.id}, {"principal_id": "nobody-" + random()}, {"principal_id": carol.id},
		}}, 404, "not-found"},
		{"roles", members + "/bulk", object{"members": []object{{"principal_id": bob.id}, {"principal_id": carol.id, "role": "king"}}}, 422, "invalid-role"},
		{"types", "/v1/objects/bulk", object{"items": []object{{"type": "note", "data": object{}}, {"data": object{}}}}, 422, "validation-failed"},
		{"data", "/v1/objects/bulk", object{"items": []object{{"type": "note", "data": object{}}, {"type": "note", "data": 1}}}, 422, "validation-failed"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a := owner.ask(t, "POST", row.path, row.body)
			a.is(t, row.status, row.code)
			if index := a.decode(t)["index"]; (index == nil || num(index) != 1) && !strings.Contains(a.place(t), "/1/") {
				t.Errorf("%v does not say that it is item 1", a)
			}
		})
	}
	for node := range 3 {
		if got := owner.at(t, node, "GET", members, nil).items(t); len(got) != 1 {
			t.Errorf("node %d has the members %v", node, got)
		}
		if got := owner.at(t, node, "GET", "/v1/objects", nil).items(t); len(got) != 0 {
			t.Errorf("node %d has the objects %v", node, got)
		}
	}
	for _, e := range root().ask(t, "GET", "/v1/audit/entries?limit=200&actor_id="+owner.id, nil).items(t) {
		if e["action"] == "create" || (e["action"] == "membership_change" && e["parent_trace_id"] == nil) {
			t.Errorf("the trail says that it was done: %v", e)
		}
	}
	owner.must(t, "POST", members+"/bulk", object{"members": []object{{"principal_id": bob.id}, {"principal_id": carol.id, "role": "editor"}}})
	owner.must(t, "POST", "/v1/objects/bulk", object{"items": []object{{"type": "note", "data": object{"n": 1}}, {"type": "task", "data": object{"n": 2}}}})
	if got := owner.ask(t, "GET", members, nil).items(t); len(got) != 3 {
		t.Errorf("the members are %v", got)
	}
	if got := owner.ask(t, "GET", "/v1/objects", nil).items(t); len(got) != 2 || got[0]["type"] != "note" || got[1]["type"] != "task" {
		t.Errorf("the objects are %v", got)
	}
}

// All checks run to their end while there are keys in the store, and each says
// what came of it.
func TestB16AllChecksRun(t *testing.T) {
	newcomer(t, "keyholder").note(t, object{"secret": random()})
	outcome := map[string]string{}
	for path, at := "/v1/compliance/run", ""; path != ""; {
		a := root().ask(t, "GET", path, nil)
		for _, r := range a.items(t) {
			outcome[r["check"].(string)], _ = r["outcome"].(string)
			if list, _ := r["violations"].([]any); len(list) > 0 {
				t.Errorf("%v", r)
			}
		}
		page := a.decode(t)
		if at == "" {
			at = "at=" + a.header.Get("Weir-Revision")
		}
		path = ""
		if page["has_more"] == true {
			path = "/v1/compliance/run?" + at + "&cursor=" + page["next_cursor"].(string)
		}
	}
	for _, name := range strings.Fields(`registry_completeness trace_integrity isolation_integrity rule_consistency scope_boundaries
		secret_hygiene tombstone_integrity environment_integrity pipeline_integrity deployment_gate_consistency secret_ref_validity
		plugin_integrity connector_integrity event_subscription_validity notification_rule_consistency schedule_consistency
		trace_coverage contract_integrity template_integrity`) {
		switch outcome[name] {
		case "passed", "not_applicable":
		default:
			t.Errorf("%s came to %q", name, outcome[name])
		}
	}
	bob := newcomer(t, "bob")
	bob.ask(t, "GET", "/v1/compliance/run", nil).is(t, 403, "permission-denied")
	root().ask(t, "GET", "/v1/compliance/run?checks=no_such_check", nil).is(t, 400, "malformed-request")
}
