package acceptance_test

import "testing"

// deny makes a rule of the cluster that denies, bound to a target.
func deny(t *testing.T, conditions object, targetType, targetID string) (rule string) {
	t.Helper()
	rule = root().must(t, "POST", "/v1/rules", object{"name": "no", "rule_type": "access", "effect": "deny", "conditions": conditions})["id"].(string)
	bind(t, rule, targetType, targetID)
	return rule
}

func bind(t *testing.T, rule, targetType, targetID string) {
	t.Helper()
	root().must(t, "POST", "/v1/rules/"+rule+"/bindings", object{"target_type": targetType, "target_id": targetID})
}

func unbind(t *testing.T, rule, targetType, targetID string) {
	t.Helper()
	root().ask(t, "DELETE", "/v1/rules/"+rule+"/bindings?target_type="+targetType+"&target_id="+targetID, nil).good(t)
}

// A deny rule fits whom it names and nobody else, cuts what comes through the
// scope that it is bound to, holds on each node with the call that binds it, and
// can be bound again.
func TestB12RulesFitWhatTheyName(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	external := "external-" + random()[:8]
	root().must(t, "POST", "/v1/principals", object{"id": external, "kind": "external"})
	guest := person{id: external, token: root().must(t, "POST", "/v1/principals/"+external+"/keys", object{"name": "test"})["token"].(string)}
	scope, other, id := owner.scope(t, ""), owner.scope(t, ""), owner.note(t, object{})
	for _, s := range []string{scope, other} {
		owner.project(t, s, id, "read")
	}
	owner.add(t, scope, bob, "viewer")
	owner.add(t, scope, guest, "viewer")
	sees := func(t *testing.T, who person, want bool) {
		t.Helper()
		for node := range 3 {
			listed := false
			for _, o := range who.at(t, node, "GET", "/v1/objects?limit=200", nil).items(t) {
				listed = listed || o["id"] == id
			}
			got := who.at(t, node, "GET", "/v1/objects/"+id, nil)
			check := who.at(t, node, "POST", "/v1/access/check", object{"action": "read", "object_id": id}).good(t)
			if (got.status == 200) != want || listed != want || check["allowed"] != want {
				t.Errorf("node %d, %s: get %d, listed %v, allowed %v; want %v", node, who.id, got.status, listed, check["allowed"], want)
			}
		}
	}
	t.Run("principal kind", func(t *testing.T) {
		rule := deny(t, object{"principal_kind": "external"}, "object", id)
		sees(t, guest, false)
		sees(t, bob, true)
		sees(t, owner, true)
		unbind(t, rule, "object", id)
		sees(t, guest, true)
		bind(t, rule, "object", id)
		sees(t, guest, false)
		unbind(t, rule, "object", id)
	})
	t.Run("scope", func(t *testing.T) {
		owner.add(t, other, guest, "viewer")
		rule := deny(t, object{"action": []string{"read", "list"}}, "scope", scope)
		sees(t, bob, false)
		sees(t, guest, true)
		sees(t, owner, true)
		root().must(t, "POST", "/v1/rules/"+rule+"/archive", object{})
		sees(t, bob, true)
	})
	t.Run("a quota is no access rule", func(t *testing.T) {
		rule := root().must(t, "POST", "/v1/rules", object{"name": "quota", "rule_type": "quota", "effect": "deny"})["id"].(string)
		bind(t, rule, "object_type", "note")
		owner.note(t, object{})
		sees(t, bob, true)
		unbind(t, rule, "object_type", "note")
	})
	t.Run("the owner too", func(t *testing.T) {
		rule := deny(t, object{"action": "delete"}, "principal", owner.id)
		owner.ask(t, "DELETE", "/v1/objects/"+id, nil).is(t, 403, "permission-denied")
		unbind(t, rule, "principal", owner.id)
	})
	t.Run("unknown conditions", func(t *testing.T) {
		root().ask(t, "POST", "/v1/rules", object{"name": "no", "rule_type": "access", "effect": "deny", "conditions": object{"principal_knid": "x"}}).is(t, 422, "validation-failed")
	})
	t.Run("nobody is locked out", func(t *testing.T) {
		rule := deny(t, object{}, "principal", "root")
		root().ask(t, "POST", "/v1/objects", object{"type": "note", "data": object{}}).is(t, 403, "permission-denied")
		unbind(t, rule, "principal", "root")
		root().note(t, object{})
	})
}
