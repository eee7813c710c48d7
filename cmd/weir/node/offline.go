package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/weir-store/weir/core"
	"github.com/weir-store/weir/core/access"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// Offline opens the data of a node that does not run and gives a runner that
// answers queries about it as the cluster itself: nobody has to be let in, and
// nothing leaves a trace. Commands are refused.
func Offline(dir string, use func(op.Runner) error) (err error) {
	path := filepath.Join(dir, "state")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%s holds no data of a node: %w", dir, err)
	}
	engine, err := badgerdb.Open(path, badgerdb.Options{})
	if err != nil {
		return fmt.Errorf("open the data of a stopped node: %w", err)
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return use(&offline{engine, op.NewCatalog(core.Sets()...)})
}

type offline struct {
	engine  storage.Engine
	catalog *op.Catalog
}

// Run implements op.Runner.
func (o *offline) Run(_ context.Context, call *op.Call) (reply *op.Reply, err error) {
	defer state.Guard(&err)
	q, ok := o.catalog.Lookup(call.Op)
	if !ok || q.Kind != op.KindQuery {
		return nil, fault.New(fault.NotFound, "a stopped node answers queries only")
	}
	value, f := canon.Parse(call.Input)
	if f != nil {
		return nil, f
	}
	in, f := q.Decode(value)
	if f != nil {
		return nil, f
	}
	newest, err := o.engine.Snapshot(o.engine.Published())
	if err != nil {
		return nil, fmt.Errorf("the directory holds no state yet; a node writes it when it stops in good order: %w", err)
	}
	defer newest.Close()
	head, err := state.LoadHead(state.Over(newest))
	if err != nil {
		return nil, err
	}
	v := op.View{
		View: state.Over(newest), Now: state.Over(newest), Caller: op.Caller{ID: op.System},
		Time: head.Time, At: head.Time, Sight: access.Sight{}, Catalog: o.catalog,
	}
	if call.At != "" {
		revision, err := strconv.ParseUint(call.At, 10, 64)
		if err != nil {
			return nil, fault.New(fault.MalformedRequest, "at is a revision here")
		}
		past, err := o.engine.Snapshot(revision)
		if err != nil {
			return nil, err
		}
		defer past.Close()
		v.View, v.At = state.Over(past), audit.TimeAt(v.Now, revision)
	}
	out, err := q.Answer(op.NewView(v, nil), in)
	if err != nil {
		return nil, err
	}
	raw, err := op.Marshal(out)
	return &op.Reply{Output: raw, Revision: v.Revision()}, err
}
