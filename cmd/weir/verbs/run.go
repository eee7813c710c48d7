package verbs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/core/op"
)

// Random makes the id of a request or an idempotency key.
func Random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (v *verb) run(c *cobra.Command, args []string) error {
	call, err := v.call(args)
	if err != nil {
		return err
	}
	runner, endpoint, err := v.target.Connect(v.op.Open())
	if err != nil {
		return err
	}
	call.Token = endpoint.Token
	ctx, cancel := v.target.Context(c.Context())
	defer cancel()
	if v.all {
		err = v.pages(ctx, c.OutOrStdout(), runner, call)
	} else {
		err = v.once(ctx, c.OutOrStdout(), runner, call)
	}
	if err != nil {
		return &failure.CallError{RequestID: call.RequestID, IdempotencyKey: call.IdempotencyKey, Flags: v.places(), Err: err}
	}
	return nil
}

func (v *verb) once(ctx context.Context, w io.Writer, runner op.Runner, call *op.Call) error {
	reply, err := runner.Run(ctx, call)
	if err != nil {
		return err
	}
	return Show(w, v.target.Output, reply)
}

// Show prints a reply as it wants to be seen.
func Show(w io.Writer, f output.Format, reply *op.Reply) error {
	switch {
	case reply.Raw != nil:
		_, err := w.Write(reply.Raw.Body)
		return err
	case len(reply.Output) > 0:
		return output.Show(w, f, reply.Output)
	case f == output.JSON:
		_, err := fmt.Fprintln(w, "{}")
		return err
	}
	_, err := fmt.Fprintln(w, "done")
	return err
}

// pages gets a list to its end. All pages but the first are of the revision
// that the first was of only if the caller asks for one with --at.
func (v *verb) pages(ctx context.Context, w io.Writer, runner op.Runner, call *op.Call) error {
	var whole []json.RawMessage
	input := map[string]json.RawMessage{}
	if err := json.Unmarshal(call.Input, &input); err != nil {
		return fmt.Errorf("input: %w", err)
	}
	for {
		reply, err := runner.Run(ctx, call)
		if err != nil {
			return err
		}
		var page struct {
			Items      []json.RawMessage `json:"items"`
			NextCursor json.RawMessage   `json:"next_cursor"`
			HasMore    bool              `json:"has_more"`
		}
		if err := json.Unmarshal(reply.Output, &page); err != nil {
			return fmt.Errorf("the reply is no page: %w", err)
		}
		whole = append(whole, page.Items...)
		if !page.HasMore {
			break
		}
		input["cursor"] = page.NextCursor
		if call.Input, err = op.Marshal(input); err != nil {
			return err
		}
	}
	if whole == nil {
		whole = []json.RawMessage{}
	}
	raw, err := op.Marshal(map[string]any{"items": whole, "next_cursor": nil, "has_more": false})
	if err != nil {
		return err
	}
	return output.Show(w, v.target.Output, raw)
}

// places maps the fields of the input to where the command line gives them.
func (v *verb) places() map[string]string {
	m := map[string]string{}
	for _, f := range v.path {
		m[f.Name] = strings.ToUpper(Word(f.Name))
	}
	for _, in := range v.inputs {
		m[in.field.Name] = "--" + Word(in.field.Name)
	}
	return m
}
