package testkit_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/internal/testkit"
)

func TestMainJob(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{"n":1152921504606846977}`)})
	if err != nil {
		t.Fatal(err)
	}
	read := func(r op.Runner) error {
		got, err := objects.Get.Call(ctx, r, objects.GetInput{ID: o.ID})
		if err == nil && string(got.Data) != `{"n":1152921504606846977}` {
			t.Errorf("data became %s", got.Data)
		}
		return err
	}
	if err := read(bob); !fault.Is(err, fault.NotFound) {
		t.Fatalf("a stranger's read: %v", err)
	}
	scope, err := tenancy.Create.Call(ctx, alice, tenancy.CreateInput{Name: "team"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenancy.Add.Call(ctx, alice, tenancy.AddInput{ID: scope.ID, PrincipalID: "bob"}); err != nil {
		t.Fatal(err)
	}
	if _, err := tenancy.Project.Call(ctx, alice, tenancy.ProjectInput{ID: scope.ID, ObjectID: o.ID, Level: "write"}); err != nil {
		t.Fatal(err)
	}
	if err := read(bob); err != nil {
		t.Fatalf("a member's read: %v", err)
	}
	shared := s.Replica.Position().Revision
	if _, err := objects.Update.Call(ctx, bob, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{}`)}); !fault.Is(err, fault.PermissionDenied) {
		t.Fatalf("a viewer's write: %v", err)
	}
	if _, err := tenancy.Unproject.Call(ctx, alice, tenancy.UnprojectInput{ID: scope.ID, ObjectID: o.ID}); err != nil {
		t.Fatal(err)
	}
	if err := read(bob); !fault.Is(err, fault.NotFound) {
		t.Fatalf("a read after the revocation: %v", err)
	}
	for at, want := range map[string]bool{"": false, strconv.FormatUint(shared, 10): true} {
		question, err := op.Marshal(access.Question{PrincipalID: "bob", Action: "read", ObjectID: o.ID})
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.Admin().Run(ctx, &op.Call{Op: access.Check.Name, Input: question, At: at})
		if err != nil {
			t.Fatal(err)
		}
		var verdict access.Verdict
		if err := op.Unmarshal(reply.Output, &verdict); err != nil || verdict.Allowed != want {
			t.Errorf("as of %q bob may read: %v %v, want %v", at, verdict.Allowed, err, want)
		}
	}
	if _, err := bob.Run(ctx, &op.Call{Op: objects.Get.Name, Input: op.JSON(`{"id":"` + string(o.ID) + `"}`), At: strconv.FormatUint(shared, 10)}); !fault.Is(err, fault.NotFound) {
		t.Errorf("bob's own read of the past: %v", err)
	}
	s.Verify()
}
