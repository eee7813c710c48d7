package temporal

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// The modes of a rollback.
const (
	// Strict takes a change back only if nothing that counts came after it.
	Strict = "strict"
	// Overwrite takes back what came after it too.
	Overwrite = "overwrite"
)

// CreateInput says what is taken back: what one entry of the trail tells of, or
// all that happened to a thing since a time.
type CreateInput struct {
	EntryID urn.ID `json:"entry_id,omitempty" op:"id=aud" doc:"the entry of the audit trail whose change is taken back; give this, or target and at"`
	Target  string `json:"target,omitempty" op:"max=512" doc:"the thing that is brought back to what it was at a time"`
	Entity  string `json:"entity,omitempty" op:"max=64" doc:"the target's kind, such as object or scope; the form of its id tells it when absent"`
	At      string `json:"at,omitempty" op:"max=64" doc:"the revision, or the time, that the target goes back to"`
	Reason  string `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
	DryRun  bool   `json:"dry_run,omitempty" doc:"say what would happen and change nothing"`
	Mode    string `json:"mode,omitempty" op:"enum=strict|overwrite" doc:"strict, when absent, refuses if the thing was changed since; overwrite takes later changes back too"`
	Cascade bool   `json:"cascade,omitempty" doc:"take back what the entry caused too, newest first"`
	Partial bool   `json:"partial,omitempty" doc:"take back what you may and report the rest, instead of all or nothing"`
}

// Outcome lists entries of the trail by what became of them. A dry run fills
// the lists whose names begin with would.
type Outcome struct {
	Success          bool     `json:"success" doc:"whether what was asked for was done, or would be"`
	DryRun           bool     `json:"dry_run" doc:"whether nothing was changed"`
	RolledBack       []urn.ID `json:"rolled_back,omitzero" doc:"the entries that were taken back, newest first"`
	RollbackTraceIDs []urn.ID `json:"rollback_trace_ids,omitzero" doc:"the entries of the rollbacks, one to each thing"`
	Skipped          []urn.ID `json:"skipped,omitzero" doc:"entries that needed nothing: taken back before, or without effect"`
	Denied           []urn.ID `json:"denied,omitzero" doc:"entries that could not be taken back"`
	WouldRollback    []urn.ID `json:"would_rollback,omitzero" doc:"the entries that would be taken back, newest first"`
	WouldSkip        []urn.ID `json:"would_skip,omitzero" doc:"entries that would need nothing"`
	WouldDeny        []urn.ID `json:"would_deny,omitzero" doc:"entries that could not be taken back"`
	EntryCount       uint64   `json:"entry_count" doc:"how many entries the lists name"`
	Ranges           []Range  `json:"ranges" doc:"the parts of the trail whose changes of a thing count no more"`
	Reasons          []Reason `json:"reasons,omitempty" doc:"why entries were skipped or denied"`
}

// Range is the part of the trail that a rollback took back of one thing.
type Range struct {
	Entity       string `json:"entity" doc:"the kind of the thing"`
	TargetID     urn.ID `json:"target_id" doc:"the thing"`
	FromSequence uint64 `json:"from_sequence" doc:"the last entry before the range"`
	ToSequence   uint64 `json:"to_sequence" doc:"the last entry of the range"`
}

// Reason says why an entry was not taken back.
type Reason struct {
	TraceID urn.ID `json:"trace_id" doc:"the entry"`
	Code    string `json:"code" doc:"skipped, or the code that a call for this entry alone would end with"`
	Detail  string `json:"detail" doc:"the reason in words"`
}

// Create takes changes back, all in one entry of the log.
var Create = op.NewCommand(Rollbacks, op.Spec[CreateInput, Outcome]{
	Name:    "create",
	Summary: "Take back a change, all that it caused, or all changes of a thing since a time.",
	Doc: "A rollback is a new change that brings the content of before back; nothing is removed from the history. " +
		"Who may take changes back: who has admin on an object, owners of a scope for what happened in it, and for all else who may change it. " +
		"Rules that deny the action rollback hold here too. A rollback is rolled back by its own entry, which does the change again.",
	Route:  "POST /v1/rollbacks",
	Access: op.Anyone[CreateInput]("rollback"),
	Faults: []fault.Code{
		fault.NotFound, fault.RollbackDenied, fault.RollbackFailed, fault.RollbackConflict, fault.PreconditionFailed,
		fault.LimitExceeded, fault.ScopeFrozen, fault.AlreadyExists, fault.IsolationViolation, fault.PrincipalInactive,
		fault.SoleOwner, fault.OrgNotActive,
	},
	Example: CreateInput{EntryID: exampleEntry, Reason: "a mistake"},
	Result: Outcome{
		Success: true, RolledBack: []urn.ID{exampleEntry}, RollbackTraceIDs: []urn.ID{exampleRollback}, Skipped: []urn.ID{}, Denied: []urn.ID{},
		EntryCount: 1, Ranges: []Range{{Entity: op.EntityObject, TargetID: exampleObject, FromSequence: 6, ToSequence: 7}},
	},
	Undo:     op.Reversible("roll the rollback back"),
	Validate: func(in *CreateInput) *fault.Fault { return in.validate() },
}, func(tx *op.Tx, in CreateInput) (Outcome, error) {
	r := &rollback{tx: tx, in: in, view: tx.View(), looks: map[thing]*lookback{}}
	err := tx.Attempt(r.run)
	if err != nil && err != errDryRun { //nolint:errorlint // it is a mark of this package
		return Outcome{}, err
	}
	return r.outcome(), nil
})

func (in *CreateInput) validate() *fault.Fault {
	var detail string
	switch {
	case (in.EntryID == "") == (in.Target == ""):
		detail = "give either entry_id, or target and at"
	case (in.Target == "") != (in.At == ""):
		detail = "target and at are given together"
	case in.EntryID != "" && in.Entity != "":
		detail = "entity belongs to target"
	case in.Target != "" && (in.Cascade || in.Mode != ""):
		detail = "cascade and mode are for entry_id"
	default:
		return nil
	}
	return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/entry_id", Code: "one-of", Detail: detail})
}

const (
	exampleObject   urn.ID = "obj_01890a5d0c1e7000a000000000000003"
	exampleEntry    urn.ID = "aud_01890a5d0c1e7000a000000000000007"
	exampleRollback urn.ID = "aud_01890a5d0c1e7000a000000000000008"
)
