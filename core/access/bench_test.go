package access_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// uma is a member like bob who could have tuples, and has none; tia has one to
// each object that is alice's alone, and is no member.
const (
	uma urn.ID = "usr_01890a5d0c1e7000a0000000000000f1"
	tia urn.ID = "usr_01890a5d0c1e7000a0000000000000f2"
)

// crowd is a store of objects of alice's, all but each eleventh shared with a
// scope in which bob is a viewer; carl belongs to fifty more scopes of the same
// kind, with nothing in them. dora is five scopes below the first. Each
// hundredth object is of a rare type, the others of five.
type crowd struct {
	*stage.Stage
	sharedOnes, others []urn.ID
}

const crowdBatch = 250

func newCrowd(b *testing.B, size int) *crowd {
	b.Helper()
	db, err := badgerdb.Open(b.TempDir(), badgerdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	s := &shared{Stage: stage.Over(b, db, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, rules.Ops, access.Ops), t: b}
	for _, id := range []urn.ID{"alice", "bob", "carl", "dora", "sam", uma, tia} {
		s.Principal(id)
	}
	first := must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "first"}).ID
	s.add(first, "bob", tenancy.Viewer)
	s.add(first, "carl", tenancy.Viewer)
	s.add(first, uma, tenancy.Viewer)
	for range 50 {
		s.add(must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "more"}).ID, "carl", tenancy.Viewer)
	}
	deep := first
	for range 5 {
		deep = must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: deep}).ID
	}
	s.add(deep, "dora", tenancy.Viewer)
	c := &crowd{Stage: s.Stage}
	for range size / crowdBatch {
		c.Change(func(tx *op.Tx) { c.fill(b, tx, first) })
	}
	return c
}

// fill shares a batch of objects and leaves a tenth as many more to alice.
func (c *crowd) fill(b *testing.B, tx *op.Tx, scope urn.ID) {
	b.Helper()
	tx.Caller = op.Caller{ID: "alice"}
	for i := range crowdBatch + crowdBatch/10 {
		typ := fmt.Sprintf("type%d", i%5)
		if i%100 == 1 {
			typ = "rare"
		}
		out, err := objects.Create.Execute(tx, objects.CreateInput{Type: typ, Data: op.JSON(`{"n":1}`)})
		if err != nil {
			b.Fatal(err)
		}
		id := out.(objects.Object).ID
		if i%11 == 10 {
			c.others = append(c.others, id)
			if _, _, err := tuple.Grant(tx, tuple.Key{Subject: tia, Relation: "viewer", Object: id}, "alice", ""); err != nil {
				b.Fatal(err)
			}
			continue
		}
		c.sharedOnes = append(c.sharedOnes, id)
		if _, err := tenancy.Project.Execute(tx, tenancy.ProjectInput{ID: scope, ObjectID: id}); err != nil {
			b.Fatal(err)
		}
	}
}

// sizes runs a benchmark over stores of different sizes.
func sizes(b *testing.B, run func(b *testing.B, c *crowd)) {
	b.Helper()
	for _, size := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("of %d", size), func(b *testing.B) { run(b, newCrowd(b, size)) })
	}
}

// BenchmarkDecide times one decision on the engine that nodes use.
func BenchmarkDecide(b *testing.B) {
	sizes(b, func(b *testing.B, c *crowd) {
		b.Helper()
		for _, x := range []struct {
			name string
			who  urn.ID
			of   []urn.ID
			want op.Level
		}{
			{"owner", "alice", c.others, op.Own},
			{"one membership", "bob", c.sharedOnes, op.Read},
			{"one membership, no tuples", uma, c.sharedOnes, op.Read},
			{"one of many tuples", tia, c.others, op.Read},
			{"five scopes up", "dora", c.sharedOnes, op.Read},
			{"51 memberships", "carl", c.sharedOnes, op.Read},
			{"stranger", "sam", c.others, op.None},
		} {
			b.Run(x.name, func(b *testing.B) {
				b.ReportAllocs()
				c.Look(func(v state.View) {
					i := 0
					var each []time.Duration
					for b.Loop() {
						begin := time.Now()
						d := access.Sight{}.Decide(v, op.Request{Principal: x.who, Action: "read", Target: op.Object(x.of[i%len(x.of)]), Need: op.Read, Time: c.Now})
						each = append(each, time.Since(begin))
						if d.Level != x.want {
							b.Fatalf("decided %+v, want %s", d, x.want)
						}
						i += 7919
					}
					report(b, each)
				})
			})
		}
	})
}

// report adds the slowest of a hundred and how many there are in a second.
func report(b *testing.B, each []time.Duration) {
	b.Helper()
	slices.Sort(each)
	b.ReportMetric(float64(each[len(each)*99/100].Nanoseconds()), "p99-ns/op")
	b.ReportMetric(float64(len(each))/b.Elapsed().Seconds(), "decisions/s")
}

// BenchmarkPage times a page of a hundred from the middle of a list, with the
// contents of the objects, as the operation gives it.
func BenchmarkPage(b *testing.B) {
	sizes(b, func(b *testing.B, c *crowd) {
		b.Helper()
		for _, x := range []struct {
			name string
			in   objects.ListInput
		}{
			{"all", objects.ListInput{}},
			{"reverse", objects.ListInput{Order: "-created_at"}},
			{"rare type", objects.ListInput{Type: "rare"}},
			{"by type", objects.ListInput{Order: "-type"}},
		} {
			for _, who := range []urn.ID{"alice", "bob", "carl", "dora", tia} {
				b.Run(fmt.Sprintf("%s, %s", x.name, who), func(b *testing.B) {
					b.ReportAllocs()
					in := x.in
					in.Limit, in.Cursor = 100, string(c.sharedOnes[len(c.sharedOnes)/2])
					c.Look(func(v state.View) {
						view := op.NewView(op.View{View: v, Now: v, Caller: op.Caller{ID: who}, Time: c.Now, At: c.Now, Sight: access.Sight{}}, nil)
						for b.Loop() {
							out, err := objects.List.Answer(view, in)
							if page := out.(op.Page[objects.Object]); err != nil || len(page.Items) < 100 && len(c.sharedOnes) == 100_000 && who != tia {
								b.Fatalf("%d objects, %v", len(page.Items), err)
							}
						}
					})
				})
			}
		}
	})
}
