package state_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
)

// basket refers to a fruit.
type basket struct {
	Name  string `cbor:"1,keyasint"`
	Holds string `cbor:"2,keyasint"`
}

var baskets = state.NewTable(state.Spec[basket]{
	Space:  key.Scope,
	Key:    func(b *basket) key.Key { return state.Key(key.Scope, b.Name) },
	Refers: func(b *basket, to func(key.Key)) { to(named(b.Holds)) },
})

// check walks all tables, some keys at a time, and gives what it found.
func (s *store) check(budget int) []string {
	var found []string
	v := state.Over(s.reader())
	for _, t := range state.Tables() {
		step := state.Step{Budget: budget}
		for !step.Check(v, t, func(f state.Flaw) { found = append(found, f.String()) }) {
			step.Budget = budget
		}
	}
	return found
}

// overwrite puts bytes behind the tables' back; nil takes them away.
func (s *store) overwrite(k key.Key, value []byte) {
	s.t.Helper()
	s.head.Revision++
	err := s.engine.Apply(&storage.Batch{Commits: []storage.Commit{{
		Revision: s.head.Revision, Writes: []storage.Write{{Key: k, Value: value, Delete: value == nil}},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestCheck(t *testing.T) {
	red := func(name string) key.Key { return state.Key(key.PrincipalKind, "red", name) }
	row := func(name, color string) []byte {
		b, err := state.Marshal(&fruit{name, color})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, x := range []struct {
		name   string
		damage func(s *store)
		want   string
	}{
		{"nothing", func(*store) {}, ""},
		{"an index key is gone", func(s *store) { s.overwrite(red("apple"), nil) }, "the row is not in principal_kind"},
		{"an index key names another row", func(s *store) { s.overwrite(red("apple"), named("pear")) }, "has another row under"},
		{"an index names nothing", func(s *store) { s.overwrite(red("ghost"), named("ghost")) }, "which is not there"},
		{"an index names what is not under it", func(s *store) { s.overwrite(red("pear"), named("pear")) }, "does not belong under it"},
		{"a row lies under another key", func(s *store) { s.overwrite(named("plum"), row("prune", "")) }, "the row says that it lies under"},
		{"a row cannot be read", func(s *store) { s.overwrite(named("plum"), []byte{0xFF}) }, "principal"},
		{"a row refers to nothing", func(s *store) { s.overwrite(named("cherry"), nil) }, "the row refers to"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newStore(t)
			s.batch(func(b *state.Batch) {
				tx := b.Begin(1, nil)
				for _, f := range []fruit{{"apple", "red"}, {"pear", "green"}, {"cherry", ""}} {
					fruits.Insert(tx, &f)
				}
				baskets.Insert(tx, &basket{"b", "cherry"})
				tx.Keep()
			})
			x.damage(s)
			whole := s.check(1000)
			if (len(whole) > 0) != (x.want != "") || !strings.Contains(strings.Join(whole, "\n"), x.want) {
				t.Fatalf("found %q, want %q", whole, x.want)
			}
			if parts := s.check(1); !slices.Equal(parts, whole) {
				t.Errorf("key by key it found %q, in one go %q", parts, whole)
			}
		})
	}
}
