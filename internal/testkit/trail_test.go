package testkit_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// TestCauses follows a cause through commands and reads: it is kept where the
// caller may see it, and refused where not, or where there is none.
func TestCauses(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	page, err := audit.Entries.Call(ctx, alice, audit.EntriesInput{Filter: audit.Filter{TargetID: o.ID}})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	cause := page.Items[0].ID
	for _, row := range []struct {
		name   string
		who    op.Runner
		op     string
		input  string
		parent urn.ID
		ok     bool
	}{
		{"a command", alice, "object.update", `{"id":"` + string(o.ID) + `","data":{"n":1}}`, cause, true},
		{"a read that is traced", alice, "audit.entries", `{"target_id":"` + string(o.ID) + `"}`, cause, true},
		{"a command, unseen", bob, "object.create", `{"type":"note","data":{}}`, cause, false},
		{"a read, unseen", bob, "object.list", `{}`, cause, false},
		{"a command, absent", alice, "object.create", `{"type":"note","data":{}}`, "aud_00000000000070008000000000000000", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := row.who.Run(ctx, &op.Call{Op: row.op, Input: op.JSON(row.input), Trace: op.Trace{ParentID: row.parent}})
			if row.ok != (err == nil) || err != nil && !fault.Is(err, fault.MalformedRequest) {
				t.Errorf("got %v", err)
			}
		})
	}
	children, err := audit.Entries.Call(ctx, alice, audit.EntriesInput{Filter: audit.Filter{ParentTraceID: cause}})
	if err != nil || len(children.Items) != 2 || children.Items[0].Action != "update" || children.Items[1].Action != "read" {
		t.Errorf("the children are %+v, %v", children, err)
	}
	s.Verify()
}
