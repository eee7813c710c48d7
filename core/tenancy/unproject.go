package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// UnprojectInput names a scope and an object that shall no longer be shared.
type UnprojectInput struct {
	ID          urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	ObjectID    urn.ID `json:"object_id" op:"path,id=obj" doc:"the object"`
	WhileFrozen bool   `json:"while_frozen,omitempty" op:"query" doc:"take it back although the scope is frozen, as owner of the object or of the scope"`
}

// Unproject takes a share back: as the object's owner, who need not belong to
// the scope any more, or as an administrator of the scope. Taking back what is
// not shared changes nothing.
var Unproject = op.NewCommand(Ops, op.Spec[UnprojectInput, op.Nothing]{
	Name:    "unproject",
	Summary: "Stop sharing an object with a scope, at once on every node.",
	Route:   "DELETE /v1/scopes/{id}/projections/{object_id}",
	Access:  op.Anyone[UnprojectInput]("revoke"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ScopeFrozen, fault.AlreadyTerminal},
	Example: UnprojectInput{ID: exampleID, ObjectID: exampleObject},
	Undo:    op.Reversible("scope.project"),
}, func(tx *op.Tx, in UnprojectInput) (op.Nothing, error) {
	none := op.Nothing{}
	owner := tx.Demand("revoke", op.Own, op.Object(in.ObjectID)) == nil
	if !owner {
		if err := tx.Demand("revoke", op.Admin, op.Scope(in.ID)); err != nil {
			return none, err
		}
	}
	// Asked before the scope, so that an owner learns nothing about scopes
	// that he cannot see.
	p, ok := Projected(tx, in.ID, in.ObjectID)
	if !ok || !p.Live() {
		return none, nil
	}
	if !owner {
		if err := tx.Forbidden("revoke", op.Object(in.ObjectID)); err != nil {
			return none, err
		}
	}
	thawed, err := unfrozen(tx, in.ID, func() error {
		switch {
		case !in.WhileFrozen:
			return notActive(StatusFrozen)
		case owner:
			return nil
		}
		return tx.Demand("revoke", op.Own, op.Scope(in.ID))
	})
	if err != nil {
		return none, err
	}
	before := *p
	p.Status, p.RevokedAt, p.RevokedBy = StatusRevoked, tx.Time(), tx.Caller.ID
	p.save(tx, "revoke", &before, fault.Member{Name: "while_frozen", Value: !thawed})
	return none, nil
})
