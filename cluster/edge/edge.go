// Package edge is the runner of a node: it lets a caller in, checks the syntax
// of what he asks, prepares commands for the log, and answers queries from a
// confirmed state. It does everything that may touch a clock, randomness or a
// secret, so that apply need not.
package edge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage"
)

// Log is the way from this node to the agreed order of commands.
type Log interface {
	// Propose has a command applied and returns its encoded outcome. Errors
	// are faults that say whether something may have happened.
	Propose(ctx context.Context, command []byte) (outcome []byte, err error)
	// Confirm returns when the published state of this node holds every
	// command that was acknowledged anywhere before the call.
	Confirm(ctx context.Context) error
	// WaitRevision returns when the published state has reached a revision.
	WaitRevision(ctx context.Context, revision uint64) error
}

// Keys derives keys from the cluster's keyring, one to a label.
type Keys interface {
	Derive(label string) ([]byte, error)
}

// Local answers an operation about this node or its cluster.
type Local func(ctx context.Context, in any) (out any, err error)

// Before does what a query asks of the world before it is answered. It says
// whether the state may have changed by it.
type Before func(ctx context.Context, in any) (acted bool, err error)

// Config is what an Edge is composed of.
type Config struct {
	Catalog *op.Catalog
	Sight   op.Sight
	Engine  storage.Engine
	Log     Log
	Keys    Keys
	// Postings is the node's index of the audit trail; nil if it has none.
	Postings op.Postings
	// Local holds a handler for each local operation, by name.
	Local map[string]Local
	// Before holds what comes before some queries, by name.
	Before map[string]Before
	// Clock is the node's clock; Random is where secrets come from.
	Clock  func() time.Time
	Random io.Reader
	// ReadDelay is how long ordinary reads wait for others before they are
	// traced; 250 ms when 0.
	ReadDelay time.Duration
	Logger    *slog.Logger
}

// Edge implements op.Runner over a log and an engine.
type Edge struct {
	Config
	world    world
	traces   *traces
	reads    *ledger
	throttle throttle
}

// New makes an Edge. Close ends its work in the background.
func New(c Config) *Edge {
	e := &Edge{Config: c, world: world{c.Random, c.Keys}}
	e.traces, e.reads = newTraces(e), newLedger(e)
	return e
}

// Close commits the traces that are waiting, as far as the log still takes
// them.
func (e *Edge) Close() {
	e.reads.close()
	e.traces.close()
}

// Flush commits the ordinary reads that wait for their trace.
func (e *Edge) Flush(ctx context.Context) error { return e.reads.flush(ctx) }

// Run implements op.Runner. A refusal of a caller who was let in comes with a
// reply that holds no more than the revision of this node.
func (e *Edge) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	reply, err := e.run(ctx, call)
	if f, ok := fault.Of(err); ok {
		if opened := f.Unseal(e.world.unseal); opened != f {
			err = opened
		}
	}
	if err != nil && !nobody(err) {
		return &op.Reply{Revision: e.Engine.Published()}, err
	}
	return reply, err
}

func (e *Edge) run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	if len(call.Items) > 0 {
		return e.write(ctx, call, call.Items)
	}
	o, ok := e.Catalog.Lookup(call.Op)
	if !ok || o.Internal() {
		return nil, fault.New(fault.NotFound, "there is no such operation")
	}
	switch o.Kind {
	case op.KindCommand:
		return e.write(ctx, call, []op.Item{{Op: call.Op, Input: call.Input}})
	case op.KindLocal:
		return e.local(ctx, call, o)
	}
	return e.read(ctx, call, o)
}

// scene is one state of the store, opened for a call: what it holds, and the
// time at which rights are judged in it.
type scene struct {
	snapshot storage.Snapshot
	view     state.View
	head     state.Head
	time     state.Time
}

func (s *scene) close() { s.snapshot.Close() }

// open opens the newest published state.
func (e *Edge) open() (opened *scene, err error) {
	defer state.Guard(&err)
	published := e.Engine.Published()
	if published == 0 {
		return nil, fault.New(fault.NoLeader, "the cluster has not been founded yet; try again shortly").With("retry_after", int64(1))
	}
	snapshot, err := e.Engine.Snapshot(published)
	if err != nil {
		return nil, fmt.Errorf("edge: open the published state: %w", err)
	}
	s := &scene{snapshot: snapshot, view: state.Over(snapshot)}
	if s.head, err = state.LoadHead(s.view); err != nil {
		snapshot.Close()
		return nil, err
	}
	s.time = max(s.head.Time, state.Time(e.Clock().UnixMicro()))
	return s, nil
}

// admit finds out who calls. A refusal is only given from a confirmed state:
// the scene that it returns is confirmed unless the caller was let in before.
func (e *Edge) admit(ctx context.Context, call *op.Call, confirmed bool) (opened *scene, who op.Caller, err error) {
	defer state.Guard(&err)
	if !confirmed {
		s, err := e.open()
		if err == nil {
			caller, f := e.caller(s, call)
			if f == nil {
				return s, caller, nil
			}
			s.close()
		}
	}
	if err := e.Log.Confirm(ctx); err != nil {
		return nil, op.Caller{}, err
	}
	s, caller, err := e.let(call)
	if err != nil || call.MinRevision <= s.head.Revision {
		return s, caller, err
	}
	// Only for those who were let in: strangers must not be able to hold calls.
	s.close()
	ctx, cancel := context.WithTimeout(ctx, revisionPatience)
	defer cancel()
	if err := e.Log.WaitRevision(ctx, call.MinRevision); err != nil {
		return nil, op.Caller{}, err
	}
	return e.let(call)
}

// revisionPatience is how long a call waits for the revision that it wants.
const revisionPatience = 5 * time.Second

// let opens the newest published state for whoever may enter it.
func (e *Edge) let(call *op.Call) (*scene, op.Caller, error) {
	s, err := e.open()
	if err != nil {
		return nil, op.Caller{}, err
	}
	caller, f := e.caller(s, call)
	if f != nil {
		s.close()
		if caller.ID != "" {
			e.traces.posed(caller, call)
		}
		return nil, op.Caller{}, f
	}
	return s, caller, nil
}

// nobody says whether a call was refused for want of a key that opens.
func nobody(err error) bool {
	return fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.APIKeyInvalid)
}

// caller judges the call's credentials in a scene. With a fault there may be a
// caller too, as apikey.Authenticate says.
func (e *Edge) caller(s *scene, call *op.Call) (caller op.Caller, f *fault.Fault) {
	token, _ := urn.ParseToken(call.Token) // what is no token opens nothing, like one that is unknown
	claim, f := apikey.Present(s.view, token, s.time)
	if f != nil {
		return op.Caller{}, f
	}
	if call.ActAs != "" {
		claim.Principal, claim.Host = call.ActAs, claim.Principal
	}
	return apikey.Authenticate(s.view, claim, s.time)
}

// localPatience is how long an operation about the node waits for a confirmed
// state before it makes do with what the node has: who asks what is wrong must
// get an answer while there is no quorum.
const localPatience = time.Second

// local answers an operation about the node.
func (e *Edge) local(ctx context.Context, call *op.Call, o *op.Operation) (*op.Reply, error) {
	if call.At != "" {
		return nil, fault.New(fault.MalformedRequest, "what a node says about itself has no past; leave at out")
	}
	handler, ok := e.Local[o.Name]
	if !ok {
		return nil, fault.New(fault.NotFound, "this node does not answer that")
	}
	s, caller, err := e.admitLocal(ctx, call)
	if err != nil {
		return nil, err
	}
	defer s.close()
	decision, err := decide(s, caller, e.Sight, o, nil, call.Trace) // its target is no row
	if err != nil {
		return nil, err
	}
	if f := decision.Refusal(o.Need()); f != nil {
		return nil, f
	}
	in, f := decode(o, call.Input)
	if f != nil {
		return nil, f
	}
	out, err := handler(ctx, in)
	if err != nil {
		return nil, err
	}
	raw, err := op.Marshal(out)
	return &op.Reply{Output: raw, Revision: s.head.Revision}, err
}

func (e *Edge) admitLocal(ctx context.Context, call *op.Call) (*scene, op.Caller, error) {
	confirmed, cancel := context.WithTimeout(ctx, localPatience)
	defer cancel()
	s, caller, err := e.admit(confirmed, call, true)
	if f, ok := fault.Of(err); err == nil || ok && !retryable(f) {
		return s, caller, err
	}
	return e.admit(ctx, call, false)
}

// decode reads the input of a call; none stands for an empty object.
func decode(o *op.Operation, input op.JSON) (any, *fault.Fault) {
	v, f := parse(input)
	if f != nil {
		return nil, f
	}
	return o.Decode(v)
}

func parse(input op.JSON) (canon.Value, *fault.Fault) {
	if len(input) == 0 {
		return canon.Value{Kind: canon.Object}, nil
	}
	return canon.Parse(input)
}
