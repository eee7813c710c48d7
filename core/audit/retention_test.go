package audit

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// exec runs a declared command as the cluster itself and gives what it answers.
func exec[In, Out any](l *testLog, c op.Command[In, Out], in In) (out Out, err error) {
	l.t.Helper()
	if f := l.do(op.System, func(tx *op.Tx) {
		tx.Enter(c.Name)
		var answer any
		if answer, err = c.Execute(tx, in); err == nil {
			out = answer.(Out)
		}
	}); f != nil {
		l.t.Fatal(f)
	}
	return out, err
}

// export exports the whole trail, traces that, and gives the text.
func (l *testLog) export(from, to uint64) []byte {
	l.t.Helper()
	out, reads, err := ask(l, "auditor", Export, ExportInput{From: from, To: to})
	if err != nil {
		l.t.Fatal(err)
	}
	in := TraceInput{}
	for _, r := range reads {
		in.Traces = append(in.Traces, Of(op.Doer{Caller: op.Caller{ID: "auditor"}}, r))
	}
	if _, err := exec(l, Commit, in); err != nil {
		l.t.Fatal(err)
	}
	return out.Body
}

func (l *testLog) hash(n uint64) string { return chain.Hex(chain.Hash(load(l.view(), n).Entry)) }

// states appends n entries that have states, in commands of their own.
func (l *testLog) states(n int, who urn.ID) {
	l.t.Helper()
	for range n {
		if f := l.append(who, op.Record{Action: "update", Entity: "thing", TargetID: "thing_1", Before: someState{"a"}, After: someState{"b"}}); f != nil {
			l.t.Fatal(f)
		}
	}
}

func TestCompact(t *testing.T) {
	l := newLog(t)
	first := l.head.Sequence + 1
	l.states(10, "alice")
	size := l.head.Sequence
	if _, err := exec(l, Place, PlaceInput{Name: "case", Since: mustTime(t, parse(load(l.view(), first+1)).Timestamp), Until: mustTime(t, parse(load(l.view(), first+1)).Timestamp)}); err != nil {
		t.Fatal(err)
	}
	before, others := must(l, Verify, VerifyInput{}), openings(l, first)
	was := must(l, Get, GetInput{Sequence: first})
	got, err := exec(l, Compact, CompactInput{BeforeSequence: first + 5})
	if err != nil || got != (Compacted{Compacted: 4 + others, Held: 1}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for n := first; n <= size; n++ {
		e := must(l, Get, GetInput{Sequence: n})
		gone := n < first+5 && n != first+1
		if gone != (e.Opening == "") || gone != e.Compacted {
			t.Errorf("entry %d: opening %q, compacted %v", n, e.Opening, e.Compacted)
		}
	}
	if is := must(l, Get, GetInput{Sequence: first}); is.AfterDigest != was.AfterDigest || is.Hash != was.Hash {
		t.Errorf("the entry is %+v, was %+v", is, was)
	}
	if after := must(l, Verify, VerifyInput{To: before.Last}); after.Head != before.Head || !after.Valid {
		t.Errorf("verify says %+v, said %+v", after, before)
	}
	size = l.head.Sequence
	again, err := exec(l, Compact, CompactInput{BeforeSequence: first + 5})
	if err != nil || again.Compacted != 0 || l.head.Sequence != size {
		t.Errorf("again: %+v %v, %d entries more", again, err, l.head.Sequence-size)
	}
	if _, err := exec(l, Release, ReleaseInput{Name: "case"}); err != nil {
		t.Fatal(err)
	}
	if got, err := exec(l, Compact, CompactInput{BeforeSequence: first + 5}); err != nil || got.Compacted != 1 || got.Held != 0 {
		t.Errorf("released: %+v %v", got, err)
	}
}

// openings is how many entries before one have something beside them.
func openings(l *testLog, first uint64) (n uint64) {
	for i := uint64(1); i < first; i++ {
		if len(load(l.view(), i).Opening) > 0 {
			n++
		}
	}
	return n
}

func mustTime(t *testing.T, text string) state.Time {
	t.Helper()
	at, f := state.ParseTime(text)
	if f != nil {
		t.Fatal(f)
	}
	return at
}

func TestCompactGoesOn(t *testing.T) {
	l := newLog(t)
	l.fill(2*maxCompact, 500)
	l.states(1, "alice")
	last := l.head.Sequence
	calls := 0
	in := CompactInput{BeforeSequence: last + 1}
	for ; calls < 9; calls++ {
		out, err := exec(l, Compact, in)
		if err != nil {
			t.Fatal(err)
		}
		if in.After = out.Next; out.Next == 0 {
			break
		}
	}
	if calls != 2 || !must(l, Get, GetInput{Sequence: last}).Compacted {
		t.Errorf("%d calls, and the last entry is %+v", calls, must(l, Get, GetInput{Sequence: last}))
	}
}

func TestHolds(t *testing.T) {
	l := newLog(t)
	placed, err := exec(l, Place, PlaceInput{Name: "case", ActorID: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	size := l.head.Sequence
	if again, err := exec(l, Place, PlaceInput{Name: "case", ActorID: "alice"}); err != nil || again != placed || l.head.Sequence != size {
		t.Errorf("the same again: %+v %v", again, err)
	}
	if _, err := exec(l, Place, PlaceInput{Name: "case", ActorID: "bob"}); !fault.Is(err, fault.AlreadyExists) {
		t.Errorf("another of that name: %v", err)
	}
	if _, err := exec(l, Release, ReleaseInput{Name: "none"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("none: %v", err)
	}
	released, err := exec(l, Release, ReleaseInput{Name: "case"})
	if err != nil || released.ReleasedAt == 0 {
		t.Errorf("released: %+v %v", released, err)
	}
	if again, err := exec(l, Release, ReleaseInput{Name: "case"}); err != nil || again != released {
		t.Errorf("released again: %+v %v", again, err)
	}
	if _, err := exec(l, Place, PlaceInput{Name: "case", ActorID: "bob"}); err != nil {
		t.Errorf("the name again: %v", err)
	}
	if page := must(l, ListHolds, HoldsInput{}); len(page.Items) != 1 || page.Items[0].ActorID != "bob" {
		t.Errorf("listed: %+v", page)
	}
	for _, name := range []string{"a b", "ü"} {
		if _, f := Place.Decode(parsed(t, fmt.Sprintf(`{"name":%q}`, name))); f == nil {
			t.Errorf("%q is a name", name)
		}
	}
}

// What a batch says of held reads is held with it, although the entry of the
// batch names neither who read nor what.
func TestHoldsReachIntoBatches(t *testing.T) {
	for name, hold := range map[string]PlaceInput{
		"what was read":  {Name: "case", TargetID: "obj_1"},
		"who read":       {Name: "case", ActorID: "alice"},
		"something else": {Name: "case", ActorID: "bob", TargetID: "obj_1"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			in := reads.CommitInput{Batch: "5e0b", Reads: []reads.Reads{{
				Minute: 60_000_000, ActorID: "alice", Action: "read", Operation: "object.get", Entity: "object",
				Targets: []reads.Target{{ID: "obj_0", Count: 1}, {ID: "obj_1", Count: 1}},
			}}}
			batch, err := exec(l, reads.Commit, in)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := exec(l, Place, hold); err != nil {
				t.Fatal(err)
			}
			if _, err := exec(l, Compact, CompactInput{BeforeSequence: batch.Sequence + 1}); err != nil {
				t.Fatal(err)
			}
			if _, kept := reads.Find(l.view(), batch.Sequence); kept != (name != "something else") {
				t.Errorf("the reads are kept: %v", kept)
			}
		})
	}
}

// old is a log of 800 entries and more that are exported, signed and two days old.
func old(t *testing.T) (l *testLog, file []byte, in PruneInput) {
	t.Helper()
	l = newLog(t)
	k := l.key()
	l.fill(796, 50)
	l.sign(k)
	const to = 604
	file = l.export(1, to)
	l.later = 2 * day
	l.states(1, "alice")
	report, err := chain.Export{VerifierKey: k.VerifierKey()}.Verify(bytes.NewReader(file))
	if err != nil || !report.Valid || report.Last != to {
		t.Fatalf("the copy: %+v %v", report, err)
	}
	if _, err := exec(l, SetRetention, SetRetentionInput{PruneAfterDays: 1}); err != nil {
		t.Fatal(err)
	}
	return l, file, PruneInput{To: to, Head: report.Head}
}

func TestPrune(t *testing.T) {
	l, _, in := old(t)
	proven := must(l, Inclusion, InclusionInput{Sequence: 7})
	kept := must(l, Entries, EntriesInput{Order: "-sequence", Paging: op.Paging{Limit: 200}})
	out, err := exec(l, Prune, in)
	if err != nil || out != (PruneResult{Removed: 604, Base: 604}) {
		t.Fatalf("got %+v, %v", out, err)
	}
	if again, err := exec(l, Prune, in); err != nil || again != (PruneResult{Base: 604}) {
		t.Errorf("again: %+v %v", again, err)
	}
	report := must(l, Verify, VerifyInput{})
	if !report.Valid || report.First != 605 || report.Last != l.head.Sequence || report.Signed < 604 {
		t.Errorf("verify says %+v", report)
	}
	if _, _, err := ask(l, "auditor", Get, GetInput{Sequence: 604}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a pruned entry: %v", err)
	}
	if e := must(l, Get, GetInput{Sequence: 605}); e.Sequence != 605 {
		t.Errorf("the first kept entry is %+v", e)
	}
	if n, ok := SequenceOf(l.view(), kept.Items[0].ID); !ok || n != kept.Items[0].Sequence {
		t.Errorf("%s is at %d, %v", kept.Items[0].ID, n, ok)
	}
	first := must(l, Entries, EntriesInput{Paging: op.Paging{Limit: 1}})
	if len(first.Items) != 1 || first.Items[0].Sequence != 605 {
		t.Errorf("the list begins with %+v", first.Items)
	}
	// Proofs of what somebody has a copy of go on, and the tree grows as it would have.
	if again := must(l, Inclusion, InclusionInput{Sequence: 7, Size: proven.Size}); fmt.Sprint(again) != fmt.Sprint(proven) {
		t.Errorf("the proof is %+v, was %+v", again, proven)
	}
	if proof := must(l, Consistency, ConsistencyInput{From: 3}); len(proof.Hashes) == 0 {
		t.Errorf("consistency: %+v", proof)
	}
	l.fill(300, 100)
	if report := must(l, Verify, VerifyInput{}); !report.Valid {
		t.Errorf("later, verify says %+v", report)
	}
	rest := l.export(1, 0)
	if report, err := (chain.Export{}).Verify(bytes.NewReader(rest)); err != nil || !report.Valid || report.First != 605 {
		t.Errorf("the rest exported: %+v %v", report, err)
	}
	if _, _, err := ask(l, "auditor", Tile, TileInput{Path: "entries/000"}); !fault.Is(err, fault.StateCompacted) {
		t.Errorf("pruned entries as a tile: %v", err)
	}
	if tile := must(l, Tile, TileInput{Path: "0/000"}); len(tile.Body) != tileWidth*hashSize {
		t.Errorf("the tile of hashes has %d bytes", len(tile.Body))
	}
	if at := RevisionAt(l.view(), testStart); at != 0 {
		t.Errorf("a pruned time has revision %d", at)
	}
}

func TestPruneRefuses(t *testing.T) {
	wrong := strings.Repeat("0", 64)
	for _, row := range []struct {
		name   string
		change func(l *testLog, in *PruneInput)
		code   fault.Code
	}{
		{"another hash", func(_ *testLog, in *PruneInput) { in.Head = wrong }, fault.TraceIntegrity},
		{"beyond the head", func(l *testLog, in *PruneInput) { in.To = l.head.Sequence + 1 }, fault.TraceIntegrity},
		{"no policy", func(l *testLog, _ *PruneInput) { _, _ = exec(l, SetRetention, SetRetentionInput{}) }, fault.PreconditionFailed},
		{"too young", func(l *testLog, _ *PruneInput) { _, _ = exec(l, SetRetention, SetRetentionInput{PruneAfterDays: 3}) }, fault.PreconditionFailed},
		{"a hold on all", func(l *testLog, _ *PruneInput) { _, _ = exec(l, Place, PlaceInput{Name: "all"}) }, fault.LegalHold},
		{"named by a kept entry", func(l *testLog, _ *PruneInput) {
			if f := l.caused("alice", idOf(load(l.view(), 1)), 1); f != nil {
				l.t.Fatal(f)
			}
		}, fault.PreconditionFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, _, in := old(t)
			row.change(l, &in)
			_, err := exec(l, Prune, in)
			f, _ := fault.Of(err)
			if f == nil || f.Code != row.code {
				t.Errorf("got %v", err)
			}
			if report := must(l, Verify, VerifyInput{}); !report.Valid || report.First != 1 {
				t.Errorf("verify says %+v", report)
			}
		})
	}
}

func TestPruneNeedsExportAndCheckpoint(t *testing.T) {
	l := newLog(t)
	l.fill(800, 1)
	if _, err := exec(l, SetRetention, SetRetentionInput{PruneAfterDays: 1}); err != nil {
		t.Fatal(err)
	}
	l.later = 2 * day
	l.states(1, "alice")
	in := PruneInput{To: 600, Head: l.hash(600)}
	refused := func(what string) {
		t.Helper()
		if _, err := exec(l, Prune, in); !fault.Is(err, fault.PreconditionFailed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("neither")
	l.export(1, 100)
	l.export(102, 600) // with a gap
	l.sign(l.key())
	if out, err := exec(l, Prune, in); err != nil || out != (PruneResult{Removed: 100, Base: 100, Stopped: stopExport}) {
		t.Errorf("up to a gap: %+v %v", out, err)
	}
	refused("a gap")
	l.export(101, 300)
	if out, err := exec(l, Prune, in); err != nil || out != (PruneResult{Removed: 500, Base: 600}) {
		t.Errorf("got %+v %v", out, err)
	}
}

func TestPruneStopsBelow(t *testing.T) {
	l, _, in := old(t)
	if _, err := exec(l, Place, PlaceInput{Name: "late", ActorID: "alice", Since: mustTime(t, parse(load(l.view(), 300)).Timestamp)}); err != nil {
		t.Fatal(err)
	}
	out, err := exec(l, Prune, in)
	if err != nil || out != (PruneResult{Removed: 254, Base: 254, Stopped: stopHold}) {
		t.Errorf("got %+v %v", out, err)
	}
}

func TestEstimate(t *testing.T) {
	l, _, in := old(t)
	got := must2(l, EstimateQuery, EstimateInput{})
	if got.Prune != 768 || !got.Complete {
		t.Errorf("got %+v", got)
	}
	if _, err := exec(l, Place, PlaceInput{Name: "late", ActorID: "alice", Since: mustTime(t, parse(load(l.view(), 300)).Timestamp)}); err != nil {
		t.Fatal(err)
	}
	if got := must2(l, EstimateQuery, EstimateInput{}); got.Prune != 254 {
		t.Errorf("under a hold: %+v", got)
	}
	out, err := exec(l, Prune, in)
	if err != nil || out.Removed != 254 {
		t.Errorf("pruned %+v %v", out, err)
	}
	got = must2(l, EstimateQuery, EstimateInput{})
	compacted, err := exec(l, Compact, CompactInput{BeforeSequence: l.head.Sequence + 1})
	if err != nil || compacted.Compacted != got.Compact || compacted.Held != got.Held {
		t.Errorf("estimated %+v, compacted %+v %v", got, compacted, err)
	}
}

// must2 asks as the cluster itself.
func must2[In, Out any](l *testLog, q op.Query[In, Out], in In) Out {
	l.t.Helper()
	out, _, err := ask(l, op.System, q, in)
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}
