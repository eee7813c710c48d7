// Package reads says how reads are traced, and keeps those that are traced
// together: one entry of the trail stands for a batch of them.
package reads

import (
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on reads.
var Ops = &op.Set{Noun: "read", Doc: "Reads leave traces: before the answer, soon after, or none, as policies say."}

// EntityBatch is the entity of an entry that stands for a batch of reads.
const EntityBatch = "trace_batch"

// Max bounds the different reads of one batch.
const Max = 512

// Reads is what one principal read in one minute by one operation.
type Reads struct {
	Minute         state.Time `json:"minute" op:"required" doc:"the minute in which it was read, by the clock of the node that answered"`
	ActorID        urn.ID     `json:"actor_id" op:"required" doc:"who read"`
	ImpersonatorID urn.ID     `json:"impersonator_id,omitempty" doc:"who acted for the actor, by a key of its own"`
	CredentialID   urn.ID     `json:"credential_id,omitempty" doc:"by which key"`
	Action         string     `json:"action" op:"required" doc:"read"`
	Operation      string     `json:"operation" op:"required" doc:"the operation that was called"`
	Entity         string     `json:"entity" op:"required" doc:"the kind of record"`
	TargetType     string     `json:"target_type,omitempty" doc:"the type of the things"`
	Targets        []Target   `json:"targets" op:"required,min=1,max=512" doc:"what was read"`
}

// Target is one thing that was read.
type Target struct {
	ID    urn.ID `json:"id,omitempty" doc:"the thing; absent for a list"`
	Count uint64 `json:"count" op:"required,min=1" doc:"how often it was read"`
	Items uint64 `json:"items,omitempty" doc:"how many things a list gave out, in all"`
}

// Batch is the body of an entry of EntityBatch: the reads themselves, to which
// the entry commits by its after_digest.
type Batch struct {
	Sequence uint64 `cbor:"1,keyasint"`
	// ID tells a batch that is sent again from another.
	ID urn.ID `cbor:"2,keyasint"`
	// Body is the canonical JSON of a List.
	Body []byte `cbor:"3,keyasint"`
}

// List is the body of a batch as the commitment binds it.
type List struct {
	Reads []Reads `json:"reads"`
}

var batches = state.NewTable(state.Spec[Batch]{
	Space:  key.AuditReads,
	Key:    func(b *Batch) key.Key { return state.Key(key.AuditReads, b.Sequence) },
	Refers: func(b *Batch, to func(key.Key)) { to(state.Key(key.Audit, b.Sequence)) },
	Trail:  true,
})

// CommitInput is a batch of reads that a node has answered.
type CommitInput struct {
	Batch urn.ID  `json:"batch" op:"required,max=64" doc:"random; the same when the batch is sent again"`
	After uint64  `json:"after,omitempty" doc:"an entry that was there before the batch was sent first"`
	Reads []Reads `json:"reads" op:"required,min=1,max=512" doc:"what was read"`
}

// Committed says which entry a batch became.
type Committed struct {
	Sequence uint64 `json:"sequence" doc:"the entry"`
}

// Commit writes a batch of reads as one entry. A batch that is sent again,
// because its outcome was not known, is not written twice.
var Commit = op.NewCommand(Ops, op.Spec[CommitInput, Committed]{
	Name:    "commit",
	Schema:  2,
	Summary: "Commit a batch of ordinary reads.",
	Access:  op.Internal[CommitInput]("trace"),
	Faults:  []fault.Code{fault.LimitExceeded},
	Example: CommitInput{Batch: "5e0b", Reads: []Reads{exampleReads}},
	Result:  Committed{Sequence: 42},
	Undo:    op.Final("what was read was read"),
}, func(tx *op.Tx, in CommitInput) (Committed, error) {
	if sequence, ok := sent(tx, in.Batch, in.After); ok {
		return Committed{Sequence: sequence}, nil
	}
	kinds, count := uint64(0), uint64(0)
	for i := range in.Reads {
		kinds += uint64(len(in.Reads[i].Targets))
		for _, t := range in.Reads[i].Targets {
			count += t.Count
		}
	}
	if kinds > Max {
		return Committed{}, fault.New(fault.LimitExceeded, "a batch holds at most %d different reads", Max)
	}
	body, f := canonical(List{in.Reads})
	if f != nil {
		return Committed{}, f
	}
	sequence := tx.Head().Sequence + 1
	batches.Insert(tx.Tx, &Batch{Sequence: sequence, ID: in.Batch, Body: body})
	tx.Record(op.Record{
		Action: "read", Entity: EntityBatch, TargetID: in.Batch, After: op.JSON(body),
		Metadata: []fault.Member{{Name: "kinds", Value: kinds}, {Name: "reads", Value: count}},
	})
	return Committed{Sequence: sequence}, nil
})

// sent finds a batch behind an entry.
func sent(v state.View, id urn.ID, after uint64) (sequence uint64, found bool) {
	batches.Scan(v, state.Range{Prefix: state.Key(key.AuditReads), After: state.Key(key.AuditReads, after)}).Each(func(b *Batch) bool {
		sequence, found = b.Sequence, b.ID == id
		return !found
	})
	return sequence, found
}

func canonical(value any) ([]byte, error) {
	raw, err := op.Marshal(value)
	if err != nil {
		return nil, err
	}
	b, f := canon.Canonical(raw)
	if f != nil {
		return nil, f
	}
	return b, nil
}

// Find gives the body of a batch, if the entry is one and its body is there.
func Find(v state.View, sequence uint64) (*Batch, bool) {
	return batches.Get(v, state.Key(key.AuditReads, sequence))
}

// Drop gives up the body of a batch, and its past. It reports whether there was
// one.
func Drop(tx *state.Tx, sequence uint64) bool {
	k := state.Key(key.AuditReads, sequence)
	if !batches.Has(tx, k) {
		return false
	}
	batches.Forget(tx, k, nil)
	return true
}

// Has says whether an entry has the body of a batch.
func Has(v state.View, sequence uint64) bool {
	return batches.Has(v, state.Key(key.AuditReads, sequence))
}

// Scan walks the bodies of batches from an entry on.
func Scan(v state.View, from uint64) *state.Rows[Batch] {
	return batches.Scan(v, state.Range{Prefix: state.Key(key.AuditReads), After: state.Key(key.AuditReads, max(from, 1)-1)})
}

// Reads is the list of reads.
func (b *Batch) Reads() []Reads {
	var list List
	if err := op.Unmarshal(b.Body, &list); err != nil {
		panic(&state.Broken{Err: err})
	}
	return list.Reads
}

var exampleReads = Reads{
	Minute: 1767225600000000, ActorID: "alice", CredentialID: "pat_01890a5d0c1e7000a000000000000002", Action: "read",
	Operation: "object.get", Entity: "object", TargetType: "note",
	Targets: []Target{{ID: "obj_01890a5d0c1e7000a000000000000003", Count: 3}},
}
