package edge

import (
	"context"
	"sync"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// How refused reads become entries: one waits for others for traceDelay at the
// most; equal ones of that time are one entry with a count. What the log does
// not take is kept, up to maxTraces kinds of it.
const (
	traceDelay = 250 * time.Millisecond
	maxTraces  = 512
	tracePause = 2 * time.Second
)

// traces brings reads and refusals into the log: strict reads before they are
// answered, refused ones in batches soon after.
type traces struct {
	edge   *Edge
	ctx    context.Context
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	waiting []audit.Trace
	at      map[refusal]int
	// lost counts refusals that could not be kept, to be said in the log.
	lost uint64
	wake chan struct{}
}

// refusal is what makes two refusals the same.
type refusal struct {
	actor, host, target urn.ID
	action, operation   string
}

func newTraces(e *Edge) *traces {
	t := &traces{edge: e, at: map[refusal]int{}, wake: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.ended.Go(t.run)
	return t
}

// close commits what waits, if the log takes it within tracePause.
func (t *traces) close() {
	t.cancel()
	t.ended.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), tracePause)
	defer cancel()
	t.flush(ctx)
}

// commit has the traces of a strict read committed.
func (t *traces) commit(ctx context.Context, caller op.Caller, call *op.Call, o *op.Operation, records []op.Record) error {
	doer := op.Doer{Caller: caller, RequestID: call.RequestID, Trace: call.Trace}
	in := audit.TraceInput{}
	for _, r := range records {
		if r.Operation == "" {
			r.Operation = o.Name
		}
		in.Traces = append(in.Traces, audit.Of(doer, r))
	}
	_, err := audit.Commit.Call(ctx, t.edge.System(), in)
	if fault.Is(err, fault.OutcomeUnknown) {
		// The read itself did nothing: whether its trace was kept or not, it can
		// simply be made again.
		return fault.New(fault.HandlerTimeout, "the trace of this read could not be committed in time; read again").Wrap(err)
	}
	return err
}

// refused notes a read that was refused, to be committed soon.
func (t *traces) refused(caller op.Caller, call *op.Call, o *op.Operation, target op.Target, d *op.Decision) {
	t.note(caller, call, audit.Denied(o.Action(), o.Name, target, d))
}

// posed notes a call of somebody who may not act for others.
func (t *traces) posed(caller op.Caller, call *op.Call) {
	operation := call.Op
	if len(call.Items) > 0 {
		operation = op.Batch
	}
	t.note(caller, call, audit.Denied(apikey.ActFor, operation, op.Principal(call.ActAs), nil))
}

func (t *traces) note(caller op.Caller, call *op.Call, r op.Record) {
	t.keep(audit.Of(op.Doer{Caller: caller, RequestID: call.RequestID, Trace: call.Trace}, r))
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *traces) keep(trace audit.Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := refusal{trace.ActorID, trace.ImpersonatorID, trace.TargetID, trace.Action, trace.Operation}
	if i, ok := t.at[k]; ok {
		t.waiting[i].Count += trace.Count
		return
	}
	if len(t.waiting) == maxTraces {
		t.lost += trace.Count
		return
	}
	t.at[k] = len(t.waiting)
	t.waiting = append(t.waiting, trace)
}

func (t *traces) take() []audit.Trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.waiting
	t.waiting, t.at = nil, map[refusal]int{}
	if t.lost > 0 {
		t.edge.Logger.Error("refusals were not traced: the log took none for too long", "count", t.lost)
		t.lost = 0
	}
	return taken
}

func (t *traces) run() {
	for {
		select {
		case <-t.wake:
		case <-t.ctx.Done():
			return
		}
		timer := time.NewTimer(traceDelay)
		select {
		case <-timer.C:
		case <-t.ctx.Done():
			timer.Stop()
			return
		}
		t.flush(t.ctx)
	}
}

// flush commits what waits. What was definitely not taken waits on; what may
// have been is not sent again, since it would be counted twice.
func (t *traces) flush(ctx context.Context) {
	later := t.send(ctx, t.take())
	if len(later) == 0 {
		return
	}
	for _, trace := range later {
		t.keep(trace)
	}
	timer := time.AfterFunc(tracePause, func() {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	})
	context.AfterFunc(ctx, func() { timer.Stop() })
}

// send commits a batch and gives what is to be tried again. A batch that is
// refused for good is halved until the trace that is refused stands alone, so
// that one never holds up the others.
func (t *traces) send(ctx context.Context, batch []audit.Trace) (later []audit.Trace) {
	if len(batch) == 0 {
		return nil
	}
	_, err := audit.Commit.Call(ctx, t.edge.System(), audit.TraceInput{Traces: batch})
	f, refused := fault.Of(err)
	log := t.edge.Logger.With("kinds", len(batch), "error", err)
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.OutcomeUnknown):
		log.Warn("whether refusals were traced is not known")
		return nil
	case !refused || retryable(f):
		log.Warn("refusals could not be traced yet")
		return batch
	case len(batch) == 1:
		log.Error("a refusal cannot be traced", "operation", batch[0].Operation, "actor", batch[0].ActorID)
		return nil
	}
	half := len(batch) / 2
	return append(t.send(ctx, batch[:half]), t.send(ctx, batch[half:])...)
}

func retryable(f *fault.Fault) bool {
	info, _ := fault.Lookup(f.Code)
	return info.Retryable
}
