package testkit_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage/memdb"
)

// shared puts the commands of a log into entries of random sizes, as a leader
// does under load.
func shared(t *testing.T, log [][]byte, r *rand.Rand) [][]byte {
	t.Helper()
	var out [][]byte
	all := &entry.Entry{Format: entry.Format}
	room := 1
	for i, data := range log {
		e, err := entry.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		all.Commands = append(all.Commands, e.Commands...)
		if len(all.Commands) < room && i+1 < len(log) {
			continue
		}
		data, err := entry.Encode(all)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
		all.Commands, room = nil, 1+r.IntN(12)
	}
	return out
}

// Whatever is in the log, and however many commands share an entry, replicas
// come to one state: one that has all in memory, one that is opened anew after
// every few entries, and one that began with a transferred state.
func TestReplicasAgreeOnAnything(t *testing.T) {
	s, _ := anything(t, 12_000)
	r := rand.New(rand.NewPCG(3, 4))
	log := shared(t, s.Entries, r)
	one, engine := machine(t, memdb.New()), disk(t)
	other := machine(t, engine)
	var third opened
	for i, data := range log {
		if r.IntN(5) == 0 {
			other = machine(t, engine)
		}
		if i == len(log)/2 {
			var stream bytes.Buffer
			head, err := other.Export(context.Background(), &stream)
			if err != nil {
				t.Fatal(err)
			}
			third = machine(t, memdb.New())
			if err := third.Restore(&stream, fsm.Position{Index: head.Index, Term: head.Term}); err != nil {
				t.Fatal(err)
			}
		}
		want := apply(t, one, i, data)
		for _, m := range []opened{other, third} {
			if m.Machine == nil {
				continue
			}
			if diff := cmp.Diff(want, apply(t, m, i, data)); diff != "" {
				t.Fatalf("the outcomes of entry %d differ:\n%s", i+1, diff)
			}
			if m.Head().Digest != one.Head().Digest {
				t.Fatalf("the digests part at entry %d", i+1)
			}
		}
	}
	want := rows(t, one.engine, nothing)
	for _, m := range []opened{other, third} {
		if diff := cmp.Diff(want, rows(t, m.engine, nothing)); diff != "" {
			t.Errorf("the rows differ:\n%s", diff)
		}
	}
}
