package op

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// JSON is one JSON object of the caller's own, kept in canonical form with
// each number's lexeme as given.
type JSON = json.RawMessage

// Caller is who acts, as the log position or the read revision knows him.
type Caller struct {
	// ID is the acting principal, for whom all rights are decided; "system" for the
	// cluster's own commands, empty where an open operation was called without a
	// credential.
	ID urn.ID
	// Kind is the principal's kind.
	Kind string
	// Credential is the key that was shown; empty for the cluster itself.
	// Rotation says which of its secrets it was.
	Credential urn.ID
	Rotation   uint64
	// Scopes are what the key may be used for at most; none is all.
	Scopes []KeyScope
	// Host is the principal that acts for ID by a key of its own, if it is not
	// ID itself. It gives ID no right and takes none away.
	Host urn.ID
	// Permissions are the cluster permissions held, sorted.
	Permissions []Permission
}

// System is the principal of the cluster's own commands.
const System urn.ID = "system"

// Permission is a right over the cluster rather than over one thing in it.
type Permission string

// The cluster permissions. The bootstrap administrator holds all of them.
const (
	Administer  Permission = "cluster.admin"
	ReadAudit   Permission = "audit.read"
	ActAsHost   Permission = "org.host"
	WriteTuples Permission = "tuples.write"
)

// Permissions lists every permission there is, sorted.
func Permissions() []Permission { return []Permission{ReadAudit, Administer, ActAsHost, WriteTuples} }

// Holds says whether the caller has a cluster permission. The cluster itself
// holds all.
func (c *Caller) Holds(p Permission) bool {
	return c.ID == System || slices.Contains(c.Permissions, p)
}

// HoldsAny says whether the caller has one of some cluster permissions.
func (c *Caller) HoldsAny(some ...Permission) bool { return slices.ContainsFunc(some, c.Holds) }

// View is what a query may know: rows as of the asked revision, the caller, and
// the rights of now.
type View struct {
	state.View
	// Caller is who asks.
	Caller Caller
	// Time is the time that the call is judged at: never behind the state's.
	Time state.Time
	// Sight decides rights.
	Sight Sight
	// Catalog is what there is to call, and the entities that have a past.
	Catalog *Catalog
	// Now is the newest confirmed state. It differs from the view itself only
	// when the past is asked: data come from the past, rights from now.
	Now state.View
	// At is the time of the state asked for: Time, but in the past.
	At state.Time
	// Look shows the state as of a revision, from 1 to that of Now, for as long
	// as fn runs.
	Look func(revision uint64, fn func(past state.View))
	// Trace is what the caller said about the cause of the call.
	Trace Trace
	// Postings is the node's index of the audit trail; nil if it has none.
	Postings Postings
	// reads are the traces that must be committed before the reply.
	reads *[]Record
}

// NewView makes the view of a query; traces asked for by the handler are added
// to reads.
func NewView(v View, reads *[]Record) *View {
	v.reads = reads
	return &v
}

// Past says whether an earlier state is asked for.
func (v *View) Past() bool { return v.Now.Revision() != v.Revision() }

// Traced asks that the reply waits until a trace of this read is committed.
func (v *View) Traced(r Record) {
	if v.reads != nil {
		*v.reads = append(*v.reads, r)
	}
}

// Read says that content is being given out. How that is traced (before the
// reply, soon after, not at all) is what the policy of reads says.
func (v *View) Read(r Record) {
	r.Ordinary = true
	v.Traced(r)
}

// Tx is what a command may know and change.
type Tx struct {
	*state.Tx
	// Caller is who acts.
	Caller Caller
	// Sight decides rights as of this transaction.
	Sight Sight
	// Catalog is what there is to call, and the entities that have a past.
	Catalog *Catalog
	// Trace is what the caller said about the cause of the call.
	Trace Trace
	// ifMatch is the version that the caller's If-Match names; 0 is none.
	ifMatch   uint64
	operation string
	records   []Record
	// after is what has to be done behind the handler.
	after []func() error
}

// NewTx makes the transaction of one command.
func NewTx(tx *state.Tx, caller Caller, sight Sight, trace Trace, ifMatch uint64) *Tx {
	return &Tx{Tx: tx, Caller: caller, Sight: sight, Trace: trace, ifMatch: ifMatch}
}

// View is what a query would know in the place of the command.
func (tx *Tx) View() *View {
	return &View{View: tx, Now: tx, Caller: tx.Caller, Time: tx.Time(), At: tx.Time(), Trace: tx.Trace, Sight: tx.Sight, Catalog: tx.Catalog, Look: tx.Look}
}

// Look shows the state as of an earlier revision.
func (tx *Tx) Look(revision uint64, fn func(past state.View)) { fn(tx.Past(revision)) }

// Trace is what a caller may say about the cause of a call.
type Trace struct {
	ScopeID       urn.ID `cbor:"1,keyasint,omitempty"`
	EnvironmentID urn.ID `cbor:"2,keyasint,omitempty"`
	ParentID      urn.ID `cbor:"3,keyasint,omitempty"`
	Client        string `cbor:"4,keyasint,omitempty"`
}

// Record is what the audit trail shall say about one entity that a command
// touched. The pipeline adds actor, time, place in the chain and the rest.
type Record struct {
	// ID is the id of the entry, where the command had to know it (Name); the
	// trail makes the others.
	ID urn.ID
	// Action is the chapter's plain word: create, update, revoke, ...
	Action string
	// Operation is filled in from the operation that runs.
	Operation string
	// Entity is the kind of record, never chosen by a user.
	Entity string
	// TargetType is the application's own type for objects, else the entity.
	TargetType string
	TargetID   urn.ID
	ScopeID    urn.ID
	// Before and After are the states of the entity, as rows that encode to
	// canonical JSON; nil means that there was or is none. The trail keeps
	// salted digests of them.
	Before, After any
	// Metadata are small facts: strings, int64, uint64 and bool only.
	Metadata []fault.Member
	// Denied says that the caller was refused, and nothing else happened.
	Denied bool
	// Ordinary reads are traced as the policy of reads says, all others before
	// the reply.
	Ordinary bool
	// Items is how many things an ordinary read of a list gave out.
	Items uint64
	// By is who acted, where the cluster records what somebody else did; such
	// records have no part in the command's own chain of causes.
	By *Doer
}

// Doer is who did what a record tells of, and by which call.
type Doer struct {
	Caller    Caller
	RequestID string
	Trace     Trace
}

// Record adds an audit entry to the command. The first is the parent of the
// others. A command that changes history without one is a defect that the
// pipeline refuses.
func (tx *Tx) Record(r Record) {
	if r.TargetType == "" {
		r.TargetType = r.Entity
	}
	if r.By == nil {
		r.Operation = tx.operation
	}
	tx.records = append(tx.records, r)
}

// Name adds an audit entry like Record and gives the id that it will have. Those
// before it get theirs too, since ids rise along the trail.
func (tx *Tx) Name(r Record) urn.ID {
	tx.Record(r)
	for i := range tx.records {
		if tx.records[i].ID == "" {
			tx.records[i].ID = tx.NewID(urn.PrefixAudit)
		}
	}
	return tx.records[len(tx.records)-1].ID
}

// Enter names the operation that the following records come from.
func (tx *Tx) Enter(operation string) { tx.operation = operation }

// Attempt runs a part of the command. An error of it takes back what that part
// wrote and recorded, and is returned.
func (tx *Tx) Attempt(part func() error) error {
	n, later := len(tx.records), len(tx.after)
	err := tx.Tx.Attempt(part)
	if err != nil {
		tx.records, tx.after = tx.records[:n], tx.after[:later]
	}
	return err
}

// Afterwards has a part of the command run when its handler is done, before the
// guards: what follows from all that it did, and not from a step of it. Parts
// run in the order in which they were asked for; an error takes all back.
func (tx *Tx) Afterwards(part func() error) { tx.after = append(tx.after, part) }

// Records are the audit entries asked for so far.
func (tx *Tx) Records() []Record { return tx.records }

// CheckVersion compares the version that the caller read, by If-Match or in
// the body (0: not given), with the current one.
func (tx *Tx) CheckVersion(current, body uint64) *fault.Fault {
	conflict := func(expected uint64) *fault.Fault {
		return fault.New(fault.VersionConflict, "the thing was changed since it was read; read it again and repeat the change").
			With("expected", expected).With("current", current)
	}
	if tx.ifMatch != 0 && tx.ifMatch != current {
		return conflict(tx.ifMatch).Precondition()
	}
	if body != 0 && body != current {
		return conflict(body)
	}
	return nil
}

// Conditional says whether the caller named, by If-Match, the version that it
// read.
func (tx *Tx) Conditional() bool { return tx.ifMatch != 0 }

// Call is one operation on its way to a node: the wire form that all Runners
// take.
type Call struct {
	// Op is the operation's name, for example object.update.
	Op string
	// Operation is the declaration of Op. Typed calls give it; the client over
	// HTTP takes the route from it, other Runners go by the name.
	Operation *Operation
	// Input is the JSON of the operation's input.
	Input JSON
	// Items, instead of Op and Input, are operations that happen together or
	// not at all.
	Items []Item
	// Token is the caller's bearer token. It is never logged.
	Token string
	// ActAs is the user for whom a host acts.
	ActAs urn.ID
	// IdempotencyKey makes a repeated command happen once; "" is none.
	IdempotencyKey string
	// RequestID links the call to its audit entries.
	RequestID string
	// IfMatch is the version that must be current; 0 is none.
	IfMatch uint64
	// At asks for an earlier state: a revision, or an RFC 3339 time.
	At string
	// MinRevision makes a read wait until the node has it.
	MinRevision uint64
	// Stale asks for an unconfirmed read, which needs a right of its own.
	Stale bool
	// Trace is the cause as the caller tells it.
	Trace Trace
}

// Batch stands for the name of an operation where a call has several.
const Batch = "batch"

// Item is one operation of several that happen together.
type Item struct {
	Op    string `json:"op"`
	Input JSON   `json:"input"`
}

// Reply is what a Runner gives back.
type Reply struct {
	// Output is the JSON of the operation's output; for Items an object with
	// one member, results.
	Output JSON
	// Raw, instead of Output, is an answer that is not JSON.
	Raw *Raw
	// Revision is the state's revision that the reply speaks of.
	Revision uint64
	// Version is the version of the thing in Output, for the ETag; 0 is none.
	Version uint64
	// Replayed says that the command had happened before under the same
	// idempotency key.
	Replayed bool
	// Stale says that the read was not confirmed by a quorum.
	Stale bool
}

// Runner runs operations: a cluster node, the HTTP client, a one-node machine.
// Errors are *fault.Fault, or the context's. With an error there may be a
// reply, of which only the revision means anything.
type Runner interface {
	Run(ctx context.Context, call *Call) (*Reply, error)
}
