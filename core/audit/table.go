// Package audit is the one ordered record of everything that happened: each
// entry holds the hash of the one before, and all are the leaves of a tree
// whose root the cluster signs, so that no node has to be trusted.
package audit

import (
	"fmt"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on the trail.
var Ops = &op.Set{Noun: "audit", Doc: "The audit trail tells who did what, and proves that nothing in it was changed."}

// EntityAudit is the entity of entries about the trail itself.
const EntityAudit = "audit"

// row is one entry as it is stored. Its bytes never change; what lies beside
// them can be dropped (Compact), and the oldest rows as a whole (Prune).
type row struct {
	Sequence uint64 `cbor:"1,keyasint"`
	Revision uint64 `cbor:"2,keyasint"`
	// Entry is the canonical bytes, see chain.Layout.
	Entry []byte `cbor:"3,keyasint"`
	// Opening is the key of the digests of states. It lies beside the bytes,
	// not in them: without it, nobody can test guesses about erased content.
	Opening []byte `cbor:"4,keyasint,omitempty"`
	// Compacted is the entry that dropped what lay beside this one.
	Compacted uint64 `cbor:"5,keyasint,omitempty"`
}

var entries = state.NewTable(state.Spec[row]{
	Space: key.Audit,
	Key:   func(r *row) key.Key { return state.Key(key.Audit, r.Sequence) },
	Trail: true,
})

// foundation is what is kept of the entries that were pruned: enough to verify
// those that follow. All of them lie in complete tiles, so that the tree stands
// without them.
type foundation struct {
	// Size is how many entries were pruned, Hash that of the last of them,
	// Revision and Timestamp what it said.
	Size      uint64   `cbor:"1,keyasint"`
	Hash      [32]byte `cbor:"2,keyasint"`
	Revision  uint64   `cbor:"3,keyasint"`
	Timestamp string   `cbor:"4,keyasint"`
	// Sequence is the entry that pruned last.
	Sequence uint64 `cbor:"5,keyasint"`
}

var foundations = state.NewTable(state.Spec[foundation]{
	Space: key.AuditBase,
	Key:   func(*foundation) key.Key { return state.Key(key.AuditBase) },
})

// base is what the kept trail stands on; zero where nothing was pruned.
func base(v state.View) foundation {
	if b, ok := foundations.Get(v, state.Key(key.AuditBase)); ok {
		return *b
	}
	return foundation{}
}

// tile is 256 hashes of one level of the tree, stored when it is complete.
type tile struct {
	Level  uint64 `cbor:"1,keyasint"`
	Number uint64 `cbor:"2,keyasint"`
	Hashes []byte `cbor:"3,keyasint"`
}

var tiles = state.NewTable(state.Spec[tile]{
	Space: key.AuditTile,
	Key:   func(t *tile) key.Key { return state.Key(key.AuditTile, t.Level, t.Number) },
	Trail: true,
})

// checkpoint is a signed statement about the first Size entries.
type checkpoint struct {
	Size uint64 `cbor:"1,keyasint"`
	Note []byte `cbor:"2,keyasint"`
	// Sequence is the entry that stored it.
	Sequence uint64     `cbor:"3,keyasint"`
	Revision uint64     `cbor:"4,keyasint"`
	StoredAt state.Time `cbor:"5,keyasint"`
}

var checkpoints = state.NewTable(state.Spec[checkpoint]{
	Space:  key.AuditCheckpoint,
	Key:    func(c *checkpoint) key.Key { return state.Key(key.AuditCheckpoint, c.Size) },
	Refers: func(c *checkpoint, to func(key.Key)) { to(state.Key(key.Audit, c.Sequence)) },
})

// Key is a key whose signatures under checkpoints are believed.
type Key struct {
	Origin       string     `cbor:"1,keyasint" json:"origin" doc:"the log that the key signs for"`
	VerifierKey  string     `cbor:"2,keyasint" json:"verifier_key" doc:"the public key, in the form of signed notes"`
	RegisteredAt state.Time `cbor:"3,keyasint" json:"registered_at" doc:"when it was registered"`
	Sequence     uint64     `cbor:"4,keyasint" json:"sequence" doc:"the entry that registered it"`
}

var keys = state.NewTable(state.Spec[Key]{
	Space: key.AuditKey,
	Key:   func(k *Key) key.Key { return state.Key(key.AuditKey, k.Origin) },
})

// head reads the head of a view that is not of the past.
func head(v state.View) state.Head {
	if tx, ok := v.(interface{ Head() *state.Head }); ok {
		return *tx.Head()
	}
	h, err := state.LoadHead(v)
	if err != nil {
		panic(&state.Broken{Err: err})
	}
	return h
}

// load reads an entry's row, which must be there.
func load(v state.View, sequence uint64) *row {
	r, ok := entries.Get(v, state.Key(key.Audit, sequence))
	if !ok {
		panic(&state.Broken{Err: fmt.Errorf("audit: entry %d is missing", sequence)})
	}
	return r
}

// parse reads a stored entry.
func parse(r *row) *chain.Entry {
	e, err := chain.Parse(r.Entry)
	if err != nil {
		panic(&state.Broken{Err: fmt.Errorf("audit: entry %d: %w", r.Sequence, err)})
	}
	return e
}

// Entry is an entry as callers see it.
type Entry struct {
	chain.Entry
	Hash string `json:"hash" doc:"SHA-256 of the entry's canonical bytes"`
	// Opening lets who has a state check the digest of it.
	Opening string `json:"opening,omitempty" doc:"the key of the digests of states, in hex, if you may see the thing"`
	// Compacted says that the opening, and the body of a batch, are gone.
	Compacted bool `json:"compacted,omitempty" doc:"whether what lay beside the entry was dropped"`
	// Reads is the body of a batch of reads.
	Reads []reads.Reads `json:"reads,omitempty" doc:"for a batch of reads, when it is asked for alone: what was read, as far as you may see it"`
}
