package apikey

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// RotateInput names a key, and how long its secret of now goes on to work.
type RotateInput struct {
	ID      urn.ID `json:"id" op:"path,id=pat" doc:"the key"`
	Overlap int64  `json:"overlap_seconds,omitempty" op:"min=0,max=604800" doc:"for how many seconds the old secret still works; 0, when absent, ends it at once, and a week is the most"`
	// Digest is SHA-256 of the new secret, in hex, made where the call came in.
	Digest string `json:"digest,omitempty" op:"prepared" doc:"digest of the secret"`
}

// Rotate gives a key a new secret. Id, scopes and expiry stay. The secret of
// before works on for the overlap; one from before that ends in any case.
var Rotate = op.NewCommand(Ops, op.Spec[RotateInput, CreateOutput]{
	Name:    "rotate",
	Summary: "Give a key a new secret; the token is shown once.",
	Doc:     "With overlap_seconds the old token works on for that long, so that those who hold it can change over. A second rotation within that time ends the oldest token at once. Give an overlap to the key that you are using: without one, a reply that is lost is a key that is lost. A key that has ended, or whose scopes go beyond those of the key that is used, cannot be rotated.",
	Route:   "POST /v1/keys/{id}/rotate",
	Aliases: []string{"POST /v1/auth/api-keys/{id}/rotate"},
	Access:  op.May("update", op.Own, func(in RotateInput) op.Target { return op.Credential(in.ID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.PreconditionFailed, fault.PrincipalInactive, fault.InsufficientScope},
	Example: RotateInput{ID: example.ID, Overlap: 3600},
	Result:  CreateOutput{Key: Key{example, StatusActive}, Token: exampleToken},
	Undo:    op.Final("an old secret that others may know does not come back; rotate again, or revoke the key"),
	Prepare: func(env op.Env, in *RotateInput) (secret string, err error) {
		secret, in.Digest = draw(env)
		return secret, nil
	},
	Assemble: assemble,
}, func(tx *op.Tx, in RotateInput) (CreateOutput, error) {
	c, ok := Find(tx, in.ID)
	if !ok {
		return CreateOutput{}, op.NotFound()
	}
	if !c.live(tx.Time()) {
		return CreateOutput{}, fault.New(fault.PreconditionFailed, "a key that was revoked or has expired cannot be rotated; make a new one")
	}
	if !identity.IsActive(tx, c.PrincipalID) {
		return CreateOutput{}, fault.New(fault.PrincipalInactive, "only the keys of an active principal can be rotated")
	}
	if err := within(tx, "update", op.Credential(c.ID), c.Scopes); err != nil {
		return CreateOutput{}, err
	}
	digest, f := parseDigest(in.Digest)
	if f != nil {
		return CreateOutput{}, f
	}
	before := *c
	c.Former, c.FormerUntil = nil, 0
	if in.Overlap > 0 {
		c.Former, c.FormerUntil = before.Digest[:], tx.Time()+state.Time(in.Overlap*1e6)
	}
	c.Digest, c.RotatedAt = digest, tx.Time()
	c.Rotation++
	credentials.Put(tx.Tx, c)
	tx.Record(op.Record{
		Action: "update", Entity: op.EntityCredential, TargetID: c.ID, Before: &before, After: c,
		Metadata: []fault.Member{{Name: "principal_id", Value: string(c.PrincipalID)}, {Name: "rotation", Value: c.Rotation}},
	})
	return CreateOutput{Key: c.shown(tx, tx.Time())}, nil
})
