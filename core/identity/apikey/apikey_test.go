package apikey_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/internal/testkit"
)

// ring is a store with alice, who makes keys.
type ring struct {
	*testkit.Solo
	t     *testing.T
	alice string
}

func newRing(t *testing.T) *ring {
	t.Helper()
	s := testkit.New(t)
	return &ring{Solo: s, t: t, alice: s.Token("alice")}
}

func (r *ring) make(token string, in apikey.CreateInput) (apikey.CreateOutput, error) {
	in.PrincipalID, in.Name = "alice", "made"
	return apikey.Create.Call(context.Background(), r.As(token), in)
}

func (r *ring) must(token string, in apikey.CreateInput) apikey.CreateOutput {
	r.t.Helper()
	out, err := r.make(token, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *ring) rotate(id urn.ID, overlap int64) apikey.CreateOutput {
	r.t.Helper()
	out, err := apikey.Rotate.Call(context.Background(), r.As(r.alice), apikey.RotateInput{ID: id, Overlap: overlap})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// opens says whether a token lets its bearer read.
func (r *ring) opens(token string) bool {
	r.t.Helper()
	_, err := identity.Me.Call(context.Background(), r.As(token), identity.MeInput{})
	if err != nil && !fault.Is(err, fault.APIKeyInvalid) {
		r.t.Fatal(err)
	}
	return err == nil
}

// applies has a command applied that was let in by a secret of a key, and says
// whether it still counted at its place in the log.
func (r *ring) applies(key urn.ID, rotation uint64) bool {
	r.t.Helper()
	raw, err := entry.EncodeCommand(&entry.Command{
		Actor: "alice", Credential: key, Rotation: rotation,
		Items: []entry.Item{{Op: objects.Create.Name, Schema: objects.Create.Schema, Input: []byte(`{"data":{},"type":"note"}`)}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if raw, err = r.Propose(context.Background(), raw); err != nil {
		r.t.Fatal(err)
	}
	out, err := entry.DecodeOutcome(raw)
	if err != nil {
		r.t.Fatal(err)
	}
	refused, err := out.Fault()
	if err != nil || (refused != nil && refused.Code != fault.APIKeyInvalid) {
		r.t.Fatalf("%v %v", refused, err)
	}
	return refused == nil
}

// What a secret opens at the edge, and what was let in by it opens in the log,
// through the life of a key.
func TestRotation(t *testing.T) {
	r := newRing(t)
	first := r.must(r.alice, apikey.CreateInput{})
	id := first.Key.ID
	check := func(when string, token string, rotation uint64, want bool) {
		t.Helper()
		if got := r.opens(token); got != want {
			t.Errorf("%s, secret %d opens: %v", when, rotation, got)
		}
		if got := r.applies(id, rotation); got != want {
			t.Errorf("%s, what secret %d let in applies: %v", when, rotation, got)
		}
	}
	check("before", first.Token, 0, true)
	if r.applies(id, 1) || r.applies(id, 1<<63) {
		t.Error("a secret that was never made let something in")
	}
	second := r.rotate(id, 0)
	if second.Token == first.Token || second.Key.ID != id || second.Key.Rotation != 1 {
		t.Errorf("the rotated key is %+v", second.Key)
	}
	check("rotated at once", first.Token, 0, false)
	check("rotated at once", second.Token, 1, true)
	third := r.rotate(id, 60)
	check("overlapping", first.Token, 0, false)
	check("overlapping", second.Token, 1, true)
	check("overlapping", third.Token, 2, true)
	r.Clock.Advance(time.Minute)
	check("over", second.Token, 1, false)
	check("over", third.Token, 2, true)
	fourth := r.rotate(id, 3600)
	fifth := r.rotate(id, 3600)
	check("twice within the overlap", third.Token, 2, false)
	check("twice within the overlap", fourth.Token, 3, true)
	check("twice within the overlap", fifth.Token, 4, true)
	if _, err := apikey.Revoke.Call(context.Background(), r.As(fifth.Token), apikey.RevokeInput{ID: id}); err != nil {
		t.Fatal(err)
	}
	check("revoked", fourth.Token, 3, false)
	check("revoked", fifth.Token, 4, false)
	if _, err := apikey.Rotate.Call(context.Background(), r.As(r.alice), apikey.RotateInput{ID: id}); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("a revoked key was rotated: %v", err)
	}
	r.Verify()
}

func TestExpiredKeysDoNotRotate(t *testing.T) {
	r := newRing(t)
	k := r.must(r.alice, apikey.CreateInput{ExpiresAt: state.Time(r.Clock.Now().Add(time.Minute).UnixMicro())})
	rotated := r.rotate(k.Key.ID, 3600)
	if rotated.Key.ExpiresAt != k.Key.ExpiresAt {
		t.Errorf("the rotation moved the end to %v", rotated.Key.ExpiresAt)
	}
	r.Clock.Advance(time.Minute)
	if r.opens(k.Token) || r.opens(rotated.Token) || r.applies(k.Key.ID, 0) || r.applies(k.Key.ID, 1) {
		t.Error("a secret outlives its key")
	}
	if _, err := apikey.Rotate.Call(context.Background(), r.As(r.alice), apikey.RotateInput{ID: k.Key.ID}); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("an expired key was rotated: %v", err)
	}
}

func TestStatuses(t *testing.T) {
	ctx := context.Background()
	r := newRing(t)
	revoked := r.must(r.alice, apikey.CreateInput{}).Key.ID
	expired := r.must(r.alice, apikey.CreateInput{ExpiresAt: state.Time(r.Clock.Now().Add(time.Minute).UnixMicro())}).Key.ID
	live := r.must(r.alice, apikey.CreateInput{}).Key.ID
	if _, err := apikey.Revoke.Call(ctx, r.As(r.alice), apikey.RevokeInput{ID: revoked}); err != nil {
		t.Fatal(err)
	}
	look := func(want map[urn.ID]string) {
		t.Helper()
		page, err := apikey.List.Call(ctx, r.Admin(), apikey.ListInput{PrincipalID: "alice"})
		if err != nil || len(page.Items) != 4 {
			t.Fatalf("%+v %v", page, err)
		}
		for _, k := range page.Items {
			one, err := apikey.Get.Call(ctx, r.Admin(), apikey.GetInput{ID: k.ID})
			if err != nil || one.Status != k.Status {
				t.Errorf("listed as %s, shown as %s, %v", k.Status, one.Status, err)
			}
			if status, asked := want[k.ID]; asked && k.Status != status {
				t.Errorf("%s is %s, want %s", k.ID, k.Status, status)
			}
		}
	}
	look(map[urn.ID]string{revoked: apikey.StatusRevoked, expired: apikey.StatusActive, live: apikey.StatusActive})
	r.Clock.Advance(time.Minute)
	if _, err := identity.Suspend.Call(ctx, r.Admin(), identity.LifecycleInput{ID: "alice"}); err != nil {
		t.Fatal(err)
	}
	look(map[urn.ID]string{revoked: apikey.StatusRevoked, expired: apikey.StatusExpired, live: apikey.StatusSuspended})
}

// A key does no more than its scopes say, in reads, in commands and in batches,
// and hands out no more.
func TestScopes(t *testing.T) {
	ctx := context.Background()
	r := newRing(t)
	note, err := objects.Create.Call(ctx, r.As(r.alice), objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	wide := r.must(r.alice, apikey.CreateInput{}).Key.ID
	scoped := r.must(r.alice, apikey.CreateInput{Scopes: []op.KeyScope{"object.read", "key.*", "object.read"}})
	if len(scoped.Key.Scopes) != 2 {
		t.Errorf("the scopes are %v", scoped.Key.Scopes)
	}
	get, update := `{"id":"`+string(note.ID)+`"}`, `{"id":"`+string(note.ID)+`","data":{"n":1}}`
	rows := []struct {
		name, op, input string
		code            fault.Code
	}{
		{"a read in its scopes", "object.get", get, ""},
		{"a list", "object.list", `{}`, ""},
		{"a read beyond them", "principal.me", `{}`, fault.InsufficientScope},
		{"a command", "object.update", update, fault.InsufficientScope},
		{"a command on what is not there", "object.delete", `{"id":"obj_01890a5d0c1e7000a000000000000099"}`, fault.InsufficientScope},
		{"what its principal may not do", "principal.create", `{"kind":"user"}`, fault.InsufficientScope},
		{"a key like itself", "key.create", `{"id":"alice","name":"x"}`, ""},
		{"a key with less", "key.create", `{"id":"alice","name":"x","scopes":["key.list"]}`, ""},
		{"a key with more", "key.create", `{"id":"alice","name":"x","scopes":["object.update"]}`, fault.InsufficientScope},
		{"a key with everything", "key.create", `{"id":"alice","name":"x","scopes":["*.*"]}`, fault.InsufficientScope},
		{"a key with nothing", "key.create", `{"id":"alice","name":"x","scopes":[]}`, fault.ValidationFailed},
		{"a key with no scope at all", "key.create", `{"id":"alice","name":"x","scopes":["all"]}`, fault.ValidationFailed},
		{"a new secret for itself", "key.rotate", `{"id":"` + string(scoped.Key.ID) + `","overlap_seconds":600}`, ""},
		{"a new secret for a wider key", "key.rotate", `{"id":"` + string(wide) + `"}`, fault.InsufficientScope},
		{"too long an overlap", "key.rotate", `{"id":"` + string(scoped.Key.ID) + `","overlap_seconds":604801}`, fault.ValidationFailed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := r.As(scoped.Token).Run(ctx, &op.Call{Op: row.op, Input: op.JSON(row.input)})
			if (row.code == "") != (err == nil) || (err != nil && !fault.Is(err, row.code)) {
				t.Errorf("got %v, want %q", err, row.code)
			}
		})
	}
	batch := &op.Call{Items: []op.Item{{Op: "key.create", Input: op.JSON(`{"id":"alice","name":"x"}`)}, {Op: "object.update", Input: op.JSON(update)}}}
	if _, err := r.As(scoped.Token).Run(ctx, batch); !fault.Is(err, fault.InsufficientScope) {
		t.Errorf("a batch: %v", err)
	}
	trail, err := r.Admin().Run(ctx, &op.Call{Op: "audit.entries", Input: op.JSON(`{"action":"access_check","actor_id":"alice","limit":200}`)})
	if err != nil || !bytes.Contains(trail.Output, []byte(`"key_lacks":"object.update"`)) {
		t.Errorf("the trail does not say what the key lacked: %v", err)
	}
	inherited, err := apikey.List.Call(ctx, r.As(r.alice), apikey.ListInput{PrincipalID: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range inherited.Items {
		if k.Name == "x" && len(k.Scopes) == 0 {
			t.Errorf("a scoped key made one without scopes: %+v", k)
		}
	}
}

// A key that was made by mistake is revoked by a rollback; what took a secret
// from somebody is never taken back.
func TestSecretsDoNotComeBack(t *testing.T) {
	ctx := context.Background()
	r := newRing(t)
	rollback := func(id urn.ID, operation string) error {
		t.Helper()
		page, err := audit.Entries.Call(ctx, r.Admin(), audit.EntriesInput{Filter: audit.Filter{TargetID: id}, Order: "-sequence"})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Operation == operation {
				_, err := temporal.Create.Call(ctx, r.As(r.alice), temporal.CreateInput{EntryID: e.ID, Mode: temporal.Overwrite})
				return err
			}
		}
		t.Fatalf("%s left no entry about %s", operation, id)
		return nil
	}
	k := r.must(r.alice, apikey.CreateInput{})
	rotated := r.rotate(k.Key.ID, 0)
	if err := rollback(k.Key.ID, "key.rotate"); err == nil || r.opens(k.Token) || !r.opens(rotated.Token) {
		t.Errorf("a rotation was taken back: %v", err)
	}
	if err := rollback(k.Key.ID, "key.create"); err != nil || r.opens(rotated.Token) {
		t.Errorf("the key opens after its making was taken back: %v", err)
	}
	other := r.must(r.alice, apikey.CreateInput{})
	if _, err := apikey.Revoke.Call(ctx, r.As(r.alice), apikey.RevokeInput{ID: other.Key.ID}); err != nil {
		t.Fatal(err)
	}
	if err := rollback(other.Key.ID, "key.revoke"); err == nil || r.opens(other.Token) {
		t.Errorf("a revocation was taken back: %v", err)
	}
}
