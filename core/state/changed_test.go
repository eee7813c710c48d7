package state_test

import (
	"testing"

	"github.com/weir-store/weir/core/state"
)

// A row is new to the command that makes it, and to no other: neither to one
// behind it in the same entry, nor to one of a later entry.
func TestChangedRows(t *testing.T) {
	s := newStore(t)
	write := func(b *state.Batch, want bool) {
		t.Helper()
		tx := b.Begin(10, nil)
		fruits.Put(tx, &fruit{"apple", "red"})
		fruits.Put(tx, &fruit{"apple", "green"})
		seen := 0
		err := tx.Changed(func(c *state.Change) error {
			seen++
			row, err := c.Row()
			if f, ok := row.(*fruit); !ok || f.Color != "green" || c.New() != want {
				t.Errorf("%+v, new: %v", row, c.New())
			}
			return err
		})
		if err != nil || seen != 1 {
			t.Errorf("%v, %d rows", err, seen)
		}
		tx.Keep()
	}
	s.batch(func(b *state.Batch) {
		write(b, true)
		write(b, false)
	})
	s.batch(func(b *state.Batch) { write(b, false) })
}
