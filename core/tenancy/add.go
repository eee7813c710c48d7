package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// AddInput names a scope and who shall belong to it.
type AddInput struct {
	ID          urn.ID     `json:"id" op:"path,id=scp|org" doc:"the scope"`
	PrincipalID urn.ID     `json:"principal_id" op:"required,id=principal" doc:"the new member"`
	Role        Role       `json:"role,omitempty" doc:"owner, admin, editor, member, viewer or guest; viewer when absent"`
	ExpiresAt   state.Time `json:"expires_at,omitzero" doc:"from when on it no longer counts; never when absent, and never for an owner"`
}

// Add makes a principal a member. Who has the role already gets it again with
// the expiry now asked for; a role that was taken away comes back under its
// old id. Below an organization only its active members are added, and who has
// left it and come back is added again.
var Add = op.NewCommand(Ops, op.Spec[AddInput, Membership]{
	Name:    "add_member",
	Summary: "Make a principal a member of a scope, with a role.",
	Doc:     "On the id of an organization this is org.add_member. In a scope below an organization only active members of that can be added; the membership counts while they belong to it, and not again when they come back.",
	Route:   "POST /v1/scopes/{id}/members",
	Status:  201,
	Access:  op.May("membership_change", op.Admin, func(in AddInput) op.Target { return op.Scope(in.ID) }),
	Faults: []fault.Code{
		fault.NotFound, fault.PermissionDenied, fault.ScopeFrozen, fault.PrincipalInactive, fault.InvalidRole, fault.ValidationFailed,
		fault.OrgNotActive, fault.RoleHierarchy, fault.DuplicateMembership, fault.InvalidIDType, fault.PreconditionFailed,
	},
	Example:  AddInput{ID: exampleID, PrincipalID: "bob", Role: Viewer},
	Result:   exampleMember,
	Undo:     op.Reversible("scope.remove_member"),
	Validate: func(in *AddInput) *fault.Fault { return in.validate() },
}, admit)

func (in *AddInput) validate() *fault.Fault {
	if in.Role == "" {
		in.Role = Viewer
	}
	return CheckExpiry(in.Role, in.ExpiresAt)
}

// CheckExpiry says whether a membership with a role may have an end of its own.
func CheckExpiry(role Role, expires state.Time) *fault.Fault {
	if role == Owner && expires != 0 {
		return badExpiry("an owner's membership does not expire; leave expires_at out, or give another role")
	}
	return nil
}

// admit makes somebody a member of a scope.
func admit(tx *op.Tx, in AddInput) (Membership, error) {
	scope, ok := Find(tx, in.ID)
	if !ok {
		return Membership{}, op.NotFound()
	}
	if scope.Kind == KindOrg {
		m, err := scope.Admit(tx, in.PrincipalID, in.Role, in.ExpiresAt)
		if err != nil {
			return Membership{}, err
		}
		return *m, nil
	}
	if f := scope.Admits(); f != nil {
		return Membership{}, f
	}
	if in.Role.OnScope() >= op.Admin {
		if err := tx.Demand("membership_change", op.Own, op.Scope(in.ID)); err != nil {
			return Membership{}, err
		}
	}
	if f := admissible(tx, in.PrincipalID); f != nil {
		return Membership{}, f
	}
	if in.ExpiresAt != 0 && in.ExpiresAt <= tx.Time() {
		return Membership{}, badExpiry("expires_at is in the past; give a later time, or leave it out")
	}
	m := add(tx, scope, in).EffectiveIn(tx, scope, tx.Time())
	if m.Status == StatusRevoked {
		return Membership{}, fault.New(fault.PreconditionFailed, "the scope lies below an organization that this principal is not in; add it there first")
	}
	return m, nil
}

// admissible says whether a principal may become a member.
func admissible(v state.View, id urn.ID) *fault.Fault {
	p, ok := identity.Find(v, id)
	if !ok {
		return fault.New(fault.NotFound, "there is no principal with this id")
	}
	if p.Lifecycle != identity.Active {
		return fault.New(fault.PrincipalInactive, "only an active principal can become a member")
	}
	return nil
}

// add grants, grants again or changes, whatever the row asks for.
func add(tx *op.Tx, scope *Header, in AddInput) *Membership {
	for _, m := range Held(tx, in.ID, in.PrincipalID) {
		if m.Role != in.Role {
			continue
		}
		before := *m
		switch {
		case m.EffectiveIn(tx, scope, tx.Time()).Status == StatusRevoked:
			m.TupleID = "" // it is granted anew, also where the row itself says active
			m.Status, m.GrantedBy, m.GrantedAt = StatusActive, tx.Caller.ID, tx.Time()
			m.RemovedBy, m.EndReason = "", ""
		case m.ExpiresAt == in.ExpiresAt:
			return m
		}
		m.ExpiresAt = in.ExpiresAt
		m.save(tx, "membership_change", &before)
		return m
	}
	return grant(tx, in.ID, in.PrincipalID, in.Role, in.ExpiresAt)
}

func badExpiry(why string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "%s", why).At(fault.Item{Pointer: "/expires_at", Code: "bad-expiry", Detail: why})
}
