package tenancy_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// TestB14AddMembersAllOrNone: with one bad item nothing is applied, its index is
// told, and nothing is traced as done.
func TestB14AddMembersAllOrNone(t *testing.T) {
	good := tenancy.MemberInput{PrincipalID: "sam"}
	bad := []struct {
		name string
		as   urn.ID
		item tenancy.MemberInput
		want fault.Code
	}{
		{"a principal that there is not", "alice", tenancy.MemberInput{PrincipalID: "zoe"}, fault.NotFound},
		{"a role that there is not", "alice", tenancy.MemberInput{PrincipalID: "sam", Role: "boss"}, fault.InvalidRole},
		{"an expiry in the past", "alice", tenancy.MemberInput{PrincipalID: "vic", ExpiresAt: stage.Start}, fault.ValidationFailed},
		{"an owner that expires", "alice", tenancy.MemberInput{PrincipalID: "vic", Role: tenancy.Owner, ExpiresAt: stage.Start + 99*stage.Hour}, fault.ValidationFailed},
		{"a role that the caller may not give", "bob", tenancy.MemberInput{PrincipalID: "vic", Role: tenancy.Admin}, fault.PermissionDenied},
	}
	for _, row := range bad {
		t.Run(row.name, func(t *testing.T) {
			tr := setUp(t)
			start, before := tr.Revision(), tr.members(tr.scope)
			_, err := tenancy.AddMembers.Call(context.Background(), tr.As(row.as), tenancy.AddMembersInput{
				ID: tr.scope, Members: []tenancy.MemberInput{good, row.item, good},
			})
			f, ok := fault.Of(err)
			if !ok || f.Code != row.want {
				t.Fatalf("got %v, want %s", err, row.want)
			}
			if len(f.Items) == 0 || !strings.HasPrefix(f.Items[0].Pointer, "/members/1") {
				t.Errorf("the fault points to %+v", f.Items)
			}
			if i := slices.IndexFunc(f.Members, func(m fault.Member) bool { return m.Name == "index" }); row.want != fault.InvalidRole && (i < 0 || f.Members[i].Value != int64(1)) {
				t.Errorf("the fault says %+v", f.Members)
			}
			if after := tr.members(tr.scope); !slices.Equal(before, after) || len(tr.Records) != 0 {
				t.Errorf("from revision %d members became %v, were %v; traced is %q", start, after, before, tr.trail())
			}
		})
	}
}

func TestAddMembers(t *testing.T) {
	tr := setUp(t)
	in := tenancy.AddMembersInput{ID: tr.scope, Members: []tenancy.MemberInput{
		{PrincipalID: "sam"}, {PrincipalID: "vic", Role: tenancy.Viewer}, {PrincipalID: "sam", Role: tenancy.Editor, ExpiresAt: tr.Now + stage.Hour},
	}}
	added := must(tr, "bob", tenancy.AddMembers.Call, in).Items
	if len(added) != 3 || added[0].Role != tenancy.Viewer || added[1].PrincipalID != "vic" || added[2].ExpiresAt == 0 {
		t.Errorf("added are %+v", added)
	}
	if got := tr.trail(); got != "membership_change membership, membership_change membership" {
		t.Errorf("the trail is %q", got)
	}
	must(tr, "bob", tenancy.AddMembers.Call, in)
	if len(tr.Records) != 0 {
		t.Errorf("the same again is traced: %s", tr.trail())
	}
	if none := must(tr, "bob", tenancy.AddMembers.Call, tenancy.AddMembersInput{ID: tr.scope, Members: []tenancy.MemberInput{}}); len(none.Items) != 0 || len(tr.Records) != 0 {
		t.Errorf("nobody: %+v", none)
	}
	in.Members = slices.Repeat(in.Members[:1], 101)
	if _, got := do(tr, "bob", tenancy.AddMembers.Call, in); got != fault.ValidationFailed {
		t.Errorf("too many: %q", got)
	}
	tr.freeze()
	if _, got := do(tr, "bob", tenancy.AddMembers.Call, in); got != fault.ValidationFailed {
		t.Errorf("too many, frozen: %q", got)
	}
	in.Members = in.Members[:1]
	if _, got := do(tr, "bob", tenancy.AddMembers.Call, in); got != fault.ScopeFrozen {
		t.Errorf("frozen: %q", got)
	}
}

// TestB4Strangers: who has nothing to do with a scope is refused everything in
// it, and each refusal is traced.
func TestB4Strangers(t *testing.T) {
	name := "mine"
	for what, run := range map[string]func(tr *troupe) fault.Code{
		"add self": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", Role: tenancy.Owner})
			return code
		},
		"add many": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.AddMembers.Call, tenancy.AddMembersInput{ID: tr.scope, Members: []tenancy.MemberInput{{PrincipalID: "sam"}}})
			return code
		},
		"remove owner": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Remove.Call, tenancy.RemoveInput{ID: tr.scope, PrincipalID: "alice"})
			return code
		},
		"rename": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Update.Call, tenancy.UpdateInput{ID: tr.scope, Name: &name})
			return code
		},
		"unproject": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Unproject.Call, tenancy.UnprojectInput{ID: tr.scope, ObjectID: tr.note})
			return code
		},
		"freeze": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Freeze.Call, tenancy.ScopeInput{ID: tr.scope})
			return code
		},
		"archive": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Archive.Call, tenancy.ScopeInput{ID: tr.scope})
			return code
		},
		"create a child": func(tr *troupe) fault.Code {
			_, code := do(tr, "sam", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: tr.scope})
			return code
		},
	} {
		t.Run(what, func(t *testing.T) {
			tr := setUp(t)
			tr.note = tr.object("alice")
			tr.project("alice", tr.scope, tr.note, "read")
			if got := run(tr); got != fault.NotFound || tr.Denied == nil {
				t.Errorf("got %q, traced as %v", got, tr.Denied)
			}
			if got := tr.level("vic", tr.note); got != op.Read {
				t.Errorf("a member has %s", got)
			}
		})
	}
}

// TestB15GrantsAgain: an expired member is added again; the expiry of an active
// one changes; the level of a share changes; each is traced before and after.
func TestB15GrantsAgain(t *testing.T) {
	tr := setUp(t)
	soon := tr.Now + stage.Hour
	in := tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", ExpiresAt: soon}
	first := must(tr, "alice", tenancy.Add.Call, in)
	in.ExpiresAt = soon + stage.Hour
	must(tr, "alice", tenancy.Add.Call, in)
	before, after := tr.Records[0].Before.(*tenancy.Membership), tr.Records[0].After.(*tenancy.Membership)
	if before.ExpiresAt != soon || after.ExpiresAt != in.ExpiresAt || after.ID != first.ID || tr.Records[0].ScopeID != tr.scope {
		t.Errorf("the expiry changed from %+v to %+v", before, after)
	}
	tr.Now = in.ExpiresAt
	if s := must(tr, "alice", tenancy.IsMember.Call, tenancy.StandingInput{ID: tr.scope, PrincipalID: "sam"}); s.IsMember {
		t.Errorf("D17 at the instant of expiry sam is still %+v", s)
	}
	in.ExpiresAt = 0
	if again := must(tr, "alice", tenancy.Add.Call, in); again.ID != first.ID || again.Status != tenancy.StatusActive || len(tr.Records) != 1 {
		t.Errorf("added again: %+v, %s", again, tr.trail())
	}
	note := tr.object("alice")
	share := tr.project("alice", tr.scope, note, "read")
	tr.project("alice", tr.scope, note, "write")
	was, is := tr.Records[0].Before.(*tenancy.Projection), tr.Records[0].After.(*tenancy.Projection)
	if was.Level != op.Read || is.Level != op.Write || is.ID != share.ID {
		t.Errorf("the level changed from %+v to %+v", was, is)
	}
	if got := tr.level("erin", note); got != op.Write {
		t.Errorf("an editor has %s", got)
	}
}

// TestEffectiveAccess is what the chapter says of several ways to one object.
func TestEffectiveAccess(t *testing.T) {
	tr := setUp(t)
	child := tr.create("alice", tr.scope)
	grandchild := tr.create("alice", child)
	sibling := tr.create("alice", tr.scope)
	tr.add("alice", grandchild, "sam", tenancy.Editor)
	note, other := tr.object("alice"), tr.object("alice")
	tr.project("alice", tr.scope, note, "read")
	tr.project("alice", sibling, other, "write")
	check := func(name string, who, what urn.ID, want op.Level) {
		t.Helper()
		if got := tr.level(who, what); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	check("E4.12 a grandchild sees what its grandparent shares", "sam", note, op.Read)
	check("E4.12 siblings do not see each other's", "sam", other, op.None)
	tr.project("alice", grandchild, note, "write")
	check("E4.3 the highest of several ways", "sam", note, op.Write)
	check("E4.4 the owner is the owner", "alice", note, op.Own)
	check("E4.5 no way", "gus", note, op.None)
	tr.add("alice", sibling, "sam", tenancy.Viewer)
	check("E4.12 memberships add up", "sam", other, op.Read)
	seen := must(tr, "alice", access.Visible.Call, access.VisibleInput{}).Items
	if len(seen) != 2 {
		t.Errorf("E4.2 what is owned and shared is seen once: %v", seen)
	}
}

// TestExpire: what has expired counts no more at once, and is noted later.
func TestExpire(t *testing.T) {
	tr := setUp(t)
	at := tr.Now + stage.Hour
	m := must(tr, "alice", tenancy.Add.Call, tenancy.AddInput{ID: tr.scope, PrincipalID: "sam", ExpiresAt: at})
	note := tr.object("alice")
	tr.project("alice", tr.scope, note, "read")
	in := tenancy.ExpireInput{IDs: []urn.ID{m.ID, "mem_01890a5d0c1e7000a000000000000099"}}
	must(tr, op.System, tenancy.Expire.Call, in)
	if len(tr.Records) != 0 || tr.level("sam", note) != op.Read {
		t.Errorf("noted before its time: %s", tr.trail())
	}
	tr.Now = at
	if got := tr.level("sam", note); got != op.None {
		t.Errorf("E4.9 an expired member has %s", got)
	}
	if got := tr.members(tr.scope); slices.Contains(got, "sam viewer") {
		t.Errorf("E4.9 an expired member is listed: %v", got)
	}
	if got := must(tr, "sam", tenancy.OfPrincipal.Call, tenancy.OfPrincipalInput{ID: "sam"}).Items; len(got) != 0 {
		t.Errorf("E4.9 the principal still belongs: %v", got)
	}
	if _, got := do(tr, "alice", tenancy.Expire.Call, in); got != fault.NotFound {
		t.Errorf("as somebody: %q", got)
	}
	shown := func() tenancy.Membership {
		all := false
		items := must(tr, "alice", tenancy.Members.Call, tenancy.MembersInput{ID: tr.scope, ActiveOnly: &all}).Items
		return items[len(items)-1]
	}
	before := shown()
	must(tr, op.System, tenancy.Expire.Call, in)
	r := tr.Records
	reason := fault.Member{Name: "reason", Value: tenancy.EndExpired}
	if tr.trail() != "revoke membership" || r[0].TargetID != m.ID || r[0].ScopeID != tr.scope || !slices.Contains(r[0].Metadata, reason) {
		t.Errorf("the trail says %+v", r)
	}
	if after := shown(); !reflect.DeepEqual(after, before) || after.UpdatedAt != at || after.Status != tenancy.StatusRevoked {
		t.Errorf("noting the end shows: %+v, before %+v", after, before)
	}
	must(tr, op.System, tenancy.Expire.Call, in)
	if len(tr.Records) != 0 {
		t.Error("noted twice")
	}
	again := tr.add("alice", tr.scope, "sam", tenancy.Viewer)
	if again.ID != m.ID || tr.level("sam", note) != op.Read {
		t.Errorf("E4.10 added again: %+v", again)
	}
}

func TestStanding(t *testing.T) {
	tr := setUp(t)
	tr.add("alice", tr.scope, "vic", tenancy.Editor)
	ask := func(as, about urn.ID) (tenancy.Standing, fault.Code) {
		return do(tr, as, tenancy.IsMember.Call, tenancy.StandingInput{ID: tr.scope, PrincipalID: about})
	}
	for _, as := range []urn.ID{"vic", "gus", "root"} {
		if s, got := ask(as, "vic"); got != "" || !s.IsMember || len(s.Memberships) != 2 {
			t.Errorf("%s: %q %+v", as, got, s)
		}
	}
	if s, got := ask("sam", "sam"); got != "" || s.IsMember {
		t.Errorf("a stranger about itself: %q %+v", got, s)
	}
	if _, got := ask("sam", "vic"); got != fault.NotFound {
		t.Errorf("a stranger: %q", got)
	}
	tr.SetLifecycle("vic", identity.Suspended)
	if s, _ := ask("alice", "vic"); s.IsMember {
		t.Errorf("who is suspended: %+v", s)
	}

	other := tr.create("sam", "")
	tr.add("sam", other, "gus", tenancy.Viewer)
	list := func(as urn.ID, in tenancy.OfPrincipalInput) (found []string, code fault.Code) {
		in.ID, in.Limit = "gus", 1
		for {
			page, code := do(tr, as, tenancy.OfPrincipal.Call, in)
			if code != "" {
				return nil, code
			}
			for _, m := range page.Items {
				found = append(found, string(m.ScopeID)+" "+string(m.Role))
			}
			if in.Cursor = string(page.NextCursor); !page.HasMore {
				return found, ""
			}
		}
	}
	want := []string{string(tr.scope) + " guest", string(other) + " viewer"}
	for _, as := range []urn.ID{"gus", "root"} {
		if got, code := list(as, tenancy.OfPrincipalInput{}); !slices.Equal(got, want) {
			t.Errorf("%s: %q %v, want %v", as, code, got, want)
		}
	}
	for as, want := range map[urn.ID]fault.Code{"alice": fault.PermissionDenied, "erin": fault.PermissionDenied} {
		if _, got := list(as, tenancy.OfPrincipalInput{}); got != want {
			t.Errorf("%s: %q, want %q", as, got, want)
		}
	}
	must(tr, "gus", tenancy.Leave.Call, tenancy.ScopeInput{ID: tr.scope})
	all := false
	if got, _ := list("gus", tenancy.OfPrincipalInput{}); !slices.Equal(got, want[1:]) {
		t.Errorf("after leaving: %v", got)
	}
	if got, _ := list("gus", tenancy.OfPrincipalInput{ActiveOnly: &all}); !slices.Equal(got, want) {
		t.Errorf("with what has ended: %v", got)
	}
}

func TestSharesOfAnObject(t *testing.T) {
	tr := setUp(t)
	note := tr.object("erin")
	tr.project("erin", tr.scope, note, "write")
	second := tr.create("erin", "")
	tr.project("erin", second, note, "read")
	var found []urn.ID
	in := tenancy.OfObjectInput{ObjectID: note, Paging: op.Paging{Limit: 1}}
	for {
		page := must(tr, "erin", tenancy.OfObject.Call, in)
		for _, p := range page.Items {
			found = append(found, p.ScopeID)
		}
		if in.Cursor = string(page.NextCursor); !page.HasMore {
			break
		}
	}
	if !slices.Equal(found, []urn.ID{tr.scope, second}) {
		t.Errorf("shared with %v", found)
	}
	for as, want := range map[urn.ID]fault.Code{"vic": fault.PermissionDenied, "sam": fault.NotFound} {
		if _, got := do(tr, as, tenancy.OfObject.Call, in); got != want {
			t.Errorf("%s: %q, want %q", as, got, want)
		}
	}
	ask := func(as urn.ID) (tenancy.Share, fault.Code) {
		return do(tr, as, tenancy.IsProjected.Call, tenancy.ShareInput{ID: tr.scope, ObjectID: note})
	}
	for _, as := range []urn.ID{"erin", "vic"} {
		if s, got := ask(as); got != "" || !s.IsProjected || s.Projection.Level != op.Write {
			t.Errorf("%s: %q %+v", as, got, s)
		}
	}
	for as, want := range map[urn.ID]fault.Code{"gus": fault.PermissionDenied, "root": fault.PermissionDenied, "sam": fault.NotFound} {
		if _, got := ask(as); got != want {
			t.Errorf("%s: %q, want %q", as, got, want)
		}
	}
	tr.archive(tr.scope)
	if s, _ := ask("erin"); s.IsProjected {
		t.Errorf("in an archived scope: %+v", s)
	}
}
