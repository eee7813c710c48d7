package compliance_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/core/compliance"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/key"
)

const (
	ann urn.ID = "usr_01890a5d0c1e7000a0000000000000a1"
	bea urn.ID = "usr_01890a5d0c1e7000a0000000000000a2"
	cyd urn.ID = "usr_01890a5d0c1e7000a0000000000000a3"
)

// town is a store with organizations: one of ann's, in which bea had two roles
// and cyd came by invitation, with a grant, and one that is revoked.
type town struct {
	*store
	org, over urn.ID
	// owner, first, second and guest are memberships of ann, bea, bea and cyd.
	owner, first, second, guest urn.ID
	pending, accepted, grant    urn.ID
}

func newTown(t *testing.T) *town {
	t.Helper()
	s := &town{store: &store{Solo: testkit.New(t), t: t}}
	a, host := s.User(ann), s.Host("shop")
	s.User(bea)
	s.User(cyd)
	slug, gone := "acme", "gone"
	made := must(t, a, org.Create, org.CreateInput{Slug: &slug})
	s.org, s.owner = made.Org.ID, made.OwnerMembership.ID
	s.over = must(t, a, org.Create, org.CreateInput{Slug: &gone}).Org.ID
	must(t, a, org.AddMember, org.AddMemberInput{ID: s.over, UsrID: bea, Role: tenancy.Admin})
	s.first = must(t, a, org.AddMember, org.AddMemberInput{ID: s.org, UsrID: bea, Role: tenancy.Member}).ID
	s.second = must(t, a, org.ChangeRole, org.ChangeRoleInput{ID: s.first, NewRole: tenancy.Editor}).ID
	invite := func(whom string) urn.ID {
		doc := invitation.PreTuple{Relation: "editor", ObjectType: "doc", ObjectID: "01890a5d-0c1e-7000-a000-000000000052"}
		return must(t, s.As(host), invitation.Create, invitation.CreateInput{
			ID: s.org, Identifier: whom, Role: tenancy.Guest, ExpiresAt: state.Time(s.Clock.Now().UnixMicro()) + 3600*1e6, PreTuples: []invitation.PreTuple{doc},
		}).ID
	}
	must(t, s.Admin(), tuple.Create, tuple.CreateInput{KeyInput: document(bea, "owner")})
	s.accepted, s.pending = invite("cyd@example.com"), invite("dan@example.com")
	text := "cyd@example.com"
	came := must(t, s.For(host, cyd), invitation.Accept, invitation.AcceptInput{ID: s.accepted, Text: &text})
	s.guest, s.grant = came.Membership.ID, came.Tuples[0].ID
	must(t, a, org.Revoke, org.Input{ID: s.over})
	return s
}

func (s *town) membership(id urn.ID) (key.Key, func(state.View) (*tenancy.Membership, bool)) {
	m, _ := tenancy.FindMembership(s.view(), id)
	return state.Key(key.Membership, string(m.PrincipalID), m.ScopeID, m.ID), func(v state.View) (*tenancy.Membership, bool) { return tenancy.FindMembership(v, id) }
}

func (s *town) change(id urn.ID, change func(*tenancy.Membership)) {
	k, find := s.membership(id)
	edit(s.store, k, find, change)
}

func (s *town) header(id urn.ID, change func(*tenancy.Header)) {
	edit(s.store, state.Key(key.Scope, id), func(v state.View) (*tenancy.Header, bool) { return tenancy.Find(v, id) }, change)
}

func (s *town) written(id urn.ID, change func(*tuple.Row)) {
	r, _ := tuple.Find(s.view(), id)
	object := state.Key(key.Tuple, "usr", r.SubjectID, "doc", r.ObjectID, r.Relation, r.ID)
	edit(s.store, object, func(v state.View) (*tuple.Row, bool) { return tuple.Find(v, id) }, change)
}

func (s *town) invitation(id urn.ID, change func(*invitation.Row)) {
	var row *invitation.Row
	v := s.view()
	step := state.Step{Budget: 100}
	step.Walk(v, key.Invitation, func(_ key.Key, _ []byte, x any) {
		if i, ok := x.(*invitation.Row); ok && i.ID == id {
			row = i
		}
	}, func(state.Flaw) {})
	change(row)
	s.put(state.Key(key.Invitation, id), row)
}

// organization adds one with an invitation and a tuple to a store.
func (s *store) organization() {
	s.t.Helper()
	o := must(s.t, s.User(ann), org.Create, org.CreateInput{}).Org.ID
	must(s.t, s.As(s.Host("shop")), invitation.Create, invitation.CreateInput{
		ID: o, Identifier: "dan@example.com", Role: tenancy.Guest, ExpiresAt: state.Time(s.Clock.Now().UnixMicro()) + 3600*1e6,
	})
	must(s.t, s.Admin(), tuple.Create, tuple.CreateInput{KeyInput: document(ann, "owner")})
	s.told = must(s.t, s.Admin(), tuple.Create, tuple.CreateInput{KeyInput: tuple.KeyInput{
		SubjectType: "usr", SubjectID: ann, Relation: "viewer", ObjectType: "obj", ObjectID: s.note,
	}}).ID
}

func document(subject urn.ID, relation string) tuple.KeyInput {
	return tuple.KeyInput{SubjectType: "usr", SubjectID: subject, Relation: relation, ObjectType: "doc", ObjectID: "01890a5d-0c1e-7000-a000-000000000052"}
}

func TestTownIsSound(t *testing.T) {
	for _, r := range compliance.InParts(newTown(t).view(), 1_000_000) {
		if r.Outcome == compliance.Failed || !r.Done {
			t.Errorf("%+v", r)
		}
	}
}

// Memberships that one call makes one after the other are dated one behind the
// other, and the trail tells of all of them.
func TestRolesOfOneCall(t *testing.T) {
	s := newTown(t)
	roles := &op.Call{Items: []op.Item{
		{Op: "membership.change_role", Input: op.JSON(`{"id":"` + string(s.second) + `","new_role":"viewer"}`)},
		{Op: "membership.change_role", Input: op.JSON(`{"id":{"$result":[0,"id"]},"new_role":"member"}`)},
		{Op: "membership.change_role", Input: op.JSON(`{"id":{"$result":[1,"id"]},"new_role":"admin"}`)},
		{Op: "membership.suspend", Input: op.JSON(`{"id":{"$result":[2,"id"]}}`)},
	}}
	if _, err := s.For(s.Host("mall"), ann).Run(t.Context(), roles); err != nil {
		t.Fatal(err)
	}
	for _, r := range compliance.InParts(s.view(), 1_000_000) {
		if r.Outcome == compliance.Failed {
			t.Errorf("%+v", r)
		}
	}
}

// ghost is a membership that there is not.
const ghost = "mem_01890a5d0c1e7000a000000000000099"

// plants damage a row for each thing that the checks about organizations look at.
var plants = []struct {
	name, check, want string
	damage            func(s *town)
}{
	{"an active membership without its tuple", "membership_lockstep", `stands for the tuple ""`, func(s *town) {
		s.change(s.second, func(m *tenancy.Membership) { m.TupleID, m.TupleAt = "", 0 })
	}},
	{"a tuple of a membership that is over", "membership_lockstep", "it is revoked and stands for", func(s *town) {
		s.change(s.first, func(m *tenancy.Membership) { m.TupleID, m.TupleAt = "tup_01890a5d0c1e7000a000000000000099", 1 })
	}},
	{"a tuple that leads to a suspended membership", "membership_lockstep", "no active membership stands for it", func(s *town) {
		s.change(s.second, func(m *tenancy.Membership) { m.Status, m.TupleID, m.TupleAt = tenancy.StatusSuspended, "", 0 })
	}},
	{"a second active membership", "membership_lockstep", "the tuple that is found for it is", func(s *town) {
		s.change(s.first, func(m *tenancy.Membership) {
			m.Status, m.EndReason, m.Role, m.TupleID, m.TupleAt = tenancy.StatusActive, "", tenancy.Editor, "tup_01890a5d0c1e7000a000000000000099", 1
		})
	}},
	{"a role that was written by hand", "membership_lockstep", "written by hand, and says editor of org_", func(s *town) {
		r, _ := tuple.Find(s.view(), s.grant)
		r.ObjectID = s.org
		s.put(state.Key(key.Tuple, "usr", r.SubjectID, "org", r.ObjectID, r.Relation, r.ID), r)
	}},
	{"two live memberships", "membership_chains", "is a live membership of the same principal", func(s *town) {
		s.change(s.first, func(m *tenancy.Membership) { m.Status = tenancy.StatusSuspended })
	}},
	{"a membership that follows a live one", "membership_chains", "which is suspended", func(s *town) {
		s.change(s.first, func(m *tenancy.Membership) { m.Status = tenancy.StatusSuspended })
	}},
	{"a membership that follows nothing", "membership_chains", "which is not of the same stay", func(s *town) {
		s.change(s.second, func(m *tenancy.Membership) { m.Replaces = ghost })
	}},
	{"a membership that follows itself", "membership_chains", "and is not younger", func(s *town) {
		s.change(s.first, func(m *tenancy.Membership) { m.Replaces = m.ID })
	}},
	{"a membership that is as old as the one before", "membership_chains", "and is not younger", func(s *town) {
		first, _ := tenancy.FindMembership(s.view(), s.first)
		s.change(s.second, func(m *tenancy.Membership) { m.CreatedAt = first.CreatedAt })
	}},
	{"a chain that breaks off", "membership_chains", "whether the next one replaces it is false", func(s *town) {
		s.change(s.second, func(m *tenancy.Membership) { m.Replaces = "" })
	}},
	{"two memberships that follow one", "membership_chains", "does already", func(s *town) {
		twin, _ := tenancy.FindMembership(s.view(), s.second)
		twin.ID, twin.Status, twin.TupleID, twin.TupleAt = "mem_ffffffffffff7000a000000000000099", tenancy.StatusRevoked, "", 0
		s.put(state.Key(key.Membership, string(twin.PrincipalID), twin.ScopeID, twin.ID), twin)
	}},
	{"a stay that began with another membership", "membership_chains", "says that the stay began with", func(s *town) {
		s.change(s.guest, func(m *tenancy.Membership) { m.Root = ghost })
	}},
	{"an owner who expires", "membership_chains", "an owner's membership expires", func(s *town) {
		s.change(s.owner, func(m *tenancy.Membership) { m.ExpiresAt = 1 << 60 })
	}},
	{"an organization without an owner", "org_integrity", "has no active owner", func(s *town) {
		s.change(s.owner, func(m *tenancy.Membership) { m.Status = tenancy.StatusSuspended })
	}},
	{"an organization without its slug", "org_integrity", `its slug "acme" does not go by that`, func(s *town) {
		s.put(state.Key(key.OrgSlug, "acme"), nil)
	}},
	{"a slug that a revoked organization kept", "org_integrity", `its slug "gone" does not go by that`, func(s *town) {
		s.put(state.Key(key.OrgSlug, "gone"), raw(state.Key(key.Scope, s.over)))
	}},
	{"an end without anybody who made it", "org_integrity", "and says that it ended at", func(s *town) {
		s.header(s.over, func(h *tenancy.Header) { h.EndedBy = "" })
	}},
	{"an end of what goes on", "org_integrity", "and says that it ended at", func(s *town) {
		s.header(s.org, func(h *tenancy.Header) { h.EndedAt, h.EndedBy = 1, ann })
	}},
	{"an organization below another", "org_integrity", "and lies below", func(s *town) {
		s.header(s.org, func(h *tenancy.Header) { h.ParentID = s.over })
	}},
	{"a grant of a stay that is somebody else's", "derived_grants", "which is none of", func(s *town) {
		s.written(s.grant, func(r *tuple.Row) { r.Stay = s.owner })
	}},
	{"a grant of a stay that never was", "derived_grants", "which is none of", func(s *town) {
		s.written(s.grant, func(r *tuple.Row) { r.Stay = ghost })
	}},
	{"a pending invitation that ended", "invitation_integrity", "it is pending, and says that it ended", func(s *town) {
		s.invitation(s.pending, func(i *invitation.Row) { i.TerminalAt = 1 })
	}},
	{"an invitation that ended at no time", "invitation_integrity", "it is accepted, and says that it ended", func(s *town) {
		s.invitation(s.accepted, func(i *invitation.Row) { i.TerminalAt = 0 })
	}},
	{"an invitation that nobody accepted", "invitation_integrity", `the user who accepted it is ""`, func(s *town) {
		s.invitation(s.accepted, func(i *invitation.Row) { i.UserID = "" })
	}},
}

func TestPlantedDefectsOfOrganizations(t *testing.T) {
	for _, x := range plants {
		t.Run(x.name, func(t *testing.T) {
			s := newTown(t)
			x.damage(s)
			results := compliance.InParts(s.view(), 1_000_000)
			i := slices.IndexFunc(results, func(r compliance.Result) bool { return r.Check == x.check })
			if r := results[i]; r.Outcome != compliance.Failed || !strings.Contains(strings.Join(r.Violations, "\n"), x.want) {
				t.Errorf("%+v", r)
			}
			parts := compliance.InParts(s.view(), 3)
			for i := range parts {
				parts[i].Checked, results[i].Checked = 0, 0
			}
			if d := cmp.Diff(results, parts); d != "" {
				t.Errorf("in parts it finds something else (-whole +parts):\n%s", d)
			}
		})
	}
}

// An end that is noted after it came is in the trail at the time of the note,
// whatever ended the membership.
func TestNotedEndsAreTraced(t *testing.T) {
	s := newTown(t)
	a := s.As(s.Token("usr_01890a5d0c1e7000a0000000000000a4"))
	member := urn.ID("usr_01890a5d0c1e7000a0000000000000a5")
	s.User(member)
	soon := state.Time(s.Clock.Now().UnixMicro()) + 3600*1e6
	var ids []urn.ID
	for _, revoked := range []bool{false, true} {
		o := must(t, a, org.Create, org.CreateInput{}).Org.ID
		ids = append(ids, must(t, a, org.AddMember, org.AddMemberInput{ID: o, UsrID: member, Role: tenancy.Member, ExpiresAt: soon}).ID)
		if revoked {
			must(t, a, org.Revoke, org.Input{ID: o})
		}
	}
	s.Clock.Advance(2 * time.Hour)
	must(t, s.Edge.System(), tenancy.Expire, tenancy.ExpireInput{IDs: ids})
	if left := tenancy.Expired(s.view(), s.view().Time); len(left) != 0 {
		t.Errorf("not noted: %v", left)
	}
	page, err := compliance.Run.Call(context.Background(), s.Admin(), compliance.RunInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Items {
		if r.Outcome != compliance.Passed && r.Outcome != compliance.NotApplicable {
			t.Errorf("%+v", r)
		}
	}
}
