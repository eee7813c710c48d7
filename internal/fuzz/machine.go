package fuzz

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage/memdb"
)

// start is where the clock of a machine stands: 2026-01-01T00:00:00Z.
const start = state.Time(1767225600000000)

const hour = state.Time(3600 * 1e6)

// machine is the real state machine over an engine in memory, one command to an
// entry, with a clock and entropy of its own.
type machine struct {
	engine  *memdb.DB
	fsm     *fsm.Machine
	catalog *op.Catalog
	sight   op.Sight
	now     state.Time
	index   uint64
	keys    map[urn.ID]urn.ID
}

const rootKey urn.ID = "pat_01890a5d0c1e7000a000000000000002"

func newMachine(catalog *op.Catalog, sight op.Sight) (*machine, error) {
	m := &machine{engine: memdb.New(), catalog: catalog, sight: sight, now: start, keys: map[urn.ID]urn.ID{apikey.Root: rootKey}}
	var err error
	if m.fsm, err = fsm.New(m.engine, catalog, sight); err != nil {
		return nil, err
	}
	_, f, err := m.run(op.System, apikey.Found.Operation, apikey.FoundInput{
		ClusterID: "01890a5d0c1e4000a000000000000000", KeyID: rootKey, Digest: digest(0),
	})
	return m, either(f, err)
}

func either(f *fault.Fault, err error) error {
	if err == nil && f != nil {
		return f
	}
	return err
}

// digest stands for that of a secret that nobody needs to know.
func digest(n uint64) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(make([]byte, 24), n))
}

// run applies one command. A fault is an answer; an error is a machine that
// stopped or an operation that is defective.
func (m *machine) run(actor urn.ID, o *op.Operation, in any) ([]byte, *fault.Fault, error) {
	input, err := op.Marshal(in)
	if err != nil {
		return nil, nil, err
	}
	m.now += 1000
	m.index++
	entropy := binary.BigEndian.AppendUint64(make([]byte, entry.EntropySize-8), m.index)
	outcomes, err := m.fsm.Apply(m.index, 1, &entry.Entry{Format: entry.Format, Commands: []entry.Command{{
		Items: []entry.Item{{Op: o.Name, Schema: o.Schema, Input: input}},
		Actor: actor, Credential: m.keys[actor], Time: m.now, Entropy: entropy,
	}}})
	if err != nil {
		return nil, nil, fmt.Errorf("%s stopped the machine: %w", o.Name, err)
	}
	f, err := outcomes[0].Fault()
	switch {
	case err != nil:
		return nil, nil, err
	case f == nil:
		return outcomes[0].Outputs[0], nil, nil
	case f.Code == fault.Internal:
		return nil, nil, fmt.Errorf("%s with %s is defective: %w", o.Name, input, f)
	}
	return nil, f, nil
}

// call is run with its types.
func call[In, Out any](m *machine, actor urn.ID, c op.Command[In, Out], in In) (out Out, f *fault.Fault, err error) {
	raw, f, err := m.run(actor, c.Operation, in)
	if err == nil && f == nil {
		err = op.Unmarshal(raw, &out)
	}
	return out, f, err
}

// revision is the newest one.
func (m *machine) revision() uint64 { return m.engine.Published() }

// look opens a revision. Snapshots of the engine in memory hold nothing.
func (m *machine) look(revision uint64) (state.View, error) {
	s, err := m.engine.Snapshot(revision)
	if err != nil {
		return nil, err
	}
	return state.Over(s), nil
}

// lookAt is look as queries call it.
func (m *machine) lookAt(revision uint64, fn func(past state.View)) {
	v, err := m.look(revision)
	if err != nil {
		panic(&state.Broken{Err: err})
	}
	fn(v)
}

// ask answers a query of somebody about a view, as a node does once it has
// authenticated the caller and opened the cursor.
func ask[In, Out any](m *machine, who op.Caller, q op.Query[In, Out], in In, v, now state.View, at state.Time) (out Out, f *fault.Fault, err error) {
	view := op.View{View: v, Now: now, Caller: who, Time: m.now, At: at, Sight: m.sight, Catalog: m.catalog, Look: m.lookAt}
	if f := q.Authorize(view, in).Refusal(q.Need()); f != nil {
		return out, f, nil
	}
	var traces []op.Record
	answer, err := q.Answer(op.NewView(view, &traces), in)
	if err != nil {
		f, ok := fault.Of(err)
		if !ok || f.Code == fault.Internal {
			return out, nil, fmt.Errorf("%s is defective: %w", q.Name, err)
		}
		return out, f, nil
	}
	return answer.(Out), nil, nil
}
