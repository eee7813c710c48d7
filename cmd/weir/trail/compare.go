package trail

import (
	"context"
	"sort"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Node is one node of a cluster, called alone.
type Node struct {
	ID     string
	Runner op.Runner
}

// Standing is what one node says of its own copy of the trail.
type Standing struct {
	Node string `json:"node"`
	// Odd says that its trail is not that of most others.
	Odd    bool         `json:"odd"`
	Report chain.Report `json:"report"`
	// Error is why the node gave no report.
	Error string `json:"error,omitempty"`
}

// Comparison is what the nodes of a cluster say of the same entries.
type Comparison struct {
	Verdict string `json:"verdict"`
	Valid   bool   `json:"valid"`
	// To is the last entry that was compared.
	To uint64 `json:"to"`
	// DiffersAt is the first entry that is not the same everywhere; 0 if all are.
	DiffersAt uint64     `json:"differs_at,omitempty"`
	Nodes     []Standing `json:"nodes"`
}

// Compare has each node verify its own copy of the same entries, and holds the
// heads against each other: a history that was made anew on one node fits
// together there, and fits to no other. A node that does not answer is said so
// and compared with nothing.
func Compare(ctx context.Context, nodes []Node, in audit.VerifyInput) (Comparison, error) {
	c := Comparison{Verdict: chain.Valid}
	for _, n := range nodes {
		s := Standing{Node: n.ID}
		r, err := audit.Verify.Call(ctx, n.Runner, in)
		if err != nil {
			if len(nodes) == 1 || ctx.Err() != nil || fault.Is(err, fault.PermissionDenied) {
				return c, err
			}
			s.Error = err.Error()
		} else if in.To == 0 {
			in.To = r.Last // the others are asked for as much
		}
		s.Report = r
		c.Nodes = append(c.Nodes, s)
	}
	c.To = in.To
	common := c.settle()
	for i := range c.Nodes {
		if c.Nodes[i].Odd && c.DiffersAt == 0 {
			at, err := differ(ctx, nodes[common].Runner, nodes[i].Runner, min(c.Nodes[i].Report.Last, c.Nodes[common].Report.Last))
			if err != nil {
				return c, err
			}
			c.DiffersAt = at
		}
	}
	return c, nil
}

// settle finds out what most nodes have, gives the first of those that have it,
// and judges the others by it.
func (c *Comparison) settle() (common int) {
	votes := map[string]int{}
	for _, s := range c.Nodes {
		if s.Error == "" {
			votes[s.Report.Head]++
		}
	}
	common = -1
	for i, s := range c.Nodes {
		if s.Error == "" && (common < 0 || votes[s.Report.Head] > votes[c.Nodes[common].Report.Head]) {
			common = i
		}
	}
	c.Valid = common >= 0
	for i := range c.Nodes {
		s := &c.Nodes[i]
		s.Odd = s.Error == "" && s.Report.Head != c.Nodes[common].Report.Head
		c.Valid = c.Valid && !s.Odd && (s.Error != "" || s.Report.Verdict != chain.Broken)
	}
	if !c.Valid {
		c.Verdict = chain.Broken
	}
	return common
}

// differ finds the first entry that two nodes have differently, by the leaves
// of their trees: from it on, all entries differ.
func differ(ctx context.Context, a, b op.Runner, last uint64) (uint64, error) {
	var failed error
	n := sort.Search(int(last), func(i int) bool {
		if failed != nil {
			return false
		}
		in := audit.InclusionInput{Sequence: uint64(i) + 1, Size: uint64(i) + 1}
		one, err := audit.Inclusion.Call(ctx, a, in)
		if err != nil {
			failed = err
			return false
		}
		other, err := audit.Inclusion.Call(ctx, b, in)
		failed = err
		return one.LeafHash != other.LeafHash
	})
	return uint64(n) + 1, failed
}
