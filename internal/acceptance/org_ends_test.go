package acceptance_test

import (
	"encoding/json"
	"testing"
	"time"
)

// What came from an organization is withheld while it is suspended, and over when
// it is revoked, on each node: the tuple of a membership, a grant that came with
// an invitation, a share of the organization, an invitation that waits.
func TestOrgGrantsEndWithIt(t *testing.T) {
	c := newCompany(t)
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	doc := "01890a5d-0c1e-7000-a000-" + random()[:12]
	root().must(t, "POST", "/v1/tuples", object{"subject_type": "usr", "subject_id": c.owner.id, "relation": "owner", "object_type": "doc", "object_id": doc})
	invite := func(whom string) string {
		return c.owner.must(t, "POST", c.path+"/invitations", object{
			"identifier": whom, "role": "member", "expires_at": soon, "pre_tuples": []object{{"relation": "editor", "object_type": "doc", "object_id": doc}},
		})["id"].(string)
	}
	accepted, pending := invite("s@example.com"), invite("p@example.com")
	comes := c.host.acting(c.stranger)
	made := comes.must(t, "POST", "/v1/invitations/"+accepted+"/accept", object{"accepting_identifier": "s@example.com"})
	if n := len(made["materialized_tuples"].([]any)); n != 1 {
		t.Fatalf("%d tuples: %v", n, made)
	}
	token := c.owner.must(t, "POST", "/v1/shares", object{"object_type": "org", "object_id": c.id, "relation": "viewer", "expires_in": 3600})["token"]
	counts := func(want bool) {
		t.Helper()
		for node := range 3 {
			for what, check := range map[string]object{
				"the tuple of a membership": {"relation": "member", "object_type": "org", "object_id": c.id},
				"a grant of an invitation":  {"relation": "editor", "object_type": "doc", "object_id": doc},
			} {
				check["subject_type"], check["subject_id"] = "usr", c.stranger.id
				if got := comes.at(t, node, "POST", "/v1/tuples/check", check).good(t)["allowed"]; got != want {
					t.Errorf("node %d, %s: %v, want %v", node, what, got, want)
				}
			}
			share := person{}.at(t, node, "POST", "/v1/shares/verify", object{"token": token})
			if want {
				share.is(t, 200, "")
			} else {
				share.is(t, 401, "share-revoked")
			}
		}
	}
	counts(true)
	c.host.must(t, "POST", c.path+"/suspend", nil)
	counts(false)
	for _, path := range []string{"", "/members", "/invitations"} {
		c.owner.everywhere(t, "GET", c.path+path, nil, 200, "")
		c.admin.everywhere(t, "GET", c.path+path, nil, 200, "")
		c.member.everywhere(t, "GET", c.path+path, nil, 404, "not-found")
	}
	c.owner.ask(t, "POST", c.path+"/invitations", object{"identifier": "q@example.com", "role": "member", "expires_at": soon}).is(t, 409, "org-not-active")
	c.host.must(t, "POST", c.path+"/reinstate", nil)
	counts(true)
	c.owner.must(t, "POST", c.path+"/revoke", nil)
	counts(false)
	for node := range 3 {
		got := c.owner.at(t, node, "GET", "/v1/invitations/"+pending, nil).good(t)
		if got["status"] != "revoked" || got["terminal_at"] == nil || got["terminal_by"] != c.owner.id {
			t.Errorf("node %d: the invitation that waited is %v", node, got)
		}
		if got := c.owner.at(t, node, "GET", "/v1/invitations/"+accepted, nil).good(t); got["status"] != "accepted" {
			t.Errorf("node %d: the accepted invitation is %v", node, got)
		}
	}
	comes.ask(t, "POST", "/v1/invitations/"+pending+"/accept", object{"accepting_identifier": "p@example.com"}).is(t, 409, "invitation-not-pending")
	complies(t)
}

// complies runs the checks about organizations over the cluster as it is.
func complies(t *testing.T) {
	t.Helper()
	const path = "/v1/compliance/run?checks=membership_lockstep,membership_chains,org_integrity,derived_grants,invitation_integrity"
	seen := map[string]bool{}
	for next := path; next != ""; {
		a := root().ask(t, "GET", next, nil)
		page := a.good(t)
		for _, x := range page["items"].([]any) {
			r := x.(object)
			if r["outcome"] != "passed" && r["outcome"] != "unfinished" {
				t.Errorf("%v", r)
			}
			if n, err := r["checked"].(json.Number).Int64(); err == nil && n > 0 {
				seen[r["check"].(string)] = true
			}
		}
		if next = ""; page["has_more"] == true {
			next = path + "&at=" + a.header.Get("Weir-Revision") + "&cursor=" + page["next_cursor"].(string)
		}
	}
	if len(seen) != 5 {
		t.Errorf("only %v looked at something", seen)
	}
}
