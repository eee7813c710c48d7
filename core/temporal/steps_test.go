package temporal_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/memdb"
)

// All entries about one thing pass its rollbacks once, and not each for itself:
// nobody holds up the log with a thing that went back and forth.
func TestCascadePassesRollbacksOnce(t *testing.T) {
	const changes, rollbacks = 100, 100
	engine := &testkit.Walks{Engine: memdb.New()}
	s := testkit.Over(t, engine)
	p := &play{Solo: s, t: t, alice: s.User("alice")}
	o := p.newNote(`{"n":0}`)
	root := p.one(func() { p.update(o.ID, `{"n":1}`) })
	for i := range changes {
		_, err := p.alice.Run(context.Background(), &op.Call{
			Op: objects.Update.Name, Trace: op.Trace{ParentID: root}, Input: op.JSON(fmt.Sprintf(`{"id":%q,"data":{"n":%d}}`, o.ID, i+2)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range rollbacks {
		p.undo(p.alice, p.one(func() { p.update(o.ID, fmt.Sprintf(`{"m":%d}`, i)) }))
	}
	before := engine.N
	out := must(p, p.alice, temporal.Create, temporal.CreateInput{EntryID: root, Cascade: true})
	walks := engine.N - before
	if got := p.get(o.ID); len(out.RolledBack) != changes+1 || string(got.Data) != `{"n":0}` {
		t.Errorf("%d entries were taken back, %s", len(out.RolledBack), got.Data)
	}
	if most := 5 * (changes + rollbacks); walks > most {
		t.Errorf("%d walks, want at most %d", walks, most)
	}
}
