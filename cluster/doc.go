// Package cluster is one node of a replicated store: it owns the Raft log, the
// engine's files and the connections between nodes, orders commands, and says
// up to which index a read may trust the local state. What commands mean is the
// business of a Machine.
package cluster
