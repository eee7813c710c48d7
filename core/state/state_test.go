package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
	"github.com/weir-store/weir/storage/memdb"
)

type fruit struct {
	Name  string `cbor:"1,keyasint"`
	Color string `cbor:"2,keyasint,omitempty"`
}

var byColor = &state.Index[fruit]{
	Space: key.PrincipalKind,
	Keys: func(f *fruit, add func(key.Key)) {
		if f.Color != "" {
			add(state.Key(key.PrincipalKind, f.Color, f.Name))
		}
	},
}

var fruits = state.NewTable(state.Spec[fruit]{
	Space:   key.Principal,
	Key:     func(f *fruit) key.Key { return state.Key(key.Principal, f.Name) },
	Indexes: []*state.Index[fruit]{byColor},
})

func named(name string) key.Key { return state.Key(key.Principal, name) }

// store drives batches over an engine in memory.
type store struct {
	t      *testing.T
	engine storage.Engine
	head   state.Head
	index  uint64
}

func newStore(t *testing.T) *store {
	return &store{t: t, engine: memdb.New(), head: state.Head{Format: state.Format}}
}

func (s *store) batch(fill func(b *state.Batch)) {
	s.t.Helper()
	b := state.NewBatch(s.reader(), s.head)
	fill(b)
	s.index++
	writes, head, err := b.Finish(s.index, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.engine.Apply(writes); err != nil {
		s.t.Fatal(err)
	}
	s.head = head
}

func (s *store) reader() storage.Reader {
	if s.engine.Published() == 0 {
		return nil
	}
	return s.at(s.engine.Published())
}

func (s *store) at(revision uint64) storage.Snapshot {
	s.t.Helper()
	r, err := s.engine.Snapshot(revision)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func names(rows *state.Rows[fruit]) []string {
	out := []string{}
	rows.Each(func(f *fruit) bool {
		out = append(out, f.Name)
		return true
	})
	return out
}

func TestDroppedTransactionLeavesNothing(t *testing.T) {
	s := newStore(t)
	s.batch(func(b *state.Batch) {
		kept := b.Begin(10, nil)
		fruits.Put(kept, &fruit{"apple", "red"})
		kept.Keep()
		before := b.Head()
		dropped := b.Begin(20, nil)
		fruits.Put(dropped, &fruit{"apple", "green"})
		fruits.Put(dropped, &fruit{"pear", "green"})
		dropped.NewID(urn.PrefixObject)
		dropped.Drop()
		after := b.Head()
		if after.Revision != before.Revision || after.Ordinal != before.Ordinal {
			t.Errorf("a dropped transaction moved the head from %+v to %+v", before, after)
		}
		if after.Time != 20 {
			t.Errorf("time is %d after a dropped command of time 20", after.Time)
		}
		reader := b.Begin(20, nil)
		if f, _ := fruits.Get(reader, named("apple")); f == nil || f.Color != "red" {
			t.Errorf("apple is %+v", f)
		}
		if got := names(byColor.Scan(reader, state.Range{Prefix: state.Key(key.PrincipalKind, "green")})); len(got) != 0 {
			t.Errorf("the index still names %v", got)
		}
		reader.Keep()
	})
}

// A part of a command that fails is as if it had not been tried; what came
// before and after it stays.
func TestAttemptTakesBackItsPart(t *testing.T) {
	s := newStore(t)
	errNo := errors.New("no")
	s.batch(func(b *state.Batch) {
		tx := b.Begin(10, []byte("entropy"))
		fruits.Put(tx, &fruit{"apple", "red"})
		head, historic := *tx.Head(), tx.Historic()
		ids := func() urn.ID { return tx.NewID(urn.PrefixObject) }
		var tried urn.ID
		err := tx.Attempt(func() error {
			fruits.Put(tx, &fruit{"apple", "green"})
			fruits.Put(tx, &fruit{"pear", "green"})
			tried = ids()
			tx.Head().Sequence++
			return tx.Attempt(func() error {
				fruits.Delete(tx, named("apple"))
				return errNo
			})
		})
		if !errors.Is(err, errNo) || tx.Historic() != historic || tx.Head().Sequence != head.Sequence || tx.Head().Ordinal != head.Ordinal {
			t.Errorf("%v; historic %d, head %+v; were %d, %+v", err, tx.Historic(), tx.Head(), historic, head)
		}
		if f, _ := fruits.Get(tx, named("apple")); f == nil || f.Color != "red" {
			t.Errorf("apple is %+v", f)
		}
		if again := ids(); again != tried {
			t.Errorf("the id %s was used up: %s", tried, again)
		}
		if err := tx.Attempt(func() error { fruits.Put(tx, &fruit{"plum", "blue"}); return nil }); err != nil {
			t.Error(err)
		}
		tx.Keep()
		reader := b.Begin(20, nil)
		for color, want := range map[string][]string{"red": {"apple"}, "green": {}, "blue": {"plum"}} {
			if got := names(byColor.Scan(reader, state.Range{Prefix: state.Key(key.PrincipalKind, color)})); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", color, got, want)
			}
		}
		reader.Keep()
	})
}

func TestTimeNeverFalls(t *testing.T) {
	s := newStore(t)
	s.batch(func(b *state.Batch) {
		for _, stamped := range []state.Time{50, 40, 60} {
			tx := b.Begin(stamped, nil)
			if want := max(stamped, 50); tx.Time() != want {
				t.Errorf("stamped %d: t is %d, want %d", stamped, tx.Time(), want)
			}
			tx.Keep()
		}
	})
}

func TestIDsRiseInLogOrder(t *testing.T) {
	s := newStore(t)
	last := urn.ID("")
	s.batch(func(b *state.Batch) {
		for i := range 10_000 {
			// The clock of a new leader may stand far behind.
			tx := b.Begin(state.Time(5_000_000-i), []byte{byte(i)})
			id := tx.NewID(urn.PrefixObject)
			if id <= last {
				t.Fatalf("id %d, %s, does not rise above %s", i, id, last)
			}
			if !urn.IsValid(id, urn.PrefixObject) {
				t.Fatalf("%s is no valid id", id)
			}
			last = id
			fruits.Put(tx, &fruit{Name: "apple"})
			tx.Keep()
		}
	})
}

func TestEqualHistoriesHaveEqualDigests(t *testing.T) {
	run := func(color string) [32]byte {
		s := newStore(t)
		s.batch(func(b *state.Batch) {
			tx := b.Begin(1, []byte("entropy"))
			fruits.Put(tx, &fruit{"apple", color})
			tx.Keep()
		})
		s.batch(func(*state.Batch) {})
		return s.head.Digest
	}
	red, again := run("red"), run("red")
	if red != again {
		t.Error("the same history gave two digests")
	}
	if red == run("green") {
		t.Error("different histories gave one digest")
	}
}

// TestTablesAgreeWithAModel makes random changes in random transactions, and
// compares rows and index, inside of the transactions, at the end, and as of
// each earlier revision.
func TestTablesAgreeWithAModel(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			s := newStore(t)
			model := map[string]string{}
			past := map[uint64]map[string]string{}
			for range 20 {
				s.batch(func(b *state.Batch) {
					for range r.IntN(6) {
						model = step(t, r, b, model)
					}
				})
				past[s.head.Revision] = model
			}
			for revision, want := range past {
				compare(t, state.Over(s.at(revision)), want)
			}
		})
	}
}

func step(t *testing.T, r *rand.Rand, b *state.Batch, model map[string]string) map[string]string {
	t.Helper()
	next := map[string]string{}
	for k, v := range model {
		next[k] = v
	}
	tx := b.Begin(1, nil)
	for range 1 + r.IntN(4) {
		name := string(rune('a' + r.IntN(8)))
		if r.IntN(3) == 0 {
			_, had := next[name]
			if fruits.Delete(tx, named(name)) != had {
				t.Errorf("deleting %s: there was one is %v", name, !had)
			}
			delete(next, name)
			continue
		}
		color := []string{"", "red", "green"}[r.IntN(3)]
		fruits.Put(tx, &fruit{name, color})
		next[name] = color
	}
	compare(t, tx, next)
	if r.IntN(3) == 0 {
		tx.Drop()
		return model
	}
	tx.Keep()
	return next
}

func compare(t *testing.T, v state.View, want map[string]string) {
	t.Helper()
	all, red := []string{}, []string{}
	for name, color := range want {
		all = append(all, name)
		if color == "red" {
			red = append(red, name)
		}
		if f, ok := fruits.Get(v, named(name)); !ok || f.Color != color {
			t.Errorf("revision %d: %s is %+v, want %q", v.Revision(), name, f, color)
		}
	}
	slices.Sort(all)
	slices.Sort(red)
	if got := names(fruits.Scan(v, state.Range{Prefix: state.Key(key.Principal)})); !slices.Equal(got, all) {
		t.Errorf("revision %d: rows %v, want %v", v.Revision(), got, all)
	}
	slices.Reverse(all)
	if got := names(fruits.Scan(v, state.Range{Prefix: state.Key(key.Principal), Reverse: true})); !slices.Equal(got, all) {
		t.Errorf("revision %d: rows in reverse %v, want %v", v.Revision(), got, all)
	}
	if got := names(byColor.Scan(v, state.Range{Prefix: state.Key(key.PrincipalKind, "red")})); !slices.Equal(got, red) {
		t.Errorf("revision %d: red %v, want %v", v.Revision(), got, red)
	}
	if len(red) > 1 {
		after := state.Key(key.PrincipalKind, "red", red[0])
		if got := names(byColor.Scan(v, state.Range{Prefix: state.Key(key.PrincipalKind, "red"), After: after})); !slices.Equal(got, red[1:]) {
			t.Errorf("revision %d: red after %s is %v, want %v", v.Revision(), red[0], got, red[1:])
		}
	}
}

func TestCodecIsDeterministicAndStrict(t *testing.T) {
	a, err := state.Marshal(&fruit{"apple", "red"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := state.Marshal(&fruit{"apple", "red"})
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("two encodings: %x %x %v", a, b, err)
	}
	var f fruit
	if err := state.Unmarshal(append(bytes.Clone(a), 0), &f); err == nil {
		t.Error("trailing bytes were passed over")
	}
	newer, err := state.Marshal(map[int]string{1: "apple", 9: "of a newer binary"})
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Unmarshal(newer, &f); err == nil {
		t.Error("an unknown field was passed over")
	}
}

func TestTimesAreReadStrictly(t *testing.T) {
	for _, row := range []struct {
		text string
		want string
		ok   bool
	}{
		{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000Z", true},
		{"2026-01-01T02:00:00.5+02:00", "2026-01-01T00:00:00.500000Z", true},
		{"2026-01-01T00:00:00.1234567Z", "", false},
		{"1969-12-31T23:59:59Z", "", false},
		{"2026-01-01", "", false},
		{"2026-02-30T00:00:00Z", "", false},
		{"", "", false},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, f := state.ParseTime(row.text)
			if (f == nil) != row.ok || (row.ok && got.String() != row.want) {
				t.Errorf("got %v, %v", got, f)
			}
		})
	}
}
