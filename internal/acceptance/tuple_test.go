package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
)

// saying names the five parts of a tuple about a thing.
func saying(subject, relation, typ, id string) object {
	return object{"subject_type": strings.SplitN(subject, "_", 2)[0], "subject_id": subject, "relation": relation, "object_type": typ, "object_id": id}
}

// says asks each node whether a tuple is there, and wants one answer.
func (p person) says(t *testing.T, said object, want bool) {
	t.Helper()
	for node := range 3 {
		got := p.at(t, node, "POST", "/v1/tuples/check", said).good(t)
		if got["allowed"] != want || (got["matched_tuple_id"] != nil) != want {
			t.Errorf("node %d says %v of %v", node, got, said)
		}
		if _, there := got["denied_by"]; !there {
			t.Errorf("node %d does not say by what it is denied: %v", node, got)
		}
	}
}

// A tuple is there, and gone, on every node once that is acknowledged.
func TestTupleEverywhere(t *testing.T) {
	host := newHost(t)
	ann, bea, document := user(t, "ann"), user(t, "bea"), uuid()
	first := host.at(t, 0, "POST", "/v1/tuples", saying(ann.id, "owner", "doc", document))
	first.is(t, 201, "")
	if got := first.good(t); got["object_id"] != document || got["subject_id"] != ann.id || got["created_by"] != host.id || !strings.HasPrefix(fmt.Sprint(got["id"]), "tup_") {
		t.Errorf("written is %v", got)
	}
	host.says(t, saying(ann.id, "owner", "doc", document), true)
	host.says(t, saying(ann.id, "owner", "doc", strings.ReplaceAll(document, "-", "")), true)
	host.says(t, saying(ann.id, "owner", "doc", "doc_"+strings.ReplaceAll(document, "-", "")), true)
	host.says(t, saying(ann.id, "editor", "doc", document), false)
	second := ann.at(t, 1, "POST", "/v1/tuples", saying(bea.id, "viewer", "doc", document)).good(t)
	bea.says(t, saying(bea.id, "viewer", "doc", document), true)
	items := ann.at(t, 2, "GET", "/v1/tuples?object_type=doc&object_id="+document+"&limit=1", nil)
	page := items.good(t)
	if page["has_more"] != true || len(items.items(t)) != 1 || items.items(t)[0]["id"] != first.good(t)["id"] {
		t.Fatalf("the first page is %v", page)
	}
	rest := ann.at(t, 0, "GET", "/v1/tuples?object_type=doc&object_id="+document+"&limit=1&cursor="+page["next_cursor"].(string), nil).good(t)
	if rest["has_more"] != false || rest["next_cursor"] != nil {
		t.Errorf("the last page is %v", rest)
	}
	ann.at(t, 2, "DELETE", "/v1/tuples/"+second["id"].(string), nil).is(t, 204, "")
	bea.says(t, saying(bea.id, "viewer", "doc", document), false)
	ann.everywhere(t, "DELETE", "/v1/tuples/"+second["id"].(string), nil, 404, "not-found")
	root().must(t, "POST", "/v1/principals/"+ann.id+"/suspend", nil)
	host.says(t, saying(ann.id, "owner", "doc", document), false)
	root().must(t, "POST", "/v1/principals/"+ann.id+"/resume", nil)
	host.says(t, saying(ann.id, "owner", "doc", document), true)
}

// TestTupleRefusals has a row for each status and code that a call can end with.
func TestTupleRefusals(t *testing.T) {
	host := newHost(t)
	c := newCompany(t)
	document, note := uuid(), c.owner.note(t, object{})
	host.must(t, "POST", "/v1/tuples", saying(c.member.id, "owner", "doc", document))
	host.must(t, "POST", "/v1/tuples", saying(c.member.id, "reviewer", "obj", note))
	check := func(more object) object {
		in := saying(c.member.id, "owner", "doc", document)
		delete(in, "relation")
		for name, value := range more {
			in[name] = value
		}
		return in
	}
	grant := c.member.ask(t, "GET", "/v1/tuples?subject_type=usr&subject_id="+c.member.id, nil).items(t)[0]["id"].(string)
	rows := []struct {
		name         string
		as           person
		method, path string
		body         any
		status       int
		code, place  string
	}{
		{"a long type", host, "POST", "/v1/tuples", saying(c.member.id, "viewer", "folders", document), 422, "invalid-format", "/object_type"},
		{"a relation with a digit", host, "POST", "/v1/tuples", saying(c.member.id, "viewer1", "doc", document), 422, "invalid-format", "/relation"},
		{"a nil id", host, "POST", "/v1/tuples", saying(c.member.id, "viewer", "doc", "00000000-0000-0000-0000-000000000000"), 422, "invalid-id", "/object_id"},
		{"an unknown subject", host, "POST", "/v1/tuples", saying("usr_01890a5d0c1e7000a0000000000000d1", "viewer", "doc", document), 404, "not-found", ""},
		{"a member by hand", host, "POST", "/v1/tuples", saying(c.stranger.id, "member", "org", c.id), 403, "managed-tuple", ""},
		{"again", host, "POST", "/v1/tuples", saying(c.member.id, "owner", "doc", document), 409, "duplicate-tuple", ""},
		{"by a stranger", c.stranger, "POST", "/v1/tuples", saying(c.stranger.id, "viewer", "obj", note), 404, "not-found", ""},
		{"by a stranger to a thing", c.stranger, "POST", "/v1/tuples", saying(c.stranger.id, "viewer", "doc", document), 403, "permission-denied", ""},
		{"by a member", c.member, "POST", "/v1/tuples", saying(c.member.id, "auditor", "org", c.id), 403, "permission-denied", ""},
		{"by a stranger to the organization", c.stranger, "POST", "/v1/tuples", saying(c.stranger.id, "auditor", "org", c.id), 404, "not-found", ""},
		{"an unknown field", host, "POST", "/v1/tuples/check", check(object{"relation": "owner", "role": "x"}), 422, "validation-failed", "/role"},
		{"no relation", host, "POST", "/v1/tuples/check", check(nil), 422, "validation-failed", "/relation"},
		{"two ways to name one", host, "POST", "/v1/tuples/check", check(object{"relation": "owner", "relations": []string{"owner"}}), 422, "validation-failed", "/relation"},
		{"an empty set", host, "POST", "/v1/tuples/check", check(object{"relations": []string{}}), 422, "empty-relation-set", "/relations"},
		{"an ill-formed one in a set", host, "POST", "/v1/tuples/check", check(object{"relations": []string{"owner", "O"}}), 422, "invalid-format", "/relations/1"},
		{"a check by a stranger", c.stranger, "POST", "/v1/tuples/check", saying(c.member.id, "auditor", "org", c.id), 404, "not-found", ""},
		{"a check by another member", c.guest, "POST", "/v1/tuples/check", saying(c.member.id, "auditor", "org", c.id), 403, "permission-denied", ""},
		{"a list of everything", host, "GET", "/v1/tuples", nil, 400, "malformed-request", "?subject_id"},
		{"a list of a long type", host, "GET", "/v1/tuples?object_type=folders&object_id=" + document, nil, 400, "invalid-format", "?object_type"},
		{"a list of a bad id", host, "GET", "/v1/tuples?object_type=doc&object_id=x", nil, 400, "invalid-id", "?object_id"},
		{"a page of none", host, "GET", "/v1/tuples?object_type=doc&limit=0&object_id=" + document, nil, 400, "malformed-request", "?limit"},
		{"the deletion of a membership", c.owner, "DELETE", "/v1/tuples/" + grant, nil, 403, "managed-tuple", ""},
		{"the deletion of what is hidden", c.stranger, "DELETE", "/v1/tuples/" + grant, nil, 404, "not-found", ""},
		{"a bad id of a tuple", host, "DELETE", "/v1/tuples/tup_1", nil, 400, "invalid-id", "?id"},
		{"an id of another kind", host, "DELETE", "/v1/tuples/" + note, nil, 400, "invalid-id-type", "?id"},
		{"rules by a user", c.owner, "PUT", "/v1/tuple-rules/doc", object{"rules": object{}}, 403, "permission-denied", ""},
		{"rules of a long type", host, "PUT", "/v1/tuple-rules/folders", object{"rules": object{}}, 400, "invalid-format", "?object_type"},
		{"an unknown node", host, "PUT", "/v1/tuple-rules/doc", object{"rules": object{"viewer": []object{{"type": "exclusion"}}}}, 422, "invalid-format", "/rules/viewer/0/type"},
	}
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a := row.as.at(t, i%3, row.method, row.path, row.body)
			a.is(t, row.status, row.code)
			if row.place != "" && a.place(t) != row.place {
				t.Errorf("the place is %q, want %q", a.place(t), row.place)
			}
		})
	}
}

// A membership is a tuple with the same life, on every node.
func TestMembershipsAreTuples(t *testing.T) {
	c := newCompany(t)
	said := saying(c.member.id, "member", "org", c.id)
	c.host.says(t, said, true)
	c.member.says(t, said, true)
	held := c.member.ask(t, "GET", "/v1/tuples?subject_type=usr&subject_id="+c.member.id, nil).items(t)
	if len(held) != 1 || held[0]["membership_id"] != c.mem[c.member.id] || held[0]["relation"] != "member" || held[0]["object_id"] != c.id {
		t.Errorf("the member has %v", held)
	}
	change := c.owner.must(t, "POST", "/v1/memberships/"+c.mem[c.member.id]+"/change-role", object{"new_role": "editor"})
	c.host.says(t, said, false)
	c.host.says(t, saying(c.member.id, "editor", "org", c.id), true)
	c.host.must(t, "POST", c.path+"/suspend", nil)
	c.host.says(t, saying(c.member.id, "editor", "org", c.id), false)
	c.host.must(t, "POST", c.path+"/reinstate", nil)
	c.host.says(t, saying(c.member.id, "editor", "org", c.id), true)
	c.owner.must(t, "POST", "/v1/memberships/"+change["id"].(string)+"/admin-remove", nil)
	c.host.says(t, saying(c.member.id, "editor", "org", c.id), false)
}

// A tuple to an object of Weir's is a right to it, and rules of a type lead from
// one relation to another; on every node at once.
func TestTuplesGiveRights(t *testing.T) {
	c := newCompany(t)
	note := c.owner.note(t, object{})
	path := "/v1/objects/" + note
	c.stranger.everywhere(t, "GET", path, nil, 404, "not-found")
	made := c.owner.must(t, "POST", "/v1/tuples", saying(c.stranger.id, "editor", "obj", note))
	c.stranger.everywhere(t, "GET", path, nil, 200, "")
	c.stranger.at(t, 1, "PUT", path, object{"data": object{"n": 1}}).is(t, 200, "")
	c.stranger.at(t, 2, "DELETE", path, nil).is(t, 403, "permission-denied")
	if items := c.stranger.ask(t, "GET", "/v1/objects", nil).items(t); len(items) != 1 || items[0]["id"] != note {
		t.Errorf("the stranger lists %v", items)
	}
	c.owner.must(t, "DELETE", "/v1/tuples/"+made["id"].(string), nil)
	c.stranger.everywhere(t, "GET", path, nil, 404, "not-found")

	typ := "d" + strings.Map(func(r rune) rune { return 'a' + r%16 }, random()[:5])
	document := uuid()
	c.host.must(t, "PUT", "/v1/tuple-rules/"+typ, object{"rules": object{"viewer": []object{
		{"type": "this"}, {"type": "tuple_to_userset", "tupleset_relation": "parent", "computed_userset_relation": "member", "subject_type": "org"},
	}}})
	c.host.must(t, "POST", "/v1/tuples", saying(c.id, "parent", typ, document))
	c.host.says(t, saying(c.member.id, "viewer", typ, document), true)
	c.host.says(t, saying(c.guest.id, "viewer", typ, document), false)
	c.member.must(t, "POST", "/v1/memberships/"+c.mem[c.member.id]+"/self-leave", nil)
	c.host.says(t, saying(c.member.id, "viewer", typ, document), false)
}

// One call makes a user and what the user has, and both ends of a tuple can be
// what the call made before.
func TestTuplesInABatch(t *testing.T) {
	host := newHost(t)
	document := uuid()
	made := func(k int) object { return object{"$result": []any{k, "id"}} }
	tuple := func(k int, typ string, id any) object {
		in := saying("usr_", "owner", typ, "")
		in["subject_id"], in["object_id"] = made(k), id
		return object{"op": "tuple.create", "input": in}
	}
	out := host.must(t, "POST", "/v1/batch", object{"operations": []object{
		{"op": "user.create", "input": object{}},
		tuple(0, "doc", document),
		{"op": "object.create", "input": object{"type": "note", "data": object{}}},
		tuple(0, "obj", made(2)),
	}})["results"].([]any)
	owner := out[0].(object)["id"].(string)
	host.says(t, saying(owner, "owner", "doc", document), true)
	host.says(t, saying(owner, "owner", "obj", out[2].(object)["id"].(string)), true)
	host.ask(t, "POST", "/v1/batch", object{"operations": []object{
		{"op": "user.create", "input": object{}}, tuple(0, "doc", document), tuple(0, "doc", document),
	}}).is(t, 409, "duplicate-tuple")
}
