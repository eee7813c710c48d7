package tenancy_test

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

func (tr *troupe) members(scope urn.ID) []string {
	tr.t.Helper()
	var found []string
	for _, m := range must(tr, "alice", tenancy.Members.Call, tenancy.MembersInput{ID: scope}).Items {
		found = append(found, string(m.PrincipalID)+" "+string(m.Role))
	}
	return found
}

func TestAdd(t *testing.T) {
	past, soon := stage.Start, stage.Start+24*stage.Hour
	rows := []struct {
		name    string
		prepare func(tr *troupe)
		as      urn.ID
		in      tenancy.AddInput
		want    fault.Code
		trail   string
	}{
		{"viewer is the role when none is given", nil, "bob", tenancy.AddInput{PrincipalID: "sam"}, "", "membership_change membership"},
		{"a second role beside the first", nil, "bob", tenancy.AddInput{PrincipalID: "vic", Role: tenancy.Editor}, "", "membership_change membership"},
		{"D7 the same again writes nothing", nil, "bob", tenancy.AddInput{PrincipalID: "vic", Role: tenancy.Viewer}, "", ""},
		{"D7 another expiry changes the row", nil, "bob", tenancy.AddInput{PrincipalID: "vic", Role: tenancy.Viewer, ExpiresAt: soon}, "", "membership_change membership"},
		{"an expiry in the past", nil, "bob", tenancy.AddInput{PrincipalID: "sam", ExpiresAt: past}, fault.ValidationFailed, ""},
		{"an owner that expires", nil, "alice", tenancy.AddInput{PrincipalID: "sam", Role: tenancy.Owner, ExpiresAt: soon}, fault.ValidationFailed, ""},
		{"E4.15 a role that there is not", nil, "alice", tenancy.AddInput{PrincipalID: "sam", Role: "boss"}, fault.InvalidRole, ""},
		{"a principal that there is not", nil, "alice", tenancy.AddInput{PrincipalID: "zoe"}, fault.NotFound, ""},
		{"a suspended principal", func(tr *troupe) { tr.SetLifecycle("sam", identity.Suspended) }, "alice", tenancy.AddInput{PrincipalID: "sam"}, fault.PrincipalInactive, ""},
		{"into a frozen scope", func(tr *troupe) { must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope}) }, "alice", tenancy.AddInput{PrincipalID: "sam"}, fault.ScopeFrozen, ""},
		{"into an archived scope", func(tr *troupe) { must(tr, "alice", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope}) }, "alice", tenancy.AddInput{PrincipalID: "sam"}, fault.ScopeFrozen, ""},
		{"an admin gives an admin another expiry", nil, "bob", tenancy.AddInput{PrincipalID: "bob", Role: tenancy.Admin, ExpiresAt: soon}, fault.PermissionDenied, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			if row.prepare != nil {
				row.prepare(tr)
			}
			row.in.ID = tr.scope
			m, got := do(tr, row.as, tenancy.Add.Call, row.in)
			if got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if got := tr.trail(); row.want == "" && got != row.trail {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
			if row.in.Role == "" && row.want == "" && m.Role != tenancy.Viewer {
				t.Errorf("the role is %q", m.Role)
			}
		})
	}
}

func TestComingBack(t *testing.T) {
	t.Run("a role that was taken away comes back under its id", func(t *testing.T) {
		tr := setUp(t)
		first := tr.add("alice", tr.scope, "sam", tenancy.Viewer)
		must(tr, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: "sam"})
		again := tr.add("bob", tr.scope, "sam", tenancy.Viewer)
		if again.ID != first.ID || again.GrantedBy != "bob" || again.GrantedAt <= first.GrantedAt || again.CreatedAt != first.CreatedAt || again.RemovedBy != "" || again.EndReason != "" {
			t.Errorf("came back as %+v, was %+v", again, first)
		}
		if before, ok := tr.Records[0].Before.(*tenancy.Membership); !ok || before.Status != tenancy.StatusRevoked {
			t.Errorf("the record's state before is %+v", tr.Records[0].Before)
		}
	})
	t.Run("E4.10 so does one that expired", func(t *testing.T) {
		tr := setUp(t)
		first := must(tr, "alice", tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", ExpiresAt: tr.Now + stage.Hour})
		tr.Now = first.ExpiresAt
		if _, got := do(tr, "sam", tenancy.Get.Call, tenancy.ScopeInput{ID: tr.scope}); got != fault.NotFound {
			t.Fatalf("D17 the scope is shown at the very instant: %q", got)
		}
		if again := tr.add("alice", tr.scope, "sam", tenancy.Viewer); again.ID != first.ID || again.Status != tenancy.StatusActive || again.ExpiresAt != 0 {
			t.Errorf("came back as %+v", again)
		}
		must(tr, "sam", tenancy.Get.Call, tenancy.ScopeInput{ID: tr.scope})
	})
}

func TestRemove(t *testing.T) {
	freeze := func(tr *troupe) { must(tr, "alice", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope}) }
	coOwner := func(tr *troupe) { tr.add("alice", tr.scope, "bob", tenancy.Owner) }
	left := func(without ...string) []string {
		all := []string{"alice owner", "bob admin", "erin editor", "vic viewer", "gus guest"}
		return slices.DeleteFunc(all, func(m string) bool { return slices.Contains(without, m) })
	}
	rows := []struct {
		name    string
		prepare func(tr *troupe)
		as      urn.ID
		in      tenancy.RemoveInput
		want    fault.Code
		trail   string
		left    []string
	}{
		{"an admin removes a member", nil, "bob", tenancy.RemoveInput{PrincipalID: "vic"}, "", "revoke membership", left("vic viewer")},
		{"a member removes itself", nil, "vic", tenancy.RemoveInput{PrincipalID: "vic"}, "", "revoke membership", left("vic viewer")},
		{"a member removes another", nil, "vic", tenancy.RemoveInput{PrincipalID: "gus"}, fault.PermissionDenied, "", left()},
		{"who is not there: no trace", nil, "bob", tenancy.RemoveInput{PrincipalID: "sam"}, "", "", left()},
		{"a role that the member has not", nil, "bob", tenancy.RemoveInput{PrincipalID: "vic", Role: tenancy.Editor}, "", "", left()},
		{"the sole owner", nil, "alice", tenancy.RemoveInput{PrincipalID: "alice"}, fault.SoleOwner, "", left()},
		{"the sole owner, by the role", nil, "bob", tenancy.RemoveInput{PrincipalID: "alice", Role: tenancy.Owner}, fault.SoleOwner, "", left()},
		{"an owner beside another", coOwner, "alice", tenancy.RemoveInput{PrincipalID: "bob", Role: tenancy.Owner}, "", "revoke membership", left()},
		{"E4.6 one of two roles", func(tr *troupe) { tr.add("alice", tr.scope, "vic", tenancy.Editor) }, "bob", tenancy.RemoveInput{PrincipalID: "vic", Role: tenancy.Editor}, "", "revoke membership", left()},
		{"all of two roles", func(tr *troupe) { tr.add("alice", tr.scope, "vic", tenancy.Editor) }, "bob", tenancy.RemoveInput{PrincipalID: "vic"}, "", "revoke membership, revoke membership", left("vic viewer")},
		{"an owner whose fellow owner cannot act", func(tr *troupe) {
			coOwner(tr)
			tr.SetLifecycle("bob", identity.Suspended)
		}, "alice", tenancy.RemoveInput{PrincipalID: "alice"}, fault.SoleOwner, "", left("bob admin")},
		{"D6 in a frozen scope", freeze, "bob", tenancy.RemoveInput{PrincipalID: "vic"}, fault.ScopeFrozen, "", left()},
		{"D6 in a frozen scope, as an admin who insists", freeze, "bob", tenancy.RemoveInput{PrincipalID: "vic", WhileFrozen: true}, fault.PermissionDenied, "", left()},
		{"D6 in a frozen scope, as an owner who insists", freeze, "alice", tenancy.RemoveInput{PrincipalID: "vic", WhileFrozen: true}, "", "revoke membership", left("vic viewer")},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			if row.prepare != nil {
				row.prepare(tr)
			}
			row.in.ID = tr.scope
			if _, got := do(tr, row.as, tenancy.Remove.Call, row.in); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if got := tr.trail(); got != row.trail {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
			if got := tr.members(tr.scope); !slices.Equal(got, row.left) {
				t.Errorf("left are %v, want %v", got, row.left)
			}
		})
	}
	t.Run("the row says who ended it and how", func(t *testing.T) {
		tr := setUp(t)
		must(tr, "bob", tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: "vic"})
		must(tr, "gus", tenancy.Leave.Call, tenancy.ScopeInput{ID: tr.scope})
		all := false
		want := []string{"", "", "", "admin_remove bob", "self_leave "}
		for i, m := range must(tr, "alice", tenancy.Members.Call, tenancy.MembersInput{ID: tr.scope, ActiveOnly: &all}).Items {
			if got := m.EndReason + " " + string(m.RemovedBy); got != want[i] && want[i]+" " != got {
				t.Errorf("%s ended with %q, want %q", m.PrincipalID, got, want[i])
			}
		}
	})
}

func TestLeave(t *testing.T) {
	rows := []struct {
		name  string
		as    urn.ID
		want  fault.Code
		trail string
	}{
		{"a member", "vic", "", "revoke membership"},
		{"the sole owner", "alice", fault.SoleOwner, ""},
		{"a stranger", "sam", fault.NotFound, ""},
		{"a cluster administrator who is no member", "root", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			if _, got := do(tr, row.as, tenancy.Leave.Call, tenancy.ScopeInput{ID: tr.scope}); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if got := tr.trail(); got != row.trail {
				t.Errorf("the trail is %q, want %q", got, row.trail)
			}
		})
	}
}

func TestMembersPages(t *testing.T) {
	tr := setUp(t)
	var got []urn.ID
	in := tenancy.MembersInput{ID: tr.scope, Paging: op.Paging{Limit: 2}}
	for pages := 1; ; pages++ {
		page := must(tr, "vic", tenancy.Members.Call, in)
		for _, m := range page.Items {
			got = append(got, m.PrincipalID)
		}
		if in.Cursor = string(page.NextCursor); !page.HasMore {
			if pages != 3 {
				t.Errorf("%d pages of two for five members", pages)
			}
			break
		}
	}
	if want := []urn.ID{"alice", "bob", "erin", "vic", "gus"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// organization writes the rows of an organization, which no operation makes
// yet, with a plain scope of alice's below it and an object shared there.
func (tr *troupe) organization() (org, below, object urn.ID) {
	tr.t.Helper()
	org = "org_01890a5d0c1e7000a0000000000000aa"
	tr.Change(func(tx *op.Tx) {
		tenancy.PutScopeForTest(tx, &tenancy.Header{ID: org, Kind: tenancy.KindOrg, OwnerID: "alice", CreatedAt: tx.Time(), Version: 1})
	})
	tr.belong(org, "alice", tenancy.Membership{ID: member(100), Role: tenancy.Owner, Status: tenancy.StatusActive, CreatedAt: tr.Now})
	below = tr.create("alice", org)
	object = tr.object("alice")
	tr.project("alice", below, object, "read")
	return org, below, object
}

// belong writes rows of a principal in a scope as they are.
func (tr *troupe) belong(scope, principal urn.ID, rows ...tenancy.Membership) {
	tr.Change(func(tx *op.Tx) {
		for i := range rows {
			rows[i].ScopeID, rows[i].PrincipalID = scope, principal
			tenancy.PutForTest(tx, &rows[i])
		}
	})
}

func member(n byte) urn.ID {
	return urn.FromBytes(urn.PrefixMembership, [16]byte{6: 0x70, 8: 0x80, 15: n})
}

// TestOrganizationGate: below an organization memberships count only for who
// is in it, and only if granted since he is.
func TestOrganizationGate(t *testing.T) {
	tr := setUp(t)
	org, below, object := tr.organization()
	if _, code := do(tr, "alice", tenancy.Add.Call, tenancy.AddInput{ID: below, PrincipalID: "vic"}); code != fault.PreconditionFailed {
		t.Errorf("somebody who is not in the organization, added below it: %q", code)
	}
	tr.belong(org, "vic", tenancy.Membership{ID: member(1), Role: tenancy.Member, Status: tenancy.StatusActive, CreatedAt: tr.Now - 10, Since: tr.Now - 10})
	first := tr.add("alice", below, "vic", tenancy.Viewer)
	granted := tr.Now
	row := func(id byte, status string, created state.Time, replaces urn.ID) tenancy.Membership {
		m := tenancy.Membership{ID: member(id), Role: tenancy.Member, Status: status, CreatedAt: created, Replaces: replaces, Since: created}
		if replaces != "" {
			m.Since = granted - 10
		}
		return m
	}
	steps := []struct {
		name string
		rows []tenancy.Membership
		want op.Level
	}{
		{"not in it", []tenancy.Membership{row(1, tenancy.StatusRevoked, granted-10, "")}, op.None},
		{"in it", []tenancy.Membership{row(1, tenancy.StatusActive, granted-10, "")}, op.Read},
		{"in it with another role since", []tenancy.Membership{
			row(1, tenancy.StatusRevoked, granted-10, ""), row(2, tenancy.StatusActive, granted+10, member(1)),
		}, op.Read},
		{"suspended in it", []tenancy.Membership{row(2, tenancy.StatusSuspended, granted+10, member(1))}, op.None},
		{"reinstated", []tenancy.Membership{row(2, tenancy.StatusActive, granted+10, member(1))}, op.Read},
		{"left it", []tenancy.Membership{row(2, tenancy.StatusRevoked, granted+10, member(1))}, op.None},
		{"came back: what was granted before is not revived", []tenancy.Membership{row(3, tenancy.StatusActive, granted+20, "")}, op.None},
	}
	for _, step := range steps {
		tr.belong(org, "vic", step.rows...)
		if got := tr.level("vic", object); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
		_, code := do(tr, "vic", tenancy.Get.Call, tenancy.ScopeInput{ID: below})
		inOrg := slices.ContainsFunc(step.rows, func(m tenancy.Membership) bool { return m.Status == tenancy.StatusActive })
		if seen := code == ""; seen != inOrg {
			t.Errorf("%s: the scope below answers %q", step.name, code)
		}
	}
	if got := tr.level("alice", object); got != op.Own {
		t.Errorf("the owner has %s", got)
	}
	again := tr.add("alice", below, "vic", tenancy.Viewer)
	if got := tr.level("vic", object); got != op.Read || again.Status != tenancy.StatusActive || again.ID != first.ID || again.GrantedAt <= first.GrantedAt {
		t.Errorf("granted again since he is back: %s by %+v", got, again)
	}
}
