package share_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/share"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// street is a store with a note of alice's, a scope in which bob is an admin,
// vic a viewer and the note is shared as admin, and hanna, who is a host.
type street struct {
	*testkit.Solo
	t     *testing.T
	keys  map[urn.ID]string
	note  urn.ID
	scope urn.ID
}

const (
	owner  urn.ID = "usr_01890a5d0c1e7000a0000000000000e1"
	editor urn.ID = "usr_01890a5d0c1e7000a0000000000000e2"

	doc   = "01890a5d-0c1e-7000-a000-0000000000d1"
	hours = int64(3600)
)

func newStreet(t *testing.T) *street {
	t.Helper()
	st := &street{Solo: testkit.New(t), t: t, keys: map[urn.ID]string{}}
	st.keys["root"] = st.Root
	for _, id := range []urn.ID{"alice", "bob", "vic", "zoe", "hanna", "tom", "adam", owner, editor} {
		st.keys[id] = st.Token(id)
	}
	must(st, "root", identity.Permit.Call, identity.PermitInput{ID: "hanna", Permission: op.ActAsHost})
	must(st, "root", identity.Permit.Call, identity.PermitInput{ID: "tom", Permission: op.WriteTuples})
	must(st, "root", identity.Permit.Call, identity.PermitInput{ID: "adam", Permission: op.Administer})
	for id, relation := range map[urn.ID]string{owner: "owner", editor: "editor"} {
		must(st, "tom", tuple.Create.Call, tuple.CreateInput{KeyInput: tuple.KeyInput{SubjectType: "usr", SubjectID: id, Relation: relation, ObjectType: "doc", ObjectID: doc}})
	}
	st.note = must(st, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}).ID
	st.scope = must(st, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "street"}).ID
	must(st, "alice", tenancy.Add.Call, tenancy.AddInput{ID: st.scope, PrincipalID: "bob", Role: tenancy.Admin})
	must(st, "alice", tenancy.Add.Call, tenancy.AddInput{ID: st.scope, PrincipalID: "vic", Role: tenancy.Viewer})
	must(st, "alice", tenancy.Project.Call, tenancy.ProjectInput{ID: st.scope, ObjectID: st.note, Level: "admin"})
	return st
}

func do[In, Out any](st *street, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	st.t.Helper()
	out, err := call(context.Background(), st.As(st.keys[as]), in)
	if err == nil {
		return out, ""
	}
	f, ok := fault.Of(err)
	if !ok {
		st.t.Fatal(err)
	}
	return out, f.Code
}

func must[In, Out any](st *street, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	st.t.Helper()
	out, code := do(st, as, call, in)
	if code != "" {
		st.t.Fatalf("%s: %+v as %s", code, in, as)
	}
	return out
}

// input is a share of the note for an hour.
func (st *street) input() share.CreateInput {
	return share.CreateInput{ObjectType: "obj", ObjectID: st.note, Relation: "viewer", ExpiresIn: hours}
}

func (st *street) share(as urn.ID, change func(in *share.CreateInput)) share.CreateOutput {
	st.t.Helper()
	in := st.input()
	if change != nil {
		change(&in)
	}
	return must(st, as, share.Create.Call, in)
}

// verify has a stranger present a token.
func (st *street) verify(token string) fault.Code {
	st.t.Helper()
	_, code := do(st, "zoe", share.Verify.Call, share.VerifyInput{Token: token})
	return code
}

// A token that opens nothing is judged before it enters the log, whoever presents
// it.
func TestVerifyWithoutKey(t *testing.T) {
	st := newStreet(t)
	out := st.share("alice", func(in *share.CreateInput) { in.SingleUse = true })
	refused := func(token string, want fault.Code) {
		t.Helper()
		before := len(st.Entries)
		for _, as := range []urn.ID{"nobody", "zoe"} {
			if _, code := do(st, as, share.Verify.Call, share.VerifyInput{Token: token}); code != want {
				t.Errorf("%s got %q, want %q", as, code, want)
			}
		}
		if len(st.Entries) != before {
			t.Error("it is in the log")
		}
	}
	refused(strings.Repeat("x", 43), fault.ShareInvalid)
	must(st, "nobody", share.Verify.Call, share.VerifyInput{Token: out.Token})
	refused(out.Token, fault.ShareConsumed)
	if e := must(st, "root", audit.Entries.Call, audit.EntriesInput{Filter: audit.Filter{Action: share.ActionUse}}).Items; len(e) != 1 || e[0].ActorID != "" {
		t.Errorf("the trail has %+v", e)
	}
	st.Verify()
}

func TestCreate(t *testing.T) {
	app := func(in *share.CreateInput) { in.ObjectType, in.ObjectID = "doc", doc }
	scope := func(in *share.CreateInput) { in.ObjectType, in.ObjectID = "scp", "" } // filled in below
	for _, row := range []struct {
		name   string
		as     urn.ID
		change func(in *share.CreateInput)
		want   fault.Code
	}{
		{"the owner of an object", "alice", nil, ""},
		{"who has admin on it", "bob", nil, ""},
		{"who has read on it", "vic", nil, fault.PermissionDenied},
		{"who does not see it", "zoe", nil, fault.NotFound},
		{"tuples.write", "tom", nil, ""},
		{"a host as itself", "hanna", nil, ""},
		{"cluster.admin shares nothing", "adam", nil, fault.NotFound},
		{"a scope, by its administrator", "bob", scope, ""},
		{"its ownership", "bob", func(in *share.CreateInput) { scope(in); in.Relation = "owner" }, fault.RoleHierarchy},
		{"its ownership, by an owner", "alice", func(in *share.CreateInput) { scope(in); in.Relation = "owner" }, ""},
		{"a scope, by a viewer", "vic", scope, fault.PermissionDenied},
		{"a scope, by a stranger", "zoe", scope, fault.NotFound},
		{"an application's object, by its owner's tuple", owner, app, ""},
		{"an application's object, by an editor's tuple", editor, app, fault.PermissionDenied},
		{"an object that there is not", "alice", func(in *share.CreateInput) { in.ObjectID = "obj_01890a5d0c1e7000a0000000000000ff" }, fault.NotFound},
		{"the same, by a host", "hanna", func(in *share.CreateInput) { in.ObjectID = "obj_01890a5d0c1e7000a0000000000000ff" }, fault.NotFound},
		{"bare digits", "alice", func(in *share.CreateInput) { in.ObjectID = urn.ID(strings.TrimPrefix(string(in.ObjectID), "obj_")) }, ""},
		{"an application's object, by a host", "hanna", app, ""},
		{"an application's object, by tuples.write", "tom", app, ""},
		{"an application's object, by somebody", "alice", app, fault.PermissionDenied},
		{"another type's id", "hanna", func(in *share.CreateInput) { app(in); in.ObjectID = "file_01890a5d0c1e7000a0000000000000d1" }, fault.InvalidFormat},
		{"a type of seven letters", "hanna", func(in *share.CreateInput) { app(in); in.ObjectType = "project" }, fault.InvalidFormat},
		{"a type in upper case", "hanna", func(in *share.CreateInput) { app(in); in.ObjectType = "Doc" }, fault.InvalidFormat},
		{"the nil UUID", "hanna", func(in *share.CreateInput) { app(in); in.ObjectID = "00000000-0000-0000-0000-000000000000" }, fault.InvalidID},
		{"all f", "hanna", func(in *share.CreateInput) { app(in); in.ObjectID = urn.ID(strings.Repeat("f", 32)) }, fault.InvalidID},
		{"no UUID", "hanna", func(in *share.CreateInput) { app(in); in.ObjectID = "42" }, fault.InvalidID},
		{"a relation with a digit", "alice", func(in *share.CreateInput) { in.Relation = "reader2" }, fault.InvalidFormat},
		{"a relation of one letter", "alice", func(in *share.CreateInput) { in.Relation = "r" }, fault.InvalidFormat},
		{"a relation of 33 letters", "alice", func(in *share.CreateInput) { in.Relation = strings.Repeat("r", 33) }, fault.InvalidFormat},
		{"no lifetime", "alice", func(in *share.CreateInput) { in.ExpiresIn = 0 }, fault.ShareLifetime},
		{"a negative lifetime", "alice", func(in *share.CreateInput) { in.ExpiresIn = -1 }, fault.ShareLifetime},
		{"a second", "alice", func(in *share.CreateInput) { in.ExpiresIn = 1 }, ""},
		{"365 days", "alice", func(in *share.CreateInput) { in.ExpiresIn = 365 * 24 * hours }, ""},
		{"a second more", "alice", func(in *share.CreateInput) { in.ExpiresIn = 365*24*hours + 1 }, fault.ShareLifetime},
		{"longer than a number holds in microseconds", "alice", func(in *share.CreateInput) { in.ExpiresIn = 1 << 62 }, fault.ShareLifetime},
	} {
		t.Run(row.name, func(t *testing.T) {
			st := newStreet(t)
			in := st.input()
			if row.change != nil {
				row.change(&in)
			}
			if in.ObjectType == "scp" {
				in.ObjectID = st.scope
			}
			out, code := do(st, row.as, share.Create.Call, in)
			if code != row.want {
				t.Fatalf("got %q, want %q", code, row.want)
			}
			if code != "" {
				return
			}
			if len(out.Token) != 43 || out.Share.CreatedBy != row.as || out.Share.Status != share.StatusActive || out.Share.ConsumedAt != nil || out.Share.RevokedAt != nil {
				t.Errorf("got %+v", out)
			}
			got := must(st, "zoe", share.Verify.Call, share.VerifyInput{Token: out.Token})
			if want := (share.Handle{ShareID: out.Share.ID, ObjectType: out.Share.ObjectType, ObjectID: out.Share.ObjectID, Relation: in.Relation}); got != want {
				t.Errorf("verified as %+v, want %+v", got, want)
			}
		})
	}
}

// The lifetime ends with the instant that expires_at names.
func TestExpiry(t *testing.T) {
	st := newStreet(t)
	out := st.share("alice", nil)
	if got := out.Share.ExpiresAt - out.Share.CreatedAt; int64(got) != hours*1e6 {
		t.Fatalf("it lives %d µs", got)
	}
	left := time.UnixMicro(int64(out.Share.ExpiresAt)).Sub(st.Clock.Now())
	st.Clock.Advance(left - time.Millisecond)
	if code := st.verify(out.Token); code != "" {
		t.Errorf("before its end: %q", code)
	}
	st.Clock.Advance(time.Millisecond)
	if code := st.verify(out.Token); code != fault.ShareExpired {
		t.Errorf("at its end: %q", code)
	}
	for at, want := range map[state.Time]string{out.Share.ExpiresAt - 1: share.StatusActive, out.Share.ExpiresAt: share.StatusExpired} {
		text, err := at.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		reply, err := st.As(st.keys["alice"]).Run(context.Background(), &op.Call{Op: share.Get.Name, Input: op.JSON(`{"id":"` + string(out.Share.ID) + `"}`), At: string(text)})
		if err != nil || !strings.Contains(string(reply.Output), `"status":"`+want+`"`) {
			t.Errorf("at %s it is not %s: %v", text, want, err)
		}
	}
}

// Of several reasons to refuse a token, the first of the contract is given.
func TestVerifyRefuses(t *testing.T) {
	revoke := func(st *street, s share.Share) { must(st, "alice", share.Revoke.Call, share.GetInput{ID: s.ID}) }
	for _, row := range []struct {
		name   string
		single bool
		before func(st *street, out share.CreateOutput)
		token  string
		want   fault.Code
		status string
	}{
		{"unknown", false, nil, strings.Repeat("x", 43), fault.ShareInvalid, share.StatusActive},
		{"empty", false, nil, "-", fault.ShareInvalid, share.StatusActive},
		{"revoked", false, func(st *street, out share.CreateOutput) { revoke(st, out.Share) }, "", fault.ShareRevoked, share.StatusRevoked},
		{"used up", true, func(st *street, out share.CreateOutput) { st.verify(out.Token) }, "", fault.ShareConsumed, share.StatusConsumed},
		{"used, and good for more", false, func(st *street, out share.CreateOutput) { st.verify(out.Token) }, "", "", share.StatusActive},
		{"expired", false, func(st *street, _ share.CreateOutput) { st.Clock.Advance(2 * time.Hour) }, "", fault.ShareExpired, share.StatusExpired},
		{"revoked, used up and expired", true, func(st *street, out share.CreateOutput) {
			st.verify(out.Token)
			revoke(st, out.Share)
			st.Clock.Advance(2 * time.Hour)
		}, "", fault.ShareRevoked, share.StatusRevoked},
		{"used up and expired", true, func(st *street, out share.CreateOutput) {
			st.verify(out.Token)
			st.Clock.Advance(2 * time.Hour)
		}, "", fault.ShareConsumed, share.StatusConsumed},
		{"single use, but expired before", true, func(st *street, _ share.CreateOutput) { st.Clock.Advance(2 * time.Hour) }, "", fault.ShareExpired, share.StatusExpired},
	} {
		t.Run(row.name, func(t *testing.T) {
			st := newStreet(t)
			out := st.share("alice", func(in *share.CreateInput) { in.SingleUse = row.single })
			if row.before != nil {
				row.before(st, out)
			}
			token := row.token
			if token == "" {
				token = out.Token
			}
			if got := st.verify(token); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if got := must(st, "alice", share.Get.Call, share.GetInput{ID: out.Share.ID}); got.Status != row.status {
				t.Errorf("it shows %s, want %s", got.Status, row.status)
			}
		})
	}
}

func TestWhoGoverns(t *testing.T) {
	for _, row := range []struct {
		as                urn.ID
		list, get, revoke fault.Code
		listed            int
	}{
		{as: "alice", listed: 2},
		{as: "bob", listed: 2},
		{as: "hanna", listed: 2},
		{as: "tom", listed: 2},
		{as: "adam", listed: 2},
		{as: "vic", list: fault.PermissionDenied, get: fault.NotFound, revoke: fault.NotFound},
		{as: "zoe", list: fault.NotFound, get: fault.NotFound, revoke: fault.NotFound},
	} {
		t.Run(string(row.as), func(t *testing.T) {
			st := newStreet(t)
			out := st.share("alice", nil)
			st.share("bob", nil)
			list, code := do(st, row.as, share.List.Call, share.ListInput{ObjectType: "obj", ObjectID: st.note})
			if code != row.list || len(list.Items) != row.listed {
				t.Errorf("list: %q, %d items", code, len(list.Items))
			}
			if _, code := do(st, row.as, share.Get.Call, share.GetInput{ID: out.Share.ID}); code != row.get {
				t.Errorf("get: %q", code)
			}
			if _, code := do(st, row.as, share.Revoke.Call, share.GetInput{ID: out.Share.ID}); code != row.revoke {
				t.Errorf("revoke: %q", code)
			}
			if code := st.verify(out.Token); (code == "") != (row.revoke != "") {
				t.Errorf("verify: %q", code)
			}
		})
	}
	t.Run("a creator who lost all sees and revokes his own", func(t *testing.T) {
		st := newStreet(t)
		st.share("alice", nil)
		out := st.share("bob", nil)
		must(st, "alice", tenancy.Remove.Call, tenancy.RemoveInput{ID: st.scope, PrincipalID: "bob"})
		list := must(st, "bob", share.List.Call, share.ListInput{ObjectType: "obj", ObjectID: st.note})
		if len(list.Items) != 1 || list.Items[0].ID != out.Share.ID {
			t.Errorf("he sees %+v", list.Items)
		}
		must(st, "bob", share.Revoke.Call, share.GetInput{ID: out.Share.ID})
	})
}

func TestRevoke(t *testing.T) {
	st := newStreet(t)
	out := st.share("alice", nil)
	first := must(st, "alice", share.Revoke.Call, share.GetInput{ID: out.Share.ID})
	if first.RevokedAt == nil || first.Status != share.StatusRevoked {
		t.Fatalf("got %+v", first)
	}
	st.Clock.Advance(time.Hour)
	before := st.Length()
	if again := must(st, "hanna", share.Revoke.Call, share.GetInput{ID: out.Share.ID}); *again.RevokedAt != *first.RevokedAt {
		t.Errorf("revoked at %d, then at %d", *first.RevokedAt, *again.RevokedAt)
	}
	if got := st.entries(share.ActionRevoke); got != 1 {
		t.Errorf("%d entries of the trail, log from %d to %d", got, before, st.Length())
	}
}

// entries counts those of the trail with an action.
func (st *street) entries(action string) int {
	st.t.Helper()
	return len(must(st, "root", audit.Entries.Call, audit.EntriesInput{Filter: audit.Filter{Action: action}}).Items)
}

// Pages follow the order of creation, whatever became of the shares.
func TestListPages(t *testing.T) {
	st := newStreet(t)
	var want []urn.ID
	for range 3 {
		want = append(want, st.share("alice", nil).Share.ID)
	}
	must(st, "alice", share.Revoke.Call, share.GetInput{ID: want[1]})
	in := share.ListInput{ObjectType: "obj", ObjectID: st.note}
	in.Limit = 2
	for at := 0; ; {
		page := must(st, "alice", share.List.Call, in)
		for _, s := range page.Items {
			if at >= len(want) || s.ID != want[at] {
				t.Fatalf("item %d is %s", at, s.ID)
			}
			at++
		}
		if !page.HasMore {
			if at != len(want) {
				t.Errorf("%d items", at)
			}
			break
		}
		in.Cursor = string(page.NextCursor)
	}
}

// The trail tells of each share and each use, and of no token.
func TestTrail(t *testing.T) {
	st := newStreet(t)
	out := st.share("alice", func(in *share.CreateInput) { in.SingleUse = true })
	st.verify(out.Token)
	st.verify(out.Token)
	st.verify(strings.Repeat("x", 43))
	must(st, "alice", share.Revoke.Call, share.GetInput{ID: out.Share.ID})
	for action, want := range map[string]int{share.ActionCreate: 1, share.ActionUse: 1, share.ActionRevoke: 1} {
		if got := st.entries(action); got != want {
			t.Errorf("%s: %d entries", action, got)
		}
	}
	for i, e := range st.Entries {
		if strings.Contains(string(e), out.Token) {
			t.Errorf("the token is in entry %d of the log", i)
		}
	}
	st.Verify()
}

// A rollback of the creation revokes; a revocation and a use are for ever.
func TestRollback(t *testing.T) {
	st := newStreet(t)
	out := st.share("alice", func(in *share.CreateInput) { in.SingleUse = true })
	created := must(st, "root", audit.Entries.Call, audit.EntriesInput{Filter: audit.Filter{Action: share.ActionCreate}}).Items[0].ID
	st.verify(out.Token)
	must(st, "alice", temporal.Create.Call, temporal.CreateInput{EntryID: created, Reason: "a mistake", Mode: "overwrite"})
	if got := must(st, "alice", share.Get.Call, share.GetInput{ID: out.Share.ID}); got.Status != share.StatusRevoked || got.ConsumedAt == nil {
		t.Errorf("after the rollback: %+v", got)
	}
	if code := st.verify(out.Token); code != fault.ShareRevoked {
		t.Errorf("verify: %q", code)
	}
}
