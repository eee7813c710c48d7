package audit

import (
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// EntityReads is the entity of an entry that stands for a batch of reads.
const EntityReads = "trace_batch"

// MaxReads bounds the different reads of one batch.
const MaxReads = 512

// Reads is what one principal read in one minute by one operation.
type Reads struct {
	Minute       state.Time   `json:"minute" op:"required" doc:"the minute in which it was read, by the clock of the node that answered"`
	ActorID      urn.ID       `json:"actor_id" op:"required" doc:"who read"`
	CredentialID urn.ID       `json:"credential_id,omitempty" doc:"by which key"`
	Action       string       `json:"action" op:"required" doc:"read"`
	Operation    string       `json:"operation" op:"required" doc:"the operation that was called"`
	Entity       string       `json:"entity" op:"required" doc:"the kind of record"`
	TargetType   string       `json:"target_type,omitempty" doc:"the type of the things"`
	Targets      []ReadTarget `json:"targets" op:"required,min=1,max=512" doc:"what was read"`
}

// ReadTarget is one thing that was read.
type ReadTarget struct {
	ID    urn.ID `json:"id,omitempty" doc:"the thing; absent for a list"`
	Count uint64 `json:"count" op:"required,min=1" doc:"how often it was read"`
	Items uint64 `json:"items,omitempty" doc:"how many things a list gave out, in all"`
}

// batch is the body of an entry of EntityReads: the reads themselves, to which
// the entry commits by its after_digest.
type batch struct {
	Sequence uint64 `cbor:"1,keyasint"`
	// ID tells a batch that is sent again from another.
	ID urn.ID `cbor:"2,keyasint"`
	// Body is the canonical JSON of a ReadList.
	Body []byte `cbor:"3,keyasint"`
}

// ReadList is the body of a batch as the commitment binds it.
type ReadList struct {
	Reads []Reads `json:"reads"`
}

var batches = state.NewTable(state.Spec[batch]{
	Space:  key.AuditReads,
	Key:    func(b *batch) key.Key { return state.Key(key.AuditReads, b.Sequence) },
	Refers: func(b *batch, to func(key.Key)) { to(state.Key(key.Audit, b.Sequence)) },
	Trail:  true,
})

// CommitReadsInput is a batch of reads that a node has answered.
type CommitReadsInput struct {
	Batch urn.ID  `json:"batch" op:"required,max=64" doc:"random; the same when the batch is sent again"`
	After uint64  `json:"after,omitempty" doc:"an entry that was there before the batch was sent first"`
	Reads []Reads `json:"reads" op:"required,min=1,max=512" doc:"what was read"`
}

// CommitReads writes a batch of reads as one entry. A batch that is sent again,
// because its outcome was not known, is not written twice.
var CommitReads = op.NewCommand(Ops, op.Spec[CommitReadsInput, Traced]{
	Name:    "trace_reads",
	Summary: "Commit a batch of ordinary reads.",
	Access:  op.Internal[CommitReadsInput]("trace"),
	Faults:  []fault.Code{fault.LimitExceeded},
	Example: CommitReadsInput{Batch: "5e0b", Reads: []Reads{exampleReads}},
	Result:  Traced{First: 42, Last: 42},
	Undo:    op.Final("what was read was read"),
}, func(tx *op.Tx, in CommitReadsInput) (Traced, error) {
	if sequence, ok := sent(tx, in.Batch, in.After); ok {
		return Traced{First: sequence, Last: sequence}, nil
	}
	kinds, count := uint64(0), uint64(0)
	for i := range in.Reads {
		kinds += uint64(len(in.Reads[i].Targets))
		for _, t := range in.Reads[i].Targets {
			count += t.Count
		}
	}
	if kinds > MaxReads {
		return Traced{}, fault.New(fault.LimitExceeded, "a batch holds at most %d different reads", MaxReads)
	}
	body, f := canonical(ReadList{in.Reads})
	if f != nil {
		return Traced{}, f
	}
	sequence := tx.Head().Sequence + 1
	batches.Insert(tx.Tx, &batch{Sequence: sequence, ID: in.Batch, Body: body})
	tx.Record(op.Record{
		Action: "read", Entity: EntityReads, TargetID: in.Batch, After: op.JSON(body),
		Metadata: []fault.Member{{Name: "kinds", Value: kinds}, {Name: "reads", Value: count}},
	})
	return Traced{First: sequence, Last: sequence}, nil
})

// sent finds a batch behind an entry.
func sent(v state.View, id urn.ID, after uint64) (sequence uint64, found bool) {
	batches.Scan(v, state.Range{Prefix: state.Key(key.AuditReads), After: state.Key(key.AuditReads, after)}).Each(func(b *batch) bool {
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

// reads gives the body of a batch; nil where it is gone.
func (b *batch) reads() []Reads {
	var list ReadList
	if err := op.Unmarshal(b.Body, &list); err != nil {
		panic(&state.Broken{Err: err})
	}
	return list.Reads
}

// body gives of a batch what the caller may see, and whether that is all.
func (t *trail) body(sequence uint64) (seen []Reads, all bool) {
	b, ok := batches.Get(t.v.Now, state.Key(key.AuditReads, sequence))
	if !ok {
		return nil, false
	}
	all = true
	for _, r := range b.reads() {
		var targets []ReadTarget
		for _, target := range r.Targets {
			if t.shows(r.entry(target.ID)) {
				targets = append(targets, target)
			}
		}
		all = all && len(targets) == len(r.Targets)
		if r.Targets = targets; len(targets) > 0 {
			seen = append(seen, r)
		}
	}
	return seen, all
}

// entry is the entry that a read would have for itself.
func (r *Reads) entry(target urn.ID) *chain.Entry {
	return &chain.Entry{ActorID: r.ActorID, Action: r.Action, Entity: r.Entity, TargetType: r.TargetType, TargetID: target}
}

// ReadsInput filters reads; what is left out does not filter.
type ReadsInput struct {
	ActorID  urn.ID     `json:"actor_id,omitempty" op:"query,max=128" doc:"only what this principal read"`
	TargetID urn.ID     `json:"target_id,omitempty" op:"query,max=512" doc:"only reads of this thing"`
	Type     string     `json:"type,omitempty" op:"query,max=128" doc:"only reads of things of this type"`
	Since    state.Time `json:"since,omitzero" op:"query" doc:"only what was committed from this time on"`
	Until    state.Time `json:"until,omitzero" op:"query" doc:"only what was committed up to this time"`
	op.Paging
}

// Read is one line of a batch.
type Read struct {
	Sequence     uint64     `json:"sequence" doc:"the entry of the batch"`
	Timestamp    string     `json:"timestamp" doc:"when the batch was committed"`
	Minute       state.Time `json:"minute" doc:"the minute in which it was read"`
	ActorID      urn.ID     `json:"actor_id" doc:"who read"`
	CredentialID urn.ID     `json:"credential_id,omitempty" doc:"by which key"`
	Operation    string     `json:"operation" doc:"the operation that was called"`
	Entity       string     `json:"entity" doc:"the kind of record"`
	TargetType   string     `json:"target_type,omitempty" doc:"the type of the thing"`
	TargetID     urn.ID     `json:"target_id,omitempty" doc:"the thing; absent for a list"`
	Count        uint64     `json:"count" doc:"how often it was read"`
	Items        uint64     `json:"items,omitempty" doc:"how many things a list gave out, in all"`
}

// maxBatches bounds the batches that one page looks at.
const maxBatches = 64

// ReadsQuery lists what was read, from the bodies of batches.
var ReadsQuery = op.NewQuery(Ops, op.Spec[ReadsInput, op.Page[Read]]{
	Name:    "reads",
	Summary: "List the reads that were traced in batches, oldest first, as far as you may see them.",
	Doc: "You see what you read yourself and who read objects that you own; holders of audit.read see everything. " +
		"Reads that are traced strictly are entries of their own: look for the action read in GET /v1/audit/entries.",
	Route:   "GET /v1/audit/reads",
	Access:  op.Anyone[ReadsInput]("read"),
	Faults:  []fault.Code{fault.InvalidCursor, fault.MalformedRequest},
	Example: ReadsInput{TargetID: "obj_01890a5d0c1e7000a000000000000003"},
	Result:  op.NewPage([]Read{exampleRead}, ""),
	Validate: func(in *ReadsInput) *fault.Fault {
		if in.Since != 0 && in.Until != 0 && in.Until < in.Since {
			return inverted("until", "must not be before since")
		}
		_, _, f := in.place()
		return f
	},
}, func(v *op.View, in ReadsInput) (op.Page[Read], error) {
	t := open(v)
	t.traced("audit.reads", (&Filter{TargetID: in.TargetID, ActorID: in.ActorID}).asked()...)
	sequence, skip, f := in.place()
	if f != nil {
		return op.Page[Read]{}, f
	}
	if in.Since != 0 && sequence == 0 {
		sequence = before(v.Now, in.Since) + 1
	}
	rows := batches.Scan(v.Now, state.Range{Prefix: state.Key(key.AuditReads), After: state.Key(key.AuditReads, max(sequence, 1)-1)})
	defer rows.Close()
	var items []Read
	for looked := 0; rows.Next(); looked++ {
		b := rows.Row()
		if b.Sequence > t.size {
			break
		}
		if b.Sequence != sequence {
			skip = 0
		}
		if looked == maxBatches {
			return op.NewPage(items, cursorAt(b.Sequence, 0)), nil
		}
		at := parse(load(v.Now, b.Sequence)).Timestamp
		if in.Until != 0 && at > in.Until.String() {
			break
		}
		next := op.Cursor("")
		t.lines(b, at, func(line int, r *Read) bool {
			switch {
			case uint64(line) < skip || !in.takes(r):
			case len(items) == in.Size():
				next = cursorAt(b.Sequence, line)
			default:
				items = append(items, *r)
			}
			return next == ""
		})
		if next != "" {
			return op.NewPage(items, next), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// lines walks the lines of a batch that the caller may see, with their places
// in it.
func (t *trail) lines(b *batch, at string, each func(line int, r *Read) bool) {
	line := 0
	for _, r := range b.reads() {
		for _, target := range r.Targets {
			read := Read{
				Sequence: b.Sequence, Timestamp: at, Minute: r.Minute, ActorID: r.ActorID, CredentialID: r.CredentialID,
				Operation: r.Operation, Entity: r.Entity, TargetType: r.TargetType,
				TargetID: target.ID, Count: target.Count, Items: target.Items,
			}
			if t.shows(r.entry(target.ID)) && !each(line, &read) {
				return
			}
			line++
		}
	}
}

func (in *ReadsInput) takes(r *Read) bool {
	return (in.ActorID == "" || in.ActorID == r.ActorID) && (in.TargetID == "" || in.TargetID == r.TargetID) &&
		(in.Type == "" || in.Type == r.TargetType)
}

// place reads a cursor: a batch, and how many of its lines were seen.
func (in *ReadsInput) place() (sequence, skip uint64, f *fault.Fault) {
	if in.Cursor == "" {
		return 0, 0, nil
	}
	first, second, _ := strings.Cut(in.Cursor, ".")
	sequence, err := strconv.ParseUint(first, 10, 53)
	if err == nil {
		skip, err = strconv.ParseUint(second, 10, 32)
	}
	if err != nil || sequence == 0 {
		return 0, 0, fault.New(fault.InvalidCursor, "the cursor is not one of this list; begin again without it")
	}
	return sequence, skip, nil
}

func cursorAt(sequence uint64, line int) op.Cursor {
	return op.Cursor(strconv.FormatUint(sequence, 10) + "." + strconv.Itoa(line))
}
