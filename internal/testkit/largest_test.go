package testkit_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/badgerdb"
)

func badger(t *testing.T) *testkit.Solo {
	t.Helper()
	engine, err := badgerdb.Open(t.TempDir(), badgerdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return testkit.Over(t, engine)
}

// The largest calls that an edge lets through must fit into one write of the
// engine, whatever they leave behind: a call that does not stops every node.
func TestLargestCallsFitTheEngine(t *testing.T) {
	create := func(size int) op.Item {
		in := fmt.Sprintf(`{"type":"note","data":{"text":%q}}`, strings.Repeat("x", size))
		return op.Item{Op: objects.Create.Name, Input: op.JSON(in)}
	}
	for _, c := range []struct {
		name        string
		count, size int
		key         string
	}{
		{"four large", 4, 255 << 10, ""},
		{"four large, to be remembered", 4, 255 << 10, strings.Repeat("k", 32)},
		{"a hundred", 100, 10 << 10, ""},
		{"a hundred, to be remembered", 100, 10 << 10, strings.Repeat("k", 32)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := badger(t)
			items := make([]op.Item, c.count)
			for i := range items {
				items[i] = create(c.size)
			}
			call := &op.Call{Items: items, IdempotencyKey: c.key}
			first, err := s.Admin().Run(context.Background(), call)
			if err != nil {
				t.Fatalf("%d objects of %d bytes: %v", c.count, c.size, err)
			}
			if c.key == "" {
				return
			}
			again, err := s.Admin().Run(context.Background(), call)
			if err != nil || !again.Replayed || !bytes.Equal(first.Output, again.Output) {
				t.Errorf("the repeat gave %d bytes, %v, not the %d of the first call", len(again.Output), err, len(first.Output))
			}
		})
	}
}
