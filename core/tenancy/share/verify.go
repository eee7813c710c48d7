package share

import (
	"crypto/sha256"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// VerifyInput is the token that somebody came with.
type VerifyInput struct {
	Token string `json:"token,omitempty" op:"required,secret" doc:"the token of a share"`
	// Digest is SHA-256 of the token.
	Digest op.Digest `json:"digest,omitzero" op:"prepared" doc:"digest of the token"`
}

// Handle is what a share lets its bearer do. Whoever asked holds each action
// on the object to the relation.
type Handle struct {
	ShareID    urn.ID `json:"share_id" doc:"the share"`
	ObjectType string `json:"object_type" doc:"the type of the object"`
	ObjectID   urn.ID `json:"object_id" doc:"the object"`
	Relation   string `json:"relation" doc:"what the bearer may act as, and nothing beyond"`
}

// Verify says what a token opens, and uses up a share that is good for one use.
var Verify = op.NewCommand(Ops, op.Spec[VerifyInput, Handle]{
	Name:    "verify",
	Summary: "Find out what a share's token opens; a share for one use is used up by it.",
	Doc:     "Of the refusals the first that fits is given: share-invalid, share-revoked, share-consumed, share-expired.",
	Route:   "POST /v1/shares/verify",
	Access:  op.Open[VerifyInput](ActionUse),
	Faults:  []fault.Code{fault.ShareInvalid, fault.ShareRevoked, fault.ShareConsumed, fault.ShareExpired},
	Example: VerifyInput{Token: exampleToken},
	Result:  Handle{ShareID: example.ID, ObjectType: example.ObjectType, ObjectID: example.ObjectID, Relation: example.Relation},
	Undo:    op.Final("what was learned by it stays known; revoke the share"),
	Prepare: func(_ op.Env, in *VerifyInput) (string, error) {
		in.Digest, in.Token = sha256.Sum256([]byte(in.Token)), ""
		return "", nil
	},
	Screen: func(v *op.View, in VerifyInput) error {
		if _, f := usable(v, in.Digest); f != nil {
			return f
		}
		return nil
	},
}, func(tx *op.Tx, in VerifyInput) (Handle, error) {
	r, f := usable(tx.View(), in.Digest)
	if f != nil {
		return Handle{}, f
	}
	before := *r
	if r.SingleUse {
		r.ConsumedAt = tx.Time()
		shares.Put(tx.Tx, r)
	}
	r.record(tx, ActionUse, &before, r)
	return Handle{ShareID: r.ID, ObjectType: typeOf(r.Object), ObjectID: textOf(r.Object), Relation: r.Relation}, nil
})

// usable finds the share that a token of this digest opens, or says why it
// opens nothing.
func usable(v *op.View, digest op.Digest) (*row, *fault.Fault) {
	r := opened(v, digest)
	if r == nil {
		return nil, fault.New(fault.ShareInvalid, "no share has this token")
	}
	switch r.status(v) {
	case StatusRevoked:
		return nil, fault.New(fault.ShareRevoked, "the share was revoked")
	case StatusConsumed:
		return nil, fault.New(fault.ShareConsumed, "the share was good for one use, which has been made")
	case StatusExpired:
		return nil, fault.New(fault.ShareExpired, "the share has expired")
	}
	return r, nil
}
