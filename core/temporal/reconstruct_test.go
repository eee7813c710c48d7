package temporal_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/tenancy"
)

// at is a runner that asks as of a moment.
type at struct {
	op.Runner
	moment string
}

func (a at) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	c := *call
	c.At = a.moment
	return a.Runner.Run(ctx, &c)
}

// A thing as of each revision of its life; what is deleted is found without a
// state, what was not yet made is not found.
func TestReconstruct(t *testing.T) {
	p := setUp(t)
	start := p.Engine.Published()
	o := p.newNote(`{"n":1}`)
	made := p.Engine.Published()
	p.update(o.ID, `{"n":2}`)
	changed := p.Engine.Published()
	must(p, p.alice, objects.Delete, objects.DeleteInput{ID: o.ID})
	gone := p.Engine.Published()
	must(p, p.alice, objects.Restore, objects.RestoreInput{ID: o.ID})
	in := temporal.ReconstructInput{Entity: "object", ID: string(o.ID)}
	for _, row := range []struct {
		revision       uint64
		found, deleted bool
		version        uint64
		data           string
	}{
		{start, false, false, 0, ""},
		{made, true, false, 1, `{"n":1}`},
		{changed, true, false, 2, `{"n":2}`},
		{gone, true, true, 2, ""},
		{p.Engine.Published(), true, false, 3, `{"n":2}`},
	} {
		got := must(p, op.Runner(at{p.alice, strconv.FormatUint(row.revision, 10)}), temporal.Reconstruct, in)
		if got.Found != row.found || got.Deleted != row.deleted || got.Version != row.version || data(t, got) != row.data || got.Revision != row.revision {
			t.Errorf("at %d: %+v", row.revision, got)
		}
	}
	all := must(p, p.alice, temporal.HistoryAt, temporal.HistoryAtInput{Entity: "object", ID: string(o.ID), Times: []string{
		strconv.FormatUint(changed, 10), "1990-01-01T00:00:00Z", strconv.FormatUint(made, 10),
	}})
	if len(all.Items) != 3 || data(t, all.Items[0]) != `{"n":2}` || all.Items[1].Found || data(t, all.Items[2]) != `{"n":1}` {
		t.Errorf("%+v", all)
	}
	for _, bad := range []string{"0", "99999", "2050-01-01T00:00:00Z", "yesterday", ""} {
		if c := refused(p, p.alice, temporal.HistoryAt, temporal.HistoryAtInput{Entity: "object", ID: string(o.ID), Times: []string{bad}}); c != fault.ValidationFailed {
			t.Errorf("at %q: %q", bad, c)
		}
	}
}

func data(t *testing.T, r temporal.Reconstructed) string {
	t.Helper()
	if r.State == nil {
		return ""
	}
	raw, err := json.Marshal(r.State.(map[string]any)["data"])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A time means the newest state at or before it.
func TestReconstructAtATime(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	p.Clock.Advance(time.Hour)
	between := p.Clock.Now().UTC().Format(time.RFC3339)
	p.Clock.Advance(time.Hour)
	p.update(o.ID, `{"n":2}`)
	got := must(p, op.Runner(at{p.alice, between}), temporal.Reconstruct, temporal.ReconstructInput{Entity: "object", ID: string(o.ID)})
	if data(t, got) != `{"n":1}` || got.Version != 1 {
		t.Errorf("%+v", got)
	}
}

// Who may see a thing now may see its past, and auditors may; to all others it
// is as if it did not exist. Looking leaves an entry.
func TestWhoMayReconstruct(t *testing.T) {
	p := setUp(t)
	o := p.newNote(`{"n":1}`)
	team := must(p, p.alice, tenancy.Create, tenancy.CreateInput{Name: "team"})
	in := temporal.ReconstructInput{Entity: "object", ID: string(o.ID)}
	for who, r := range map[string]op.Runner{"zoe": p.zoe, "bob": p.bob} {
		if c := refused(p, r, temporal.Reconstruct, in); c != fault.NotFound {
			t.Errorf("%s: %q", who, c)
		}
	}
	must(p, p.alice, tenancy.Add, tenancy.AddInput{ID: team.ID, PrincipalID: "bob"})
	shared := must(p, p.alice, tenancy.Project, tenancy.ProjectInput{ID: team.ID, ObjectID: o.ID})
	before := p.size()
	must(p, p.bob, temporal.Reconstruct, in)
	must(p, p.Admin(), temporal.Reconstruct, in)
	if n := p.size() - before; n != 2 {
		t.Errorf("two looks left %d entries", n)
	}
	must(p, p.alice, temporal.Reconstruct, temporal.ReconstructInput{Entity: "projection", ID: string(shared.ID)})
	must(p, p.alice, tenancy.Unproject, tenancy.UnprojectInput{ID: team.ID, ObjectID: o.ID})
	if c := refused(p, p.bob, temporal.Reconstruct, in); c != fault.NotFound {
		t.Errorf("bob, afterwards: %q", c)
	}
	many := temporal.ManyInput{Targets: []temporal.Thing{{Entity: "scope", ID: string(team.ID)}, {Entity: "object", ID: string(o.ID)}}}
	if c := refused(p, p.bob, temporal.ReconstructMany, many); c != fault.NotFound {
		t.Errorf("bob, several: %q", c)
	}
	if out := must(p, p.alice, temporal.ReconstructMany, many); len(out.Items) != 2 || out.Items[0].Entity != "scope" || data(t, out.Items[1]) != `{"n":1}` {
		t.Errorf("%+v", out)
	}
}
