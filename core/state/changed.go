package state

import "github.com/weir-store/weir/storage/key"

// Change is a row of a table as a transaction leaves it. Index keys are none.
type Change struct {
	Space key.Space
	Key   key.Key
	// Raw is the encoded row; nil where it was removed.
	Raw []byte

	batch *Batch
	first *before
}

// New says that there was none before the transaction.
func (c *Change) New() bool {
	if c.first.had {
		return !c.first.slot.live
	}
	return !c.batch.below(c.Key).live
}

// Row decodes the row; its type is the one that its table declares.
func (c *Change) Row() (any, error) {
	_, row, err := own(c.Space, c.Key, c.Raw)
	return row, err
}

// Changed calls fn for the rows that the transaction wrote or removed, each
// once, until it returns an error. Rows of tables that may lose them are left
// out: those of volatile, derived and trail tables.
func (tx *Tx) Changed(fn func(c *Change) error) error {
	seen := make(map[string]bool, len(tx.undo))
	for i := range tx.undo {
		u := &tx.undo[i]
		t := tables[u.key[0]]
		if t == nil || !t.kept() || seen[u.key] {
			continue
		}
		seen[u.key] = true
		c := &Change{Space: t.Space(), Key: key.Key(u.key), batch: tx.batch, first: u}
		if s, _ := tx.batch.overlay.get(c.Key); s.live {
			c.Raw = s.value
		}
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}
