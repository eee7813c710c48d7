package trail_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"testing"

	"github.com/weir-store/weir/cmd/weir/trail"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// parts is a store that ends each answer after a few entries.
type parts struct{ op.Runner }

func (p parts) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	var in audit.ExportInput
	if err := op.Unmarshal(call.Input, &in); err != nil {
		return nil, err
	}
	in.To = in.From + 3
	c := *call
	var err error
	if c.Input, err = op.Marshal(in); err != nil {
		return nil, err
	}
	reply, err := p.Runner.Run(ctx, &c)
	if err == nil && in.From < 8 {
		reply.Raw.Next = in.To + 1
	}
	return reply, err
}

func TestATableHasItsNamesOnce(t *testing.T) {
	s := testkit.New(t)
	s.User("alice")
	s.User("bob")
	s.User("eve")
	var b bytes.Buffer
	if err := trail.Pick(t.Context(), parts{s.Admin()}, audit.ExportInput{Format: "csv", From: 1}, &b, nil); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) < 10 || rows[0][0] != "sequence" {
		t.Fatalf("%v %v", rows, err)
	}
	for i, row := range rows[1:] {
		if row[0] == "sequence" {
			t.Errorf("row %d is names again", i)
		}
	}
}
