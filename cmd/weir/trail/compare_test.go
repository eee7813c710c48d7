package trail_test

import (
	"context"
	"errors"
	"testing"

	"github.com/weir-store/weir/cmd/weir/trail"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// down is a node that does not answer.
type down struct{}

func (down) Run(context.Context, *op.Call) (*op.Reply, error) { return nil, errors.New("no route") }

// B11: a history that was made anew on one node fits together there; the other
// nodes tell which node it is, and from which entry on.
func TestOneNodeHasAnotherHistory(t *testing.T) {
	const forged = 7
	nodes := make([]trail.Node, 3)
	first := uint64(0)
	for n := range nodes {
		s := testkit.New(t)
		for i := range 10 {
			in := objects.CreateInput{Type: "note", Data: op.JSON(`{}`)}
			if n == 2 && i == forged {
				in.Type = "memo"
			}
			if _, err := objects.Create.Call(t.Context(), s.Admin(), in); err != nil {
				t.Fatal(err)
			}
			head, err := audit.Verify.Call(t.Context(), s.Admin(), audit.VerifyInput{})
			if err != nil {
				t.Fatal(err)
			}
			if i == forged {
				first = head.Last
			}
		}
		nodes[n] = trail.Node{ID: string("abc"[n]), Runner: s.Admin()}
	}
	c, err := trail.Compare(t.Context(), nodes, audit.VerifyInput{})
	if err != nil || c.Valid || c.DiffersAt != first || c.Nodes[0].Odd || c.Nodes[1].Odd || !c.Nodes[2].Odd {
		t.Errorf("%+v %v, want a difference at %d", c, err, first)
	}
	for _, s := range c.Nodes {
		if !s.Report.Valid {
			t.Errorf("alone, node %s is %+v", s.Node, s.Report)
		}
	}
	same, err := trail.Compare(t.Context(), []trail.Node{nodes[0], {ID: "x", Runner: down{}}, nodes[1]}, audit.VerifyInput{})
	if err != nil || !same.Valid || same.Nodes[1].Error == "" {
		t.Errorf("of a node that is down: %+v %v", same, err)
	}
}
