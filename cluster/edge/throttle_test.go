package edge_test

import (
	"context"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

func TestRefusalsDoNotFillTheLog(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	attack := func() {
		_, err := objects.Update.Call(ctx, bob, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{}`)})
		if !fault.Is(err, fault.NotFound) {
			t.Fatalf("a stranger's write: %v", err)
		}
	}
	before := s.Length()
	for range 100 {
		attack()
	}
	if took := s.Length() - before; took > 12 { // ten, and at most two batches of traces
		t.Errorf("100 refusals in a second took %d entries of the log", took)
	}
	own, err := objects.Create.Call(ctx, bob, objects.CreateInput{Type: "note", Data: op.JSON(`{}`)})
	if err != nil {
		t.Fatalf("what bob may do is refused too: %v", err)
	}
	if _, err := objects.Update.Call(ctx, bob, objects.UpdateInput{ID: own.ID, Data: op.JSON(`{"a":1}`)}); err != nil {
		t.Fatalf("what bob may do is refused too: %v", err)
	}
	s.Clock.Advance(time.Second)
	before = s.Length()
	attack()
	if s.Length() == before {
		t.Error("a refusal of the next second has no entry")
	}
}
