package postings_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/cluster/postings"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

// trail is a state that has nothing but entries.
type trail struct {
	t      testing.TB
	engine storage.Engine
	head   state.Head
}

func newTrail(tb testing.TB) *trail {
	tb.Helper()
	return &trail{t: tb, engine: memdb.New(), head: state.Head{Format: state.Format}}
}

// grow appends commands of one to three records until there are n entries.
func (l *trail) grow(n uint64) {
	l.t.Helper()
	for l.head.Sequence < n {
		l.batch(n)
	}
}

// batch appends at most 500 entries.
func (l *trail) batch(n uint64) {
	l.t.Helper()
	var base storage.Reader
	if published := l.engine.Published(); published > 0 {
		s, err := l.engine.Snapshot(published)
		if err != nil {
			l.t.Fatal(err)
		}
		defer s.Close()
		base = s
	}
	i := l.head.Sequence
	b := state.NewBatch(base, l.head)
	for b.Head().Sequence < min(n, i+500) {
		i = b.Head().Sequence
		tx := b.Begin(state.Time(i+1)*1000, []byte(fmt.Sprint("entropy ", i)))
		var records []op.Record
		for k := range i%3 + 1 {
			records = append(records, op.Record{
				Action: []string{"create", "update", "delete"}[k], Operation: "test.do", Entity: op.EntityObject,
				TargetType: []string{"note", "task"}[i%2], TargetID: urn.ID(fmt.Sprint("thing-", i%400)),
			})
		}
		if i%700 == 5 {
			records[0].ScopeID = "scp_01890a5d0c1e7000a000000000000004"
		}
		if _, f := audit.Append(tx, op.Caller{ID: urn.ID(fmt.Sprint("user-", i%7))}, "", op.Trace{}, records); f != nil {
			l.t.Fatal(f)
		}
		tx.Keep()
	}
	writes, head, err := b.Finish(l.head.Index+1, 1)
	if err == nil {
		err = l.engine.Apply(writes)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.head = head
}

// all gets a list to its end, and says how many pages it took.
func (l *trail) all(f audit.Filter, order string, limit int, p op.Postings) (found []uint64, pages int) {
	l.t.Helper()
	s, err := l.engine.Snapshot(l.engine.Published())
	if err != nil {
		l.t.Fatal(err)
	}
	defer s.Close()
	now := state.Over(s)
	v := op.View{View: now, Now: now, Caller: op.Caller{ID: op.System}, Time: l.head.Time, Sight: access.Sight{}, Postings: p}
	in := audit.EntriesInput{Filter: f, Order: order, Paging: op.Paging{Limit: limit}}
	for more := true; more; pages++ {
		out, err := audit.Entries.Answer(op.NewView(v, nil), in)
		if err != nil {
			l.t.Fatal(err)
		}
		page := out.(op.Page[audit.Entry])
		for _, e := range page.Items {
			found = append(found, e.Sequence)
		}
		in.Cursor, more = string(page.NextCursor), page.HasMore
	}
	return found, pages
}

var filters = map[string]audit.Filter{
	"everything":      {},
	"an actor":        {ActorID: "user-3"},
	"a target":        {TargetID: "thing-17"},
	"a rare scope":    {ScopeID: "scp_01890a5d0c1e7000a000000000000004"},
	"an action":       {Action: "delete"},
	"two actions":     {Action: "delete,update"},
	"a type":          {TargetType: "task", Entity: op.EntityObject},
	"actor and rest":  {ActorID: "user-3", Action: "create,delete", TargetType: "note"},
	"no such actor":   {ActorID: "nobody"},
	"never together":  {TargetID: "thing-16", TargetType: "task"},
	"times and actor": {ActorID: "user-1", Since: 700_000, Until: 2_900_000},
	"an outcome":      {Outcome: "denied"},
}

// TestTheIndexChangesNothing compares every query with and without an index,
// which lies behind by all that it can.
func TestTheIndexChangesNothing(t *testing.T) {
	l := newTrail(t)
	x := postings.New(l.engine, memdb.New(), slog.New(slog.DiscardHandler))
	for _, size := range []uint64{700, postings.Segment, postings.Segment + 1, 3*postings.Segment + 500, 4 * postings.Segment} {
		l.grow(size)
		for _, indexed := range []bool{false, true} { // from the size before, then up to date
			if indexed {
				if err := x.CatchUp(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			for name, f := range filters {
				for _, order := range []string{"sequence", "-timestamp"} {
					want, _ := l.all(f, order, 200, nil)
					if got, _ := l.all(f, order, 37, x); !slices.Equal(got, want) {
						t.Errorf("%d entries, indexed %v, %s, %s: got %d, want %d", size, indexed, name, order, len(got), len(want))
					}
				}
			}
		}
	}
}

// TestRareThingsAreFoundInOnePage is what an index is for.
func TestRareThingsAreFoundInOnePage(t *testing.T) {
	l := newTrail(t)
	l.grow(10 * postings.Segment)
	x := postings.New(l.engine, memdb.New(), slog.New(slog.DiscardHandler))
	f := filters["a rare scope"]
	if _, pages := l.all(f, "sequence", 200, x); pages < 5 {
		t.Fatalf("without an index there are %d pages", pages)
	}
	if err := x.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"sequence", "-sequence"} {
		if found, pages := l.all(f, order, 200, x); pages != 1 || len(found) == 0 {
			t.Errorf("%s: %d entries in %d pages", order, len(found), pages)
		}
	}
}

func TestAnIndexOfAnotherTrailIsBuiltAnew(t *testing.T) {
	ctx := context.Background()
	l, other := newTrail(t), newTrail(t)
	l.grow(2 * postings.Segment)
	other.head.Time = 5_000_000 // other times, other hashes
	other.grow(3 * postings.Segment)
	own := memdb.New()
	if err := postings.New(other.engine, own, slog.New(slog.DiscardHandler)).CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for range 2 { // and the second time it is of this trail
		x := postings.New(l.engine, own, slog.New(slog.NewTextHandler(&said, nil)))
		if err := x.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		look := x.Look()
		if look.Indexed() != 2*postings.Segment {
			t.Errorf("indexed up to %d", look.Indexed())
		}
		look.Close()
		want, _ := l.all(filters["an actor"], "", 200, nil)
		if got, _ := l.all(filters["an actor"], "", 200, x); !slices.Equal(got, want) {
			t.Errorf("got %d, want %d", len(got), len(want))
		}
	}
	if got := strings.Count(said.String(), "built anew"); got != 1 {
		t.Errorf("built anew %d times: %s", got, said.String())
	}
}

// TestDamageOfTheIndexIsNoHarm closes the engine under a query.
func TestDamageOfTheIndexIsNoHarm(t *testing.T) {
	l := newTrail(t)
	l.grow(2 * postings.Segment)
	own := memdb.New()
	x := postings.New(l.engine, own, slog.New(slog.DiscardHandler))
	if err := x.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	look := x.Look()
	defer look.Close()
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	for name, f := range filters {
		want, _ := l.all(f, "-sequence", 200, nil)
		for _, p := range []op.Postings{x, opened{look}} {
			if got, _ := l.all(f, "-sequence", 200, p); !slices.Equal(got, want) {
				t.Errorf("%s: got %d, want %d", name, len(got), len(want))
			}
		}
	}
}

// opened gives a lookup that was opened before.
type opened struct{ op.Lookup }

func (o opened) Look() op.Lookup { return o }
func (opened) Close()            {}

// BenchmarkBuild says what an entry costs the index. An operation is a segment.
func BenchmarkBuild(b *testing.B) {
	l := newTrail(b)
	l.grow(8 * postings.Segment)
	own := memdb.New()
	b.ResetTimer()
	for range b.N {
		own = memdb.New()
		if err := postings.New(l.engine, own, slog.New(slog.DiscardHandler)).CatchUp(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	size := 0
	if err := own.Dump(context.Background(), own.Published(), func(v storage.Version) error {
		size += len(v.Key) + len(v.Value)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	entries := float64(8 * postings.Segment)
	b.ReportMetric(float64(size)/entries, "bytes/entry")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}
