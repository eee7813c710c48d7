package apikey

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// RevokeInput names a key.
type RevokeInput struct {
	ID urn.ID `json:"id" op:"path,id=pat" doc:"the key"`
}

// Revoke ends a key. From this revision on no node accepts it. Revoking it
// again changes nothing.
var Revoke = op.NewCommand(Ops, op.Spec[RevokeInput, op.Nothing]{
	Name:    "revoke",
	Summary: "Revoke a key, at once and on every node.",
	Route:   "DELETE /v1/keys/{id}",
	Aliases: []string{"DELETE /v1/auth/api-keys/{id}"},
	Access:  op.May("revoke", op.Own, func(in RevokeInput) op.Target { return op.Credential(in.ID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: RevokeInput{ID: example.ID},
	Undo:    op.Final("a revoked key stays dead; make a new one"),
}, func(tx *op.Tx, in RevokeInput) (op.Nothing, error) {
	c, ok := Find(tx, in.ID)
	if !ok {
		return op.Nothing{}, op.NotFound()
	}
	if c.RevokedAt != 0 {
		return op.Nothing{}, nil
	}
	before := *c
	c.end(tx)
	tx.Record(op.Record{
		Action: "revoke", Entity: op.EntityCredential, TargetID: c.ID, Before: &before, After: c,
		Metadata: []fault.Member{{Name: "principal_id", Value: string(c.PrincipalID)}},
	})
	return op.Nothing{}, nil
})
