package org_test

import (
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// join makes a user a member, in whatever state the organization is.
func join(s *stage.Stage, o, user urn.ID, role tenancy.Role) (m *tenancy.Membership) {
	s.Change(func(tx *op.Tx) {
		h, _ := tenancy.Find(tx, o)
		var f *fault.Fault
		if m, f = tenancy.Join(tx, h, user, role, ann, 0); f != nil {
			panic(f)
		}
	})
	return m
}

// moves are the five ways between the states of an organization, by the name
// that the tables below have for them, and the same by the scope's paths.
var moves = map[string]func(s *stage.Stage, as, id urn.ID) fault.Code{
	"suspend": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Suspend.Call, org.Input{ID: id})
		return c
	},
	"reinstate": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Reinstate.Call, org.Input{ID: id})
		return c
	},
	"revoke": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Revoke.Call, org.Input{ID: id})
		return c
	},
	"freeze": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Freeze.Call, org.Input{ID: id})
		return c
	},
	"unfreeze": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Unfreeze.Call, org.Input{ID: id})
		return c
	},
	"update": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, org.Update.Call, org.UpdateInput{ID: id, Name: op.Put("renamed")})
		return c
	},
	"scope.archive": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, tenancy.Archive.Call, tenancy.ScopeInput{ID: id})
		return c
	},
	"scope.freeze": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, tenancy.Freeze.Call, tenancy.ScopeInput{ID: id})
		return c
	},
	"scope.unfreeze": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, tenancy.Unfreeze.Call, tenancy.ScopeInput{ID: id})
		return c
	},
	"scope.update": func(s *stage.Stage, as, id urn.ID) fault.Code {
		name := "renamed"
		_, c := stage.Do(s, as, tenancy.Update.Call, tenancy.UpdateInput{ID: id, Name: &name})
		return c
	},
	"create below": func(s *stage.Stage, as, id urn.ID) fault.Code {
		_, c := stage.Do(s, as, tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: id})
		return c
	},
	"project": func(s *stage.Stage, as, id urn.ID) fault.Code {
		note := stage.Must(s, as, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
		_, c := stage.Do(s, as, tenancy.Project.Call, tenancy.ProjectInput{ID: id, ObjectID: note.ID})
		return c
	},
}

// states are the ways to the six states of an organization.
var states = map[string][]string{
	"active": nil, "suspended": {"suspend"}, "frozen": {"freeze"}, "both": {"freeze", "suspend"}, "revoked": {"revoke"}, "revoked of both": {"freeze", "suspend", "revoke"},
}

// by is who makes a move without being refused for who it is.
func by(move string) urn.ID {
	if move == "suspend" || move == "reinstate" {
		return host
	}
	return ann
}

func brought(t *testing.T, state string) (*stage.Stage, urn.ID) {
	t.Helper()
	s := setUp(t)
	o := found(s, ann, "acme")
	for _, move := range states[state] {
		if code := moves[move](s, by(move), o.Org.ID); code != "" {
			t.Fatalf("%s on the way to %s: %s", move, state, code)
		}
	}
	return s, o.Org.ID
}

// TestTransitions has what each move says in each state, and what it leads to.
func TestTransitions(t *testing.T) {
	const frozen, over, not, shut = fault.ScopeFrozen, fault.AlreadyTerminal, fault.InvalidTransition, fault.OrgNotActive
	order := []string{"active", "suspended", "frozen", "both", "revoked", "revoked of both"}
	for move, want := range map[string][]fault.Code{
		"suspend":        {"", over, "", over, over, over},
		"reinstate":      {not, "", not, "", not, not},
		"revoke":         {"", "", "", "", over, over},
		"freeze":         {"", "", frozen, frozen, over, over},
		"unfreeze":       {not, not, "", "", over, over},
		"update":         {"", "", frozen, frozen, over, over},
		"scope.archive":  {"", "", "", "", over, over},
		"scope.freeze":   {"", "", frozen, frozen, over, over},
		"scope.unfreeze": {not, not, "", "", over, over},
		"scope.update":   {"", "", frozen, frozen, over, over},
		"create below":   {"", shut, frozen, shut, shut, shut},
		"project":        {"", shut, frozen, shut, shut, shut},
	} {
		for i, state := range order {
			s, id := brought(t, state)
			before := stage.Must(s, root, org.Get.Call, org.Input{ID: id})
			code := moves[move](s, by(move), id)
			if code != want[i] {
				t.Errorf("%s of one that is %s: %q, want %q", move, state, code, want[i])
			}
			after := stage.Must(s, root, org.Get.Call, org.Input{ID: id})
			switch {
			case code != "" && (after.Version != before.Version || after.Status != before.Status || after.Frozen != before.Frozen):
				t.Errorf("the refused %s of one that is %s changed %+v into %+v", move, state, before, after)
			case code == "" && move == "reinstate" && (after.Status != "active" || after.Frozen != before.Frozen):
				t.Errorf("reinstated from %s: %+v", state, after)
			case code == "" && move == "unfreeze" && (after.Frozen || after.Status != before.Status):
				t.Errorf("unfrozen from %s: %+v", state, after)
			case code == "" && (move == "revoke" || move == "scope.archive") && after.Status != "revoked":
				t.Errorf("revoked from %s: %+v", state, after)
			}
		}
	}
}

// TestWhoMoves has who may make each move, in the order visibility, permission,
// state: so everybody asks a revoked organization.
func TestWhoMoves(t *testing.T) {
	const hidden, denied = fault.NotFound, fault.PermissionDenied
	// ann owns, bea administers, cyd is a member, dan a guest.
	who := []urn.ID{ann, bea, cyd, dan, sam, host, root}
	for move, want := range map[string][]fault.Code{
		"suspend":       {denied, denied, denied, denied, hidden, fault.AlreadyTerminal, fault.AlreadyTerminal},
		"reinstate":     {denied, denied, denied, denied, hidden, fault.InvalidTransition, fault.InvalidTransition},
		"revoke":        {fault.AlreadyTerminal, denied, denied, denied, hidden, fault.AlreadyTerminal, denied},
		"freeze":        {fault.AlreadyTerminal, denied, denied, denied, hidden, fault.AlreadyTerminal, denied},
		"unfreeze":      {fault.AlreadyTerminal, denied, denied, denied, hidden, fault.AlreadyTerminal, denied},
		"update":        {fault.AlreadyTerminal, fault.AlreadyTerminal, denied, denied, hidden, fault.AlreadyTerminal, denied},
		"scope.archive": {fault.AlreadyTerminal, denied, denied, denied, hidden, fault.AlreadyTerminal, denied},
		"scope.update":  {fault.AlreadyTerminal, fault.AlreadyTerminal, denied, denied, hidden, fault.AlreadyTerminal, denied},
	} {
		s := setUp(t)
		id := found(s, ann, "acme").Org.ID
		join(s, id, bea, tenancy.Admin)
		join(s, id, cyd, tenancy.Member)
		join(s, id, dan, tenancy.Guest)
		moves["revoke"](s, ann, id)
		for i, as := range who {
			if code := moves[move](s, as, id); code != want[i] {
				t.Errorf("%s by %s: %q, want %q", move, as, code, want[i])
			}
		}
		if code := moves[move](s, host, "org_01890a5d0c1e7000a0000000000000ff"); code != fault.NotFound {
			t.Errorf("%s of what is not there: %q", move, code)
		}
	}
}

// TestSuspended has who still sees an organization that is suspended, and that
// all is there again when that ends.
func TestSuspended(t *testing.T) {
	s := setUp(t)
	id := found(s, ann, "acme").Org.ID
	join(s, id, bea, tenancy.Admin)
	m := join(s, id, cyd, tenancy.Member)
	note := stage.Must(s, ann, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	stage.Must(s, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: id, ObjectID: note.ID, Level: "write"})
	team := stage.Must(s, ann, tenancy.Create.Call, tenancy.CreateInput{Name: "team", ParentID: id})
	stage.Must(s, ann, tenancy.Add.Call, tenancy.AddInput{ID: team.ID, PrincipalID: cyd, Role: tenancy.Editor})
	below := stage.Must(s, ann, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	stage.Must(s, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: team.ID, ObjectID: below.ID, Level: "write"})

	look := func(when string, want fault.Code) {
		t.Helper()
		for name, object := range map[string]urn.ID{"there": note.ID, "below": below.ID} {
			if _, code := stage.Do(s, cyd, objects.Get.Call, objects.GetInput{ID: object}); code != want {
				t.Errorf("%s, what is shared %s: %q, want %q", when, name, code, want)
			}
		}
		for name, scope := range map[string]urn.ID{"the organization": id, "the team below": team.ID} {
			if _, code := stage.Do(s, cyd, tenancy.Get.Call, tenancy.ScopeInput{ID: scope}); code != want {
				t.Errorf("%s, a member asks for %s: %q, want %q", when, name, code, want)
			}
		}
		if _, code := stage.Do(s, cyd, org.Get.Call, org.Input{ID: id}); code != want {
			t.Errorf("%s, a member gets the organization: %q, want %q", when, code, want)
		}
		list := stage.Must(s, cyd, objects.List.Call, objects.ListInput{})
		if seen := len(list.Items) > 0; seen != (want == "") {
			t.Errorf("%s, a member lists %d objects", when, len(list.Items))
		}
		for _, as := range []urn.ID{ann, bea, host, root} {
			if _, code := stage.Do(s, as, org.Get.Call, org.Input{ID: id}); code != "" {
				t.Errorf("%s, %s gets the organization: %q", when, as, code)
			}
		}
		if got, code := stage.Do(s, cyd, org.GetMembership.Call, org.MembershipInput{ID: m.ID}); code != "" || got.Status != "active" {
			t.Errorf("%s, the member's own membership: %+v %q", when, got, code)
		}
	}
	look("before", "")
	moves["suspend"](s, host, id)
	look("suspended", fault.NotFound)
	if got := stage.Must(s, ann, objects.Get.Call, objects.GetInput{ID: note.ID}); got.ID != note.ID {
		t.Error("the owner of an object lost it")
	}
	moves["reinstate"](s, root, id)
	look("reinstated", "")
}

// TestRevoked has all that ends with an organization, as readers see it.
func TestRevoked(t *testing.T) {
	s := setUp(t)
	o := found(s, ann, "acme")
	id := o.Org.ID
	m := join(s, id, cyd, tenancy.Member)
	note := stage.Must(s, ann, objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	stage.Must(s, ann, tenancy.Project.Call, tenancy.ProjectInput{ID: id, ObjectID: note.ID})
	at := s.Now
	if code := moves["revoke"](s, host, id); code != "" {
		t.Fatal(code)
	}
	for as, mem := range map[urn.ID]urn.ID{ann: o.OwnerMembership.ID, cyd: m.ID} {
		got := stage.Must(s, as, org.GetMembership.Call, org.MembershipInput{ID: mem})
		if got.Status != "revoked" || got.EndReason == nil || *got.EndReason != tenancy.EndOrgRevoked || got.RemovedBy == nil || *got.RemovedBy != host || got.UpdatedAt < at {
			t.Errorf("the membership of %s is %+v", as, got)
		}
		if got := stage.Must(s, as, org.Get.Call, org.Input{ID: id}); got.Status != "revoked" || got.Slug == nil || *got.Slug != "acme" {
			t.Errorf("%s gets %+v", as, got)
		}
	}
	if _, code := stage.Do(s, cyd, objects.Get.Call, objects.GetInput{ID: note.ID}); code != fault.NotFound {
		t.Errorf("what was shared: %q", code)
	}
	if again := found(s, bea, "acme"); *again.Org.Slug != "acme" {
		t.Errorf("the slug went to %+v", again.Org)
	}
}

// TestTrailOfStates has the action and the two states that each move leaves.
func TestTrailOfStates(t *testing.T) {
	for move, action := range map[string]string{
		"update": "scope_modify", "suspend": "lifecycle_change", "reinstate": "lifecycle_change", "freeze": "lifecycle_change", "unfreeze": "lifecycle_change", "revoke": "scope_dissolve",
	} {
		s, id := brought(t, map[string]string{"reinstate": "suspended", "unfreeze": "frozen"}[move])
		if id == "" || moves[move](s, by(move), id) != "" {
			t.Fatalf("%s was refused", move)
		}
		if len(s.Records) != 1 || s.Records[0].Action != action || s.Records[0].TargetID != id || s.Records[0].ScopeID != id || s.Records[0].Before == nil || s.Records[0].After == nil {
			t.Errorf("%s left %+v", move, s.Records)
		}
	}
	s := setUp(t)
	found(s, ann, "acme")
	if len(s.Records) != 2 || s.Records[0].Action != "scope_create" || s.Records[1].Action != "membership_change" {
		t.Errorf("create left %+v", s.Records)
	}
}
