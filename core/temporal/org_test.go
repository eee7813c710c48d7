package temporal_test

import (
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
)

// club is an organization of ann's, which a host looks after.
type club struct {
	*play
	ann, bea, host op.Runner
	org            urn.ID
}

const (
	annID urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	beaID urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
)

func setUpClub(t *testing.T) *club {
	t.Helper()
	p := setUp(t)
	c := &club{play: p, ann: p.User(annID), bea: p.User(beaID), host: p.As(p.Host("shop"))}
	c.org = c.found(c.ann, "club")
	return c
}

func (c *club) found(as op.Runner, slug string) urn.ID {
	name := "Club"
	return must(c.play, as, org.Create, org.CreateInput{Name: &name, Slug: &slug}).Org.ID
}

func (c *club) shown() org.Org { return must(c.play, c.host, org.Get, org.Input{ID: c.org}) }

func (c *club) rename() {
	must(c.play, c.ann, org.Update, org.UpdateInput{ID: c.org, Name: op.Put("Pub"), Slug: op.Put("pub")})
}

func (c *club) suspend()  { must(c.play, c.host, org.Suspend, org.Input{ID: c.org}) }
func (c *club) freeze()   { must(c.play, c.ann, org.Freeze, org.Input{ID: c.org}) }
func (c *club) unfreeze() { must(c.play, c.ann, org.Unfreeze, org.Input{ID: c.org}) }
func (c *club) revoke()   { must(c.play, c.ann, org.Revoke, org.Input{ID: c.org}) }
func (c *club) archive()  { must(c.play, c.ann, tenancy.Archive, tenancy.ScopeInput{ID: c.org}) }

// TestOrgsAreTakenBackByTheirOwnRules has what a rollback does to an organization,
// and what it is refused for, like the operation that would do it.
func TestOrgsAreTakenBackByTheirOwnRules(t *testing.T) {
	byHost := func(c *club) op.Runner { return c.host }
	is := func(status string, frozen bool, name, slug string) func(org.Org) bool {
		return func(o org.Org) bool {
			return o.Status == status && o.Frozen == frozen && o.Name != nil && *o.Name == name && o.Slug != nil && *o.Slug == slug
		}
	}
	for _, row := range []struct {
		name    string
		act     func(*club)
		against func(*club)
		as      func(*club) op.Runner
		in      temporal.CreateInput
		want    fault.Code
		ends    func(org.Org) bool
	}{
		{name: "update", act: (*club).rename, ends: is("active", false, "Club", "club")},
		{name: "update, by the host", act: (*club).rename, as: byHost, ends: is("active", false, "Club", "club")},
		{name: "update, suspended since", act: (*club).rename, against: (*club).suspend, in: overwrite, want: fault.RollbackDenied, ends: is("suspended", false, "Pub", "pub")},
		{name: "update, suspended since, by the host", act: (*club).rename, against: (*club).suspend, as: byHost, in: overwrite, ends: is("active", false, "Club", "club")},
		{name: "update, its slug given away since", act: (*club).rename, against: func(c *club) { c.found(c.bea, "club") }, want: fault.OrgSlugConflict, ends: is("active", false, "Pub", "pub")},
		{name: "update, revoked since", act: (*club).rename, against: (*club).revoke, in: overwrite, want: fault.RollbackConflict, ends: is("revoked", false, "Pub", "pub")},
		{name: "suspend, by the owner", act: (*club).suspend, want: fault.RollbackDenied, ends: is("suspended", false, "Club", "club")},
		{name: "suspend, by the host", act: (*club).suspend, as: byHost, ends: is("active", false, "Club", "club")},
		{name: "suspend, revoked since", act: (*club).suspend, against: (*club).revoke, in: overwrite, as: byHost, want: fault.RollbackConflict, ends: is("revoked", false, "Club", "club")},
		{name: "freeze", act: (*club).freeze, ends: is("active", false, "Club", "club")},
		{name: "freeze, suspended since, by the owner", act: (*club).freeze, against: (*club).suspend, in: overwrite, want: fault.RollbackDenied, ends: is("suspended", true, "Club", "club")},
		{name: "unfreeze", act: func(c *club) { c.freeze(); c.unfreeze() }, ends: is("active", true, "Club", "club")},
		{name: "revoke", act: (*club).revoke, want: fault.RollbackFailed, ends: is("revoked", false, "Club", "club")},
		{name: "revoke as the scope", act: (*club).archive, want: fault.RollbackConflict, ends: is("revoked", false, "Club", "club")},
		{name: "create", act: func(c *club) { c.org = c.found(c.ann, "pub") }, ends: is("revoked", false, "Club", "pub")},
		{name: "create, with a scope below since", act: func(c *club) { c.org = c.found(c.ann, "pub") }, against: func(c *club) {
			must(c.play, c.ann, tenancy.Create, tenancy.CreateInput{Name: "x", ParentID: c.org})
		}, want: fault.RollbackConflict, ends: is("active", false, "Club", "pub")},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := setUpClub(t)
			entries := c.left(func() { row.act(c) })
			if row.against != nil {
				row.against(c)
			}
			as := c.ann
			if row.as != nil {
				as = row.as(c)
			}
			in := row.in
			in.EntryID = (&team{play: c.play}).about(entries)
			before := c.shown()
			out, got := try(c.play, as, in)
			if got != row.want {
				t.Fatalf("%q, want %q (%+v)", got, row.want, out)
			}
			after := c.shown()
			if !row.ends(after) {
				t.Errorf("it ended as %+v", after)
			}
			if got != "" && after.Version != before.Version {
				t.Errorf("it was refused, and changed %+v into %+v", before, after)
			}
			c.Verify()
		})
	}
}

// A frozen organization keeps its words, by a rollback too; what brings it back
// to a time at which it was not frozen brings the words along.
func TestFrozenOrgsKeepTheirWords(t *testing.T) {
	c := setUpClub(t)
	renamed := c.one(func() { must(c.play, c.ann, org.Update, org.UpdateInput{ID: c.org, Name: op.Put("Pub")}) })
	froze := c.one(c.freeze)
	c.undo(c.ann, froze)
	c.freeze()
	if _, got := try(c.play, c.ann, temporal.CreateInput{EntryID: renamed}); got != fault.RollbackConflict {
		t.Errorf("it was frozen since: %q", got)
	}
	out, got := try(c.play, c.ann, temporal.CreateInput{EntryID: renamed, Mode: temporal.Overwrite})
	if o := c.shown(); got != "" || o.Frozen || *o.Name != "Club" {
		t.Errorf("to before both: %q %+v %+v", got, out, o)
	}
	c.freeze()
	var frozen uint64
	c.look(func(v state.View) { frozen = v.Revision() })
	c.unfreeze()
	c.rename()
	c.freeze()
	if _, got := try(c.play, c.ann, temporal.CreateInput{Entity: op.EntityScope, Target: string(c.org), At: strconv.FormatUint(frozen, 10)}); got != fault.ScopeFrozen {
		t.Errorf("from frozen to frozen: %q", got)
	}
}

// The end of an organization by a rollback of its creation is that of org.revoke:
// its members read who ended it, and its slug is free.
func TestOrgCreationTakenBack(t *testing.T) {
	c := setUpClub(t)
	var made org.Created
	entries := c.left(func() {
		slug := "pub"
		made = must(c.play, c.ann, org.Create, org.CreateInput{Slug: &slug})
	})
	c.undo(c.host, (&team{play: c.play}).about(entries))
	m := must(c.play, c.ann, org.GetMembership, org.MembershipInput{ID: made.OwnerMembership.ID})
	if m.Status != "revoked" || *m.EndReason != tenancy.EndOrgRevoked || *m.RemovedBy != "shop" {
		t.Errorf("%+v", m)
	}
	c.found(c.bea, "pub")
}

// Sharing with an organization again takes one that takes in what is added.
func TestSharingWithAnOrgAgain(t *testing.T) {
	for name, row := range map[string]struct {
		against func(*club)
		want    fault.Code
	}{
		"active": {func(*club) {}, ""}, "frozen": {(*club).freeze, fault.ScopeFrozen}, "suspended": {(*club).suspend, fault.OrgNotActive}, "revoked": {(*club).revoke, fault.RollbackConflict},
	} {
		t.Run(name, func(t *testing.T) {
			c := setUpClub(t)
			note := must(c.play, c.ann, objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
			must(c.play, c.ann, tenancy.Project, tenancy.ProjectInput{ID: c.org, ObjectID: note})
			entry := c.one(func() { must(c.play, c.ann, tenancy.Unproject, tenancy.UnprojectInput{ID: c.org, ObjectID: note}) })
			row.against(c)
			if _, got := try(c.play, c.ann, temporal.CreateInput{EntryID: entry}); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// A creation that is taken back with all that came of it takes the members back
// that came since, and then ends the organization; its owner ends with it.
func TestOrgCreationTakenBackWithAllOfIt(t *testing.T) {
	c := setUpClub(t)
	entries := c.left(func() { c.org = c.found(c.ann, "pub") })
	entry := (&team{play: c.play}).about(entries)
	if _, got := try(c.play, c.ann, temporal.CreateInput{EntryID: entry, Cascade: true}); got != "" {
		t.Fatalf("%q", got)
	}
	if o := c.shown(); o.Status != "revoked" {
		t.Errorf("%+v", o)
	}
	// With another member it stays, until that one is taken back.
	entries = c.left(func() { c.org = c.found(c.ann, "inn") })
	entry = (&team{play: c.play}).about(entries)
	added := c.one(func() {
		must(c.play, c.ann, org.AddMember, org.AddMemberInput{ID: c.org, UsrID: beaID, Role: tenancy.Member})
	})
	if _, got := try(c.play, c.ann, temporal.CreateInput{EntryID: entry}); got != "rollback-conflict" {
		t.Errorf("with a member: %q", got)
	}
	c.undo(c.ann, added)
	c.undo(c.ann, entry)
	if o := c.shown(); o.Status != "revoked" {
		t.Errorf("%+v", o)
	}
}
