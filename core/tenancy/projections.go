package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
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
	Validate: func(in *ProjectionsInput) *fault.Fault { return checkCursor(in.Cursor, urn.PrefixObject) },
}, func(v *op.View, in ProjectionsInput) (op.Page[Projection], error) {
	none := op.Page[Projection]{}
	if f := within(v, in.ID, op.Read); f != nil {
		return none, f
	}
	scope, ok := Find(v, in.ID)
	if !ok {
		return none, op.NotFound()
	}
	rows := Shown(v, in.ID, urn.ID(in.Cursor))
	defer rows.Close()
	var items []Projection
	for seen := 1; rows.Next(); seen++ {
		p := rows.Row().shown(v, scope)
		if p.Live() || (in.ActiveOnly != nil && !*in.ActiveOnly) {
			items = append(items, p)
		}
		if len(items) == in.Size() || seen == pageScan {
			return op.NewPage(items, op.Cursor(p.ObjectID)), nil
		}
	}
	return op.NewPage(items, ""), nil
})

// shown gives the projection with the status that it has in effect.
func (p *Projection) shown(v state.View, scope *Header) Projection {
	s := *p
	if h, ok := objects.Find(v, p.ObjectID); !ok || h.Lifecycle != objects.Active || !scope.Shares() {
		s.Status = StatusRevoked
	}
	return s
}
