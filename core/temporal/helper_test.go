package temporal_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// play is a store with alice, bob and a stranger.
type play struct {
	*testkit.Solo
	t               *testing.T
	alice, bob, zoe op.Runner
}

func setUp(t *testing.T) *play {
	t.Helper()
	s := testkit.New(t)
	return &play{Solo: s, t: t, alice: s.User("alice"), bob: s.User("bob"), zoe: s.User("zoe")}
}

type caller[In, Out any] interface {
	Call(ctx context.Context, r op.Runner, in In) (Out, error)
}

func must[In, Out any](p *play, as op.Runner, o caller[In, Out], in In) Out {
	p.t.Helper()
	out, err := o.Call(context.Background(), as, in)
	if err != nil {
		p.t.Fatalf("%+v: %v", in, err)
	}
	return out
}

// refused is the code of the refusal of a call; empty if it went through.
func refused[In, Out any](p *play, as op.Runner, o caller[In, Out], in In) fault.Code {
	p.t.Helper()
	_, err := o.Call(context.Background(), as, in)
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	if !ok {
		p.t.Fatalf("%+v: %v is no fault", in, err)
	}
	return f.Code
}

// size is the number of entries in the trail.
func (p *play) size() (n uint64) {
	p.look(func(v state.View) { n = audit.SizeAt(v, v.Revision()) })
	return n
}

func (p *play) look(fn func(v state.View)) {
	p.t.Helper()
	if err := p.Look(func(v state.View) error { fn(v); return nil }); err != nil {
		p.t.Fatal(err)
	}
}

// left gives the entries that fn leaves in the trail.
func (p *play) left(fn func()) (ids []urn.ID) {
	p.t.Helper()
	first := p.size() + 1
	fn()
	p.look(func(v state.View) {
		for n := first; ; n++ {
			e, ok := audit.EntryAt(v, n)
			if !ok {
				return
			}
			ids = append(ids, e.ID)
		}
	})
	return ids
}

// one gives the one entry that fn leaves.
func (p *play) one(fn func()) urn.ID {
	p.t.Helper()
	ids := p.left(fn)
	if len(ids) != 1 {
		p.t.Fatalf("%d entries, want one", len(ids))
	}
	return ids[0]
}

func (p *play) newNote(data string) objects.Object {
	p.t.Helper()
	return must(p, p.alice, objects.Create, objects.CreateInput{Type: "note", Data: op.JSON(data)})
}

func (p *play) update(id urn.ID, data string) objects.Object {
	p.t.Helper()
	return must(p, p.alice, objects.Update, objects.UpdateInput{ID: id, Data: op.JSON(data)})
}

// undo rolls an entry back.
func (p *play) undo(as op.Runner, entry urn.ID) temporal.Outcome {
	p.t.Helper()
	return must(p, as, temporal.Create, temporal.CreateInput{EntryID: entry, Reason: "a test"})
}

func (p *play) get(id urn.ID) objects.Object {
	p.t.Helper()
	return must(p, p.alice, objects.Get, objects.GetInput{ID: id, Include: "tombstoned"})
}

// try rolls back and gives the outcome, or the code of the refusal.
func try(p *play, as op.Runner, in temporal.CreateInput) (temporal.Outcome, fault.Code) {
	p.t.Helper()
	out, err := temporal.Create.Call(context.Background(), as, in)
	if err == nil {
		return out, ""
	}
	f, ok := fault.Of(err)
	if !ok {
		p.t.Fatalf("%+v: %v is no fault", in, err)
	}
	return out, f.Code
}

// entryOf is the entry with an id.
func entryOf(t *testing.T, v state.View, id urn.ID) *chain.Entry {
	t.Helper()
	n, ok := audit.SequenceOf(v, id)
	e, found := audit.EntryAt(v, n)
	if !ok || !found {
		t.Fatalf("%s is not in the trail", id)
	}
	return e
}
