package fsm

import (
	"errors"
	"fmt"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm/entry"
)

// run takes one command through the pipeline. The error is a defect or a
// damage that must stop the node; everything else is an outcome.
func (m *Machine) run(b *state.Batch, c *entry.Command) (entry.Outcome, error) {
	tx := b.Begin(c.Time, c.Entropy)
	caller, f := m.caller(tx, c)
	if f != nil {
		tx.Drop()
		return m.refuse(b, c, caller, &refusal{
			fault: f, policy: caller.ID != "", operation: c.Operation(), action: apikey.ActFor, target: op.Principal(c.Actor),
		})
	}
	if out, done, err := recall(tx, c); done || err != nil {
		tx.Drop()
		return out, err
	}
	otx := op.NewTx(tx, caller, m.sight, c.Trace, c.IfMatch)
	otx.Catalog = m.catalog
	if f := audit.CheckCause(otx.View(), c.Trace.ParentID); f != nil {
		tx.Drop()
		return entry.Refuse(b.Head().Revision, f)
	}
	outputs, refused, err := m.perform(otx, c)
	if err != nil {
		return entry.Outcome{}, err
	}
	if refused != nil {
		tx.Drop()
		return m.refuse(b, c, caller, refused)
	}
	out := entry.Outcome{Revision: tx.Revision(), Outputs: outputs}
	if _, f := audit.Append(tx, caller, c.RequestID, c.Trace, otx.Records()); f != nil {
		tx.Drop()
		return entry.Refuse(b.Head().Revision, f)
	}
	remember(tx, c, &out)
	if f := within(b, tx); f != nil {
		tx.Drop()
		return entry.Refuse(b.Head().Revision, f)
	}
	for _, g := range m.guards {
		if err := g(otx); err != nil {
			tx.Drop()
			f, ok := fault.Of(err)
			if !ok {
				f = fault.New(fault.Internal, "the operation is defective and changed nothing").Wrap(err)
			}
			return entry.Refuse(b.Head().Revision, f)
		}
	}
	tx.Keep()
	return out, nil
}

// caller judges who sent a command, as of its place in the log. A single open
// command may come from nobody in particular.
func (m *Machine) caller(tx *state.Tx, c *entry.Command) (op.Caller, *fault.Fault) {
	if c.Actor == "" && c.Credential == "" && c.Impersonator == "" && !c.Batch && len(c.Items) == 1 {
		if o, ok := m.catalog.Lookup(c.Items[0].Op); ok && o.Open() {
			return op.Caller{}, nil
		}
	}
	return apikey.Authenticate(tx, apikey.Claim{
		Principal: c.Actor, Credential: c.Credential, Rotation: c.Rotation, Host: c.Impersonator,
	}, tx.Time())
}

// refusal is why a command ends without effect, and what it was about to do.
type refusal struct {
	fault *fault.Fault
	// policy says that the caller lacked a right, which leaves a trace.
	policy bool
	// operation is the name of the item that was refused.
	operation string
	action    string
	target    op.Target
	denied    *op.Decision
}

// perform runs the items one after the other in one transaction. A later item
// may name a field of an earlier output.
func (m *Machine) perform(tx *op.Tx, c *entry.Command) ([][]byte, *refusal, error) {
	outputs := make([][]byte, 0, len(c.Items))
	for i := range c.Items {
		out, refused, err := m.item(tx, &c.Items[i], outputs)
		if err != nil {
			return nil, nil, err
		}
		if refused != nil {
			refused.operation = c.Items[i].Op
			if c.Batch {
				refused.fault = refused.fault.With("index", int64(i))
			}
			return nil, refused, nil
		}
		outputs = append(outputs, out)
	}
	return outputs, nil, nil
}

// item decodes, authorizes and executes one operation.
func (m *Machine) item(tx *op.Tx, item *entry.Item, earlier [][]byte) ([]byte, *refusal, error) {
	o, ok := m.catalog.Lookup(item.Op)
	if !ok || item.Schema > o.Schema {
		return nil, nil, fmt.Errorf("operation %s, schema %d, is not known to this binary", item.Op, item.Schema)
	}
	v, f := canon.Parse(item.Input)
	if f != nil {
		return nil, nil, fmt.Errorf("the logged input of %s is damaged: %w", item.Op, f)
	}
	if v, f = op.Resolve(o, v, earlier); f != nil {
		return nil, &refusal{fault: f}, nil
	}
	in, f := o.Load(v)
	if f != nil {
		return nil, &refusal{fault: f}, nil
	}
	decision := o.Authorize(*tx.View(), in)
	if f := decision.Refusal(o.Need()); f != nil {
		return nil, &refusal{fault: f, policy: true, action: o.Action(), target: o.Target(in), denied: decision}, nil
	}
	tx.Enter(o.Name)
	out, err := o.Execute(tx, in)
	if err != nil {
		f, ok := fault.Of(err)
		if !ok {
			return nil, nil, fmt.Errorf("%s: %w", item.Op, err)
		}
		var denied *op.Refused
		if errors.As(err, &denied) {
			return nil, &refusal{fault: f, policy: true, action: denied.Action, target: denied.Target, denied: &denied.Decision}, nil
		}
		return nil, &refusal{fault: f, policy: f.Code == fault.PermissionDenied, action: o.Action(), target: o.Target(in), denied: decision}, nil
	}
	raw, err := op.Marshal(out)
	return raw, nil, err
}

// refuse leaves the one trace that a refusal by policy leaves. That of nobody in
// particular leaves none.
func (m *Machine) refuse(b *state.Batch, c *entry.Command, caller op.Caller, r *refusal) (entry.Outcome, error) {
	if !r.policy || caller.ID == "" {
		return entry.Refuse(b.Head().Revision, r.fault)
	}
	tx := b.Begin(c.Time, c.Entropy)
	if _, f := audit.Append(tx, caller, c.RequestID, c.Trace, []op.Record{audit.Denied(r.action, r.operation, r.target, r.denied)}); f != nil {
		tx.Drop()
		return entry.Refuse(b.Head().Revision, f)
	}
	revision := tx.Revision()
	tx.Keep()
	return entry.Refuse(revision, r.fault)
}

// The bounds of what one command and one entry may write, in keys and in bytes
// of keys and values. Those of an entry leave the engine, which takes 15 % of
// its memtable at once, room for the traces of refusals.
const (
	maxKeys       = 5000
	maxBytes      = 4 << 20
	maxEntryKeys  = 30_000
	maxEntryBytes = 7 << 20
)

// within keeps an entry inside of what the engine takes as one commit. What a
// command may do does not depend on those that share its entry: if there is no
// room left it may come again.
func within(b *state.Batch, tx *state.Tx) *fault.Fault {
	k, n := tx.Writes()
	if k > maxKeys || n > maxBytes {
		return fault.New(fault.LimitExceeded, "one call may not change that much; split it").
			With("max_keys", int64(maxKeys)).With("max_bytes", int64(maxBytes))
	}
	keys, bytes := b.Size()
	if keys+k > maxEntryKeys || bytes+n > maxEntryBytes {
		return fault.New(fault.HandlerTimeout, "too much is being changed at once; nothing happened")
	}
	return nil
}

// traced is the guard behind "nothing happens without a trace".
func traced(tx *op.Tx) error {
	if tx.Historic() > 0 && len(tx.Records()) == 0 {
		return errors.New("fsm: history changed without an audit entry")
	}
	return nil
}
