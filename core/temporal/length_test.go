package temporal_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/badgerdb"
)

// onDisk is a play over the engine of a node.
func onDisk(t *testing.T) *play {
	t.Helper()
	db, err := badgerdb.Open(t.TempDir(), badgerdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := testkit.Over(t, db)
	return &play{Solo: s, t: t, alice: s.User("alice"), bob: s.User("bob"), zoe: s.User("zoe")}
}

// However many updates came later, going back is one entry and one version. Its
// times are logged: go test ./core/temporal -run Length -v
func TestLengthCostsNothing(t *testing.T) {
	updates := 10_000
	if testing.Short() {
		updates = 500
	}
	p := onDisk(t)
	var o objects.Object
	p.newNote(`{}`)
	o = p.newNote(`{"n":0}`)
	start := p.Engine.Published()
	first := p.one(func() { p.update(o.ID, `{"n":1}`) })
	for i := range updates {
		p.update(o.ID, `{"n":`+strconv.Itoa(i+2)+`}`)
	}
	version := uint64(updates + 2)
	for _, row := range []struct {
		name, data string
		in         temporal.CreateInput
	}{
		{"of one change, overwriting", `{"n":0}`, temporal.CreateInput{EntryID: first, Mode: temporal.Overwrite}},
		{"of that rollback", `{"n":` + strconv.Itoa(updates+1) + `}`, temporal.CreateInput{}},
		{"to a revision", `{"n":0}`, temporal.CreateInput{Target: string(o.ID), At: strconv.FormatUint(start, 10)}},
	} {
		if row.in.EntryID == "" && row.in.Target == "" {
			row.in.EntryID = last(p, o.ID)
		}
		before := p.size()
		began := time.Now()
		out := must(p, p.alice, temporal.Create, row.in)
		took := time.Since(began)
		version++
		got := p.get(o.ID)
		if n := p.size() - before; n != 1 || len(out.RollbackTraceIDs) != 1 || got.Version != version || string(got.Data) != row.data {
			t.Errorf("%s: %d entries, version %d, %s", row.name, n, got.Version, got.Data)
		}
		t.Logf("rollback %s, after %d updates: one entry, one version, %v", row.name, updates, took)
	}
}

// last is the newest rollback of a thing.
func last(p *play, id urn.ID) urn.ID {
	p.t.Helper()
	list := must(p, p.alice, temporal.List, temporal.ListInput{Target: string(id), Paging: op.Paging{Limit: 1}})
	if len(list.Items) != 1 {
		p.t.Fatalf("%+v", list)
	}
	return list.Items[0].TraceID
}
