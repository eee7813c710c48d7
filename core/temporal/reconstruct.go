package temporal

import (
	"strconv"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// ReconstructInput names a thing.
type ReconstructInput struct {
	Entity string `json:"entity" op:"path,max=64" doc:"the kind of the thing: object, scope, membership, projection, principal, ..."`
	ID     string `json:"id" op:"path,max=512" doc:"the thing"`
}

// Reconstructed is a thing as it was at one moment.
type Reconstructed struct {
	Entity     string     `json:"entity" doc:"the kind of the thing"`
	TargetType string     `json:"target_type,omitempty" doc:"the application's own type for objects, else the entity"`
	TargetID   urn.ID     `json:"target_id" doc:"the thing"`
	ScopeID    urn.ID     `json:"scope_id,omitempty" doc:"the scope that the thing belonged to"`
	Revision   uint64     `json:"revision" doc:"the revision that the state is of"`
	TraceID    urn.ID     `json:"trace_id,omitempty" doc:"the entry of the change that made it so"`
	Timestamp  state.Time `json:"timestamp,omitzero" doc:"the time that the revision stands for"`
	Found      bool       `json:"found" doc:"whether the thing had been made by then"`
	Deleted    bool       `json:"deleted" doc:"whether it had ended by then: deleted, archived or revoked"`
	Version    uint64     `json:"version,omitempty" doc:"how often it had changed, where that is counted"`
	State      any        `json:"state,omitempty" doc:"all that was known of it, if it had not ended"`
}

// Reconstruct shows one thing as it was.
var Reconstruct = op.NewQuery(Ops, op.Spec[ReconstructInput, Reconstructed]{
	Name:    "reconstruct",
	Summary: "Show any thing as it was at a revision or a time.",
	Doc: "Give the moment as at; without it the state of now is shown. Who may see the thing now may see its past, and auditors may. " +
		"That you looked is itself an entry of the trail.",
	Route:   "GET /v1/temporal/{entity}/{id}",
	Access:  op.Anyone[ReconstructInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: ReconstructInput{Entity: op.EntityObject, ID: string(exampleObject)},
	Result:  exampleState,
}, func(v *op.View, in ReconstructInput) (Reconstructed, error) {
	t, err := open(v, in.Entity, in.ID)
	if err != nil {
		return Reconstructed{}, err
	}
	t.traced(v, "temporal.reconstruct", strconv.FormatUint(v.Revision(), 10))
	return t.asOf(v, v.View), nil
})

// Thing names one of several things.
type Thing struct {
	Entity string `json:"entity" op:"required,max=64" doc:"the kind of the thing"`
	ID     string `json:"id" op:"required,max=512" doc:"the thing"`
}

// ManyInput names several things.
type ManyInput struct {
	Targets []Thing `json:"targets" op:"required,min=1,max=100" doc:"the things"`
}

// States are things as they were, in the order of the question.
type States struct {
	Items []Reconstructed `json:"items" doc:"one for each that was asked for, in the same order"`
}

// ReconstructMany shows several things as of one moment.
var ReconstructMany = op.NewQuery(Ops, op.Spec[ManyInput, States]{
	Name:    "reconstruct_many",
	Summary: "Show several things as they were at one revision or time.",
	Doc:     "Give the moment as at. All things are shown as of the same revision; if one of them cannot be seen, none is.",
	Route:   "POST /v1/temporal/reconstruct",
	Access:  op.Anyone[ManyInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: ManyInput{Targets: []Thing{{Entity: op.EntityObject, ID: string(exampleObject)}}},
	Result:  States{Items: []Reconstructed{exampleState}},
}, func(v *op.View, in ManyInput) (States, error) {
	var out States
	for _, target := range in.Targets {
		t, err := open(v, target.Entity, target.ID)
		if err != nil {
			return States{}, err
		}
		t.traced(v, "temporal.reconstruct_many", strconv.FormatUint(v.Revision(), 10))
		out.Items = append(out.Items, t.asOf(v, v.View))
	}
	return out, nil
})

// HistoryAtInput names a thing and moments.
type HistoryAtInput struct {
	Entity string   `json:"entity" op:"path,max=64" doc:"the kind of the thing"`
	ID     string   `json:"id" op:"path,max=512" doc:"the thing"`
	Times  []string `json:"times" op:"required,min=1,max=100" doc:"revisions or times, in any order"`
}

// HistoryAt shows one thing as of several moments.
var HistoryAt = op.NewQuery(Ops, op.Spec[HistoryAtInput, States]{
	Name:    "history_at",
	Summary: "Show one thing as it was at several revisions or times.",
	Route:   "POST /v1/temporal/{entity}/{id}/states",
	Access:  op.Anyone[HistoryAtInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: HistoryAtInput{Entity: op.EntityObject, ID: string(exampleObject), Times: []string{"42"}},
	Result:  States{Items: []Reconstructed{exampleState}},
}, func(v *op.View, in HistoryAtInput) (States, error) {
	t, err := open(v, in.Entity, in.ID)
	if err != nil {
		return States{}, err
	}
	t.traced(v, "temporal.history_at", strconv.Itoa(len(in.Times))+" moments")
	var out States
	for i, text := range in.Times {
		revision, f := moment(v, text, "/times/"+strconv.Itoa(i))
		if f != nil {
			return States{}, f
		}
		at := Reconstructed{Entity: t.entity.Name, TargetID: t.id, Revision: revision}
		if revision > 0 {
			v.Look(revision, func(past state.View) { at = t.asOf(v, past) })
		}
		out.Items = append(out.Items, at)
	}
	return out, nil
})

// open finds a thing that the caller may see the past of. One that is not there
// and one that he may not see have the same answer.
func open(v *op.View, entity, id string) (thing, error) {
	t, f := find(v.Catalog, entity, id)
	if f != nil {
		return thing{}, f
	}
	if _, known := t.entity.Known(v.Now, t.id); !known {
		return thing{}, op.NotFound()
	}
	if d := t.see(v); !d.Allowed {
		return thing{}, t.hidden("read", d)
	}
	return t, nil
}

// traced has the reply wait until the trail says what was looked at.
func (t thing) traced(v *op.View, operation, asOf string) {
	v.Traced(op.Record{
		Action: "read", Operation: operation, Entity: t.entity.Name, TargetType: t.entity.Name, TargetID: t.id,
		Metadata: []fault.Member{{Name: "as_of", Value: asOf}},
	})
}

// asOf is the thing as a view shows it, with the entry of the trail that made it
// so.
func (t thing) asOf(v *op.View, past state.View) Reconstructed {
	r := t.shown(v, past)
	r.TraceID = t.last(v, past)
	return r
}

// shown is the thing as a view shows it.
func (t thing) shown(v *op.View, past state.View) Reconstructed {
	k, found := t.entity.Known(past, t.id)
	r := Reconstructed{
		Entity: t.entity.Name, TargetType: k.Type, TargetID: t.id, ScopeID: k.ScopeID, Revision: past.Revision(),
		Timestamp: audit.TimeAt(v.Now, past.Revision()), Found: found, Deleted: found && k.Ended, Version: k.Version,
	}
	if found && !k.Ended {
		r.State = k.State
		if t.entity.Reveal != nil {
			r.State = t.entity.Reveal(v, t.id, k.State)
		}
	}
	return r
}

var exampleState = Reconstructed{
	Entity: op.EntityObject, TargetType: "note", TargetID: exampleObject, Revision: 42, Timestamp: 1767225600000000,
	Found: true, Version: 1, State: map[string]string{"owner_id": "alice"},
}
