package registry

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// sees says whether the caller may see an entry: who may see what it names, who
// registered it, administrators and auditors. A name that is for nothing stored
// here is there for everybody to read.
func sees(v *op.View, e *Entry) bool {
	c := &v.Caller
	if e.TargetEntity == "" || e.RegisteredBy == c.ID || c.Holds(op.Administer) || c.Holds(op.ReadAudit) {
		return true
	}
	d := v.Decide("read", op.Read, op.Target{Entity: e.TargetEntity, ID: e.TargetID})
	return d.Allowed
}

// visible gives an entry if there is one and the caller may see it.
func visible(v *op.View, e *Entry, there bool) (*Entry, bool) {
	if !there || !sees(v, e) {
		return nil, false
	}
	s := e.shown()
	return &s, true
}

func answer(e *Entry, there bool) (Entry, error) {
	if !there {
		return Entry{}, op.NotFound()
	}
	return *e, nil
}

// Get shows an entry.
var Get = op.NewQuery(Ops, op.Spec[EntryInput, Entry]{
	Name:    "get",
	Summary: "Show an entry of the registry.",
	Route:   "GET /v1/registry/entries/{id}",
	Access:  op.Anyone[EntryInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: EntryInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in EntryInput) (Entry, error) {
	e, ok := Find(v, in.ID)
	return answer(visible(v, e, ok))
})

// URNInput is a whole name.
type URNInput struct {
	URN string `json:"urn" op:"required,query,max=1024" doc:"the whole name, weir:<kind>:<namespace>:<name>:<version>"`
}

func (in *URNInput) validate() *fault.Fault {
	_, f := urn.ParseURN(in.URN)
	if f != nil {
		f = f.At(fault.Item{Pointer: "/urn", Code: string(fault.ValidationFailed), Detail: f.Detail})
	}
	return f
}

// GetByURN looks a name up.
var GetByURN = op.NewQuery(Ops, op.Spec[URNInput, Entry]{
	Name:     "get_by_urn",
	Summary:  "Show the entry with a URN.",
	Route:    "GET /v1/registry/by-urn",
	Access:   op.Anyone[URNInput]("read"),
	Faults:   []fault.Code{fault.NotFound, fault.ValidationFailed},
	Example:  URNInput{URN: example.URN},
	Result:   example,
	Validate: func(in *URNInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in URNInput) (Entry, error) { return answer(byName(v, in)) })

func byName(v *op.View, in URNInput) (*Entry, bool) {
	name, f := urn.ParseURN(in.URN)
	if f != nil {
		return nil, false
	}
	e, ok := ByURN(v, name)
	return visible(v, e, ok)
}

// TargetInput names a thing.
type TargetInput struct {
	Entity string `json:"target_entity" op:"required,query,min=1,max=64" doc:"the kind of record: principal, scope, rule"`
	ID     urn.ID `json:"target_id" op:"required,query,min=1,max=128" doc:"the record"`
}

// GetByTarget shows the newest entry of a thing.
var GetByTarget = op.NewQuery(Ops, op.Spec[TargetInput, Entry]{
	Name:    "get_by_target",
	Summary: "Show the entry of a thing, by the thing's own id.",
	Route:   "GET /v1/registry/by-target",
	Access:  op.Anyone[TargetInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: TargetInput{Entity: op.EntityPrincipal, ID: "alice"},
	Result:  example,
}, func(v *op.View, in TargetInput) (Entry, error) {
	e, ok := ByTarget(v, in.Entity, in.ID)
	return answer(visible(v, e, ok))
})

// FindInput asks for an entry by its URN or by what it names.
type FindInput struct {
	URN    string `json:"urn,omitempty" op:"query,max=1024" doc:"the whole name; give this or a target"`
	Entity string `json:"target_entity,omitempty" op:"query,max=64" doc:"the kind of record"`
	ID     urn.ID `json:"target_id,omitempty" op:"query,max=128" doc:"the record"`
}

// Found is an entry, or none.
type Found struct {
	Entry *Entry `json:"entry" doc:"the entry; null if there is none that you can see"`
}

// FindEntry looks for an entry and says so when there is none, where Get would
// refuse.
var FindEntry = op.NewQuery(Ops, op.Spec[FindInput, Found]{
	Name:    "find",
	Schema:  2,
	Summary: "Look for an entry by its URN or by what it names; none is no error.",
	Route:   "GET /v1/registry/find",
	Access:  op.Anyone[FindInput]("read"),
	Faults:  []fault.Code{fault.ValidationFailed},
	Example: FindInput{URN: "weir:principal:identity:user:alice:1"},
	Result:  Found{Entry: &example},
	Validate: func(in *FindInput) *fault.Fault {
		switch {
		case (in.Entity == "") != (in.ID == ""):
			return oneTarget()
		case (in.URN == "") == (in.ID == ""):
			detail := "exactly one of urn and target must be given"
			return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/urn", Code: "one-of", Detail: detail})
		case in.URN != "":
			return (&URNInput{in.URN}).validate()
		}
		return nil
	},
}, func(v *op.View, in FindInput) (Found, error) {
	var e *Entry
	var there bool
	if in.URN != "" {
		e, there = byName(v, URNInput{in.URN})
	} else {
		e, there = ByTarget(v, in.Entity, in.ID)
		e, there = visible(v, e, there)
	}
	if !there {
		e = nil
	}
	return Found{Entry: e}, nil
})
