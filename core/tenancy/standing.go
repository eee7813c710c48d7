package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// OfPrincipalInput names a principal and filters its memberships.
type OfPrincipalInput struct {
	ID         urn.ID `json:"id" op:"path,id=principal" doc:"the principal"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended memberships too; true when absent"`
	op.Paging
}

// OfPrincipal lists where a principal belongs, by scope, to itself and to
// cluster administrators.
var OfPrincipal = op.NewQuery(Ops, op.Spec[OfPrincipalInput, op.Page[Membership]]{
	Name:     "of_principal",
	Summary:  "List the memberships of a principal.",
	Route:    "GET /v1/principals/{id}/memberships",
	Access:   op.May("list", op.Read, func(in OfPrincipalInput) op.Target { return op.Principal(in.ID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  OfPrincipalInput{ID: "bob"},
	Result:   op.NewPage([]Membership{exampleMember}, ""),
	Validate: func(in *OfPrincipalInput) *fault.Fault { return in.CheckCursor(urn.PrefixMembership) },
}, func(v *op.View, in OfPrincipalInput) (op.Page[Membership], error) {
	if in.ID != v.Caller.ID && !v.Caller.Holds(op.Administer) {
		return op.Page[Membership]{}, fault.New(fault.PermissionDenied, "this is shown to the principal itself and to administrators of the cluster only")
	}
	r := state.Range{Prefix: state.Key(key.Membership, string(in.ID))}
	if in.Cursor != "" {
		last, ok := FindMembership(v, urn.ID(in.Cursor))
		if !ok || last.PrincipalID != in.ID {
			return op.Page[Membership]{}, fault.New(fault.InvalidCursor, "the cursor is not one of this list")
		}
		r.After = state.Key(key.Membership, string(in.ID), last.ScopeID, last.ID)
	}
	show := func(m *Membership) (Membership, bool) {
		scope, _ := Find(v, m.ScopeID)
		s := m.EffectiveIn(v, scope, v.At)
		return s, s.Status == StatusActive || (in.ActiveOnly != nil && !*in.ActiveOnly)
	}
	return op.Fill(memberships.Scan(v, r), in.Paging, show, (*Membership).cursor), nil
})

// StandingInput names a scope and a principal.
type StandingInput struct {
	ID          urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	PrincipalID urn.ID `json:"principal_id" op:"path,id=principal" doc:"the principal"`
}

// Standing is what a principal is in a scope.
type Standing struct {
	IsMember    bool         `json:"is_member" doc:"whether one membership counts at least"`
	Memberships []Membership `json:"memberships" doc:"the memberships that count"`
}

// IsMember says what a principal is in a scope: to itself, also where the scope
// is not there for it any more, to members, and to cluster administrators.
var IsMember = op.NewQuery(Ops, op.Spec[StandingInput, Standing]{
	Name:    "is_member",
	Summary: "Ask whether a principal belongs to a scope, and as what.",
	Route:   "GET /v1/scopes/{id}/members/{principal_id}",
	Access:  op.Anyone[StandingInput]("read"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied},
	Example: StandingInput{ID: exampleID, PrincipalID: "bob"},
	Result:  Standing{IsMember: true, Memberships: []Membership{exampleMember}},
}, func(v *op.View, in StandingInput) (Standing, error) {
	none := Standing{Memberships: []Membership{}}
	scope, ok := Find(v, in.ID)
	if in.PrincipalID != v.Caller.ID && !v.Caller.Holds(op.Administer) {
		if err := v.Demand("read", op.Read, op.Scope(in.ID)); err != nil {
			return none, err
		}
		if ok {
			if f := scope.Lists(v); f != nil {
				return none, f
			}
		}
	}
	if !ok {
		return none, nil
	}
	s := none
	for _, m := range Held(v, in.ID, in.PrincipalID) {
		if x := m.EffectiveIn(v, scope, v.At); x.Status == StatusActive {
			s.Memberships = append(s.Memberships, x)
		}
	}
	s.IsMember = len(s.Memberships) > 0
	return s, nil
})
