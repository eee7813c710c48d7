//go:build weir_mutant_stale_reads

package node

import (
	"context"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/cluster/edge"
)

// agreed is the log with a planted fault: reads are answered from whatever the
// node has. It exists to show that weir-jepsen notices; nothing ships with it.
func agreed(c *cluster.Node) edge.Log { return staleReads{c} }

type staleReads struct{ *cluster.Node }

// Confirm confirms nothing.
func (staleReads) Confirm(context.Context) error { return nil }
