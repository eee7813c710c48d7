package objects_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

func TestWhoSeesTheMarkOfADeletion(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice := s.User("alice")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	in := objects.MarkerInput{ID: o.ID}
	if _, err := objects.GetTombstone.Call(ctx, alice, in); !fault.Is(err, fault.NotFound) {
		t.Errorf("a live object has a mark: %v", err)
	}
	if _, err := objects.Delete.Call(ctx, alice, objects.DeleteInput{ID: o.ID, Reason: "obsolete"}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		who  op.Runner
		sees bool
	}{
		{"the owner", alice, true},
		{"an administrator", s.Admin(), true},
		{"a stranger", s.User("bob"), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := objects.GetTombstone.Call(ctx, row.who, in)
			if row.sees && (err != nil || m.Reason != "obsolete" || m.TombstonedBy != "alice" || m.LastVersion != 1) {
				t.Errorf("got %+v %v", m, err)
			}
			if !row.sees && !fault.Is(err, fault.NotFound) {
				t.Errorf("got %+v %v, want not-found", m, err)
			}
		})
	}
}
