package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// ProjectionsInput names a scope and filters what is shared with it.
type ProjectionsInput struct {
	ID         urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended shares too; true when absent"`
	op.Paging
}

// Projections lists what is shared with a scope, in order of the object's id,
// to members whose role gives read on it.
var Projections = op.NewQuery(Ops, op.Spec[ProjectionsInput, op.Page[Projection]]{
	Name:     "projections",
	Summary:  "List the objects that are shared with a scope.",
	Route:    "GET /v1/scopes/{id}/projections",
	Access:   op.May("list", op.Read, func(in ProjectionsInput) op.Target { return op.Scope(in.ID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  ProjectionsInput{ID: exampleID},
	Result:   op.NewPage([]Projection{exampleProjection}, ""),
	Validate: func(in *ProjectionsInput) *fault.Fault { return in.CheckCursor(urn.PrefixObject) },
}, func(v *op.View, in ProjectionsInput) (op.Page[Projection], error) {
	none := op.Page[Projection]{}
	if f := within(v, in.ID, op.Read); f != nil {
		return none, f
	}
	scope, ok := Find(v, in.ID)
	if !ok {
		return none, op.NotFound()
	}
	show := func(p *Projection) (Projection, bool) {
		s := p.shown(v, scope)
		return s, (s.Live() || (in.ActiveOnly != nil && !*in.ActiveOnly)) && !hidden(v, p.ObjectID)
	}
	rows := Shown(v, in.ID, urn.ID(in.Cursor))
	return op.Fill(rows, in.Paging, show, func(p *Projection) op.Cursor { return op.Cursor(p.ObjectID) }), nil
})

// hidden says whether the caller would see an object but for a rule: then no
// share of it is shown to him either.
func hidden(v *op.View, object urn.ID) bool {
	return v.Decide("read", op.Read, op.Object(object)).DeniedBy != ""
}

// OfObjectInput names an object and filters where it is shared.
type OfObjectInput struct {
	ObjectID   urn.ID `json:"object_id" op:"path,id=obj" doc:"the object"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended shares too; true when absent"`
	op.Paging
}

// OfObject lists where an object is shared, by scope, to its owner.
var OfObject = op.NewQuery(Ops, op.Spec[OfObjectInput, op.Page[Projection]]{
	Name:     "of_object",
	Summary:  "List the scopes that an object of yours is shared with.",
	Route:    "GET /v1/objects/{object_id}/projections",
	Access:   op.May("list", op.Read, func(in OfObjectInput) op.Target { return op.Object(in.ObjectID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  OfObjectInput{ObjectID: exampleObject},
	Result:   op.NewPage([]Projection{exampleProjection}, ""),
	Validate: func(in *OfObjectInput) *fault.Fault { return in.CheckCursor(urn.PrefixScope, urn.PrefixOrg) },
}, func(v *op.View, in OfObjectInput) (op.Page[Projection], error) {
	if hidden(v, in.ObjectID) {
		return op.Page[Projection]{}, op.NotFound()
	}
	if h, ok := objects.Find(v.Now, in.ObjectID); !ok || h.OwnerID != v.Caller.ID {
		return op.Page[Projection]{}, fault.New(fault.PermissionDenied, "this is shown to the object's owner only")
	}
	r := state.Behind(urn.ID(in.Cursor), key.ProjectionObject, in.ObjectID)
	show := func(p *Projection) (Projection, bool) {
		scope, _ := Find(v, p.ScopeID)
		s := p.shown(v, scope)
		return s, s.Live() || (in.ActiveOnly != nil && !*in.ActiveOnly)
	}
	return op.Fill(byObject.Scan(v, r), in.Paging, show, func(p *Projection) op.Cursor { return op.Cursor(p.ScopeID) }), nil
})

// ShareInput names a scope and an object.
type ShareInput struct {
	ID       urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	ObjectID urn.ID `json:"object_id" op:"path,id=obj" doc:"the object"`
}

// Share says whether an object is shared with a scope, and how.
type Share struct {
	IsProjected bool        `json:"is_projected" doc:"whether the share counts"`
	Projection  *Projection `json:"projection" doc:"the share; null if none counts"`
}

// IsProjected says whether an object is shared with a scope, to its owner and
// to members whose role reads.
var IsProjected = op.NewQuery(Ops, op.Spec[ShareInput, Share]{
	Name:    "is_projected",
	Summary: "Ask whether an object is shared with a scope.",
	Route:   "GET /v1/scopes/{id}/projections/{object_id}",
	Access:  op.Anyone[ShareInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied},
	Example: ShareInput{ID: exampleID, ObjectID: exampleObject},
	Result:  Share{IsProjected: true, Projection: &exampleProjection},
}, func(v *op.View, in ShareInput) (Share, error) {
	if v.Demand("read", op.Own, op.Object(in.ObjectID)) != nil {
		if hidden(v, in.ObjectID) {
			return Share{}, nil
		}
		if err := v.Demand("read", op.Read, op.Scope(in.ID)); err != nil {
			return Share{}, err
		}
		if f := within(v, in.ID, op.Read); f != nil {
			return Share{}, f
		}
	}
	scope, ok := Find(v, in.ID)
	if !ok {
		return Share{}, nil
	}
	p, ok := Projected(v, in.ID, in.ObjectID)
	if !ok {
		return Share{}, nil
	}
	if s := p.shown(v, scope); s.Live() {
		return Share{IsProjected: true, Projection: &s}, nil
	}
	return Share{}, nil
})

// shown gives the projection with the status that it has in effect.
func (p *Projection) shown(v state.View, scope *Header) Projection {
	s := *p
	if h, ok := objects.Find(v, p.ObjectID); !ok || h.Lifecycle != objects.Active || !scope.Shares() {
		s.Status = StatusRevoked
	}
	return s
}
