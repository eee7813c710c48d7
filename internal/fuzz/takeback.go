package fuzz

import (
	"fmt"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
)

// taken is how many changes at the end of a graph are taken back.
const taken = 12

// takeBack rolls the newest changes back, one after the other. After each that
// somebody may take back, the thing has the content of before the change, bit
// for bit, or has ended if it was not there; and no other thing has changed.
func (w *world) takeBack() error {
	now, err := w.look(w.revision())
	if err != nil {
		return err
	}
	sequence := audit.SizeAt(now, w.revision())
	things := w.things(now, sequence)
	for left := taken; left > 0 && sequence > 0; sequence-- {
		e, ok := audit.EntryAt(now, sequence)
		if !ok {
			return difference(fmt.Sprintf("entry %d is missing", sequence))
		}
		if e.Outcome != chain.OK || e.AfterDigest == "" {
			continue
		}
		left--
		if err := w.revert(things, e); err != nil {
			return err
		}
	}
	return nil
}

// thing is a thing whose past can be brought back.
type thing struct {
	entity *op.Entity
	id     urn.ID
}

// things are all that the trail tells of.
func (w *world) things(now state.View, size uint64) []thing {
	var found []thing
	known := map[string]bool{}
	for n := uint64(1); n <= size; n++ {
		e, ok := audit.EntryAt(now, n)
		if !ok || known[e.Entity+" "+string(e.TargetID)] {
			continue
		}
		known[e.Entity+" "+string(e.TargetID)] = true
		if entity, declared := w.catalog.Entity(e.Entity); declared {
			found = append(found, thing{entity, e.TargetID})
		}
	}
	return found
}

// content is what of a thing a rollback brings back, in canonical JSON; empty
// for one that is not there.
func (t thing) content(v state.View) (text string, ended bool, err error) {
	k, ok := t.entity.Known(v, t.id)
	if !ok {
		return "", true, nil
	}
	raw, err := op.Marshal(k.Content)
	if err != nil {
		return "", false, err
	}
	canonical, f := canon.Canonical(raw)
	return string(canonical), k.Ended, either(f, nil)
}

// contents are those of all things.
func (w *world) contents(things []thing) ([]string, error) {
	v, err := w.look(w.revision())
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(things))
	for i, t := range things {
		if texts[i], _, err = t.content(v); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// revert takes one entry back, as whoever may.
func (w *world) revert(things []thing, e *chain.Entry) error {
	before, err := w.contents(things)
	if err != nil {
		return err
	}
	done := false
	for _, who := range append([]urn.ID{e.ActorID, apikey.Root}, w.ids()...) {
		out, f, err := call(w.machine, who, temporal.Create, temporal.CreateInput{EntryID: e.ID})
		if err != nil {
			return err
		}
		if f == nil {
			w.say("%s rollback of entry %d, %s of %s %s: %d taken back", who, e.Sequence, e.Operation, e.Entity, e.TargetID, len(out.RolledBack))
			done = len(out.RolledBack) > 0
			break
		}
	}
	if !done {
		return nil
	}
	w.rollbacks++
	return w.reverted(things, e, before)
}

// reverted holds the contents of all things to what they should be.
func (w *world) reverted(things []thing, e *chain.Entry, before []string) error {
	past, err := w.look(e.Revision - 1)
	if err != nil {
		return err
	}
	now, err := w.look(w.revision())
	if err != nil {
		return err
	}
	for i, t := range things {
		want := before[i]
		got, ended, err := t.content(now)
		if err != nil {
			return err
		}
		if t.entity.Name == e.Entity && t.id == e.TargetID {
			var absent bool
			if want, absent, err = t.content(past); err != nil {
				return err
			}
			if want == "" && absent && ended {
				continue
			}
		}
		if got != want {
			return difference(fmt.Sprintf("after the rollback of entry %d (%s of %s %s) the %s %s is %s and should be %s",
				e.Sequence, e.Operation, e.Entity, e.TargetID, t.entity.Name, t.id, got, want))
		}
	}
	return nil
}

func (w *world) ids() []urn.ID {
	var ids []urn.ID
	for _, p := range w.principals {
		ids = append(ids, p.id)
	}
	return ids
}
