package share

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Revoke ends a share. From this revision on no node accepts its token.
// Revoking it again changes nothing.
var Revoke = op.NewCommand(Ops, op.Spec[GetInput, Share]{
	Name:    "revoke",
	Summary: "Revoke a share, at once and on every node.",
	Doc:     "By its creator, by who could share its object, by hosts and by administrators of the cluster.",
	Route:   "POST /v1/shares/{id}/revoke",
	Access:  op.Anyone[GetInput](ActionRevoke),
	Faults:  []fault.Code{fault.NotFound},
	Example: GetInput{ID: exampleID},
	Result:  example,
	Undo:    op.Final("a revoked share stays dead; make a new one"),
}, func(tx *op.Tx, in GetInput) (Share, error) {
	r, ok := find(tx, in.ID)
	if !ok {
		return Share{}, op.NotFound()
	}
	if err := r.governs(tx.View(), ActionRevoke); err != nil {
		return Share{}, err
	}
	if r.RevokedAt == 0 {
		before := *r
		r.end(tx)
		r.record(tx, ActionRevoke, &before, r)
	}
	return r.shown(tx.View()), nil
})
