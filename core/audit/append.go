package audit

import (
	"errors"
	"strconv"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Append writes the entries of one command, in the order of its records, and
// moves the head: the chain, the tree and its complete tiles. The first entry
// is the parent of the others; records of what somebody else did (op.Doer)
// stand alone. It gives the sequence of the first entry, 0 if there is none.
// A fault means that a record cannot be written, for a secret in it or a defect
// of its operation: the command must be dropped.
func Append(tx *state.Tx, caller op.Caller, requestID string, trace op.Trace, records []op.Record) (first uint64, f *fault.Fault) {
	self := op.Doer{Caller: caller, RequestID: requestID, Trace: trace}
	for i := range records {
		w := writer{tx: tx, record: &records[i], doer: self}
		if w.record.By != nil {
			w.doer = *w.record.By
		}
		if first == 0 || w.record.By != nil {
			w.cause()
		}
		id, err := w.write()
		if errors.Is(err, errSecret) {
			return 0, fault.New(fault.ValidationFailed, "a text looks like a bearer token; nothing that looks like a key may be stored in names, descriptions or metadata")
		}
		if err != nil {
			return 0, fault.New(fault.Internal, "the operation is defective and changed nothing").Wrap(err)
		}
		if first == 0 {
			first = tx.Head().Sequence
			self.Trace.ParentID = id
		}
	}
	return first, nil
}

// Denied is the record of a refusal: what was asked for, of what, and the rule
// that refused if it was one.
func Denied(action, operation string, target op.Target, d *op.Decision) op.Record {
	r := op.Record{
		Action: "access_check", Operation: operation, Entity: target.Entity, TargetType: target.Entity, TargetID: target.ID,
		Denied: true, Metadata: []fault.Member{{Name: "requested_action", Value: action}},
	}
	if r.Entity == "" {
		r.Entity, r.TargetType, r.TargetID = "operation", "operation", urn.ID(operation)
	}
	if target.Entity == op.EntityScope {
		r.ScopeID = target.ID
	}
	if d != nil && d.Lacks != "" {
		r.Metadata = append(r.Metadata, fault.Member{Name: "key_lacks", Value: string(d.Lacks)})
	}
	if d != nil && d.DeniedBy != "" {
		r.Metadata = append(r.Metadata, fault.Member{Name: "denied_by", Value: string(d.DeniedBy)})
	}
	return r
}

// writer makes one entry.
type writer struct {
	tx     *state.Tx
	record *op.Record
	doer   op.Doer
	// opening is the key of digests; it is kept only if one was made.
	opening []byte
	opened  bool
}

var errSecret = errors.New("audit: a record holds something that looks like a bearer token")

func (w *writer) write() (urn.ID, error) {
	salt := w.tx.Draw()
	w.opening = salt[16:]
	e := w.entry()
	e.Salt = chain.HexBytes(salt[:16])
	var err error
	if e.BeforeDigest, err = w.state("before", w.record.Before); err != nil {
		return "", err
	}
	if e.AfterDigest, err = w.state("after", w.record.After); err != nil {
		return "", err
	}
	facts, err := w.facts()
	if err != nil {
		return "", err
	}
	b, err := e.Encode(facts)
	if err != nil {
		return "", err
	}
	if urn.HoldsToken(b) {
		return "", errSecret
	}
	r := &row{Sequence: e.Sequence, Revision: e.Revision, Entry: b}
	if w.opened {
		r.Opening = w.opening
	}
	entries.Insert(w.tx, r)
	grow(w.tx, b)
	return e.ID, nil
}

// cause keeps the parent that the caller named, so that it is found from there.
// A name of nothing is dropped: what a caller may name was decided before.
func (w *writer) cause() {
	named := &w.doer.Trace.ParentID
	if *named == "" {
		return
	}
	parent, found := SequenceOf(w.tx, *named)
	if !found {
		*named = ""
		return
	}
	links.Insert(w.tx, &link{Parent: parent, Child: w.tx.Head().Sequence + 1})
}

// entry fills in what does not depend on states.
func (w *writer) entry() *chain.Entry {
	r, d, h := w.record, &w.doer, w.tx.Head()
	id := r.ID
	if id == "" {
		id = w.tx.NewID(urn.PrefixAudit)
	}
	e := &chain.Entry{
		Sequence: h.Sequence + 1, ID: id, Revision: w.tx.Revision(), Timestamp: w.tx.Time().String(),
		Action: r.Action, Operation: r.Operation, Outcome: chain.OK,
		ActorID: d.Caller.ID, ImpersonatorID: d.Caller.Host, CredentialID: d.Caller.Credential,
		RequestID: w.plain("request_id", d.RequestID), Client: w.plain("client", d.Trace.Client),
		Entity: r.Entity, TargetType: r.TargetType, TargetID: urn.ID(w.plain("target_id", string(r.TargetID))), ScopeID: r.ScopeID,
		EnvironmentID: urn.ID(w.plain("environment_id", string(d.Trace.EnvironmentID))),
		TraceScopeID:  urn.ID(w.plain("trace_scope_id", string(d.Trace.ScopeID))),
		ParentTraceID: urn.ID(w.plain("parent_trace_id", string(d.Trace.ParentID))),
		Previous:      chain.Hex(h.Chain),
	}
	if r.Denied {
		e.Outcome = chain.Denied
	}
	return e
}

// state gives the digest of a state; that of none is empty.
func (w *writer) state(name string, value any) (string, error) {
	if value == nil {
		return "", nil
	}
	canonical, err := encode(value)
	if err != nil {
		return "", err
	}
	if urn.HoldsToken(canonical) {
		return "", errSecret
	}
	return w.digest(name, canonical), nil
}

func (w *writer) digest(name string, content []byte) string {
	w.opened = true
	return chain.Digest(w.opening, name, content)
}

// facts gives the metadata as it enters the chain.
func (w *writer) facts() ([]chain.Fact, error) {
	facts := make([]chain.Fact, 0, len(w.record.Metadata))
	for _, m := range w.record.Metadata {
		fact := chain.Fact{Name: m.Name}
		switch v := m.Value.(type) {
		case string:
			// What somebody asked for is his own text, and no defect of an operation.
			if w.record.By == nil && urn.HoldsToken([]byte(v)) {
				return nil, errSecret
			}
			fact.Text = w.plain(m.Name, v)
		case bool:
			fact.Text = strconv.FormatBool(v)
		case int64:
			fact.Number, fact.IsNumber = v, true
		case uint64:
			if v > canon.MaxInt {
				return nil, errors.New("audit: a fact has more than 53 bits")
			}
			fact.Number, fact.IsNumber = int64(v), true
		default:
			return nil, errors.New("audit: the fact " + m.Name + " is no text, number or truth value")
		}
		facts = append(facts, fact)
	}
	return facts, nil
}

// digested begins what stands in an entry for a text.
const digested = "hmac-sha256:"

// plain keeps words (ids, names of the program's own) as they are. Any other
// text may be content that has to be erased one day, and the chain cannot
// forget: it enters by its digest. So does a word that looks like a token: a
// caller may choose his request id and the id that he asks about, and must not
// keep his refusal out of the trail by that.
func (w *writer) plain(name, text string) string {
	if chain.IsWord(text) && !urn.HoldsToken([]byte(text)) {
		return text
	}
	return digested + w.digest(name, []byte(text))
}
