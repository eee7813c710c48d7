package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// MemberInput says who shall belong to a scope.
type MemberInput struct {
	PrincipalID urn.ID     `json:"principal_id" op:"required,id=principal" doc:"the new member"`
	Role        Role       `json:"role,omitempty" doc:"owner, admin, editor, member, viewer or guest; viewer when absent"`
	ExpiresAt   state.Time `json:"expires_at,omitzero" doc:"from when on it no longer counts; never when absent, and never for an owner"`
}

// AddMembersInput names a scope and who shall belong to it.
type AddMembersInput struct {
	ID      urn.ID        `json:"id" op:"path,id=scp|org" doc:"the scope"`
	Members []MemberInput `json:"members" op:"required,max=100" doc:"the new members, at most 100"`
}

// Added is what add_members gives back.
type Added struct {
	Items []Membership `json:"items" doc:"the memberships, in the order in which they were asked for"`
}

// AddMembers makes several principals members, or none of them.
var AddMembers = op.NewCommand(Ops, op.Spec[AddMembersInput, Added]{
	Name:    "add_members",
	Summary: "Make several principals members of a scope, all or none.",
	Doc:     "If one of them cannot be added, nobody is; index in the answer says which one it was, counted from 0.",
	Route:   "POST /v1/scopes/{id}/members/bulk",
	Status:  201,
	Access:  op.May("membership_change", op.Admin, func(in AddMembersInput) op.Target { return op.Scope(in.ID) }),
	Faults:  Add.Faults,
	Example: AddMembersInput{ID: exampleID, Members: []MemberInput{{PrincipalID: "bob", Role: Viewer}}},
	Result:  Added{Items: []Membership{exampleMember}},
	Undo:    op.Reversible("scope.remove_member for each"),
	Validate: func(in *AddMembersInput) *fault.Fault {
		for i, m := range in.Members {
			one := m.of(in.ID)
			if f := one.validate(); f != nil {
				_ = op.AtItem(f, "members", i) // adds to the fault itself
				return f
			}
			in.Members[i].Role = one.Role
		}
		return nil
	},
}, func(tx *op.Tx, in AddMembersInput) (Added, error) {
	all := Added{Items: make([]Membership, len(in.Members))}
	for i, m := range in.Members {
		var err error
		if all.Items[i], err = admit(tx, m.of(in.ID)); err != nil {
			return Added{}, op.AtItem(err, "members", i)
		}
	}
	return all, nil
})

func (m MemberInput) of(scope urn.ID) AddInput {
	return AddInput{ID: scope, PrincipalID: m.PrincipalID, Role: m.Role, ExpiresAt: m.ExpiresAt}
}
