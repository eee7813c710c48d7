package tenancy

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// MembersInput names a scope and filters its members.
type MembersInput struct {
	ID         urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	Role       Role   `json:"role,omitempty" op:"query" doc:"only members with this role"`
	ActiveOnly *bool  `json:"active_only,omitempty" op:"query" doc:"false shows ended memberships too; true when absent"`
	op.Paging
}

// Members lists who belongs to a scope, in the order in which they came first.
var Members = op.NewQuery(Ops, op.Spec[MembersInput, op.Page[Membership]]{
	Name:     "members",
	Summary:  "List the members of a scope.",
	Route:    "GET /v1/scopes/{id}/members",
	Access:   op.May("list", op.Read, func(in MembersInput) op.Target { return op.Scope(in.ID) }),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor, fault.InvalidRole},
	Example:  MembersInput{ID: exampleID, Role: Viewer},
	Result:   op.NewPage([]Membership{exampleMember}, ""),
	Validate: func(in *MembersInput) *fault.Fault { return in.CheckCursor(urn.PrefixMembership) },
}, func(v *op.View, in MembersInput) (op.Page[Membership], error) {
	none := op.Page[Membership]{}
	scope, ok := Find(v, in.ID)
	if !ok {
		return none, op.NotFound()
	}
	if f := scope.Lists(v); f != nil {
		return none, f
	}
	show := func(m *Membership) (Membership, bool) {
		s := m.EffectiveIn(v, scope, v.At)
		return s, (in.Role == "" || s.Role == in.Role) && (s.Status == StatusActive || (in.ActiveOnly != nil && !*in.ActiveOnly))
	}
	return op.Fill(MembersAfter(v, in.ID, urn.ID(in.Cursor)), in.Paging, show, (*Membership).cursor), nil
})

// Lists refuses to tell who belongs to the scope to all but its members, the
// guests of an organization excepted, and administrators of the cluster; of an
// organization hosts may know too.
func (h *Header) Lists(v *op.View) *fault.Fault {
	need := op.None
	if h.Kind == KindOrg {
		need = op.Read
	}
	if v.Caller.Holds(op.Administer) || h.Kind == KindOrg && v.Caller.Holds(op.ActAsHost) {
		return nil
	}
	return within(v, h.ID, need)
}

// within refuses callers who are no members of the scope itself, with a role
// that gives the level on what is in it: who merely sees the scope from above,
// or as an administrator of the cluster, does not see into it.
func within(v *op.View, scope urn.ID, need op.Level) *fault.Fault {
	d := v.Decide("list", op.Read, op.Scope(scope))
	in := func(r op.Reason) bool {
		return r.Via == op.ViaMembership && r.DeniedBy == "" && Role(r.Role).Cap() >= need
	}
	if d.Allowed && slices.ContainsFunc(d.Why, in) {
		return nil
	}
	return fault.New(fault.PermissionDenied, "this is shown to members of the scope only")
}

func (m *Membership) cursor() op.Cursor { return op.Cursor(m.ID) }
