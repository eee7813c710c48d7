package temporal_test

import (
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// deny makes a rule that denies an action and binds it.
func (p *play) deny(action, targetType string, target urn.ID) (rule, bound urn.ID) {
	p.t.Helper()
	r := must(p, p.Admin(), rules.Create, rules.CreateInput{
		Name: "no " + action, Type: "constraint", Effect: rules.Deny, Conditions: op.JSON(`{"action":"` + action + `"}`),
	})
	bound = p.one(func() {
		must(p, p.Admin(), rules.Bind, rules.BindInput{ID: r.ID, TargetType: targetType, TargetID: string(target)})
	})
	return r.ID, bound
}

// A rule that denies rollbacks holds for the owner and the administrator too,
// in each form of the call, and leaves its name in the trail.
func TestRulesConstrainRollbacks(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	change := p.one(func() { p.update(o.ID, `{"n":2}`) })
	rule, _ := p.deny("rollback", rules.TargetObject, o.ID)
	for name, in := range map[string]temporal.CreateInput{
		"an entry":  {EntryID: change},
		"a cascade": {EntryID: change, Cascade: true},
		"partial":   {EntryID: change, Partial: true},
		"a time":    {Target: string(o.ID), At: "1"},
	} {
		before := p.size()
		if c := refused(p, p.alice, temporal.Create, in); c != fault.RollbackDenied || p.size() != before+1 {
			t.Errorf("%s: %q, and %d entries", name, c, p.size()-before)
		}
		p.look(func(v state.View) {
			if e := lastEntry(t, v); e.Action != "access_check" || e.Outcome != "denied" || e.TargetID != o.ID {
				t.Errorf("%s leaves %+v", name, e)
			}
		})
	}
	out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: change, DryRun: true})
	if out.Success || len(out.WouldDeny) != 1 || len(out.Reasons) != 1 || out.Reasons[0].Code != string(fault.RollbackDenied) {
		t.Errorf("%+v", out)
	}
	must(p, p.Admin(), rules.Archive, rules.RuleInput{ID: rule})
	p.undo(p.alice, change)
	// One who holds a permission, and no level on the thing: the rule is on him.
	suspended := p.one(func() { must(p, p.Admin(), identity.Suspend, identity.LifecycleInput{ID: "zoe"}) })
	p.deny("rollback", rules.TargetPrincipal, "root")
	if c := refused(p, p.Admin(), temporal.Create, temporal.CreateInput{EntryID: suspended}); c != fault.PermissionDenied {
		t.Errorf("the administrator: %q", c)
	}
}

// B9, the rows of rules: a change of a rule, its binding and its archiving are
// rolled back; that decides at once, and objects are left alone.
func TestB9RuleChanges(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	reads := func() bool { return refused(p, p.alice, objects.Get, objects.GetInput{ID: o.ID}) == "" }
	rule, bound := p.deny("read", rules.TargetObject, o.ID)
	if reads() {
		t.Fatal("the rule denies nothing")
	}
	undo := func(entry urn.ID, want bool) {
		t.Helper()
		p.undo(p.Admin(), entry)
		if reads() != want {
			t.Errorf("alice reads: %v", !want)
		}
	}
	undo(p.one(func() { must(p, p.Admin(), rules.Archive, rules.RuleInput{ID: rule}) }), false)
	undo(p.one(func() { must(p, p.Admin(), rules.Update, rules.UpdateInput{ID: rule, Effect: rules.Allow}) }), false)
	undo(p.one(func() {
		must(p, p.Admin(), rules.Unbind, rules.UnbindInput{ID: rule, TargetType: rules.TargetObject, TargetID: string(o.ID)})
	}), false)
	undo(bound, true)
	if got := p.get(o.ID); got.Version != 1 {
		t.Errorf("%+v", got)
	}
	p.Verify()
}

// Ownership goes back by whom it was given to, unless the previous owner cannot
// own any more.
func TestOwnershipGoesBack(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	given := p.one(func() { must(p, p.alice, objects.Transfer, objects.TransferInput{ID: o.ID, OwnerID: "bob"}) })
	if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: given}); c != fault.NotFound && c != fault.RollbackDenied {
		t.Errorf("alice takes back what she gave: %q", c)
	}
	must(p, p.Admin(), identity.Suspend, identity.LifecycleInput{ID: "alice"})
	if c := refused(p, p.bob, temporal.Create, temporal.CreateInput{EntryID: given}); c != fault.PreconditionFailed {
		t.Errorf("to somebody suspended: %q", c)
	}
	must(p, p.Admin(), identity.Resume, identity.LifecycleInput{ID: "alice"})
	p.undo(p.bob, given)
	if got := p.get(o.ID); got.OwnerID != "alice" {
		t.Errorf("%+v", got)
	}
}

// lastEntry is the newest entry of the trail.
func lastEntry(t *testing.T, v state.View) *chain.Entry {
	t.Helper()
	e, ok := audit.EntryAt(v, audit.SizeAt(v, v.Revision()))
	if !ok {
		t.Fatal("the trail is empty")
	}
	return e
}

// A rule on a scope holds for what lies in the scope, also for who has the
// right to take it back from elsewhere.
func TestRulesOfAScopeHoldForItsShares(t *testing.T) {
	p := setUp(t)
	team := must(p, p.bob, tenancy.Create, tenancy.CreateInput{Name: "team"}).ID
	must(p, p.bob, tenancy.Add, tenancy.AddInput{ID: team, PrincipalID: "alice", Role: tenancy.Editor})
	o := p.newNote(`{"n":1}`)
	shared := p.one(func() { must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: team, ObjectID: o.ID}) })
	rule, _ := p.deny("rollback", rules.TargetScope, team)
	for name, as := range map[string]op.Runner{"who owns the object": p.alice, "who owns the scope": p.bob} {
		if c := refused(p, as, temporal.Create, temporal.CreateInput{EntryID: shared}); c != fault.RollbackDenied {
			t.Errorf("%s: %q", name, c)
		}
	}
	must(p, p.Admin(), rules.Archive, rules.RuleInput{ID: rule})
	p.undo(p.alice, shared)
}

// What a freeze keeps an editor from sharing, a rollback does not share either.
func TestFrozenScopesTakeNothingBackIn(t *testing.T) {
	p := setUp(t)
	team := must(p, p.bob, tenancy.Create, tenancy.CreateInput{Name: "team"}).ID
	must(p, p.bob, tenancy.Add, tenancy.AddInput{ID: team, PrincipalID: "alice", Role: tenancy.Editor})
	o := p.newNote(`{"n":1}`)
	must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: team, ObjectID: o.ID})
	ended := p.one(func() { must(p, p.alice, tenancy.Unproject, tenancy.UnprojectInput{ID: team, ObjectID: o.ID}) })
	must(p, p.bob, tenancy.Freeze, tenancy.ScopeInput{ID: team})
	if c := refused(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: ended}); c != fault.ScopeFrozen {
		t.Errorf("into a frozen scope: %q", c)
	}
	must(p, p.bob, tenancy.Unfreeze, tenancy.ScopeInput{ID: team})
	p.undo(p.alice, ended)
}

// What a rule hides of an object, its shares do not tell; and what it denies of
// the object, nobody does to its shares.
func TestRulesOfAnObjectHoldForItsShares(t *testing.T) {
	p := setUp(t)
	team := must(p, p.bob, tenancy.Create, tenancy.CreateInput{Name: "team"}).ID
	must(p, p.bob, tenancy.Add, tenancy.AddInput{ID: team, PrincipalID: "alice", Role: tenancy.Editor})
	o := p.newNote(`{"n":1}`)
	share := must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: team, ObjectID: o.ID}).ID
	shared := p.one(func() {
		must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: team, ObjectID: o.ID, Level: "write"})
	})
	rule, _ := p.deny("rollback", rules.TargetObject, o.ID)
	if c := refused(p, p.bob, temporal.Create, temporal.CreateInput{EntryID: shared}); c != fault.RollbackDenied {
		t.Errorf("who owns the scope takes the share back: %q", c)
	}
	must(p, p.Admin(), rules.Archive, rules.RuleInput{ID: rule})
	in := temporal.ReconstructInput{Entity: "projection", ID: string(share)}
	must(p, p.bob, temporal.Reconstruct, in)
	p.deny("read", rules.TargetObject, o.ID)
	if c := refused(p, p.bob, temporal.Reconstruct, in); c != fault.NotFound {
		t.Errorf("the share of what is hidden: %q", c)
	}
}
