package apikey_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/internal/testkit"
)

// stead is a store with alice and bob, users, and a host.
type stead struct {
	*testkit.Solo
	t    *testing.T
	host string
	// key is the id of the host's key.
	key urn.ID
}

func newStead(t *testing.T) *stead {
	t.Helper()
	s := testkit.New(t)
	s.Token("alice")
	s.Token("bob")
	h := &stead{Solo: s, t: t, host: s.Host("shop")}
	token, f := urn.ParseToken(h.host)
	if f != nil {
		t.Fatal(f)
	}
	h.key = token.KeyID
	return h
}

// reads has the host read as a user.
func (h *stead) reads(user urn.ID) error {
	_, err := identity.Me.Call(context.Background(), h.For(h.host, user), identity.MeInput{})
	return err
}

// applies has a command applied that was let in for a user by the host's key.
func (h *stead) applies(user urn.ID) error {
	h.t.Helper()
	raw, err := entry.EncodeCommand(&entry.Command{
		Actor: user, Credential: h.key, Impersonator: "shop",
		Items: []entry.Item{{Op: objects.Create.Name, Schema: objects.Create.Schema, Input: []byte(`{"data":{},"type":"note"}`)}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if raw, err = h.Propose(context.Background(), raw); err != nil {
		h.t.Fatal(err)
	}
	out, err := entry.DecodeOutcome(raw)
	if err != nil {
		h.t.Fatal(err)
	}
	refused, err := out.Fault()
	if err != nil {
		h.t.Fatal(err)
	}
	if refused != nil {
		return refused
	}
	return nil
}

func admin[In, Out any](h *stead, c op.Command[In, Out], in In) {
	h.t.Helper()
	if _, err := c.Call(context.Background(), h.Admin(), in); err != nil {
		h.t.Fatalf("%s: %v", c.Name, err)
	}
}

// Host and user are judged again at the place in the log, by the same rules.
func TestWhoMayActForWhom(t *testing.T) {
	tests := []struct {
		name string
		user urn.ID
		when func(h *stead)
		want fault.Code
	}{
		{"a host for a user", "alice", func(*stead) {}, ""},
		{"for nobody that is known", "carol", func(*stead) {}, fault.NotFound},
		{"for a service", "printer", func(h *stead) {
			admin(h, identity.Create, identity.CreateInput{ID: "printer", Kind: "service"})
		}, fault.InvalidIDType},
		{"for the administrator, who is no user", apikey.Root, func(*stead) {}, fault.InvalidIDType},
		{"for the cluster", op.System, func(*stead) {}, fault.NotFound},
		{"for itself, of kind user", "shop", func(*stead) {}, ""},
		{"the user was suspended", "alice", func(h *stead) { admin(h, identity.Suspend, identity.LifecycleInput{ID: "alice"}) }, fault.PrincipalInactive},
		{"the user was archived", "alice", func(h *stead) { admin(h, identity.Archive, identity.ArchiveInput{ID: "alice"}) }, fault.PrincipalInactive},
		{"the permission was taken", "alice", func(h *stead) {
			admin(h, identity.Forbid, identity.ForbidInput{ID: "shop", Permission: op.ActAsHost})
		}, fault.PermissionDenied},
		{"no host asks for nobody that is known", "carol", func(h *stead) {
			admin(h, identity.Forbid, identity.ForbidInput{ID: "shop", Permission: op.ActAsHost})
		}, fault.PermissionDenied},
		{"the key was revoked", "alice", func(h *stead) { admin(h, apikey.Revoke, apikey.RevokeInput{ID: h.key}) }, fault.APIKeyInvalid},
		{"the host was suspended", "alice", func(h *stead) { admin(h, identity.Suspend, identity.LifecycleInput{ID: "shop"}) }, fault.APIKeyInvalid},
		{"the host was archived", "alice", func(h *stead) { admin(h, identity.Archive, identity.ArchiveInput{ID: "shop"}) }, fault.APIKeyInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newStead(t)
			tt.when(h)
			for way, err := range map[string]error{"read": h.reads(tt.user), "log": h.applies(tt.user)} {
				if (tt.want == "") != (err == nil) || err != nil && !fault.Is(err, tt.want) {
					t.Errorf("%s: %v, want %q", way, err, tt.want)
				}
			}
		})
	}
}

// A claim names a host only by the host's own key.
func TestTheKeyOfAHostIsItsOwn(t *testing.T) {
	h := newStead(t)
	for _, claim := range []apikey.Claim{
		{Principal: "alice", Credential: h.key},
		{Principal: "alice", Credential: h.key, Host: "bob"},
		{Principal: "alice", Credential: h.key, Host: "root"},
		{Principal: "shop", Credential: h.key, Host: "alice"},
	} {
		var f *fault.Fault
		err := h.Look(func(v state.View) error {
			_, f = apikey.Authenticate(v, claim, state.Time(h.Clock.Now().UnixMicro()))
			return nil
		})
		if err != nil || f == nil || f.Code != fault.APIKeyInvalid {
			t.Errorf("%+v is let in: %v %v", claim, f, err)
		}
	}
}

// A host that acts for a user has the user's rights, and none of its own.
func TestRightsOfTheUserOnly(t *testing.T) {
	ctx := context.Background()
	h := newStead(t)
	admin(h, identity.Permit, identity.PermitInput{ID: "shop", Permission: op.Administer})
	admin(h, identity.Permit, identity.PermitInput{ID: "bob", Permission: op.ReadAudit})
	note := func(r op.Runner) (urn.ID, error) {
		o, err := objects.Create.Call(ctx, r, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
		return o.ID, err
	}
	ofHost, err := note(h.As(h.host))
	if err != nil {
		t.Fatal(err)
	}
	ofAlice, err := note(h.For(h.host, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	see := func(r op.Runner, id urn.ID) bool {
		got, err := objects.Get.Call(ctx, r, objects.GetInput{ID: id})
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		return err == nil && got.OwnerID != ""
	}
	for _, row := range []struct {
		name string
		as   op.Runner
		id   urn.ID
		want bool
	}{
		{"alice's own", h.For(h.host, "alice"), ofAlice, true},
		{"the host's, for alice", h.For(h.host, "alice"), ofHost, false},
		{"alice's, for bob", h.For(h.host, "bob"), ofAlice, false},
		{"alice's, as the host itself", h.As(h.host), ofAlice, false},
	} {
		if got := see(row.as, row.id); got != row.want {
			t.Errorf("%s: seen %v", row.name, got)
		}
	}
	create := identity.CreateInput{ID: "mallory", Kind: "service"}
	if _, err := identity.Create.Call(ctx, h.For(h.host, "alice"), create); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("the host's permission is the user's: %v", err)
	}
	if _, err := audit.Verify.Call(ctx, h.For(h.host, "bob"), audit.VerifyInput{}); err != nil {
		t.Errorf("the user's permission is lost: %v", err)
	}
	me, err := identity.Me.Call(ctx, h.For(h.host, "bob"), identity.MeInput{})
	if err != nil || me.ID != "bob" || len(me.Permissions) != 1 {
		t.Errorf("%+v %v", me, err)
	}
}

// The scopes of the host's key narrow what it does for users too.
func TestScopesOfAHost(t *testing.T) {
	ctx := context.Background()
	h := newStead(t)
	narrow, err := apikey.Create.Call(ctx, h.As(h.host), apikey.CreateInput{PrincipalID: "shop", Name: "narrow", Scopes: []op.KeyScope{"object.read"}})
	if err != nil {
		t.Fatal(err)
	}
	as := h.For(narrow.Token, "alice")
	if _, err := objects.List.Call(ctx, as, objects.ListInput{}); err != nil {
		t.Error(err)
	}
	if _, err := objects.Create.Call(ctx, as, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}); !fault.Is(err, fault.InsufficientScope) {
		t.Errorf("the user is more than the key: %v", err)
	}
	if _, err := apikey.Create.Call(ctx, as, apikey.CreateInput{PrincipalID: "alice", Name: "more"}); !fault.Is(err, fault.InsufficientScope) {
		t.Errorf("a narrow key made another: %v", err)
	}
}

// Both ids stand in every entry; who poses as a host stands there alone.
func TestBothAreTraced(t *testing.T) {
	ctx := context.Background()
	h := newStead(t)
	o, err := objects.Create.Call(ctx, h.For(h.host, "alice"), objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	last := func(in audit.EntriesInput) audit.Entry {
		t.Helper()
		if err := h.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		in.Order = "-sequence"
		page, err := audit.Entries.Call(ctx, h.Admin(), in)
		if err != nil || len(page.Items) == 0 {
			t.Fatalf("%+v %v", page, err)
		}
		return page.Items[0]
	}
	both := func(e audit.Entry) bool {
		return e.ActorID == "alice" && e.ImpersonatorID == "shop" && e.CredentialID == h.key
	}
	if e := last(audit.EntriesInput{Filter: audit.Filter{ImpersonatorID: "shop"}}); !both(e) || e.TargetID != o.ID {
		t.Errorf("the last that the host did is %+v", e)
	}
	if e := last(audit.EntriesInput{Filter: audit.Filter{TargetID: o.ID}}); !both(e) {
		t.Errorf("the change is of %s by %s with %s", e.ActorID, e.ImpersonatorID, e.CredentialID)
	}
	if _, err := objects.Delete.Call(ctx, h.For(h.host, "bob"), objects.DeleteInput{ID: o.ID}); !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	if e := last(audit.EntriesInput{Filter: audit.Filter{TargetID: o.ID}}); e.ActorID != "bob" || e.ImpersonatorID != "shop" || e.Outcome != "denied" {
		t.Errorf("the refusal is of %s by %s: %s", e.ActorID, e.ImpersonatorID, e.Outcome)
	}
	admin(h, identity.Permit, identity.PermitInput{ID: "alice", Permission: op.ReadAudit})
	if _, err := audit.Entries.Call(ctx, h.For(h.host, "alice"), audit.EntriesInput{}); err != nil {
		t.Fatal(err)
	}
	if e := last(audit.EntriesInput{Filter: audit.Filter{ActorID: "alice"}}); !both(e) || e.Operation != "audit.entries" {
		t.Errorf("the strict read is of %s by %s", e.ActorID, e.ImpersonatorID)
	}
	admin(h, identity.Forbid, identity.ForbidInput{ID: "shop", Permission: op.ActAsHost})
	if err := h.applies("bob"); !fault.Is(err, fault.PermissionDenied) {
		t.Fatal(err)
	}
	e := last(audit.EntriesInput{Filter: audit.Filter{ActorID: "shop"}})
	if e.Action != "access_check" || e.Outcome != "denied" || e.TargetID != "bob" || e.ImpersonatorID != "" || !strings.Contains(string(e.Metadata), apikey.ActFor) {
		t.Errorf("the refused host left %+v", e)
	}
	h.Verify()
}
