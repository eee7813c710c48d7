package edge

import (
	"context"
	"sync"
	"time"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm"
)

// freeRefusals is how many refused commands of one actor enter the log within
// a second, each with an entry of its own. Those beyond are judged here, from
// a confirmed state, and traced together: nobody can fill the log by asking
// for what is not his.
const freeRefusals = 10

// maxActors bounds the actors that are counted at a time.
const maxActors = 10_000

// throttle counts the refused commands of actors, by the second.
type throttle struct {
	mu     sync.Mutex // guards what follows
	second time.Time
	counts map[urn.ID]int
}

// refused counts a command that was refused in the log.
func (t *throttle) refused(actor urn.ID, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn(now)
	if len(t.counts) < maxActors {
		t.counts[actor]++
	}
}

// over says whether an actor has used up his refusals of this second.
func (t *throttle) over(actor urn.ID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turn(now)
	return t.counts[actor] >= freeRefusals
}

func (t *throttle) turn(now time.Time) {
	if second := now.Truncate(time.Second); !second.Equal(t.second) {
		t.second, t.counts = second, map[urn.ID]int{}
	}
}

// prejudge refuses a command of an actor who is refused all the time, of nobody,
// or with a secret that opens nothing, as the log would. What it does not refuse is for the log to decide.
func (e *Edge) prejudge(ctx context.Context, call *op.Call, caller op.Caller, d *draft) error {
	if d.ops[0].Open() && !d.command.Batch {
		// What opens nothing is nothing for the log, whoever brings it. Refusals of
		// a caller for want of a right are, so that they leave their trace there.
		err := d.screen(ctx, e, call, caller)
		if caller.ID == "" || opensNothing(err) {
			return err
		}
	}
	if d.command.Batch || !e.throttle.over(caller.ID, e.Clock()) {
		return nil
	}
	s, caller, err := e.admit(ctx, call, true)
	if err != nil {
		return err
	}
	defer s.close()
	o := d.ops[0]
	in, f := decode(o, call.Input)
	if f != nil {
		return f
	}
	decision, err := decide(s, caller, e.Sight, o, in, call.Trace)
	if err != nil {
		return err
	}
	if f := decision.Refusal(o.Need()); f != nil {
		e.traces.refused(caller, call, o, o.Target(in), decision)
		return f
	}
	return nil
}

// opensNothing says whether a call was refused for a secret, other than the
// caller's key, that opens nothing.
func opensNothing(err error) bool {
	f, ok := fault.Of(err)
	if !ok {
		return false
	}
	info, _ := fault.Lookup(f.Code)
	return info.Status == 401
}

// screen judges an open command from a confirmed state, so that strangers
// cannot fill the log. What happened before under the same key goes on to the
// log, which answers as it did then.
func (d *draft) screen(ctx context.Context, e *Edge, call *op.Call, caller op.Caller) (err error) {
	defer state.Guard(&err)
	if err := e.Log.Confirm(ctx); err != nil {
		return err
	}
	s, err := e.open()
	if err != nil {
		return err
	}
	defer s.close()
	if fsm.Happened(s.view, &d.command, s.time) {
		return nil
	}
	v, f := canon.Parse(d.command.Items[0].Input)
	if f != nil {
		return f
	}
	in, f := d.ops[0].Load(v)
	if f != nil {
		return f
	}
	view := op.View{View: s.view, Now: s.view, Caller: caller, Time: s.time, At: s.time, Trace: call.Trace, Sight: e.Sight, Catalog: e.Catalog, Look: e.look}
	return d.ops[0].Screen(op.NewView(view, nil), in)
}

func decide(s *scene, caller op.Caller, sight op.Sight, o *op.Operation, in any, trace op.Trace) (d *op.Decision, err error) {
	defer state.Guard(&err)
	return o.Authorize(op.View{View: s.view, Now: s.view, Caller: caller, Time: s.time, At: s.time, Trace: trace, Sight: sight}, in), nil
}

// barred says whether a command was refused for want of a right, as far as its
// caller may know.
func barred(f *fault.Fault) bool {
	return f.Code == fault.PermissionDenied || f.Code == fault.InsufficientScope || f.Code == fault.NotFound
}
