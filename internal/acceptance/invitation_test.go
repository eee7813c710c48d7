package acceptance_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// address is an identifier that nobody has yet.
func address() string { return random() + "@Example.com" }

// in is a time from now, as the wire has it.
func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

// invite sends an invitation to a company, and gives it with its token.
func (p person) invite(t *testing.T, c company, more object) (invitation object, token string) {
	t.Helper()
	body := object{"identifier": address(), "role": "member", "expires_at": in(time.Hour)}
	for name, value := range more {
		body[name] = value
	}
	made := p.must(t, "POST", c.path+"/invitations", body)
	token, _ = made["token"].(string)
	return made, token
}

func accepting(invitation object) string {
	return "/v1/invitations/" + invitation["id"].(string) + "/accept"
}

// An invitation from one node is accepted at another, by somebody without an
// account, who is a user and a member at all of them then.
func TestInviteAndAccept(t *testing.T) {
	c := newCompany(t)
	to, document := address(), uuid()
	root().must(t, "POST", "/v1/principals/"+c.owner.id+"/permissions", object{"permission": "tuples.write"})
	sent := c.owner.ask(t, "POST", c.path+"/invitations", object{
		"identifier": to, "role": "editor", "expires_at": in(time.Hour),
		"pre_tuples": []any{object{"relation": "reader", "object_type": "doc", "object_id": document}},
	})
	sent.is(t, 201, "")
	i := sent.good(t)
	id, token := i["id"].(string), i["token"].(string)
	for name, want := range map[string]any{
		"org_id": c.id, "identifier": to, "role": "editor", "status": "pending", "invited_by": c.owner.id, "invited_user_id": nil, "terminal_at": nil, "terminal_by": nil,
	} {
		if got, there := i[name]; !there || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if len(token) != 43 || !strings.HasPrefix(id, "inv_") || len(i["pre_tuples"].([]any)) != 1 {
		t.Errorf("invited: %v", i)
	}
	for node := range 3 {
		for _, path := range []string{"/v1/invitations/" + id, c.path + "/invitations?status=pending"} {
			a := c.admin.at(t, node, "GET", path, nil)
			if a.status != 200 || !strings.Contains(string(a.body), to) || strings.Contains(string(a.body), token) {
				t.Error(a)
			}
		}
	}
	nobody := person{}
	nobody.everywhere(t, "POST", accepting(i), object{}, 403, "permission-denied")
	nobody.everywhere(t, "POST", accepting(i), object{"token": strings.Repeat("A", 43), "accepting_identifier": to}, 403, "permission-denied")
	nobody.everywhere(t, "GET", "/v1/invitations/"+id, nil, 401, "unauthenticated")
	person{token: "weir_x"}.everywhere(t, "POST", accepting(i), object{"token": token}, 401, "api-key-invalid")
	accepted := nobody.must(t, "POST", accepting(i), object{"token": token}, "Idempotency-Key", random())
	user := accepted["invitation"].(object)["invited_user_id"].(string)
	m, tuples := accepted["membership"].(object), accepted["materialized_tuples"].([]any)
	if m["usr_id"] != user || m["org_id"] != c.id || m["role"] != "editor" || m["invited_by"] != c.owner.id || m["replaces"] != nil || m["status"] != "active" {
		t.Errorf("the membership is %v", m)
	}
	if len(tuples) != 1 || tuples[0].(object)["subject_id"] != user || tuples[0].(object)["object_id"] != document || tuples[0].(object)["relation"] != "reader" {
		t.Errorf("materialized %v", tuples)
	}
	newcomer := root().keyOf(t, user)
	for node := range 3 {
		if a := c.host.at(t, node, "GET", "/v1/invitations/"+id, nil); a.good(t)["status"] != "accepted" || a.good(t)["terminal_by"] != user || a.good(t)["identifier"] != to {
			t.Error(a)
		}
		newcomer.at(t, node, "GET", c.path, nil).is(t, 200, "")
		if all := newcomer.at(t, node, "GET", "/v1/users/"+user+"/identifiers", nil).items(t); len(all) != 1 || all[0]["identifier"] != to {
			t.Errorf("its identifiers are %v", all)
		}
		check := object{"subject_type": "usr", "subject_id": user, "relation": "reader", "object_type": "doc", "object_id": document}
		if a := newcomer.at(t, node, "POST", "/v1/tuples/check", check); a.good(t)["allowed"] != true {
			t.Error(a)
		}
	}
	c.stranger.everywhere(t, "GET", "/v1/users/"+user+"/identifiers", nil, 404, "not-found")
	nobody.everywhere(t, "POST", accepting(i), object{"token": token}, 409, "invitation-not-pending")
	// With what it has, it can be invited and accept by its own key elsewhere.
	other := newCompany(t)
	next, _ := other.owner.invite(t, other, object{"identifier": strings.ToLower(to)})
	nobody.ask(t, "POST", accepting(next), object{"token": next["token"]}).is(t, 409, "identifier-in-use")
	c.host.ask(t, "POST", accepting(next), object{}).is(t, 409, "identifier-in-use")
	newcomer.ask(t, "POST", accepting(next), object{"accepting_identifier": to}).is(t, 409, "identifier-mismatch")
	newcomer.must(t, "GET", "/v1/invitations/"+next["id"].(string), nil)
	newcomer.ask(t, "POST", accepting(next), object{"accepting_identifier": strings.ToLower(to)}).is(t, 200, "")
}

// By what a user accepts, through a host and by a key of its own.
func TestWhoMayAccept(t *testing.T) {
	c := newCompany(t)
	to := address()
	i, token := c.admin.invite(t, c, object{"identifier": to})
	through := c.host.acting(c.stranger)
	for _, row := range []struct {
		name   string
		as     person
		body   object
		status int
		code   string
	}{
		{"without an identifier", through, object{}, 409, "identifier-binding-required"},
		{"with null", through, object{"accepting_identifier": nil}, 409, "identifier-binding-required"},
		{"with another", through, object{"accepting_identifier": "x@example.com"}, 409, "identifier-mismatch"},
		{"in another case", through, object{"accepting_identifier": strings.ToUpper(to)}, 409, "identifier-mismatch"},
		{"by a key of its own, not known to have it", c.stranger, object{"accepting_identifier": to, "token": token}, 409, "identifier-mismatch"},
		{"a member already", c.host.acting(c.member), object{"accepting_identifier": to}, 409, "duplicate-membership"},
		{"an id of another kind", through, object{"accepting_identifier": to, "user_id": c.stranger.id}, 422, "validation-failed"},
		{"at last", through, object{"accepting_identifier": to}, 200, ""},
		{"again", through, object{"accepting_identifier": to}, 409, "invitation-not-pending"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := row.as.ask(t, "POST", accepting(i), row.body)
			a.is(t, row.status, row.code)
			if row.code != "identifier-mismatch" {
				return
			}
			p := a.decode(t)
			told := p["invitation_identifier"] == to && p["accepting_identifier"] == row.body["accepting_identifier"]
			if host := row.as.as != ""; told != host || !host && (p["invitation_identifier"] != nil || p["accepting_identifier"] != nil) {
				t.Errorf("told %v", a)
			}
		})
	}
	for node := range 3 {
		c.stranger.at(t, node, "GET", c.path, nil).is(t, 200, "")
	}
}

// What is refused at creation, and who may not.
func TestInvitationsThatAreRefused(t *testing.T) {
	c := newCompany(t)
	pre := func(relation, typ, id string) object {
		return object{"pre_tuples": []any{object{"relation": relation, "object_type": typ, "object_id": id}}}
	}
	for _, row := range []struct {
		name   string
		as     person
		more   object
		status int
		code   string
		place  string
	}{
		{"a stranger", c.stranger, nil, 404, "not-found", ""},
		{"a member", c.member, nil, 403, "permission-denied", ""},
		{"a guest", c.guest, nil, 403, "permission-denied", ""},
		{"an owner by an admin", c.admin, object{"role": "owner"}, 403, "role-hierarchy", ""},
		{"an admin by an admin", c.admin, object{"role": "admin"}, 201, "", ""},
		{"an owner by an owner", c.owner, object{"role": "owner"}, 201, "", ""},
		{"an owner by a host", c.host, object{"role": "owner"}, 201, "", ""},
		{"no role", c.owner, object{"role": "boss"}, 422, "invalid-role", "/role"},
		{"the past", c.owner, object{"expires_at": in(-time.Hour)}, 422, "past-expiration", "/expires_at"},
		{"no time", c.owner, object{"expires_at": "soon"}, 422, "validation-failed", "/expires_at"},
		{"nobody", c.owner, object{"identifier": ""}, 422, "validation-failed", "/identifier"},
		{"too long", c.owner, object{"identifier": strings.Repeat("a", 321)}, 422, "validation-failed", "/identifier"},
		{"a relation of no form", c.owner, pre("Reader", "doc", uuid()), 422, "invalid-format", "/pre_tuples/0/relation"},
		{"a type of no form", c.owner, pre("reader", "project", uuid()), 422, "invalid-format", "/pre_tuples/0/object_type"},
		{"an id of no form", c.owner, pre("reader", "doc", "x"), 422, "invalid-id", "/pre_tuples/0/object_id"},
		{"a role by hand", c.owner, pre("admin", "org", c.id), 403, "managed-tuple", "/pre_tuples/0"},
		{"what is not his to give", c.owner, pre("reader", "doc", uuid()), 403, "permission-denied", "/pre_tuples/0"},
		{"a prepared member", c.owner, object{"digest": strings.Repeat("00", 32)}, 422, "validation-failed", "/digest"},
	} {
		t.Run(row.name, func(t *testing.T) {
			body := object{"identifier": address(), "role": "member", "expires_at": in(time.Hour)}
			for name, value := range row.more {
				body[name] = value
			}
			a := row.as.ask(t, "POST", c.path+"/invitations", body)
			a.is(t, row.status, row.code)
			if row.place != "" && a.place(t) != row.place {
				t.Errorf("%v stands at %q, want %q", a, a.place(t), row.place)
			}
		})
	}
	c.owner.ask(t, "GET", "/v1/invitations/x", nil).is(t, 400, "invalid-id")
	c.owner.ask(t, "GET", "/v1/invitations/"+c.id, nil).is(t, 400, "invalid-id-type")
	c.owner.ask(t, "GET", "/v1/invitations/inv_"+c.id[4:], nil).is(t, 404, "not-found")
	c.owner.ask(t, "GET", c.path+"/invitations?status=open", nil).is(t, 400, "malformed-request")
	c.member.ask(t, "GET", c.path+"/invitations", nil).is(t, 403, "permission-denied")
	c.stranger.ask(t, "GET", c.path+"/invitations", nil).is(t, 404, "not-found")
}

// What ends an invitation ends it at every node at once.
func TestInvitationsEndEverywhere(t *testing.T) {
	c := newCompany(t)
	nobody := person{}
	to := address()
	first, token := c.admin.invite(t, c, object{"identifier": to})
	second, _ := c.owner.invite(t, c, object{"identifier": to})
	nobody.everywhere(t, "POST", accepting(first), object{"token": token}, 409, "invitation-not-pending")
	c.admin.must(t, "POST", "/v1/invitations/"+second["id"].(string)+"/revoke", nil)
	nobody.everywhere(t, "POST", accepting(second), object{"token": second["token"]}, 409, "invitation-not-pending")
	c.admin.ask(t, "POST", "/v1/invitations/"+second["id"].(string)+"/revoke", nil).is(t, 409, "invitation-not-pending")

	third, token := c.admin.invite(t, c, nil)
	decline := "/v1/invitations/" + third["id"].(string) + "/decline"
	c.stranger.ask(t, "POST", decline, object{}).is(t, 404, "not-found")
	nobody.ask(t, "POST", decline, object{}).is(t, 403, "permission-denied")
	key := random()
	declined := nobody.must(t, "POST", decline, object{"token": token}, "Idempotency-Key", key)
	if declined["status"] != "declined" || declined["terminal_by"] != nil || declined["terminal_at"] == nil {
		t.Errorf("declined: %v", declined)
	}
	if again := nobody.must(t, "POST", decline, object{"token": token}, "Idempotency-Key", key); again["terminal_at"] != declined["terminal_at"] {
		t.Errorf("declined again: %v", again)
	}
	nobody.everywhere(t, "POST", decline, object{"token": token}, 409, "invitation-not-pending")

	// With its sender, and with the organization.
	fourth, token := c.admin.invite(t, c, nil)
	removed := c.owner.ask(t, "DELETE", "/v1/scopes/"+c.id+"/members/"+c.admin.id, nil)
	if removed.status != 204 {
		t.Fatal(removed)
	}
	nobody.everywhere(t, "POST", accepting(fourth), object{"token": token}, 409, "invitation-not-pending")
	if i := c.owner.must(t, "GET", "/v1/invitations/"+fourth["id"].(string), nil); i["status"] != "revoked" || i["terminal_by"] != c.owner.id {
		t.Errorf("after its sender: %v", i)
	}
	fifth, token := c.owner.invite(t, c, nil)
	c.host.must(t, "POST", c.path+"/suspend", nil)
	nobody.everywhere(t, "POST", accepting(fifth), object{"token": token}, 409, "org-not-active")
	c.host.must(t, "POST", c.path+"/reinstate", nil)
	c.owner.must(t, "POST", c.path+"/revoke", nil)
	nobody.everywhere(t, "POST", accepting(fifth), object{"token": token}, 409, "invitation-not-pending")
	if i := c.owner.must(t, "GET", "/v1/invitations/"+fifth["id"].(string), nil); i["status"] != "revoked" || i["terminal_by"] != c.owner.id || i["terminal_at"] == nil {
		t.Errorf("after the organization: %v", i)
	}
}

// An invitation is over at its instant, and the trail says so soon.
func TestInvitationsExpire(t *testing.T) {
	c := newCompany(t)
	i, token := c.owner.invite(t, c, object{"expires_at": in(2 * time.Second)})
	path := "/v1/invitations/" + i["id"].(string)
	until(t, "the expiry", func(context.Context) bool { return c.owner.must(t, "GET", path, nil)["status"] == "expired" })
	person{}.everywhere(t, "POST", accepting(i), object{"token": token}, 409, "invitation-expired")
	c.owner.everywhere(t, "POST", path+"/revoke", nil, 409, "invitation-expired")
	until(t, "the entry of the expiry", func(context.Context) bool {
		return len(root().ask(t, "GET", "/v1/audit/entries?action=invitation_expire&target_id="+i["id"].(string), nil).items(t)) == 1
	})
	got := c.owner.must(t, "GET", path, nil)
	if got["terminal_at"] != got["expires_at"] || got["terminal_by"] != nil {
		t.Errorf("expired: %v", got)
	}
}

// Of many who accept at once one does, and all others find it accepted.
func TestOneAcceptance(t *testing.T) {
	c := newCompany(t)
	i, token := c.owner.invite(t, c, nil)
	var group sync.WaitGroup
	answers := make([]answer, 12)
	for n := range answers {
		group.Go(func() {
			answers[n], _ = send(t.Context(), n%3, "", "POST", accepting(i), object{"token": token}, nil)
		})
	}
	group.Wait()
	accepted := 0
	for _, a := range answers {
		if a.status == 200 {
			accepted++
		} else if a.is(t, 409, "invitation-not-pending"); a.status != 409 {
			t.Error(a)
		}
	}
	if accepted != 1 {
		t.Errorf("%d accepted", accepted)
	}
	entries := root().ask(t, "GET", "/v1/audit/entries?action=invitation_accept&target_id="+i["id"].(string), nil).items(t)
	if len(entries) != 1 || entries[0]["actor_id"] != "" {
		t.Errorf("the trail says %v", entries)
	}
}
