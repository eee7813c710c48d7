package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/fsm/entry"
)

// maxItems bounds the operations of one call.
const maxItems = 100

// maxCommand bounds the encoded inputs of one command, in bytes.
const maxCommand = 1 << 20

// write lets a caller in, prepares his operations and has them applied.
func (e *Edge) write(ctx context.Context, call *op.Call, items []op.Item) (*op.Reply, error) {
	if len(items) > maxItems {
		return nil, fault.New(fault.LimitExceeded, "a batch has at most %d operations; split it", maxItems)
	}
	if call.At != "" || call.Stale {
		return nil, fault.New(fault.MalformedRequest, "at and consistency are for reads; the past cannot be changed")
	}
	caller, err := e.sender(ctx, call)
	if err != nil {
		return nil, err
	}
	draft, err := e.draft(call, caller, items)
	if err != nil {
		return nil, err
	}
	if err := e.prejudge(ctx, call, caller, draft); err != nil {
		return nil, err
	}
	outcome, refused, err := e.propose(ctx, &draft.command)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		if barred(refused) {
			e.throttle.refused(caller.ID, e.Clock())
		}
		return nil, refused
	}
	return e.reply(call, draft, outcome)
}

// sender finds out who sends a command. A single open one may come from nobody.
func (e *Edge) sender(ctx context.Context, call *op.Call) (op.Caller, error) {
	if o, ok := e.Catalog.Lookup(call.Op); ok && o.Open() && len(call.Items) == 0 && call.Token == "" && call.ActAs == "" {
		return op.Caller{}, nil
	}
	s, caller, err := e.admit(ctx, call, false)
	if err != nil {
		return op.Caller{}, err
	}
	s.close()
	return caller, nil
}

// propose has a command applied. It gives the outcome, or why the machine
// refused; an error says that the command has none that is known here.
func (e *Edge) propose(ctx context.Context, c *entry.Command) (*entry.Outcome, *fault.Fault, error) {
	encoded, err := entry.EncodeCommand(c)
	if err != nil {
		return nil, nil, fmt.Errorf("edge: %w", err)
	}
	raw, err := e.Log.Propose(ctx, encoded)
	if err != nil {
		return nil, nil, err
	}
	out, err := entry.DecodeOutcome(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("edge: %w", err)
	}
	refused, err := out.Fault()
	if err != nil {
		return nil, nil, fmt.Errorf("edge: %w", err)
	}
	return out, refused, nil
}

// draft is a command with what stays behind on this node.
type draft struct {
	command entry.Command
	ops     []*op.Operation
	// secrets are the one-time secrets of the items, "" where there is none.
	secrets []string
}

// draft checks and prepares the operations of a call.
func (e *Edge) draft(call *op.Call, caller op.Caller, items []op.Item) (*draft, error) {
	batch := len(call.Items) > 0
	d := &draft{
		command: entry.Command{
			Actor: caller.ID, Impersonator: caller.Host, Credential: caller.Credential, Rotation: caller.Rotation, RequestID: call.RequestID,
			IfMatch: call.IfMatch, Trace: call.Trace, Batch: batch,
		},
		secrets: make([]string, len(items)),
	}
	inputs := make([]canon.Value, len(items))
	size := 0
	for i, item := range items {
		o, prepared, err := e.prepare(d, i, item, batch, &inputs[i])
		if err != nil {
			if f, ok := fault.Of(err); ok && batch {
				return nil, f.With("index", int64(i))
			}
			return nil, err
		}
		if call.IfMatch != 0 && (batch || !o.Versioned) {
			return nil, fault.New(fault.MalformedRequest, "If-Match has no meaning for this call; leave it out").
				At(fault.Item{Header: "If-Match", Code: "not-versioned", Detail: "the operation has no version to compare"})
		}
		size += len(prepared)
		d.ops = append(d.ops, o)
		d.command.Items = append(d.command.Items, entry.Item{Op: o.Name, Schema: o.Schema, Input: prepared})
	}
	if size > maxCommand {
		return nil, fault.New(fault.PayloadTooLarge, "the operations of one call may have %d bytes together; split it", maxCommand)
	}
	return d, e.identify(d, call, caller, inputs)
}

// prepare checks one operation and gives its input as the log takes it.
func (e *Edge) prepare(d *draft, i int, item op.Item, batch bool, input *canon.Value) (*op.Operation, []byte, error) {
	o, ok := e.Catalog.Lookup(item.Op)
	if !ok || o.Kind != op.KindCommand || o.Internal() {
		return nil, nil, fault.New(fault.ValidationFailed, "there is no such command").
			At(fault.Item{Pointer: "/op", Code: "unknown-operation", Detail: "not the name of a command"})
	}
	v, f := parse(item.Input)
	if f != nil {
		return nil, nil, f
	}
	*input = v
	checked := v
	if batch {
		if checked, f = o.CheckReferences(v, i); f != nil {
			return nil, nil, f
		}
	}
	in, f := o.Decode(checked)
	if f != nil {
		return nil, nil, f
	}
	prepared, secret, err := o.Prepare(e.world, in)
	if err != nil {
		return nil, nil, err
	}
	d.secrets[i] = secret
	v, err = o.Logged(v, prepared)
	return o, v.Append(nil), err
}

// world is what Prepare may use.
type world struct {
	random io.Reader
	keys   Keys
}

// Random reads n bytes from the node's source of randomness, without which no
// node may go on.
func (w world) Random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(w.random, b); err != nil {
		panic(fmt.Errorf("edge: no randomness: %w", err))
	}
	return b
}

// reply turns an outcome into what the caller sees, one-time secrets included.
func (e *Edge) reply(call *op.Call, d *draft, out *entry.Outcome) (*op.Reply, error) {
	var err error
	secrets := d.secrets
	if out.Replayed {
		if secrets, err = openSecrets(call.IdempotencyKey, out.Sealed, len(d.ops)); err != nil {
			return nil, err
		}
	}
	results := make([]op.JSON, len(out.Outputs))
	for i, raw := range out.Outputs {
		if results[i], err = d.ops[i].Unseal(raw, e.world.unseal); err != nil {
			return nil, err
		}
		if i < len(secrets) && secrets[i] != "" {
			if results[i], err = d.ops[i].Assemble(results[i], secrets[i]); err != nil {
				return nil, err
			}
		}
	}
	reply := &op.Reply{Revision: out.Revision, Replayed: out.Replayed}
	if d.command.Batch {
		reply.Output, err = op.Marshal(struct {
			Results []op.JSON `json:"results"`
		}{results})
		return reply, err
	}
	reply.Output = results[0]
	if d.ops[0].ETagged() {
		var versioned struct {
			Version uint64 `json:"version"`
		}
		if err := json.NewDecoder(bytes.NewReader(results[0])).Decode(&versioned); err != nil {
			return nil, fmt.Errorf("edge: version of the output: %w", err)
		}
		reply.Version = versioned.Version
	}
	return reply, nil
}
