package state

import (
	"bytes"
	"fmt"

	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// Spec declares a table of rows of type R.
type Spec[R any] struct {
	// Space is the key space of the rows.
	Space key.Space
	// Key gives a row's primary key within the space; it may not change.
	Key func(*R) key.Key
	// Trail marks tables that record changes (audit, idempotency): a change of
	// theirs does not itself ask for an audit entry.
	Trail bool
	// Derived marks tables whose rows follow from those of others: they may be
	// removed when what they follow from has ended.
	Derived bool
	// Refers calls to with the keys of the rows that a row counts on; they have
	// to be there for as long as it is. What is taken for granted, such as the
	// cluster's own principal, is left out.
	Refers func(row *R, to func(key.Key))
	// Indexes are kept in step with every write of a row.
	Indexes []*Index[R]
}

// Index declares a second way to a table's rows.
type Index[R any] struct {
	Space key.Space
	// Keys calls add with each index key of the row; a key must be unique to
	// the row, so it ends with the row's own. No call, not in the index.
	Keys  func(row *R, add func(key.Key))
	table *Table[R]
}

// Table is a typed set of rows. Its methods panic with Broken when the engine
// fails or a stored row cannot be read.
type Table[R any] struct{ spec Spec[R] }

// NewTable declares a table. It is called for package variables only.
func NewTable[R any](s Spec[R]) *Table[R] {
	t := &Table[R]{spec: s}
	for _, x := range s.Indexes {
		x.table = t
	}
	stored = append(stored, t)
	if tables[s.Space.ID] == nil {
		tables[s.Space.ID] = t
	}
	return t
}

// Get reads the row with a primary key.
func (t *Table[R]) Get(v View, k key.Key) (*R, bool) {
	b, ok := v.get(k)
	if !ok {
		return nil, false
	}
	return t.decode(k, b), true
}

// Has says whether a row has the primary key.
func (t *Table[R]) Has(v View, k key.Key) bool {
	_, ok := v.get(k)
	return ok
}

// Put writes a row and moves its index keys.
func (t *Table[R]) Put(tx *Tx, row *R) {
	k := t.spec.Key(row)
	var old *R
	if b, ok := tx.get(k); ok {
		old = t.decode(k, b)
	}
	b, err := Marshal(row)
	if err != nil {
		panic(&Broken{err})
	}
	tx.put(k, b)
	t.reindex(tx, k, old, row)
	t.count(tx)
}

// Insert writes a row whose key is known to be free, which saves a read.
func (t *Table[R]) Insert(tx *Tx, row *R) {
	k := t.spec.Key(row)
	b, err := Marshal(row)
	if err != nil {
		panic(&Broken{err})
	}
	tx.put(k, b)
	t.reindex(tx, k, nil, row)
	t.count(tx)
}

// Delete removes a row and its index keys; earlier revisions of a historic
// table still show it. It reports whether there was one.
func (t *Table[R]) Delete(tx *Tx, k key.Key) bool {
	b, ok := tx.get(k)
	if !ok {
		return false
	}
	tx.remove(k)
	t.reindex(tx, k, t.decode(k, b), nil)
	t.count(tx)
	return true
}

// Forget writes a row, or takes it away where row is nil, and gives up its past:
// the engine drops earlier versions when it compacts, and what they were cannot
// be relied on from now on. The table must have no index.
func (t *Table[R]) Forget(tx *Tx, k key.Key, row *R) {
	if len(t.spec.Indexes) > 0 {
		panic("state: a table with an index can't forget")
	}
	s := slot{forgets: true}
	if row != nil {
		b, err := Marshal(row)
		if err != nil {
			panic(&Broken{err})
		}
		s.value, s.live = b, true
	}
	tx.set(k, s)
	t.count(tx)
}

func (t *Table[R]) count(tx *Tx) {
	if !t.spec.Trail && !t.spec.Space.Volatile {
		tx.historic++
	}
}

func (t *Table[R]) decode(k key.Key, b []byte) *R {
	row := new(R)
	if err := Unmarshal(b, row); err != nil {
		panic(&Broken{fmt.Errorf("row %x of %s: %w", []byte(k), t.spec.Space.Name, err)})
	}
	return row
}

// reindex takes away the index keys that only the old row had and adds those
// that only the new one has.
func (t *Table[R]) reindex(tx *Tx, primary key.Key, old, row *R) {
	for _, x := range t.spec.Indexes {
		was, is := x.keys(old), x.keys(row)
		for _, k := range was {
			if !contains(is, k) {
				tx.remove(k)
			}
		}
		for _, k := range is {
			if !contains(was, k) {
				tx.put(k, primary)
			}
		}
	}
}

func (x *Index[R]) keys(row *R) []key.Key {
	if row == nil {
		return nil
	}
	var found []key.Key
	x.Keys(row, func(k key.Key) { found = append(found, k) })
	return found
}

func contains(keys []key.Key, k key.Key) bool {
	for _, have := range keys {
		if bytes.Equal(have, k) {
			return true
		}
	}
	return false
}

// Range says which part of a table or index to walk.
type Range struct {
	// Prefix is what all keys begin with; at least the space.
	Prefix key.Key
	// After, when set, is the last key that was already seen.
	After key.Key
	// Reverse walks from the end.
	Reverse bool
}

// Behind is the range of the keys that begin with some parts, from behind the
// one that an id completes; from the first if there is no id.
func Behind(after urn.ID, space key.Space, parts ...any) Range {
	r := Range{Prefix: Key(space, parts...)}
	if after != "" {
		r.After = Key(space, append(parts, after)...)
	}
	return r
}

func (r Range) bounds() (start, end []byte) {
	start, end = key.Prefix(r.Prefix)
	switch {
	case r.After == nil:
	case r.Reverse:
		end = r.After
	default:
		start = append(append([]byte(nil), r.After...), 0)
	}
	return start, end
}

// Rows walks rows in key order. Close must be called.
type Rows[R any] struct {
	it   storage.Iterator
	load func(k, v []byte) *R
	row  *R
}

// Scan walks the table's rows.
func (t *Table[R]) Scan(v View, r Range) *Rows[R] {
	return rows(v, r, func(k, b []byte) *R { return t.decode(k, b) })
}

// Scan walks the rows that the index names, in the order of its keys.
func (x *Index[R]) Scan(v View, r Range) *Rows[R] {
	return rows(v, r, func(k, primary []byte) *R {
		row, ok := x.table.Get(v, primary)
		if !ok {
			panic(&Broken{fmt.Errorf("index key %x of %s names no row", k, x.Space.Name)})
		}
		return row
	})
}

func rows[R any](v View, r Range, load func(k, b []byte) *R) *Rows[R] {
	start, end := r.bounds()
	if end != nil && bytes.Compare(start, end) >= 0 {
		return &Rows[R]{it: nothing{}, load: load}
	}
	return &Rows[R]{it: v.scan(start, end, r.Reverse), load: load}
}

// Next steps on and reports whether there is a row.
func (r *Rows[R]) Next() bool {
	r.row = nil
	if r.it.Next() {
		return true
	}
	if err := r.it.Err(); err != nil {
		panic(&Broken{err})
	}
	return false
}

// Key is the key that the walk stands on (the index's in a walk over an
// index). It may be kept.
func (r *Rows[R]) Key() key.Key { return append(key.Key(nil), r.it.Key()...) }

// Row is the row that the walk stands on, read when first asked for.
func (r *Rows[R]) Row() *R {
	if r.row == nil {
		r.row = r.load(r.it.Key(), r.it.Value())
	}
	return r.row
}

// Close ends the walk.
func (r *Rows[R]) Close() { r.it.Close() }

// Each calls fn for the rows of a walk until it returns false, and closes it.
func (r *Rows[R]) Each(fn func(row *R) bool) {
	defer r.Close()
	for r.Next() {
		if !fn(r.Row()) {
			return
		}
	}
}

type nothing struct{}

func (nothing) Next() bool    { return false }
func (nothing) Key() []byte   { return nil }
func (nothing) Value() []byte { return nil }
func (nothing) Err() error    { return nil }
func (nothing) Close()        {}
