// Package stage runs the operations of a few layers over an engine in memory,
// for the tests of these layers: the real declarations, rows and decisions,
// without log, edge and audit trail. What a command asks the trail to keep is
// there to be looked at.
package stage

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/key"
	"github.com/weir-store/weir/storage/memdb"
)

// Start is the time of a new stage: 2026-01-01T00:00:00Z.
const Start = state.Time(1767225600000000)

// Hour is the state's hour.
const Hour = state.Time(3600 * 1e6)

// Stage runs operations, one at a time.
type Stage struct {
	Engine storage.Engine
	// Now is the time of the next call. Each command moves it on by 1 ms.
	Now state.Time
	// Records is what the last command asked the trail to keep; Denied the
	// refusal that it, or the last query, would have left there.
	Records []op.Record
	Denied  *op.Refused
	// Traced is what the last query asked to keep before its reply.
	Traced []op.Record

	t       testing.TB
	sight   op.Sight
	catalog *op.Catalog
	head    state.Head
	times   []moment
}

// moment says which time a revision stands for.
type moment struct {
	revision uint64
	time     state.Time
}

// New makes an empty stage.
func New(tb testing.TB, sight op.Sight, sets ...*op.Set) *Stage {
	tb.Helper()
	return Over(tb, memdb.New(), sight, sets...)
}

// Over makes a stage over an engine that holds nothing yet.
func Over(tb testing.TB, engine storage.Engine, sight op.Sight, sets ...*op.Set) *Stage {
	tb.Helper()
	s := &Stage{Engine: engine, Now: Start, t: tb, sight: sight, catalog: op.NewCatalog(sets...), head: state.Head{Format: state.Format}}
	s.Change(func(*op.Tx) {})
	return s
}

// Principal adds an active user, or a service if its id says so, and gives the runner that acts as it.
func (s *Stage) Principal(id urn.ID, permissions ...op.Permission) op.Runner {
	s.t.Helper()
	kind := identity.KindUser
	if urn.IsValid(id, urn.PrefixService) {
		kind = "service"
	}
	s.Change(func(tx *op.Tx) {
		p, f := identity.Add(tx, identity.Principal{ID: id, Kind: kind, Permissions: slices.Clone(permissions)})
		if f != nil {
			s.t.Fatalf("add %s: %v (%v)", id, f, p)
		}
	})
	return s.As(id)
}

var principals = state.NewTable(state.Spec[identity.Principal]{
	Space: key.Principal,
	Key:   func(p *identity.Principal) key.Key { return state.Key(key.Principal, string(p.ID)) },
})

// SetLifecycle moves a principal to another lifecycle.
func (s *Stage) SetLifecycle(id urn.ID, lifecycle string) {
	s.t.Helper()
	s.Change(func(tx *op.Tx) {
		p, ok := identity.Find(tx, id)
		if !ok {
			s.t.Fatalf("there is no principal %s", id)
		}
		if p.Lifecycle = lifecycle; lifecycle == identity.Archived {
			p.Archivals = append(p.Archivals, tx.Time())
		}
		principals.Put(tx.Tx, p)
	})
}

// As gives a runner that acts as a principal.
func (s *Stage) As(id urn.ID) op.Runner { return actor{s, id} }

// Do runs an operation as somebody, and gives its output and the code of its
// fault; "" for none.
func Do[In, Out any](s *Stage, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) (Out, fault.Code) {
	s.t.Helper()
	out, err := call(context.Background(), s.As(as), in)
	if err == nil {
		return out, ""
	}
	f, ok := fault.Of(err)
	if !ok {
		s.t.Fatalf("not a fault: %v", err)
	}
	return out, f.Code
}

// Must is Do for what has to succeed.
func Must[In, Out any](s *Stage, as urn.ID, call func(context.Context, op.Runner, In) (Out, error), in In) Out {
	s.t.Helper()
	out, code := Do(s, as, call, in)
	if code != "" {
		s.t.Fatalf("%s: %+v as %s", code, in, as)
	}
	return out
}

type actor struct {
	stage *Stage
	id    urn.ID
}

func (a actor) Run(_ context.Context, call *op.Call) (*op.Reply, error) {
	return a.stage.run(a.id, call)
}

// Revision is the newest revision.
func (s *Stage) Revision() uint64 { return s.head.Revision }

// Change runs a function in a transaction of the cluster itself and keeps it.
func (s *Stage) Change(fn func(tx *op.Tx)) {
	s.t.Helper()
	if err := s.commit(op.Caller{ID: op.System}, nil, func(tx *op.Tx) error {
		fn(tx)
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
}

// Look runs a function on the newest state.
func (s *Stage) Look(fn func(v state.View)) {
	s.t.Helper()
	s.LookAt(s.head.Revision, fn)
}

// LookAt runs a function on the state of a revision.
func (s *Stage) LookAt(revision uint64, fn func(v state.View)) {
	s.t.Helper()
	snapshot, err := s.Engine.Snapshot(revision)
	if err != nil {
		s.t.Fatalf("open revision %d: %v", revision, err)
	}
	defer snapshot.Close()
	fn(state.Over(snapshot))
}

func (s *Stage) run(id urn.ID, call *op.Call) (*op.Reply, error) {
	o, ok := s.catalog.Lookup(call.Op)
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no operation %s on this stage", call.Op)
	}
	v, f := canon.Parse(call.Input)
	if f != nil {
		return nil, f
	}
	in, f := o.Decode(v)
	if f != nil {
		return nil, f
	}
	s.Records, s.Denied, s.Traced = nil, nil, nil
	var out any
	var err error
	if o.Kind == op.KindCommand {
		err = s.commit(s.caller(id), call, func(tx *op.Tx) error {
			view := op.View{View: tx, Now: tx, Caller: tx.Caller, Time: tx.Time(), At: tx.Time(), Sight: s.sight, Catalog: s.catalog}
			if err := s.authorize(o, view, in); err != nil {
				return err
			}
			out, err = o.Execute(tx, in)
			return err
		})
	} else {
		out, err = s.query(o, id, call.At, in)
	}
	var refused *op.Refused
	if errors.As(err, &refused) {
		s.Denied = refused
	}
	if err != nil {
		return nil, err
	}
	raw, err := op.Marshal(out)
	return &op.Reply{Output: raw, Revision: s.head.Revision}, err
}

func (s *Stage) authorize(o *op.Operation, v op.View, in any) error {
	d := o.Authorize(v, in)
	if f := d.Refusal(o.Need()); f != nil {
		return &op.Refused{Fault: f, Action: o.Action(), Target: o.Target(in), Decision: *d}
	}
	return nil
}

func (s *Stage) query(o *op.Operation, id urn.ID, at string, in any) (out any, err error) {
	s.Look(func(now state.View) {
		v := op.View{View: now, Now: now, Caller: s.caller(id), Time: s.Now, At: s.Now, Sight: s.sight, Catalog: s.catalog, Look: s.LookAt}
		answer := func() {
			if err = s.authorize(o, v, in); err == nil {
				out, err = o.Answer(op.NewView(v, &s.Traced), in)
			}
		}
		if at == "" {
			answer()
			return
		}
		revision, bad := strconv.ParseUint(at, 10, 64)
		if bad != nil {
			err = bad
			return
		}
		s.LookAt(revision, func(past state.View) {
			v.View, v.At = past, s.TimeAt(revision)
			answer()
		})
	})
	return out, err
}

// TimeAt is the time that a revision stands for.
func (s *Stage) TimeAt(revision uint64) state.Time {
	i, found := slices.BinarySearchFunc(s.times, revision, func(m moment, r uint64) int { return int(m.revision) - int(r) })
	if !found {
		i--
	}
	return s.times[i].time
}

func (s *Stage) caller(id urn.ID) op.Caller {
	c := op.Caller{ID: id}
	s.Look(func(v state.View) {
		if p, ok := identity.Find(v, id); ok {
			c.Kind, c.Permissions = p.Kind, p.Permissions
		}
	})
	return c
}

// commit runs one command in a batch of its own, and drops it if it fails.
func (s *Stage) commit(caller op.Caller, call *op.Call, fn func(tx *op.Tx) error) error {
	s.Now += 1000
	var base storage.Snapshot
	if s.head.Revision > 0 {
		var err error
		if base, err = s.Engine.Snapshot(s.head.Revision); err != nil {
			return err
		}
		defer base.Close()
	}
	b := state.NewBatch(readerOf(base), s.head).WithPast(s.Engine.Snapshot)
	defer b.Close()
	tx := b.Begin(s.Now, strconv.AppendUint([]byte("entropy "), s.head.Index, 10))
	var match uint64
	if call != nil {
		match = call.IfMatch
	}
	otx := op.NewTx(tx, caller, s.sight, op.Trace{}, match)
	otx.Catalog = s.catalog
	refused := fn(otx)
	if refused != nil {
		tx.Drop()
	} else {
		s.Records = otx.Records()
		if caller.ID != op.System && tx.Historic() > 0 && len(s.Records) == 0 {
			s.t.Error("history changed without a record")
		}
		tx.Keep()
	}
	writes, head, err := b.Finish(s.head.Index+1, 1)
	if err != nil {
		return err
	}
	if err := s.Engine.Apply(writes); err != nil {
		return err
	}
	s.head = head
	s.times = append(s.times, moment{head.Revision - 1, head.Time}, moment{head.Revision, head.Time})
	return refused
}

// readerOf is the reader of an engine; nil of one without a revision.
func readerOf(s storage.Snapshot) storage.Reader {
	if s == nil {
		return nil
	}
	return s
}
