package objects_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
)

// strict makes the type of the shelf's object demand preconditions.
func (s *shelf) strict() {
	yes := true
	must(s, "root", objects.Configure.Call, objects.ConfigureInput{Name: "note", RequireVersion: &yes})
}

// answer is how one call as alice ends.
func (s *shelf) answer(name, input string, match uint64) (code fault.Code, status int) {
	s.t.Helper()
	input = `{"id":"` + string(s.id) + `"` + input + `}`
	_, err := s.As("alice").Run(s.t.Context(), &op.Call{Op: name, Input: op.JSON(input), IfMatch: match})
	if err == nil {
		return "", 0
	}
	f, ok := fault.Of(err)
	if !ok {
		s.t.Fatal(err)
	}
	return f.Code, f.Status()
}

// A type may demand that each change says which version it was made from.
func TestTypesDemandPreconditions(t *testing.T) {
	for _, row := range []struct {
		name   string
		input  string
		match  uint64
		code   fault.Code
		status int
	}{
		{"nothing is said", "", 0, fault.PreconditionRequired, 428},
		{"the version, in the input", `,"version":1`, 0, "", 0},
		{"another version, in the input", `,"version":9`, 0, fault.VersionConflict, 409},
		{"another version, by If-Match", "", 9, fault.VersionConflict, 412},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, name := range []string{"object.update", "object.delete", "object.restore"} {
				s := newShelf(t)
				input := row.input
				switch name {
				case "object.update":
					input += `,"data":{}`
				case "object.restore":
					s.delete()
				}
				s.strict()
				if code, status := s.answer(name, input, row.match); code != row.code || status != row.status {
					t.Errorf("%s: %s %d, want %s %d", name, code, status, row.code, row.status)
				}
			}
		})
	}
	s := newShelf(t)
	s.strict()
	if code, _ := s.answer("object.delete", "", 1); code != "" {
		t.Errorf("the version by If-Match: %s", code)
	}
	if code, _ := s.answer("object.delete", "", 0); code != "" {
		t.Errorf("a second deletion, which changes nothing: %s", code)
	}
}

// Only the types that were asked to demand it do.
func TestOtherTypesDemandNothing(t *testing.T) {
	s := newShelf(t)
	s.strict()
	o := must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "memo", Data: op.JSON(`{}`)})
	must(s, "alice", objects.Update.Call, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{}`)})
}

func TestConfigure(t *testing.T) {
	s := newShelf(t)
	words := "what was billed"
	made := must(s, "root", objects.Configure.Call, objects.ConfigureInput{Name: "invoice", Description: &words})
	if made.Description != words || made.RequireVersion || s.actions() != "update object_type object_type" {
		t.Errorf("made %+v, and the trail says %s", made, s.actions())
	}
	must(s, "root", objects.Configure.Call, objects.ConfigureInput{Name: "invoice", Description: &words})
	if got := s.actions(); got != "" {
		t.Errorf("the same again left %s", got)
	}
	page := must(s, "root", objects.ListTypes.Call, objects.TypesInput{})
	if len(page.Items) != 2 || page.Items[0].Name != "invoice" || page.Items[1].Name != "note" || page.Items[1].CreatedBy != "alice" {
		t.Errorf("the types are %+v", page.Items)
	}
	for who, want := range map[urn.ID]fault.Code{"root": "", "alice": fault.PermissionDenied} {
		if got := codeOf(s, who, objects.GetType.Call, objects.TypeInput{Name: "note"}); got != want {
			t.Errorf("get as %s: %q", who, got)
		}
		if got := codeOf(s, who, objects.Configure.Call, objects.ConfigureInput{Name: "note"}); got != want {
			t.Errorf("configure as %s: %q", who, got)
		}
	}
}

func TestConfigurationsComeBack(t *testing.T) {
	s := newShelf(t)
	past := s.Revision()
	s.strict()
	back := func() (err error) {
		s.Change(func(tx *op.Tx) { err = objects.PastOfTypes.Revert(tx, "note", tx.Past(past)) })
		return err
	}
	if err := back(); err != nil {
		t.Fatal(err)
	}
	s.update(`{"n":2}`)
	var moot op.Moot
	if err := back(); !errors.As(err, &moot) {
		t.Errorf("once more: %v", err)
	}
}

// The first object of a type registers it, and the registry can end it.
func TestTypesAreRegistered(t *testing.T) {
	s := newShelf(t)
	var entry *registry.Entry
	s.Look(func(v state.View) { entry, _ = registry.ByURN(v, registry.TypeURN("note")) })
	if entry == nil || entry.TargetEntity != objects.EntityType || entry.RegisteredBy != "alice" {
		t.Fatalf("the entry is %+v", entry)
	}
	move := func(to string) {
		t.Helper()
		s := &shelf{Stage: s.Stage, t: t}
		must(s, "root", registry.Transition.Call, registry.TransitionInput{ID: entry.ID, Lifecycle: to})
	}
	another := objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}
	move(registry.Deprecated)
	if o := must(s, "alice", objects.Create.Call, another); o.Warning == "" {
		t.Error("nothing tells that the type is deprecated")
	}
	move(registry.Archived)
	if got := codeOf(s, "alice", objects.Create.Call, another); got != fault.PreconditionFailed {
		t.Errorf("a new object of an archived type: %q", got)
	}
	s.update(`{"n":2}`)
}

// A type is a word of the application's own: one that is called like an entity
// of the store is a type like any other.
func TestTypesCalledLikeEntities(t *testing.T) {
	for _, typ := range []string{
		op.EntityScope, op.EntityPrincipal, op.EntityObject, op.EntityCredential, objects.EntityType,
		tenancy.EntityMembership, tenancy.EntityProjection, "audit", "trace", "system",
	} {
		t.Run(typ, func(t *testing.T) {
			s := newShelf(t)
			s.id = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: typ, Data: op.JSON(`{"n":1}`)}).ID
			if r := s.Records[0]; r.Entity != op.EntityObject || r.TargetType != typ {
				t.Errorf("the trail says %+v", r)
			}
			past := s.Revision()
			s.update(`{"n":2}`)
			s.delete()
			if err := s.revert("alice", past); err != nil {
				t.Fatal(err)
			}
			page := must(s, "alice", objects.List.Call, objects.ListInput{Type: typ})
			if len(page.Items) != 1 || string(page.Items[0].Data) != `{"n":1}` {
				t.Errorf("listed are %+v", page.Items)
			}
			if got := codeOf(s, "bob", objects.Get.Call, objects.GetInput{ID: s.id}); got != fault.NotFound {
				t.Errorf("a stranger gets %q", got)
			}
		})
	}
}

// Nobody makes its own lists slow by naming ever more types.
func TestTypesOfAPrincipalAreBounded(t *testing.T) {
	s := newShelf(t)
	for n := range 999 {
		s.Change(func(tx *op.Tx) {
			tx.Caller = op.Caller{ID: "alice"}
			if _, err := objects.Create.Execute(tx, objects.CreateInput{Type: "t" + strconv.Itoa(n), Data: op.JSON(`{}`)}); err != nil {
				t.Fatal(err)
			}
		})
	}
	in := objects.CreateInput{Type: "one too many", Data: op.JSON(`{}`)}
	if got := codeOf(s, "alice", objects.Create.Call, in); got != fault.LimitExceeded {
		t.Errorf("got %q", got)
	}
	must(s, "bob", objects.Create.Call, in)
	must(s, "alice", objects.Create.Call, in)
}

// What a layer above redacts is missing wherever content is shown, and the
// content itself is whole.
func TestRedactionsReachAllThatShowsContent(t *testing.T) {
	sight := access.Sight{Redactions: []access.Redaction{func(_ state.View, r op.Request, content op.JSON) op.JSON {
		if r.Principal != "bob" {
			return content
		}
		return op.JSON(`{"redacted":true}`)
	}}}
	s := &shelf{Stage: stage.New(t, sight, identity.Ops, objects.TypeOps, objects.Ops, tenancy.Ops, temporal.Ops), t: t}
	s.Principal("alice")
	s.Principal("bob")
	s.id = must(s, "alice", objects.Create.Call, objects.CreateInput{Type: "note", Data: op.JSON(`{"n":1}`)}).ID
	s.share(tenancy.Editor, "write")
	s.update(`{"n":2}`)
	shown := map[string]func(as urn.ID) op.JSON{
		"get": func(as urn.ID) op.JSON { return must(s, as, objects.Get.Call, objects.GetInput{ID: s.id}).Data },
		"an old version": func(as urn.ID) op.JSON {
			return must(s, as, objects.Get.Call, objects.GetInput{ID: s.id, Version: 1}).Data
		},
		"list": func(as urn.ID) op.JSON { return must(s, as, objects.List.Call, objects.ListInput{}).Items[0].Data },
		"versions": func(as urn.ID) op.JSON {
			return must(s, as, objects.Versions.Call, objects.VersionsInput{ID: s.id}).Items[1].Data
		},
		"get_version": func(as urn.ID) op.JSON {
			return must(s, as, objects.GetVersion.Call, objects.VersionInput{ID: s.id, Version: 1}).Data
		},
		"current_version": func(as urn.ID) op.JSON {
			return must(s, as, objects.CurrentVersion.Call, objects.CurrentInput{ID: s.id}).Data
		},
		"reconstruct": func(as urn.ID) op.JSON {
			state := must(s, as, temporal.Reconstruct.Call, temporal.ReconstructInput{Entity: op.EntityObject, ID: string(s.id)}).State
			raw, err := json.Marshal(state.(map[string]any)["data"])
			if err != nil {
				t.Fatal(err)
			}
			return raw
		},
		"update": func(as urn.ID) op.JSON {
			return must(s, as, objects.Update.Call, objects.UpdateInput{ID: s.id, Data: op.JSON(`{"n":3}`)}).Data
		},
	}
	for name, show := range shown {
		if got := show("bob"); string(got) != `{"redacted":true}` {
			t.Errorf("%s shows bob %s", name, got)
		}
		if got := show("alice"); string(got) == `{"redacted":true}` {
			t.Errorf("%s keeps alice from her own", name)
		}
	}
	if d := must(s, "bob", objects.Diff.Call, objects.DiffInput{ID: s.id, From: 1, To: 2}); len(d.Changed) != 0 {
		t.Errorf("diff shows bob %+v", d)
	}
}

func TestTransfer(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(*shelf)
		as, to urn.ID
		want   fault.Code
		trail  string
	}{
		{"the owner", nil, "alice", "carl", "", "ownership_transfer object note"},
		{"an administrator of the cluster", nil, "root", "carl", "", "ownership_transfer object note"},
		{"to whom it belongs", nil, "alice", "alice", "", ""},
		{"who may do all but own", func(s *shelf) { s.share(tenancy.Admin, "admin") }, "bob", "bob", fault.PermissionDenied, ""},
		{"to nobody", nil, "alice", "nobody", fault.NotFound, ""},
		{"to somebody suspended", func(s *shelf) { s.SetLifecycle("carl", identity.Suspended) }, "alice", "carl", fault.PrincipalInactive, ""},
		{"what is deleted", (*shelf).delete, "alice", "carl", fault.IsolationViolation, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newShelf(t)
			if row.before != nil {
				row.before(s)
			}
			if got := codeOf(s, row.as, objects.Transfer.Call, objects.TransferInput{ID: s.id, OwnerID: row.to}); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			if got := s.actions(); row.want == "" && got != row.trail {
				t.Errorf("the trail says %q", got)
			}
		})
	}
}

// What shares an object goes on sharing it; lists move with the owner, and a
// rollback brings it back to an owner who is there.
func TestTransferMovesTheObject(t *testing.T) {
	s := newShelf(t)
	s.share(tenancy.Viewer, "read")
	past := s.Revision()
	must(s, "alice", objects.Transfer.Call, objects.TransferInput{ID: s.id, OwnerID: "carl"})
	for who, want := range map[urn.ID]uint64{"alice": 1, "bob": 1, "carl": 1} {
		if n := must(s, who, objects.Count.Call, objects.CountInput{Type: "note"}); n.Count != want {
			t.Errorf("%s counts %d", who, n.Count)
		}
	}
	if n := must(s, "alice", objects.Count.Call, objects.CountInput{OwnedOnly: true}); n.Count != 0 {
		t.Error("it is listed as the old owner's")
	}
	s.SetLifecycle("alice", identity.Suspended)
	if err := s.revert("carl", past); !fault.Is(err, fault.PreconditionFailed) {
		t.Errorf("back to an owner who is suspended: %v", err)
	}
	s.SetLifecycle("alice", identity.Active)
	if err := s.revert("bob", past); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("back by somebody else: %v", err)
	}
	if err := s.revert("carl", past); err != nil {
		t.Fatal(err)
	}
	if n := must(s, "alice", objects.Count.Call, objects.CountInput{OwnedOnly: true}); n.Count != 1 {
		t.Error("it did not come back")
	}
}

// A count says when it stopped.
func TestCountsAreBounded(t *testing.T) {
	s := newShelf(t)
	for n := range 21 {
		s.Change(func(tx *op.Tx) {
			tx.Caller = op.Caller{ID: "alice"}
			for range 500 {
				if _, err := objects.Create.Execute(tx, objects.CreateInput{Type: "t" + strconv.Itoa(n%3), Data: op.JSON(`{}`)}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for _, row := range []struct {
		in   objects.CountInput
		want objects.Counted
	}{
		{objects.CountInput{}, objects.Counted{Count: 10_000}},
		{objects.CountInput{Type: "t0"}, objects.Counted{Count: 3500, Complete: true}},
		{objects.CountInput{Type: "note", OwnedOnly: true}, objects.Counted{Count: 1, Complete: true}},
	} {
		if got, err := objects.Count.Call(context.Background(), s.As("alice"), row.in); err != nil || got != row.want {
			t.Errorf("%+v: %+v %v, want %+v", row.in, got, err, row.want)
		}
	}
}
