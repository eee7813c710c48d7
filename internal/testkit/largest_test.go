package testkit_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm/entry"
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

// Commands that wait at the same time become one entry. What each of them may
// do must not depend on the company it comes in, and what one entry has no room
// for is told to come again, before the engine would refuse the whole.
func TestCommandsOfOneEntryDoNotCrowdEachOtherOut(t *testing.T) {
	for _, c := range []struct {
		name            string
		commands, items int
		crowded         bool
	}{
		{"one by one", 256, 1, false},
		{"in batches", 60, 100, false},
		{"in more batches than an entry can have", 200, 100, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := badger(t)
			refused := 0
			for i, out := range together(t, s, c.commands, c.items) {
				f, err := out.Fault()
				if err != nil {
					t.Fatal(err)
				}
				if f == nil {
					continue
				}
				refused++
				if f.Code != fault.HandlerTimeout {
					t.Fatalf("command %d of %d: %v", i, c.commands, f)
				}
			}
			if crowded := refused > 0; crowded != c.crowded {
				t.Errorf("%d of %d commands were refused", refused, c.commands)
			}
		})
	}
}

// together applies commands of the first administrator as one entry, each of
// which creates so many small objects.
func together(t *testing.T, s *testkit.Solo, commands, items int) []*entry.Outcome {
	t.Helper()
	me, err := identity.Me.Call(context.Background(), s.Admin(), identity.MeInput{})
	if err != nil {
		t.Fatal(err)
	}
	token, f := urn.ParseToken(s.Root)
	if f != nil {
		t.Fatal(f)
	}
	command := entry.Command{Actor: me.ID, Credential: token.KeyID, Batch: items > 1}
	for range items {
		command.Items = append(command.Items, entry.Item{Op: objects.Create.Name, Schema: 1, Input: []byte(`{"data":{},"type":"n"}`)})
	}
	encoded, err := entry.EncodeCommand(&command)
	if err != nil {
		t.Fatal(err)
	}
	stamped := make([]cluster.Stamped, commands)
	for i := range stamped {
		stamped[i] = cluster.Stamped{Command: encoded, Time: s.Clock.Now(), Entropy: [32]byte{byte(i)}}
	}
	data, err := s.Replica.Pack(stamped)
	if err != nil {
		t.Fatal(err)
	}
	replies, err := s.Replica.Apply([]cluster.Entry{{Index: uint64(s.Length() + 1), Term: 1, Data: data}})
	if err != nil {
		t.Fatalf("%d commands stop the machine: %v", commands, err)
	}
	outcomes := make([]*entry.Outcome, len(replies[0]))
	for i, raw := range replies[0] {
		if outcomes[i], err = entry.DecodeOutcome(raw); err != nil {
			t.Fatal(err)
		}
	}
	return outcomes
}
