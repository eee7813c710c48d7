package edge

import (
	"context"
	"fmt"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/fsm/entry"
)

// System is a runner of internal commands, which act as the cluster itself.
// It is handed to workers of this node and to nobody else.
func (e *Edge) System() op.Runner { return internal{e} }

type internal struct{ edge *Edge }

// Run implements op.Runner.
func (s internal) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	o, ok := s.edge.Catalog.Lookup(call.Op)
	if !ok || !o.Internal() {
		return nil, fmt.Errorf("edge: %s is not an internal operation", call.Op)
	}
	// What apply cannot read stops every node, so it is read here first.
	v, f := parse(call.Input)
	if f != nil {
		return nil, f
	}
	if _, f := o.Load(v); f != nil {
		return nil, f
	}
	out, refused, err := s.edge.propose(ctx, &entry.Command{
		Actor: op.System, RequestID: call.RequestID, Trace: call.Trace,
		Items: []entry.Item{{Op: o.Name, Schema: o.Schema, Input: call.Input}},
	})
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	return &op.Reply{Output: out.Outputs[0], Revision: out.Revision}, nil
}

// Look calls fn with the newest state that this node has published, confirmed
// or not. It is for workers, which act on it by commands that judge anew.
func (e *Edge) Look(fn func(v state.View) error) (err error) {
	s, err := e.open()
	if fault.Is(err, fault.NoLeader) {
		return nil // nothing has been written yet, so there is nothing to see
	}
	if err != nil {
		return err
	}
	defer s.close()
	defer state.Guard(&err)
	return fn(s.view)
}

// Founded says why the store can take no call yet; nil once the cluster is
// founded as far as this node has heard. Entries of the configuration come
// before that.
func (e *Edge) Founded() (err error) {
	s, err := e.open()
	if err != nil {
		return err
	}
	defer s.close()
	defer state.Guard(&err)
	if _, ok := system.Load(s.view); !ok {
		return fault.New(fault.NoLeader, "the cluster has not been founded yet; try again shortly").With("retry_after", int64(1))
	}
	return nil
}
