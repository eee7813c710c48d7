package testkit_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
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
		before := s.Engine.Published()
		if _, err := alice.Run(ctx, &op.Call{Op: objects.Create.Name, Input: op.JSON(`{"type":"note","data":{}}`), IdempotencyKey: key}); err != nil {
			t.Fatal(err)
		}
		err := s.Engine.Dump(ctx, s.Engine.Published(), func(v storage.Version) error {
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
