package temporal_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/temporal"
	"github.com/weir-store/weir/core/urn"
)

// The history of a thing is its changes with the states that they left, in both
// orders and by pages; reads and refusals are none, what was rolled back says so.
func TestHistory(t *testing.T) {
	p := setUp(t)
	var o objects.Object
	entries := []urn.ID{p.one(func() { o = p.newNote(`{"n":1}`) })}
	in := temporal.HistoryInput{Entity: "object", ID: string(o.ID)}
	for n := range 4 {
		entries = append(entries, p.one(func() { p.update(o.ID, `{"n":`+strconv.Itoa(n+2)+`}`) }))
		must(p, p.alice, temporal.Reconstruct, temporal.ReconstructInput{Entity: "object", ID: string(o.ID)})
		if c := refused(p, p.zoe, objects.Delete, objects.DeleteInput{ID: o.ID}); c != fault.NotFound {
			t.Fatal(c)
		}
	}
	entries = append(entries, p.one(func() { must(p, p.alice, objects.Delete, objects.DeleteInput{ID: o.ID}) }))
	back := p.undo(p.alice, entries[5]).RollbackTraceIDs[0]
	entries = append(entries, back)

	for _, order := range []string{"sequence", "-sequence"} {
		var all []temporal.Change
		in := in
		in.Order, in.Limit = order, 3
		for {
			page := must(p, p.alice, temporal.History, in)
			all = append(all, page.Items...)
			if in.Cursor = string(page.NextCursor); !page.HasMore {
				break
			}
		}
		if order[0] == '-' {
			slices.Reverse(all)
		}
		if len(all) != len(entries) {
			t.Fatalf("%s: %d changes, want %d", order, len(all), len(entries))
		}
		for i, c := range all {
			want := `{"n":` + strconv.Itoa(min(i+1, 5)) + `}`
			if i == 5 {
				want = ""
			}
			if c.TraceID != entries[i] || data(t, c.Reconstructed) != want || c.Deleted != (i == 5) || c.ActorID != "alice" {
				t.Errorf("%s, change %d is %+v", order, i, c)
			}
			if (c.ReversedBy == back) != (i == 5) {
				t.Errorf("%s, change %d is taken back by %q", order, i, c.ReversedBy)
			}
		}
	}
	// As of an earlier revision the history ends there, and nothing is taken back yet.
	third := must(p, p.alice, temporal.HistoryAt, temporal.HistoryAtInput{Entity: "object", ID: string(o.ID), Times: []string{strconv.FormatUint(p.Engine.Published(), 10)}})
	if third.Items[0].TraceID != back {
		t.Errorf("it is what %s made it, want %s", third.Items[0].TraceID, back)
	}
	all := must(p, p.alice, temporal.History, in)
	then := must(p, op.Runner(at{p.alice, strconv.FormatUint(all.Items[5].Revision, 10)}), temporal.History, in)
	if len(then.Items) != 6 || then.Items[5].ReversedBy != "" {
		t.Errorf("%+v", then.Items)
	}
	for who, r := range map[string]op.Runner{"zoe": p.zoe, "bob": p.bob} {
		if c := refused(p, r, temporal.History, in); c != fault.NotFound {
			t.Errorf("%s: %q", who, c)
		}
	}
}
