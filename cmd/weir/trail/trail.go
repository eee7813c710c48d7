// Package trail gets the audit trail out of a store, in parts, as a text that
// can be verified without it.
package trail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/op"
)

// Export writes the entries from..to, up to the newest where to is 0. It asks
// for one part after the other; progress, if not nil, hears up to which entry
// it has come.
func Export(ctx context.Context, runner op.Runner, from, to uint64, w io.Writer, progress func(sequence uint64)) error {
	for from != 0 {
		part, err := fetch(ctx, runner, audit.ExportInput{From: from, To: to})
		if err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("write the export: %w", err)
		}
		next, err := after(part)
		if err != nil {
			return err
		}
		if next != 0 && next <= from {
			return errors.New("the store gives the same part of the trail again")
		}
		if progress != nil && next != 0 {
			progress(next - 1)
		}
		if to != 0 && next > to {
			return nil
		}
		from = next
	}
	return nil
}

// Pick writes what an export gives in any form, or through a filter: one part
// after the other. A table has its line of names once.
func Pick(ctx context.Context, runner op.Runner, in audit.ExportInput, w io.Writer, progress func(sequence uint64)) error {
	for begun := false; ; begun = true {
		raw, err := fetchRaw(ctx, runner, in)
		if err != nil {
			return err
		}
		part := raw.Body
		if begun && in.Format == "csv" {
			_, part, _ = bytes.Cut(part, []byte{'\n'})
		}
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("write the export: %w", err)
		}
		if raw.Next == 0 {
			return nil
		}
		if raw.Next <= in.From {
			return errors.New("the store gives the same part of the trail again")
		}
		if in.From = raw.Next; progress != nil {
			progress(raw.Next - 1)
		}
	}
}

func fetch(ctx context.Context, runner op.Runner, in audit.ExportInput) ([]byte, error) {
	raw, err := fetchRaw(ctx, runner, in)
	if err != nil {
		return nil, err
	}
	return raw.Body, nil
}

func fetchRaw(ctx context.Context, runner op.Runner, in audit.ExportInput) (*op.Raw, error) {
	raw, err := op.Marshal(in)
	if err != nil {
		return nil, err
	}
	reply, err := runner.Run(ctx, &op.Call{Op: audit.Export.Name, Operation: audit.Export.Operation, Input: raw})
	if err != nil {
		return nil, err
	}
	if reply.Raw == nil {
		return nil, errors.New("the store answers without an export")
	}
	return reply.Raw, nil
}

// after is the entry with which the next part begins; 0 at the end.
func after(part []byte) (uint64, error) {
	part = bytes.TrimRight(part, "\n")
	line := part[bytes.LastIndexByte(part, '\n')+1:]
	var end chain.End
	if err := json.Unmarshal(line, &end); err != nil || end.Head == "" && end.Next == 0 {
		return 0, errors.Join(errors.New("a part of the export has no end"), err)
	}
	return end.Next, nil
}
