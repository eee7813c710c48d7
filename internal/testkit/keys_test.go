package testkit_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage"
)

// What a call writes decides what it costs: the keys of the main job are
// counted, the head of the state aside.
func TestKeysOfACreate(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice := s.User("alice")
	create := func(key string) (keys int) {
		t.Helper()
		return written(t, s, func() error {
			_, err := alice.Run(ctx, &op.Call{Op: objects.Create.Name, Input: op.JSON(`{"type":"note","data":{}}`), IdempotencyKey: key})
			return err
		})
	}
	create("")
	for _, row := range []struct {
		name, key string
		want      int
	}{
		{"header, owner's index, version, entry of the trail", "", 4},
		{"and the result under a key, with its time", "a key", 6},
	} {
		if got := create(row.key); got != row.want {
			t.Errorf("%s: %d keys, want %d", row.name, got, row.want)
		}
	}
}

// written counts the keys that a call writes or deletes, the head aside.
func written(t *testing.T, s *testkit.Solo, call func() error) (keys int) {
	t.Helper()
	before := s.Engine.Published()
	if err := call(); err != nil {
		t.Fatal(err)
	}
	err := s.Engine.Dump(context.Background(), s.Engine.Published(), func(v storage.Version) error {
		if v.Revision > before {
			keys++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys - 1
}

// The same for organizations: each has its row and one key to each way by which
// it is found, and the trail an entry to each thing that was made or changed.
func TestKeysOfOrganizations(t *testing.T) {
	ctx, s := context.Background(), testkit.New(t)
	y, z := s.User(yan), s.User(zoe)
	gate := s.As(s.Host(gate))
	slug := "acme"
	var o org.Created
	var m org.Membership
	var i invitation.CreateOutput
	promised := make([]invitation.PreTuple, 100)
	for n := range promised {
		promised[n] = invitation.PreTuple{Relation: "reader", ObjectType: "doc", ObjectID: urn.ID(fmt.Sprintf("01890a5d-0c1e-7000-a000-%012x", n+1))}
	}
	invite := func(whom string, grants ...invitation.PreTuple) func() error {
		return func() (err error) {
			i, err = invitation.Create.Call(ctx, gate, invitation.CreateInput{
				ID: o.Org.ID, Identifier: whom, Role: tenancy.Member, ExpiresAt: state.Time(s.Clock.Now().UnixMicro()) + 1e9, PreTuples: grants,
			})
			return err
		}
	}
	accept := func() error {
		_, err := invitation.Accept.Call(ctx, gate, invitation.AcceptInput{ID: i.ID})
		return err
	}
	for _, row := range []struct {
		name string
		want int
		call func() error
	}{
		{"org.create with a slug", 18, func() (err error) { o, err = org.Create.Call(ctx, y, org.CreateInput{Slug: &slug}); return err }},
		{"org.update of the slug", 4, func() error {
			_, err := org.Update.Call(ctx, y, org.UpdateInput{ID: o.Org.ID, Slug: op.Put("other")})
			return err
		}},
		{"org.add_member", 8, func() (err error) {
			m, err = org.AddMember.Call(ctx, y, org.AddMemberInput{ID: o.Org.ID, UsrID: zoe, Role: tenancy.Member})
			return err
		}},
		{"membership.change_role", 13, func() (err error) {
			m, err = org.ChangeRole.Call(ctx, y, org.ChangeRoleInput{ID: m.ID, NewRole: tenancy.Editor})
			return err
		}},
		{"membership.suspend", 5, func() error { _, err := org.SuspendMember.Call(ctx, y, org.MembershipInput{ID: m.ID}); return err }},
		{"membership.reinstate", 5, func() error { _, err := org.ReinstateMember.Call(ctx, y, org.MembershipInput{ID: m.ID}); return err }},
		{"membership.self_leave", 5, func() error { _, err := org.Leave.Call(ctx, z, org.LeaveInput{ID: m.ID}); return err }},
		{"invitation.create", 6, invite("x")},
		{"a second one to the same", 11, invite("x")},
		{"invitation.accept by a new user", 25, accept},
		{"invitation.create with 100 grants", 6, invite("y", promised...)},
		{"its acceptance", 625, accept},
		{"org.revoke", 3, func() error { _, err := org.Revoke.Call(ctx, y, org.Input{ID: o.Org.ID}); return err }},
	} {
		if got := written(t, s, row.call); got != row.want {
			t.Errorf("%s: %d keys, want %d", row.name, got, row.want)
		}
	}
}
