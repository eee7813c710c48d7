package audit

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// TraceInput is reads and refusals that nodes saw, for the log.
type TraceInput struct {
	Traces []Trace `json:"traces" op:"required,min=1,max=512" doc:"what was read or refused, in order"`
}

// Trace is one thing that somebody read or was refused, outside of a command.
type Trace struct {
	ActorID        urn.ID `json:"actor_id" op:"required" doc:"who it was"`
	ImpersonatorID urn.ID `json:"impersonator_id,omitempty" doc:"who acted for the actor, by a key of its own"`
	CredentialID   urn.ID `json:"credential_id,omitempty" doc:"by which key"`
	RequestID      string `json:"request_id,omitempty" doc:"the call"`
	Client         string `json:"client,omitempty" doc:"the program that called, as it said"`
	TraceScopeID   urn.ID `json:"trace_scope_id,omitempty" doc:"the scope that the call was about, as the caller said"`
	EnvironmentID  urn.ID `json:"environment_id,omitempty" doc:"the environment, as the caller said"`
	ParentTraceID  urn.ID `json:"parent_trace_id,omitempty" doc:"the entry that caused the call, as the caller said"`
	Action         string `json:"action" op:"required" doc:"read, export or access_check"`
	Operation      string `json:"operation" op:"required" doc:"the operation that was called"`
	Entity         string `json:"entity" op:"required" doc:"the kind of record"`
	TargetType     string `json:"target_type,omitempty" doc:"the type of the thing"`
	TargetID       urn.ID `json:"target_id,omitempty" doc:"the thing"`
	ScopeID        urn.ID `json:"scope_id,omitempty" doc:"the scope of the thing"`
	Denied         bool   `json:"denied,omitempty" doc:"whether it was refused"`
	Count          uint64 `json:"count" op:"required,min=1" doc:"how often it happened"`
	Facts          []Fact `json:"facts,omitempty" doc:"facts about it"`
}

// Fact is one fact of a trace: a text, or a whole number where it has one.
type Fact struct {
	Name   string  `json:"name" op:"required" doc:"the fact"`
	Text   string  `json:"text,omitempty" doc:"its text"`
	Number *uint64 `json:"number,omitempty" doc:"its number"`
}

// Of makes the trace of a record that a read or a refusal left (op.View's
// Traced, Denied), and of who made the call. It happened once.
func Of(d op.Doer, r op.Record) Trace {
	t := Trace{
		ActorID: d.Caller.ID, ImpersonatorID: d.Caller.Host, CredentialID: d.Caller.Credential,
		RequestID: d.RequestID, Client: d.Trace.Client, TraceScopeID: d.Trace.ScopeID, EnvironmentID: d.Trace.EnvironmentID,
		ParentTraceID: d.Trace.ParentID, Action: r.Action, Operation: r.Operation, Entity: r.Entity, TargetType: r.TargetType,
		TargetID: r.TargetID, ScopeID: r.ScopeID, Denied: r.Denied, Count: 1,
	}
	for _, m := range r.Metadata {
		f := Fact{Name: m.Name}
		switch v := m.Value.(type) {
		case string:
			f.Text = v
		case bool:
			f.Text = strconv.FormatBool(v)
		case uint64:
			f.Number = &v
		case int64:
			n := uint64(v)
			f.Number = &n
		}
		t.Facts = append(t.Facts, f)
	}
	if r.Items > 0 {
		t.Facts = append(t.Facts, Fact{Name: "items", Number: &r.Items})
	}
	return t
}

// record is what the trail will say.
func (t *Trace) record() op.Record {
	r := op.Record{
		Action: t.Action, Operation: t.Operation, Entity: t.Entity, TargetType: t.TargetType, TargetID: t.TargetID,
		ScopeID: t.ScopeID, Denied: t.Denied,
		By: &op.Doer{
			Caller:    op.Caller{ID: t.ActorID, Host: t.ImpersonatorID, Credential: t.CredentialID},
			RequestID: t.RequestID,
			Trace:     op.Trace{ScopeID: t.TraceScopeID, EnvironmentID: t.EnvironmentID, ParentID: t.ParentTraceID, Client: t.Client},
		},
	}
	for _, f := range t.Facts {
		m := fault.Member{Name: f.Name, Value: f.Text}
		if f.Number != nil {
			m.Value = *f.Number
		}
		r.Metadata = append(r.Metadata, m)
	}
	if t.Count > 1 {
		r.Metadata = append(r.Metadata, fault.Member{Name: "count", Value: t.Count})
	}
	return r
}

// Traced says which entries the traces became.
type Traced struct {
	First uint64 `json:"first" doc:"the first entry"`
	Last  uint64 `json:"last" doc:"the last entry"`
}

// Commit writes what nodes saw into the trail, in the name of those who did
// it. The reply to a strict read waits for it.
var Commit = op.NewCommand(Ops, op.Spec[TraceInput, Traced]{
	Name:    "trace",
	Summary: "Commit the traces of reads and refusals.",
	Access:  op.Internal[TraceInput]("trace"),
	Example: TraceInput{Traces: []Trace{{
		ActorID: "alice", Action: "read", Operation: "audit.entries", Entity: EntityAudit, TargetType: EntityAudit, TargetID: EntityAudit, Count: 1,
	}}},
	Result: Traced{First: 42, Last: 42},
	Undo:   op.Final("what was read was read"),
}, func(tx *op.Tx, in TraceInput) (Traced, error) {
	first := tx.Head().Sequence + 1
	for i := range in.Traces {
		in.Traces[i].keepExport(tx.Tx, first+uint64(i))
		tx.Record(in.Traces[i].record())
	}
	return Traced{First: first, Last: first + uint64(len(in.Traces)) - 1}, nil
})
