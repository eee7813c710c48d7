package trail_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/cmd/weir/trail"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// sparing is a store that gives at most four entries at once.
type sparing struct{ op.Runner }

func (s sparing) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	var in audit.ExportInput
	if err := op.Unmarshal(call.Input, &in); err != nil {
		return nil, err
	}
	if most := in.From + 3; in.To == 0 || in.To > most {
		in.To = most
	}
	var err error
	c := *call
	if c.Input, err = op.Marshal(in); err != nil {
		return nil, err
	}
	return s.Runner.Run(ctx, &c)
}

func TestPartsMakeOneTrail(t *testing.T) {
	s := testkit.New(t)
	for range 10 {
		if _, err := objects.Create.Call(t.Context(), s.Admin(), objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name        string
		from, to    uint64
		first, last uint64
	}{
		{"from the middle to an entry", 3, 9, 3, 9},
		{"to the end of a part", 1, 4, 1, 4},
		{"one entry", 5, 5, 5, 5},
	} {
		t.Run(row.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := trail.Export(t.Context(), sparing{s.Admin()}, row.from, row.to, &b, nil); err != nil {
				t.Fatal(err)
			}
			r, err := chain.Export{}.Verify(&b)
			if err != nil || !r.Valid || r.First != row.first || r.Last != row.last {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

// endless is a store that gives the same part for ever.
type endless struct{}

func (endless) Run(context.Context, *op.Call) (*op.Reply, error) {
	return &op.Reply{Raw: &op.Raw{Body: []byte(`{"weir_export_end":"00","next":1}` + "\n")}}, nil
}

// silent is a store that answers with something else.
type silent struct{ reply op.Reply }

func (s silent) Run(context.Context, *op.Call) (*op.Reply, error) { return &s.reply, nil }

func TestOddStores(t *testing.T) {
	for _, row := range []struct {
		name   string
		runner op.Runner
		want   string
	}{
		{"the same part again", endless{}, "the same part"},
		{"no export", silent{op.Reply{Output: op.JSON(`{}`)}}, "without an export"},
		{"a part that is cut off", silent{op.Reply{Raw: &op.Raw{Body: []byte("{\"weir_export\":1}\n{\"a\":")}}}, "has no end"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := trail.Export(t.Context(), row.runner, 1, 0, &bytes.Buffer{}, nil)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
