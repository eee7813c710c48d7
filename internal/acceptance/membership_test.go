package acceptance_test

import (
	"fmt"
	"sync"
	"testing"
)

// memberAs is the membership of somebody, asked for at each node, which must
// agree.
func (c company) memberAs(t *testing.T, as person, mem string) object {
	t.Helper()
	var first object
	for node := range 3 {
		got := as.at(t, node, "GET", "/v1/memberships/"+mem, nil).good(t)
		if first == nil {
			first = got
		} else if fmt.Sprint(got) != fmt.Sprint(first) {
			t.Errorf("node %d shows %v, another %v", node, got, first)
		}
	}
	return first
}

// has checks members of an object.
func has(t *testing.T, what string, got, want object) {
	t.Helper()
	for name, value := range want {
		if v, there := got[name]; !there || v != value {
			t.Errorf("%s: %s is %v, want %v", what, name, v, value)
		}
	}
}

// One membership from its beginning to its end, each call to another node.
func TestMembershipLife(t *testing.T) {
	c := newCompany(t)
	dan := user(t, "dan")
	made := c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": dan.id, "role": "member"})
	made.is(t, 201, "")
	m := made.decode(t)
	first := m["id"].(string)
	has(t, "added", m, object{
		"usr_id": dan.id, "org_id": c.id, "role": "member", "status": "active", "replaces": nil, "invited_by": c.owner.id,
		"removed_by": nil, "end_reason": nil, "expires_at": nil,
	})
	dan.everywhere(t, "GET", c.path, nil, 200, "")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": dan.id, "role": "guest"}).is(t, 409, "duplicate-membership")
	c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/members", object{"principal_id": dan.id, "role": "member"}).is(t, 409, "duplicate-membership")

	next := c.admin.must(t, "POST", "/v1/memberships/"+first+"/change-role", object{"new_role": "admin"})
	second := next["id"].(string)
	has(t, "raised", next, object{"role": "admin", "status": "active", "replaces": first, "invited_by": c.owner.id})
	has(t, "replaced", c.memberAs(t, dan, first), object{"status": "revoked", "end_reason": "role_change", "removed_by": nil})
	same := c.owner.must(t, "POST", "/v1/memberships/"+second+"/change-role", object{"new_role": "admin"})
	has(t, "the same role", same, object{"id": second, "version": next["version"]})
	c.admin.ask(t, "POST", "/v1/memberships/"+second+"/change-role", object{"new_role": "owner"}).is(t, 403, "role-hierarchy")
	c.owner.ask(t, "POST", "/v1/memberships/"+first+"/change-role", object{"new_role": "guest"}).is(t, 409, "membership-not-active")
	for _, id := range []string{first, second} {
		chain := dan.ask(t, "GET", "/v1/memberships/"+id+"/chain", nil).items(t)
		if len(chain) != 2 || chain[0]["id"] != first || chain[1]["id"] != second {
			t.Errorf("the chain from %s is %v", id, chain)
		}
	}

	has(t, "suspended", c.admin.must(t, "POST", "/v1/memberships/"+second+"/suspend", nil), object{"id": second, "status": "suspended", "end_reason": nil})
	dan.everywhere(t, "GET", c.path, nil, 404, "not-found")
	c.memberAs(t, dan, second)
	dan.ask(t, "POST", "/v1/memberships/"+second+"/reinstate", nil).is(t, 403, "permission-denied")
	dan.ask(t, "POST", "/v1/memberships/"+second+"/self-leave", nil).is(t, 409, "membership-not-active")
	c.owner.ask(t, "POST", "/v1/memberships/"+second+"/suspend", nil).is(t, 409, "membership-not-active")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": dan.id, "role": "guest"}).is(t, 409, "duplicate-membership")
	has(t, "reinstated", c.owner.must(t, "POST", "/v1/memberships/"+second+"/reinstate", nil), object{"id": second, "status": "active"})
	c.owner.ask(t, "POST", "/v1/memberships/"+second+"/reinstate", nil).is(t, 409, "invalid-transition")
	dan.everywhere(t, "GET", c.path, nil, 200, "")

	dan.ask(t, "POST", "/v1/memberships/"+second+"/admin-remove", nil).is(t, 409, "use-self-leave")
	dan.ask(t, "POST", "/v1/memberships/"+second+"/self-leave", object{"transfer_to": c.admin.id}).is(t, 409, "from-not-owner")
	has(t, "left", dan.must(t, "POST", "/v1/memberships/"+second+"/self-leave", nil), object{"id": second, "status": "revoked", "end_reason": "self_leave", "removed_by": nil})
	dan.everywhere(t, "GET", c.path, nil, 404, "not-found")
	back := c.owner.must(t, "POST", c.path+"/members", object{"usr_id": dan.id, "role": "viewer"})
	has(t, "back", back, object{"replaces": nil, "role": "viewer"})
	third := back["id"].(string)
	has(t, "removed", c.admin.must(t, "POST", "/v1/memberships/"+third+"/admin-remove", nil), object{"status": "revoked", "end_reason": "admin_remove", "removed_by": c.admin.id})
	dan.everywhere(t, "GET", c.path, nil, 404, "not-found")

	list := dan.ask(t, "GET", "/v1/users/"+dan.id+"/memberships", nil).items(t)
	if len(list) != 3 || list[0]["id"] != first || list[1]["id"] != second || list[2]["id"] != third {
		t.Errorf("the user's memberships are %v", list)
	}
	c.host.everywhere(t, "GET", "/v1/users/"+dan.id+"/memberships", nil, 200, "")
	c.admin.ask(t, "GET", "/v1/users/"+c.owner.id+"/memberships", nil).is(t, 403, "permission-denied")
	c.stranger.ask(t, "GET", "/v1/users/"+c.owner.id+"/memberships", nil).is(t, 404, "not-found")
}

// Who lists, and who is told that there is nothing.
func TestMembershipsAreShown(t *testing.T) {
	c := newCompany(t)
	other := "/v1/memberships/" + c.mem[c.member.id]
	for _, row := range []struct {
		who       person
		list, get int
	}{{c.owner, 200, 200}, {c.admin, 200, 200}, {c.member, 200, 200}, {c.guest, 403, 404}, {c.stranger, 404, 404}, {c.host, 200, 200}, {root(), 200, 200}} {
		code := map[int]string{403: "permission-denied", 404: "not-found"}
		row.who.everywhere(t, "GET", c.path+"/members", nil, row.list, code[row.list])
		row.who.everywhere(t, "GET", other, nil, row.get, code[row.get])
		row.who.everywhere(t, "GET", other+"/chain", nil, row.get, code[row.get])
	}
	c.guest.everywhere(t, "GET", "/v1/memberships/"+c.mem[c.guest.id], nil, 200, "")
	c.owner.must(t, "POST", "/v1/memberships/"+c.mem[c.guest.id]+"/suspend", nil)
	for status, want := range map[string]int{"": 4, "?status=active": 3, "?status=suspended": 1, "?status=revoked": 0} {
		if got := c.owner.ask(t, "GET", c.path+"/members"+status, nil).items(t); len(got) != want {
			t.Errorf("%q lists %v", status, got)
		}
	}
	c.owner.ask(t, "GET", c.path+"/members?status=gone", nil).is(t, 400, "malformed-request")
	c.owner.ask(t, "GET", c.path+"/members?limit=0", nil).is(t, 400, "malformed-request")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.stranger.id, "role": "chief"}).is(t, 422, "invalid-role")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.stranger.id}).is(t, 422, "validation-failed")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.id, "role": "guest"}).is(t, 422, "invalid-id-type")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.stranger.id, "role": "guest", "expires_at": "2001-01-01T00:00:00Z"}).is(t, 422, "validation-failed")
	c.owner.ask(t, "GET", "/v1/memberships/"+c.id, nil).is(t, 400, "invalid-id-type")
	c.owner.ask(t, "GET", "/v1/memberships/mem_01890a5d0c1e7000a0000000000000ff", nil).is(t, 404, "not-found")
}

// The last owner stays, on whatever way he would go, and the ownership goes from
// hand to hand.
func TestOwnersOverHTTP(t *testing.T) {
	c := newCompany(t)
	mine := "/v1/memberships/" + c.mem[c.owner.id]
	sole := func(a answer) { t.Helper(); a.is(t, 409, "sole-owner") }
	for _, who := range []person{c.owner, c.host} {
		sole(who.ask(t, "POST", mine+"/change-role", object{"new_role": "admin"}))
		sole(who.ask(t, "POST", mine+"/suspend", nil))
		sole(who.ask(t, "POST", mine+"/self-leave", nil))
	}
	sole(c.owner.ask(t, "POST", "/v1/scopes/"+c.id+"/leave", nil))
	sole(c.host.ask(t, "POST", mine+"/admin-remove", nil))
	c.admin.ask(t, "POST", mine+"/admin-remove", nil).is(t, 403, "role-hierarchy")
	c.owner.ask(t, "POST", mine+"/self-leave", object{"transfer_to": c.owner.id}).is(t, 409, "self-transfer")
	c.owner.ask(t, "POST", mine+"/self-leave", object{"transfer_to": c.stranger.id}).is(t, 404, "not-found")
	archive := root().ask(t, "POST", "/v1/principals/"+c.owner.id+"/archive", object{})
	sole(archive)
	if ids, _ := archive.decode(t)["org_ids"].([]any); len(ids) != 1 || ids[0] != c.id {
		t.Errorf("the refusal names %v", ids)
	}

	body := object{"from_mem_id": c.mem[c.owner.id], "to_mem_id": c.mem[c.member.id], "from_new_role": "admin"}
	c.admin.ask(t, "POST", c.path+"/transfer-ownership", body).is(t, 403, "permission-denied")
	c.stranger.ask(t, "POST", c.path+"/transfer-ownership", body).is(t, 404, "not-found")
	done := c.owner.must(t, "POST", c.path+"/transfer-ownership", body)
	from, to := done["from_membership"].(object), done["to_membership"].(object)
	has(t, "from", from, object{"usr_id": c.owner.id, "role": "admin", "replaces": c.mem[c.owner.id], "status": "active"})
	has(t, "to", to, object{"usr_id": c.member.id, "role": "owner", "replaces": c.mem[c.member.id], "status": "active"})
	c.owner.ask(t, "POST", c.path+"/transfer-ownership", body).is(t, 409, "from-not-active")

	left := c.member.must(t, "POST", "/v1/memberships/"+to["id"].(string)+"/self-leave", object{"transfer_to": c.guest.id})
	has(t, "left", left, object{"id": to["id"], "status": "revoked", "end_reason": "self_leave"})
	owners := 0
	for _, m := range c.host.ask(t, "GET", c.path+"/members?status=active", nil).items(t) {
		if m["role"] == "owner" {
			owners++
			has(t, "the heir", m, object{"usr_id": c.guest.id})
		}
	}
	if owners != 1 {
		t.Errorf("there are %d owners", owners)
	}
	root().must(t, "POST", "/v1/principals/"+c.guest.id+"/archive", object{"successors": []object{{"org_id": c.id, "usr_id": c.admin.id}}})
	c.admin.must(t, "POST", c.path+"/freeze", nil)
}

// Owners who all leave at once, each at another node: one stays.
func TestOwnersLeaveAtOnce(t *testing.T) {
	c := newCompany(t)
	owners := []person{c.owner}
	mems := []string{c.mem[c.owner.id]}
	for range 5 {
		who := user(t, "owner")
		owners = append(owners, who)
		mems = append(mems, c.owner.must(t, "POST", c.path+"/members", object{"usr_id": who.id, "role": "owner"})["id"].(string))
	}
	answers := make([]answer, len(owners))
	var all sync.WaitGroup
	for i, who := range owners {
		all.Go(func() {
			path, body := "/v1/memberships/"+mems[i]+"/self-leave", any(nil)
			switch i % 3 {
			case 1:
				path, body = "/v1/memberships/"+mems[i]+"/change-role", object{"new_role": "guest"}
			case 2:
				path = "/v1/memberships/" + mems[i] + "/suspend"
			}
			answers[i] = who.at(t, i%3, "POST", path, body)
		})
	}
	all.Wait()
	refused := 0
	for _, a := range answers {
		if a.status != 200 {
			a.is(t, 409, "sole-owner")
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d of %d were refused", refused, len(owners))
	}
	for node := range 3 {
		left := 0
		for _, m := range c.host.at(t, node, "GET", c.path+"/members?status=active", nil).items(t) {
			if m["role"] == "owner" {
				left++
			}
		}
		if left != 1 {
			t.Errorf("node %d shows %d owners", node, left)
		}
	}
}

// A removal that was acknowledged is so on every node, in whatever state the
// organization is.
func TestRemovalIsAtOnce(t *testing.T) {
	c := newCompany(t)
	note := c.owner.note(t, object{})
	c.owner.project(t, c.id, note, "read")
	for _, state := range []string{"", "freeze", "suspend"} {
		who := user(t, "member")
		if state == "suspend" {
			c.owner.must(t, "POST", c.path+"/unfreeze", nil)
		}
		mem := c.owner.must(t, "POST", c.path+"/members", object{"usr_id": who.id, "role": "member"})["id"].(string)
		who.everywhere(t, "GET", "/v1/objects/"+note, nil, 200, "")
		if state != "" {
			c.host.must(t, "POST", c.path+"/"+state, nil)
			c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.stranger.id, "role": "member"}).
				is(t, 409, map[string]string{"freeze": "scope-frozen", "suspend": "org-not-active"}[state])
		}
		c.owner.must(t, "POST", "/v1/memberships/"+mem+"/admin-remove", nil)
		who.everywhere(t, "GET", "/v1/objects/"+note, nil, 404, "not-found")
		who.everywhere(t, "GET", c.path, nil, 404, "not-found")
		for node := range 3 {
			for _, m := range c.owner.at(t, node, "GET", c.path+"/members?status=active", nil).items(t) {
				if m["id"] == mem {
					t.Errorf("node %d lists %v", node, m)
				}
			}
		}
		if tuples := c.host.ask(t, "GET", "/v1/tuples?subject_type=usr&subject_id="+who.id, nil).items(t); len(tuples) != 0 {
			t.Errorf("it left %v", tuples)
		}
	}
	// Whoever is in it can go, and only that.
	c.member.ask(t, "POST", "/v1/memberships/"+c.mem[c.member.id]+"/self-leave", object{"transfer_to": c.admin.id}).is(t, 409, "from-not-owner")
	c.member.must(t, "POST", "/v1/memberships/"+c.mem[c.member.id]+"/self-leave", nil)
	c.host.must(t, "POST", c.path+"/revoke", nil)
	c.owner.ask(t, "POST", "/v1/memberships/"+c.mem[c.admin.id]+"/admin-remove", nil).is(t, 409, "membership-not-active")
	c.owner.ask(t, "POST", c.path+"/members", object{"usr_id": c.stranger.id, "role": "member"}).is(t, 409, "org-not-active")
	has(t, "the admin's", c.memberAs(t, c.admin, c.mem[c.admin.id]), object{"status": "revoked", "end_reason": "org_revoked", "removed_by": c.host.id})
}
