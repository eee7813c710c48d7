package objects_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/memdb"
)

// The types that a caller has are looked up once for all objects that are made
// together, and not for each that names another one.
func TestNewTypesAreCountedOnce(t *testing.T) {
	engine := &testkit.Walks{Engine: memdb.New()}
	alice := testkit.Over(t, engine).User("alice")
	walks := func(call int) int {
		t.Helper()
		before := engine.N
		var in objects.CreateManyInput
		for i := range 50 {
			in.Items = append(in.Items, objects.CreateInput{Type: fmt.Sprintf("type%d.%d", call, i), Data: op.JSON(`{}`)})
		}
		if _, err := objects.CreateMany.Call(context.Background(), alice, in); err != nil {
			t.Fatal(err)
		}
		return engine.N - before
	}
	first := walks(0)
	if second := walks(1); second > first+60 {
		t.Errorf("50 types more cost %d walks, the first 50 cost %d", second, first)
	}
}
