package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/cmd/weir/remote"
	"github.com/weir-store/weir/cmd/weir/verbs"
	"github.com/weir-store/weir/core/op"
)

// newBatch makes the command that runs several operations together.
func newBatch(target *remote.Target) *cobra.Command {
	var file, key string
	c := &cobra.Command{
		Use: "batch", Short: "Run several operations, all of them or none", Args: known,
		Long: "Batch reads {\"operations\": [{\"op\": NAME, \"input\": {...}}, ...]} and runs the operations\n" +
			"in one entry of the log. {\"$result\": [0, \"id\"]} in the place of an id stands for the id\n" +
			"that the first operation gave.",
		Example: "  weir batch --file changes.json",
	}
	c.Flags().StringVarP(&file, "file", "f", "-", "file of operations in JSON; - is the standard input")
	c.Flags().StringVar(&key, "idempotency-key", "", "makes a repeated call happen once")
	target.Register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		items, err := readItems(c.InOrStdin(), file)
		if err != nil {
			return err
		}
		runner, endpoint, err := target.Connect(false)
		if err != nil {
			return err
		}
		ctx, cancel := target.Context(c.Context())
		defer cancel()
		call := &op.Call{Items: items, Token: endpoint.Token, IdempotencyKey: key, RequestID: verbs.Random()}
		if call.IdempotencyKey == "" {
			call.IdempotencyKey = verbs.Random()
		}
		reply, err := runner.Run(ctx, call)
		if err != nil {
			return &failure.CallError{RequestID: call.RequestID, IdempotencyKey: call.IdempotencyKey, Err: err}
		}
		return verbs.Show(c.OutOrStdout(), target.Output, reply)
	}
	return c
}

func readItems(stdin io.Reader, file string) ([]op.Item, error) {
	bad := func(err error) ([]op.Item, error) {
		return nil, &failure.UsageError{Key: "--file", Problem: err.Error(), Fix: `give {"operations": [{"op": NAME, "input": {...}}]}`}
	}
	raw, err := func() ([]byte, error) {
		if file == "-" {
			return io.ReadAll(stdin)
		}
		return os.ReadFile(file)
	}()
	if err != nil {
		return bad(err)
	}
	var body struct {
		Operations []op.Item `json:"operations"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return bad(err)
	}
	return body.Operations, nil
}
