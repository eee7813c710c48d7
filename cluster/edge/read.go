package edge

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage"
)

// read answers a query from one confirmed state that serves credential, right
// and data.
func (e *Edge) read(ctx context.Context, call *op.Call, o *op.Operation) (*op.Reply, error) {
	s, caller, err := e.enter(ctx, call, o)
	if err != nil {
		return nil, err
	}
	defer func() { s.close() }()
	if call.Stale && !caller.Holds(op.Administer) {
		return nil, fault.New(fault.PermissionDenied, "only cluster administrators may read unconfirmed state; leave consistency out")
	}
	in, f := e.decodeQuery(o, caller, call.Input)
	if f != nil {
		return nil, f
	}
	if before := e.Before[o.Name]; before != nil && call.At == "" && !call.Stale {
		acted, err := before(ctx, in)
		if err != nil {
			return nil, err
		}
		if acted {
			newer, again, err := e.enter(ctx, call, o)
			if err != nil {
				return nil, err
			}
			s.close()
			s, caller = newer, again
		}
	}
	answer, err := e.answer(s, caller, o, in, call)
	if err != nil {
		return nil, err
	}
	if len(answer.strict) > 0 {
		if err := e.traces.commit(ctx, caller, call, o, answer.strict); err != nil {
			return nil, err
		}
	}
	for i := range answer.ordinary {
		if err := e.reads.keep(ctx, &caller, o, &answer.ordinary[i]); err != nil {
			return nil, err
		}
	}
	reply := &op.Reply{Revision: answer.revision, Stale: call.Stale}
	if v, ok := answer.out.(interface{ ETagVersion() uint64 }); ok {
		reply.Version = v.ETagVersion()
	}
	out, err := e.signed(o, caller, call.Input, answer.out)
	if err != nil {
		return nil, err
	}
	if raw, ok := out.(op.Raw); ok {
		reply.Raw = &raw
		return reply, nil
	}
	raw, err := op.Marshal(out)
	if err != nil {
		return nil, err
	}
	reply.Output, err = o.Unseal(raw, e.world.unseal)
	return reply, err
}

// enter opens the state that a query reads and finds out who asks.
func (e *Edge) enter(ctx context.Context, call *op.Call, o *op.Operation) (*scene, op.Caller, error) {
	if o.Open() {
		if err := e.Log.Confirm(ctx); err != nil {
			return nil, op.Caller{}, err
		}
		s, err := e.open()
		return s, op.Caller{}, err
	}
	return e.admit(ctx, call, !call.Stale)
}

// answered is what a query gave, the traces that must be committed first, and
// those that are committed soon.
type answered struct {
	out              any
	revision         uint64
	strict, ordinary []op.Record
}

// answer authorizes and runs a query, in the present or the past.
func (e *Edge) answer(s *scene, caller op.Caller, o *op.Operation, in any, call *op.Call) (a answered, err error) {
	defer state.Guard(&err)
	v := op.View{View: s.view, Now: s.view, Caller: caller, Time: s.time, At: s.time, Trace: call.Trace, Sight: e.Sight, Catalog: e.Catalog, Look: e.look, Postings: e.Postings}
	if call.At != "" {
		past, at, err := e.past(s, call.At)
		if err != nil {
			return a, err
		}
		defer past.Close()
		v.View, v.At = state.Over(past), at
	}
	a.revision = v.Revision()
	if f := audit.CheckCause(&v, call.Trace.ParentID); f != nil {
		return a, f
	}
	decision := o.Authorize(v, in)
	if f := decision.Refusal(o.Need()); f != nil {
		e.traces.refused(caller, call, o, o.Target(in), decision)
		return a, f
	}
	var given []op.Record
	a.out, err = o.Answer(op.NewView(v, &given), in)
	a.sort(&v, given, decision)
	var denied *op.Refused
	if errors.As(err, &denied) {
		e.traces.refused(caller, call, o, denied.Target, &denied.Decision)
	} else if f, ok := fault.Of(err); ok && f.Code == fault.PermissionDenied {
		e.traces.refused(caller, call, o, o.Target(in), &op.Decision{Visible: true})
	}
	return a, err
}

// look implements op.View's Look.
func (e *Edge) look(revision uint64, fn func(past state.View)) {
	snapshot, err := e.Engine.Snapshot(revision)
	if err != nil {
		panic(&state.Broken{Err: fmt.Errorf("edge: open revision %d: %w", revision, err)})
	}
	defer snapshot.Close()
	fn(state.Over(snapshot))
}

// sort tells reads whose trace comes first from those that are traced soon, and
// leaves out those that are not traced.
func (a *answered) sort(v *op.View, given []op.Record, decision *op.Decision) {
	for i := range given {
		mode := reads.Strict
		if given[i].Ordinary {
			mode = reads.Mode(v.Now, &v.Caller, &given[i], decision)
		}
		switch mode {
		case reads.Strict:
			a.strict = append(a.strict, given[i])
		case reads.Batched:
			a.ordinary = append(a.ordinary, given[i])
		}
	}
}

// past opens the state that ?at= names: a revision, or the newest state at or
// before a time. It gives the time that the state stands for.
func (e *Edge) past(s *scene, at string) (storage.Snapshot, state.Time, error) {
	revision, err := strconv.ParseUint(at, 10, 64)
	when := state.Time(0)
	if err != nil {
		t, f := state.ParseTime(at)
		if f != nil {
			return nil, 0, badAt("at is a revision or an RFC 3339 time")
		}
		if t > s.time {
			return nil, 0, badAt("at lies in the future")
		}
		when = t
		if t >= s.head.Time {
			revision = s.head.Revision
		} else if revision = audit.RevisionAt(s.view, t); revision == 0 {
			return nil, 0, before(s.view, "at lies before the first revision")
		}
	}
	if revision == 0 || revision > s.head.Revision {
		return nil, 0, badAt("at is above the newest revision, " + strconv.FormatUint(s.head.Revision, 10))
	}
	if when == 0 {
		if when = audit.TimeAt(s.view, revision); when == 0 {
			return nil, 0, before(s.view, "at lies before the first entry of the audit trail")
		}
	}
	snapshot, err := e.Engine.Snapshot(revision)
	if err != nil {
		return nil, 0, fmt.Errorf("edge: open revision %d: %w", revision, err)
	}
	return snapshot, when, nil
}

// before refuses what lies before the times that the trail still knows.
func before(v state.View, why string) error {
	if audit.Pruned(v) > 0 {
		return fault.New(fault.StateCompacted, "the part of the audit trail that knows that time was pruned")
	}
	return badAt(why)
}

func badAt(why string) *fault.Fault {
	return fault.New(fault.MalformedRequest, "%s", why).At(fault.Item{Parameter: "at", Code: "bad-at", Detail: why})
}
