package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// RemoveInput names a scope and who shall no longer belong to it.
type RemoveInput struct {
	ID          urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	PrincipalID urn.ID `json:"principal_id" op:"path,id=principal" doc:"the member"`
	Role        Role   `json:"role,omitempty" op:"query" doc:"take this role only; all roles when absent"`
	WhileFrozen bool   `json:"while_frozen,omitempty" op:"query" doc:"remove although the scope is frozen, as its owner"`
}

// Remove ends memberships of a principal. What the member shared stays shared;
// the objects' owner can take it back. Removing who is not there changes
// nothing.
var Remove = op.NewCommand(Ops, op.Spec[RemoveInput, op.Nothing]{
	Name:    "remove_member",
	Summary: "End a principal's membership, at once on every node.",
	Route:   "DELETE /v1/scopes/{id}/members/{principal_id}",
	Access:  op.May("revoke", op.Read, func(in RemoveInput) op.Target { return op.Scope(in.ID) }),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ScopeFrozen, fault.SoleOwner, fault.InvalidRole, fault.RoleHierarchy, fault.MembershipNotActive},
	Example: RemoveInput{ID: exampleID, PrincipalID: "bob"},
	Undo:    op.Reversible("scope.add_member"),
}, func(tx *op.Tx, in RemoveInput) (op.Nothing, error) {
	left := in.PrincipalID == tx.Caller.ID
	if !left {
		if err := tx.Demand("revoke", op.Admin, op.Scope(in.ID)); err != nil {
			return op.Nothing{}, err
		}
	}
	return op.Nothing{}, end(tx, in, left)
})

// Leave ends all memberships of the caller in a scope.
var Leave = op.NewCommand(Ops, op.Spec[ScopeInput, op.Nothing]{
	Name:    "leave",
	Summary: "Leave a scope.",
	Route:   "POST /v1/scopes/{id}/leave",
	Access:  op.May("revoke", op.Read, target),
	Faults:  []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.SoleOwner, fault.MembershipNotActive},
	Example: ScopeInput{ID: exampleID},
	Undo:    op.Reversible("scope.add_member"),
}, func(tx *op.Tx, in ScopeInput) (op.Nothing, error) {
	return op.Nothing{}, end(tx, RemoveInput{ID: in.ID, PrincipalID: tx.Caller.ID}, true)
})

// end revokes the memberships that the input names, if the scope's state and
// its need of an owner allow it.
func end(tx *op.Tx, in RemoveInput, left bool) error {
	scope, ok := Find(tx, in.ID)
	if !ok {
		return op.NotFound()
	}
	if scope.Kind == KindOrg {
		return endInOrg(tx, scope, in, left)
	}
	var ending []*Membership
	for _, m := range Held(tx, in.ID, in.PrincipalID) {
		if m.Status != StatusRevoked && !m.expired(tx.Time()) && (in.Role == "" || m.Role == in.Role) {
			ending = append(ending, m)
		}
	}
	if len(ending) == 0 {
		return nil
	}
	thawed, err := unfrozen(tx, in.ID, func() error {
		if !in.WhileFrozen {
			return notActive(StatusFrozen)
		}
		return tx.Demand("revoke", op.Own, op.Scope(in.ID))
	})
	if err != nil {
		return err
	}
	for _, m := range ending {
		if f := lastOwner(tx, scope, m, tx.Time()); f != nil {
			return f
		}
	}
	for _, m := range ending {
		before := *m
		m.Status, m.EndReason, m.RemovedBy = StatusRevoked, EndRemoved, tx.Caller.ID
		if left {
			m.EndReason, m.RemovedBy = EndLeft, ""
		}
		m.save(tx, "revoke", &before, fault.Member{Name: "while_frozen", Value: !thawed})
	}
	return nil
}

// endInOrg ends the one membership that a principal has in an organization.
func endInOrg(tx *op.Tx, org *Header, in RemoveInput, left bool) error {
	m, ok := Current(tx, org, in.PrincipalID, tx.Time())
	switch {
	case !ok || in.Role != "" && m.Role != in.Role:
		return nil
	case left:
		return m.Leave(tx, org, "")
	}
	return m.Remove(tx, org)
}

// unfrozen says whether a scope is active. A frozen one asks allow whether
// rights may be taken all the same, but an organization, where taking away is
// never stopped; one that has ended never lets it.
func unfrozen(tx *op.Tx, id urn.ID, allow func() error) (bool, error) {
	h, ok := Find(tx, id)
	switch {
	case !ok:
		return false, op.NotFound()
	case h.Archived:
		return false, h.over()
	case h.Frozen && h.Kind == KindOrg:
		return false, nil
	case h.Frozen:
		return false, allow()
	}
	return true, nil
}
