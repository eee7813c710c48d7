package cluster

import (
	"context"
	"io"
	"time"
)

// Machine is the state that the log drives. The node calls Apply, Restore and
// Pack; everything a caller of the node reads it reads from the machine's own
// store, after the node said that the index it needs is published.
//
// Apply and Restore are called from one goroutine. Every other method may be
// called from any goroutine, also while Apply or Restore runs.
type Machine interface {
	// Apply applies committed entries in order. Entries at or below
	// Position().Index were applied before and are skipped, with a nil reply.
	// Effects, index, term and configuration go into one atomic commit; when
	// entries are split over several commits, each carries the position of the
	// last entry in it. When Apply returns, the entries are visible to readers.
	//
	// There is exactly one Replies per entry. An error means that the state can
	// no longer be trusted to equal that of the other nodes: the node stops.
	// What an operation decides, refusals included, is a reply and no error.
	Apply(entries []Entry) ([]Replies, error)

	// Position describes the published state.
	Position() Position

	// PositionAt describes the state as of a published revision: the position
	// of the last entry whose effects lie at or below it. Revision 0 gives the
	// zero Position. It answers how far the log may be cut, from the revision
	// that the engine calls durable.
	PositionAt(revision uint64) (Position, error)

	// Export writes the whole published state, every kept version of it, and
	// returns the position it describes. Both come from one read of the engine.
	Export(ctx context.Context, w io.Writer) (Position, error)

	// Restore replaces the whole state by an exported one and gives it the
	// position at, which wins over the one that the stream was exported with. A
	// crash at any moment leaves the old state or the new one. An error leaves
	// the old one.
	Restore(r io.Reader, at Position) error

	// Pack encodes stamped commands as the data of one entry. The replies of
	// that entry are in the order of the commands.
	Pack(commands []Stamped) ([]byte, error)
}

// Entry is one committed log entry that the machine sees. No-ops and barriers
// never reach it, so indexes rise but are not dense.
type Entry struct {
	Index uint64
	Term  uint64
	// Data is what Pack returned; nil in a configuration entry.
	Data []byte
	// Configuration is the cluster's membership from this entry on, in Raft's
	// own encoding, which the machine stores and does not read; nil in an entry
	// of commands.
	Configuration []byte
}

// Replies are the encoded outcomes of the commands in one entry, in order. The
// encoding is the machine's; the node hands them to whoever proposed.
type Replies [][]byte

// Position says which part of the log a state contains.
type Position struct {
	// Index and Term are those of the newest entry in the state; 0 when empty.
	Index uint64
	Term  uint64
	// Configuration and ConfigurationIndex are the newest membership entry at or
	// below Index, in Raft's encoding.
	Configuration      []byte
	ConfigurationIndex uint64
	// Revision is the newest revision of the state.
	Revision uint64
	// Time is the newest time stamp that the state has seen; it never falls.
	Time time.Time
}

// Stamped is a command with what only the leader may add to it.
type Stamped struct {
	Command []byte
	// Time is the leader's clock, in UTC.
	Time time.Time
	// Entropy is the only source of randomness of the command's apply.
	Entropy [32]byte
}
