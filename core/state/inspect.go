package state

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/weir-store/weir/storage/key"
)

// Stored is a table as it is seen by what walks all of them.
type Stored interface {
	// Space is where the rows lie, Indexes where the keys of each index do.
	Space() key.Space
	Indexes() []key.Space

	kept() bool
	read(k, value []byte) (row any, err error)
	check(v View, k key.Key, row any, flaw func(what string))
	checkIndex(v View, space key.Space, k key.Key, primary []byte, flaw func(what string))
}

// stored is filled by NewTable while packages are initialized, and only read
// from then on.
var stored []Stored

// tables is the first table of each space, by the space's byte.
var tables [256]Stored

// Tables lists the tables that were declared, in the order of their spaces.
func Tables() []Stored {
	all := slices.Clone(stored)
	slices.SortStableFunc(all, func(a, b Stored) int { return int(a.Space().ID) - int(b.Space().ID) })
	return all
}

// Flaw is a place where stored rows contradict each other.
type Flaw struct {
	// Space and Key say where, What says how.
	Space string
	Key   key.Key
	What  string
}

func (f Flaw) String() string { return fmt.Sprintf("%s %x: %s", f.Space, []byte(f.Key), f.What) }

// Step says how far a walk over tables has come: after which key it goes on.
type Step struct {
	// After is the last key that was looked at; nil at the beginning.
	After key.Key
	// Budget is how many keys may still be looked at.
	Budget int
}

// Walk calls fn with the rows of a space, from s on, as long as the budget
// lasts; it says whether it came to the end. Rows have the type that their table
// declares; a space without a table has none. A row that cannot be read is a
// flaw, and nothing else. Several spaces are walked in the order of their bytes:
// one that lies before the last key is passed over.
func (s *Step) Walk(v View, space key.Space, fn func(k key.Key, raw []byte, row any), flaw func(Flaw)) (done bool) {
	if !s.before(space) {
		return true
	}
	return s.keys(v, space, func(k key.Key, value []byte) {
		_, row, err := own(space, k, value)
		if err != nil {
			flaw(Flaw{space.Name, k, err.Error()})
			return
		}
		fn(k, value, row)
	})
}

// own finds the table that a row belongs to: some tables share a space. The
// error, for a row of none of them, is that of the first.
func own(space key.Space, k key.Key, value []byte) (table Stored, row any, err error) {
	for _, t := range stored {
		if t.Space().ID != space.ID {
			continue
		}
		row, failed := t.read(k, value)
		if failed == nil {
			return t, row, nil
		}
		if err == nil {
			table, err = t, failed
		}
	}
	return table, nil, err
}

// Check holds a table's rows against its indexes and against the rows that they
// refer to, and the indexes against the rows.
func (s *Step) Check(v View, t Stored, flaw func(Flaw)) (done bool) {
	at := func(space key.Space, k key.Key) func(string) {
		return func(what string) { flaw(Flaw{space.Name, k, what}) }
	}
	spaces := append(t.Indexes(), t.Space())
	slices.SortFunc(spaces, func(a, b key.Space) int { return int(a.ID) - int(b.ID) })
	for _, space := range spaces {
		visit := func(k key.Key, primary []byte) { t.checkIndex(v, space, k, primary, at(space, k)) }
		if space.ID == t.Space().ID {
			visit = func(k key.Key, value []byte) {
				switch table, row, err := own(space, k, value); {
				case table != t:
				case err != nil:
					flaw(Flaw{space.Name, k, err.Error()})
				default:
					t.check(v, k, row, at(space, k))
				}
			}
		}
		if s.before(space) && !s.keys(v, space, visit) {
			return false
		}
	}
	return true
}

// before says whether a walk has not yet gone past a space.
func (s *Step) before(space key.Space) bool { return len(s.After) == 0 || s.After[0] <= space.ID }

// keys walks a space within the budget.
func (s *Step) keys(v View, space key.Space, fn func(k key.Key, value []byte)) (done bool) {
	r := Range{Prefix: key.New(space)}
	if len(s.After) > 0 && s.After[0] == space.ID {
		r.After = s.After
	}
	rows := rows(v, r, func(_, b []byte) *[]byte { b = bytes.Clone(b); return &b })
	defer rows.Close()
	for rows.Next() {
		if s.Budget == 0 {
			return false
		}
		s.Budget--
		s.After = rows.Key()
		fn(s.After, *rows.Row())
	}
	return true
}

// Space implements Stored.
func (t *Table[R]) Space() key.Space { return t.spec.Space }

// Indexes implements Stored.
func (t *Table[R]) Indexes() []key.Space {
	var spaces []key.Space
	for _, x := range t.spec.Indexes {
		spaces = append(spaces, x.Space)
	}
	return spaces
}

func (t *Table[R]) kept() bool { return !t.spec.Trail && !t.spec.Derived && !t.spec.Space.Volatile }

func (t *Table[R]) read(k, value []byte) (row any, err error) {
	defer Guard(&err)
	r := t.decode(k, value)
	if own := t.spec.Key(r); !bytes.Equal(own, k) {
		return nil, fmt.Errorf("the row says that it lies under %x", []byte(own))
	}
	return r, nil
}

func (t *Table[R]) check(v View, k key.Key, row any, flaw func(string)) {
	r := row.(*R)
	for _, x := range t.spec.Indexes {
		for _, entry := range x.keys(r) {
			if primary, ok := v.get(entry); !ok {
				flaw(fmt.Sprintf("the row is not in %s, under %x", x.Space.Name, []byte(entry)))
			} else if !bytes.Equal(primary, k) {
				flaw(fmt.Sprintf("%s has another row under %x", x.Space.Name, []byte(entry)))
			}
		}
	}
	if t.spec.Refers == nil {
		return
	}
	t.spec.Refers(r, func(to key.Key) {
		if _, ok := v.get(to); !ok {
			flaw(fmt.Sprintf("the row refers to %x, which is not there", []byte(to)))
		}
	})
}

func (t *Table[R]) checkIndex(v View, space key.Space, k key.Key, primary []byte, flaw func(string)) {
	value, ok := v.get(primary)
	if !ok {
		flaw(fmt.Sprintf("the index names %x, which is not there", primary))
		return
	}
	row, err := t.read(primary, value)
	if err != nil {
		flaw(err.Error())
		return
	}
	for _, x := range t.spec.Indexes {
		if x.Space.ID == space.ID && contains(x.keys(row.(*R)), k) {
			return
		}
	}
	flaw(fmt.Sprintf("the index names %x, which does not belong under it", primary))
}
