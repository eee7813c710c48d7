package audit

import (
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// body gives of a batch what the caller may see, and whether that is all.
func (t *trail) body(sequence uint64) (seen []reads.Reads, all bool) {
	b, ok := reads.Find(t.v.Now, sequence)
	if !ok {
		return nil, false
	}
	all = true
	for _, r := range b.Reads() {
		var targets []reads.Target
		for _, target := range r.Targets {
			if t.shows(alone(&r, target.ID)) {
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

// alone is the entry that a read would have for itself.
func alone(r *reads.Reads, target urn.ID) *chain.Entry {
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
	Sequence       uint64     `json:"sequence" doc:"the entry of the batch"`
	Timestamp      string     `json:"timestamp" doc:"when the batch was committed"`
	Minute         state.Time `json:"minute" doc:"the minute in which it was read"`
	ActorID        urn.ID     `json:"actor_id" doc:"who read"`
	ImpersonatorID urn.ID     `json:"impersonator_id,omitempty" doc:"who acted for the actor, by a key of its own"`
	CredentialID   urn.ID     `json:"credential_id,omitempty" doc:"by which key"`
	Operation      string     `json:"operation" doc:"the operation that was called"`
	Entity         string     `json:"entity" doc:"the kind of record"`
	TargetType     string     `json:"target_type,omitempty" doc:"the type of the thing"`
	TargetID       urn.ID     `json:"target_id,omitempty" doc:"the thing; absent for a list"`
	Count          uint64     `json:"count" doc:"how often it was read"`
	Items          uint64     `json:"items,omitempty" doc:"how many things a list gave out, in all"`
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
	rows := reads.Scan(v.Now, sequence)
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
func (t *trail) lines(b *reads.Batch, at string, each func(line int, r *Read) bool) {
	line := 0
	for _, r := range b.Reads() {
		for _, target := range r.Targets {
			read := Read{
				Sequence: b.Sequence, Timestamp: at, Minute: r.Minute, ActorID: r.ActorID, ImpersonatorID: r.ImpersonatorID,
				CredentialID: r.CredentialID, Operation: r.Operation, Entity: r.Entity, TargetType: r.TargetType,
				TargetID: target.ID, Count: target.Count, Items: target.Items,
			}
			if t.shows(alone(&r, target.ID)) && !each(line, &read) {
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
