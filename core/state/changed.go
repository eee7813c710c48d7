package state

import "github.com/weir-store/weir/storage/key"

// Change is a row of a table as a transaction leaves it. Index keys are none.
type Change struct {
	Space key.Space
	Key   key.Key
	// Raw is the encoded row; nil where it was removed.
	Raw []byte
	// New says that there was none before the transaction's entry.
	New bool
	// Kept says that the table never loses a row: all but those of volatile,
	// derived and trail tables.
	Kept bool
}

// Row decodes the row; its type is the one that its table declares.
func (c *Change) Row() (any, error) {
	_, row, err := own(c.Space, c.Key, c.Raw)
	return row, err
}

// Changed calls fn for the rows that the transaction wrote or removed, each
// once, until it returns an error.
func (tx *Tx) Changed(fn func(c *Change) error) error {
	seen := make(map[string]bool, len(tx.undo))
	for _, u := range tx.undo {
		t := tables[u.key[0]]
		if t == nil || seen[u.key] {
			continue
		}
		seen[u.key] = true
		k := key.Key(u.key)
		s, _ := tx.batch.overlay.get(k)
		c := &Change{Space: t.Space(), Key: k, New: !tx.batch.below(k).live, Kept: t.kept()}
		if s.live {
			c.Raw = s.value
		}
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}
