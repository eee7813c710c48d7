package access_test

import (
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit/stage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// crowd is a store of 100,000 objects of alice's, each tenth shared with a
// scope in which bob is a viewer; carl belongs to fifty more scopes of the
// same kind, with nothing in them. deep is five scopes below the first.
type crowd struct {
	*stage.Stage
	sharedOnes, others []urn.ID
}

const (
	crowdObjects = 100_000
	crowdBatch   = 250
)

func newCrowd(b *testing.B) *crowd {
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
	s := &shared{Stage: stage.Over(b, db, access.Sight{}, identity.Ops, objects.Ops, tenancy.Ops, access.Ops), t: b}
	for _, id := range []urn.ID{"alice", "bob", "carl", "dora", "sam"} {
		s.Principal(id)
	}
	first := must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "first"}).ID
	s.add(first, "bob", tenancy.Viewer)
	s.add(first, "carl", tenancy.Viewer)
	for range 50 {
		s.add(must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "more"}).ID, "carl", tenancy.Viewer)
	}
	deep := first
	for range 5 {
		deep = must(s, "alice", tenancy.Create.Call, tenancy.CreateInput{Name: "below", ParentID: deep}).ID
	}
	s.add(deep, "dora", tenancy.Viewer)
	c := &crowd{Stage: s.Stage}
	for range crowdObjects / crowdBatch {
		c.Change(func(tx *op.Tx) { c.fill(b, tx, first) })
	}
	return c
}

func (c *crowd) fill(b *testing.B, tx *op.Tx, scope urn.ID) {
	b.Helper()
	tx.Caller = op.Caller{ID: "alice"}
	for i := range crowdBatch {
		out, err := objects.Create.Execute(tx, objects.CreateInput{Type: "note", Data: op.JSON(`{"n":1}`)})
		if err != nil {
			b.Fatal(err)
		}
		id := out.(objects.Object).ID
		if i%10 != 0 {
			c.others = append(c.others, id)
			continue
		}
		c.sharedOnes = append(c.sharedOnes, id)
		if _, err := tenancy.Project.Execute(tx, tenancy.ProjectInput{ID: scope, ObjectID: id}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecide times one decision among 100,000 objects on the engine that
// nodes use.
func BenchmarkDecide(b *testing.B) {
	c := newCrowd(b)
	cases := []struct {
		name string
		who  urn.ID
		of   []urn.ID
		want op.Level
	}{
		{"owner", "alice", c.others, op.Own},
		{"one membership", "bob", c.sharedOnes, op.Read},
		{"five scopes up", "dora", c.sharedOnes, op.Read},
		{"51 memberships", "carl", c.sharedOnes, op.Read},
		{"stranger", "sam", c.others, op.None},
	}
	for _, x := range cases {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			c.Look(func(v state.View) {
				i := 0
				for b.Loop() {
					d := access.Sight{}.Decide(v, op.Request{Principal: x.who, Action: "read", Target: op.Object(x.of[i%len(x.of)]), Need: op.Read, Time: c.Now})
					if d.Level != x.want {
						b.Fatalf("decided %+v, want %s", d, x.want)
					}
					i += 7919
				}
			})
		})
	}
}

// BenchmarkVisible times a page of fifty from the middle of a list.
func BenchmarkVisible(b *testing.B) {
	c := newCrowd(b)
	for _, who := range []urn.ID{"alice", "bob", "carl"} {
		b.Run(fmt.Sprintf("page of %s", who), func(b *testing.B) {
			b.ReportAllocs()
			c.Look(func(v state.View) {
				for b.Loop() {
					walk := access.Sight{}.Visible(v, op.Gaze{Principal: who, Time: c.Now, After: c.sharedOnes[len(c.sharedOnes)/2]})
					for n := 0; n < 50; n++ {
						if !walk.Next() {
							b.Fatal("the walk ended early")
						}
					}
					walk.Close()
				}
			})
		})
	}
}
