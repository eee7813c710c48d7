package testkit_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/badgerdb"
)

// The calls of the main job on the whole path of one node, without network and
// Raft: what is left is what each of them costs in the edge, the machine and
// the engine.

func store(b *testing.B) *testkit.Solo {
	b.Helper()
	db, err := badgerdb.Open(b.TempDir(), badgerdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return testkit.Over(b, db)
}

var note = op.JSON(`{"text":"` + strings.Repeat("x", 245) + `"}`)

func BenchmarkObjectCreate(b *testing.B) {
	ctx := context.Background()
	alice := store(b).User("alice")
	for b.Loop() {
		if _, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: note}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObjectGet(b *testing.B) {
	ctx := context.Background()
	alice := store(b).User("alice")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: note})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := objects.Get.Call(ctx, alice, objects.GetInput{ID: o.ID}); err != nil {
			b.Fatal(err)
		}
	}
}
