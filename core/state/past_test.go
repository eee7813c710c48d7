package state_test

import (
	"slices"
	"testing"

	"github.com/weir-store/weir/core/state"
)

// A command reads the past of earlier entries and of its own entry alike.
func TestPastOfATransaction(t *testing.T) {
	s := newStore(t)
	var revisions []uint64
	put := func(b *state.Batch, name, color string) {
		tx := b.Begin(10, nil)
		fruits.Put(tx, &fruit{name, color})
		revisions = append(revisions, tx.Revision())
		tx.Keep()
	}
	s.batch(func(b *state.Batch) { put(b, "apple", "red") })
	s.batch(func(b *state.Batch) { put(b, "apple", "green"); put(b, "pear", "green") })
	s.batch(func(b *state.Batch) {
		b.WithPast(s.engine.Snapshot)
		defer b.Close()
		put(b, "apple", "yellow")
		put(b, "plum", "blue")
		tx := b.Begin(20, nil)
		defer tx.Drop()
		fruits.Delete(tx, named("apple"))
		want := []struct {
			color string
			names []string
		}{
			{"red", []string{"apple"}},
			{"green", []string{"apple"}},
			{"green", []string{"apple", "pear"}},
			{"yellow", []string{"apple", "pear"}},
			{"yellow", []string{"apple", "pear", "plum"}},
		}
		for i, r := range revisions {
			v := tx.Past(r)
			if v.Revision() != r {
				t.Errorf("the past of %d is of revision %d", r, v.Revision())
			}
			if f, ok := fruits.Get(v, named("apple")); !ok || f.Color != want[i].color {
				t.Errorf("at %d the apple is %+v, not %s", r, f, want[i].color)
			}
			if got := names(fruits.Scan(v, state.Range{Prefix: named("")[:1]})); !slices.Equal(got, want[i].names) {
				t.Errorf("at %d there are %v, not %v", r, got, want[i].names)
			}
		}
		if got := names(fruits.Scan(tx.Past(0), state.Range{Prefix: named("")[:1]})); len(got) != 0 {
			t.Errorf("before the first revision there are %v", got)
		}
	})
}
