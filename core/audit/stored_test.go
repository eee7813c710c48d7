package audit

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/badgerdb"
	"github.com/weir-store/weir/storage/key"
)

var (
	trailDir     = flag.String("trail.dir", "", "where BenchmarkVerifyStored keeps its trail, as the data directory of a node; a temporary place when empty")
	trailEntries = flag.Int("trail.entries", 20_000, "how many entries BenchmarkVerifyStored verifies")
)

// BenchmarkVerifyStored verifies a trail that lies in an engine, as a stopped
// node's does, with bodies and checkpoints.
func BenchmarkVerifyStored(b *testing.B) {
	dir := *trailDir
	if dir == "" {
		dir = b.TempDir()
	}
	engine, err := badgerdb.Open(filepath.Join(dir, "state"), badgerdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			b.Error(err)
		}
	}()
	if engine.Published() == 0 {
		l := newLogOver(b, engine)
		k := l.key()
		for left := *trailEntries; left > 0; left -= 10_000 {
			l.fill(min(left, 10_000), 250)
			l.read(b)
			l.sign(k)
		}
	}
	snapshot, err := engine.Snapshot(engine.Published())
	if err != nil {
		b.Fatal(err)
	}
	defer snapshot.Close()
	checked := uint64(0)
	began := time.Now()
	for b.Loop() {
		r, err := Check{Bodies: true}.Run(state.Over(snapshot))
		if err != nil || !r.Valid || r.Bodies == 0 {
			b.Fatalf("%+v %v", r, err)
		}
		checked += r.Checked
	}
	b.ReportMetric(float64(checked)/time.Since(began).Seconds(), "entries/s")
}

// read commits a batch of reads.
func (l *testLog) read(tb testing.TB) {
	tb.Helper()
	in := reads.CommitInput{Batch: "5e0b", After: l.head.Sequence, Reads: []reads.Reads{{
		Minute: testStart, ActorID: "alice", Action: "read", Operation: "object.get", Entity: "object", TargetType: "note",
		Targets: []reads.Target{{ID: "obj_01890a5d0c1e7000a000000000000003", Count: 3}},
	}}}
	if err := l.run(reads.Commit.Operation, in); err != nil {
		tb.Fatal(err)
	}
}

// What lies beside an entry is held against it only where that is asked for,
// and what was erased is no break.
func TestVerifyBodies(t *testing.T) {
	bodyKey := func(n uint64) key.Key { return state.Key(key.AuditReads, n) }
	for _, row := range []struct {
		name   string
		tamper func(l *testLog, n uint64)
		reason string
		held   uint64
	}{
		{"nothing is changed", func(*testLog, uint64) {}, "", 2},
		{"a body is erased", func(l *testLog, n uint64) { l.rewrite(bodyKey(n), nil) }, "", 1},
		{"a body is changed", func(l *testLog, n uint64) {
			l.store(l.t, bodyKey(n), &reads.Batch{Sequence: n, ID: "5e0b", Body: []byte(`{"reads":[]}`)})
		}, chain.Body, 0},
		{"the opening is changed", func(l *testLog, n uint64) {
			r := *load(l.view(), n)
			r.Opening = make([]byte, len(r.Opening))
			l.store(l.t, state.Key(key.Audit, n), &r)
		}, chain.Body, 0},
		{"the opening is erased", func(l *testLog, n uint64) {
			r := *load(l.view(), n)
			r.Opening = nil
			l.store(l.t, state.Key(key.Audit, n), &r)
		}, "", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLog(t)
			l.fill(3, 1)
			l.read(t)
			n := l.head.Sequence
			l.fill(2, 1)
			l.read(t)
			row.tamper(l, n)
			if r := must(l, Verify, VerifyInput{}); !r.Valid || r.Bodies != 0 {
				t.Errorf("without bodies: %+v", r)
			}
			r := must(l, Verify, VerifyInput{Bodies: true})
			if r.Reason != row.reason || r.Bodies != row.held || row.reason != "" && r.BrokenAt != n {
				t.Errorf("%+v, want %q at %d and %d bodies", r, row.reason, n, row.held)
			}
		})
	}
}
