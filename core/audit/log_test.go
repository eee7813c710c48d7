package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
	"github.com/weir-store/weir/storage/memdb"
)

const (
	testCluster = "01890a5d0c1e4000a000000000000000"
	testOrigin  = "weir/" + testCluster + "/1"
	// testStart is 2026-01-01T00:00:00Z; each command comes a second later.
	testStart = state.Time(1767225600000000)
)

// testLog is a state machine as small as can be: commands over an engine in
// memory, each one entry of the log.
type testLog struct {
	t      testing.TB
	engine storage.Engine
	head   state.Head
	index  uint64
	// later is added to the time of commands.
	later state.Time
}

func newLog(tb testing.TB) *testLog {
	tb.Helper()
	return newLogOver(tb, memdb.New())
}

// newLogOver founds a log over an empty engine.
func newLogOver(tb testing.TB, engine storage.Engine) *testLog {
	tb.Helper()
	l := &testLog{t: tb, engine: engine, head: state.Head{Format: state.Format}}
	f := l.do(op.System, func(tx *op.Tx) {
		if _, f := system.Found(tx, testCluster); f != nil {
			tb.Fatal(f)
		}
		for _, p := range []identity.Principal{
			{ID: "alice", Kind: identity.KindUser},
			{ID: "bob", Kind: identity.KindUser},
			{ID: "auditor", Kind: identity.KindUser, Permissions: []op.Permission{op.ReadAudit}},
		} {
			if _, f := identity.Add(tx, p); f != nil {
				tb.Fatal(f)
			}
		}
	})
	if f != nil {
		tb.Fatal(f)
	}
	return l
}

// do runs a command and appends its records. It reports the fault of Append.
func (l *testLog) do(actor urn.ID, fn func(tx *op.Tx)) *fault.Fault {
	l.t.Helper()
	return l.apply(actor, func(tx *op.Tx) []op.Record {
		fn(tx)
		return tx.Records()
	})
}

// append appends one record as it is.
func (l *testLog) append(actor urn.ID, r op.Record) *fault.Fault {
	l.t.Helper()
	return l.apply(actor, func(*op.Tx) []op.Record { return []op.Record{r} })
}

func (l *testLog) apply(actor urn.ID, fn func(tx *op.Tx) []op.Record) *fault.Fault {
	l.t.Helper()
	return l.applyAs(actor, op.Trace{}, fn)
}

func (l *testLog) applyAs(actor urn.ID, trace op.Trace, fn func(tx *op.Tx) []op.Record) *fault.Fault {
	l.t.Helper()
	var base storage.Reader = emptyReader{}
	if l.engine.Published() > 0 {
		s := l.snapshot(l.engine.Published())
		defer s.Close()
		base = s
	}
	l.index++
	b := state.NewBatch(base, l.head)
	entropy := sha256.Sum256(binary.BigEndian.AppendUint64(nil, l.index))
	tx := b.Begin(testStart+l.later+state.Time(l.index)*1_000_000, entropy[:])
	caller := op.Caller{ID: actor}
	otx := op.NewTx(tx, caller, access.Sight{}, trace, 0)
	otx.Enter("test.do")
	_, f := Append(tx, caller, "req-1", trace, fn(otx))
	if f != nil {
		tx.Drop()
	} else {
		tx.Keep()
	}
	writes, head, err := b.Finish(l.index, 1)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.engine.Apply(writes); err != nil {
		l.t.Fatal(err)
	}
	l.head = head
	return f
}

// run runs a declared command as the cluster itself does.
func (l *testLog) run(o *op.Operation, in any) error {
	l.t.Helper()
	var failed error
	if f := l.do(op.System, func(tx *op.Tx) {
		tx.Enter(o.Name)
		_, failed = o.Execute(tx, in)
	}); f != nil {
		l.t.Fatal(f)
	}
	return failed
}

// fill writes n entries about different objects, in commands of up to batch.
func (l *testLog) fill(n, batch int) {
	l.t.Helper()
	for n > 0 {
		part := min(n, batch)
		n -= part
		if f := l.do("alice", func(tx *op.Tx) {
			for range part {
				tx.Record(op.Record{Action: "create", Entity: op.EntityObject, TargetType: "note", TargetID: tx.NewID(urn.PrefixObject)})
			}
		}); f != nil {
			l.t.Fatal(f)
		}
	}
}

func (l *testLog) snapshot(revision uint64) storage.Snapshot {
	l.t.Helper()
	s, err := l.engine.Snapshot(revision)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(s.Close)
	return s
}

func (l *testLog) view() state.View { return state.Over(l.snapshot(l.engine.Published())) }

// ask answers a query as a principal; traces are the reads that it left.
func ask[In, Out any](l *testLog, who urn.ID, q op.Query[In, Out], in In) (out Out, traces []op.Record, err error) {
	l.t.Helper()
	now := l.view()
	caller := op.Caller{ID: who}
	if p, ok := identity.Find(now, who); ok {
		caller.Permissions = p.Permissions
	}
	v := op.View{View: now, Now: now, Caller: caller, Time: l.head.Time, At: l.head.Time, Sight: access.Sight{}}
	if d := q.Authorize(v, in); !d.Allowed {
		return out, nil, d.Refusal(q.Need())
	}
	answer, err := q.Answer(op.NewView(v, &traces), in)
	if err != nil {
		return out, traces, err
	}
	return answer.(Out), traces, nil
}

// must is ask as the auditor, where no error is expected.
func must[In, Out any](l *testLog, q op.Query[In, Out], in In) Out {
	l.t.Helper()
	out, _, err := ask(l, "auditor", q, in)
	if err != nil {
		l.t.Fatalf("%s: %v", q.Name, err)
	}
	return out
}

// key gives the log's key and registers it.
func (l *testLog) key() *chain.Key {
	l.t.Helper()
	k := logKey(l.t, testOrigin)
	if err := l.run(RegisterKey.Operation, RegisterKeyInput{VerifierKey: k.VerifierKey()}); err != nil {
		l.t.Fatal(err)
	}
	return k
}

func logKey(tb testing.TB, origin string) *chain.Key {
	tb.Helper()
	k, err := chain.NewKey(origin, sha256.Sum256([]byte("seed of the tests")))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// sign stores a checkpoint of all that is there and gives its note.
func (l *testLog) sign(k *chain.Key) string {
	l.t.Helper()
	c, due := Due(l.view())
	if !due {
		l.t.Fatal("no checkpoint is due")
	}
	note, err := k.Sign(c)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.run(CheckpointStore.Operation, CheckpointStoreInput{Note: string(note)}); err != nil {
		l.t.Fatal(err)
	}
	return string(note)
}

// rewrite changes or, for a nil value, takes away rows behind the trail's back.
func (l *testLog) rewrite(k key.Key, value []byte) {
	l.t.Helper()
	revision := l.engine.Published() + 1
	err := l.engine.Apply(&storage.Batch{Commits: []storage.Commit{{
		Revision: revision, Writes: []storage.Write{{Key: k, Value: value, Delete: value == nil}},
	}}})
	if err != nil {
		l.t.Fatal(err)
	}
}

type emptyReader struct{}

func (emptyReader) Revision() uint64                          { return 0 }
func (emptyReader) Get([]byte) ([]byte, error)                { return nil, storage.ErrNotFound }
func (emptyReader) Scan(_, _ []byte, _ bool) storage.Iterator { return emptyIterator{} }

type emptyIterator struct{}

func (emptyIterator) Next() bool    { return false }
func (emptyIterator) Key() []byte   { return nil }
func (emptyIterator) Value() []byte { return nil }
func (emptyIterator) Err() error    { return nil }
func (emptyIterator) Close()        {}
