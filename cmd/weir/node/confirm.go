//go:build !weir_mutant_stale_reads

package node

import (
	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/cluster/edge"
)

// agreed is the log as the edge uses it.
func agreed(c *cluster.Node) edge.Log { return c }
