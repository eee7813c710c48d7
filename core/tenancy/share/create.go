package share

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput says what is shared, how, and for how long.
type CreateInput struct {
	ObjectType string `json:"object_type" op:"required" doc:"obj, org, scp, or a type of your own of two to six lower-case letters"`
	ObjectID   urn.ID `json:"object_id" op:"required" doc:"the object: a UUID, its 32 hex digits, or an id of the type"`
	Relation   string `json:"relation" op:"required" doc:"what the bearer may act as: two to 32 lower-case letters or underscores"`
	ExpiresIn  int64  `json:"expires_in" op:"required" doc:"the lifetime in seconds: more than 0, at most 31536000, which is 365 days"`
	SingleUse  bool   `json:"single_use,omitempty" doc:"whether it is good for one use only"`
	// Digest is SHA-256 of the token, made where the call came in.
	Digest op.Digest `json:"digest,omitzero" op:"prepared" doc:"digest of the token"`
}

// CreateOutput holds the token, which is shown this once.
type CreateOutput struct {
	Share Share  `json:"share" doc:"the share"`
	Token string `json:"token,omitempty" doc:"the secret that opens it; it is not kept and cannot be shown again"`
}

const (
	// tokenSize is the entropy of a token in bytes: 43 characters.
	tokenSize = 32
	// maxLifetime is the longest lifetime of a share in seconds.
	maxLifetime = 365 * 24 * 3600
)

// Create makes a share of an object.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, CreateOutput]{
	Name:     "create",
	Schema:   2,
	Summary:  "Share an object by a secret; the token is shown once.",
	Doc:      "It takes the relation owner or admin to the object, or admin on it, or tuples.write or org.host; an organization or a scope is shared with the relation owner by an owner only. The share ends when its creator loses that right, and counts again when it comes back.",
	Route:    "POST /v1/shares",
	Status:   201,
	Access:   op.Anyone[CreateInput](ActionCreate),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.RoleHierarchy, fault.ShareLifetime, fault.InvalidFormat, fault.InvalidID, fault.OrgNotActive, fault.ScopeFrozen, fault.IsolationViolation},
	Example:  CreateInput{ObjectType: example.ObjectType, ObjectID: example.ObjectID, Relation: example.Relation, ExpiresIn: 3600, SingleUse: true},
	Result:   CreateOutput{Share: example, Token: exampleToken},
	Undo:     op.Reversible("share.revoke"),
	Validate: func(in *CreateInput) *fault.Fault { return in.validate() },
	Prepare: func(env op.Env, in *CreateInput) (token string, err error) {
		token = base64.RawURLEncoding.EncodeToString(env.Random(tokenSize))
		in.Digest = sha256.Sum256([]byte(token))
		return token, nil
	},
	Assemble: func(out *CreateOutput, token string) { out.Token = token },
}, func(tx *op.Tx, in CreateInput) (CreateOutput, error) {
	k, f := in.key()
	if f != nil {
		return CreateOutput{}, f
	}
	if err := may(tx.View(), tx.Caller.ID, k.Object, in.Relation); err != nil {
		return CreateOutput{}, err
	}
	if f := open(tx, k.Object); f != nil {
		return CreateOutput{}, f
	}
	r := &row{
		ID: tx.NewID(urn.PrefixShare), Object: k.Object, Relation: in.Relation, CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
		ExpiresAt: tx.Time() + state.Time(in.ExpiresIn)*second, SingleUse: in.SingleUse, Digest: in.Digest,
	}
	shares.Insert(tx.Tx, r)
	r.record(tx, ActionCreate, nil, r)
	return CreateOutput{Share: r.shown(tx.View())}, nil
})

// second is the state's second.
const second = state.Time(1e6)

func (in *CreateInput) key() (tuple.Key, *fault.Fault) {
	return tuple.ParseObject(in.Relation, in.ObjectType, in.ObjectID)
}

func (in *CreateInput) validate() *fault.Fault {
	if _, f := in.key(); f != nil {
		return f
	}
	if in.ExpiresIn <= 0 || in.ExpiresIn > maxLifetime {
		return fault.New(fault.ShareLifetime, "expires_in is the lifetime in seconds: more than 0, at most %d", maxLifetime).
			At(fault.Item{Pointer: "/expires_in", Code: string(fault.ShareLifetime), Detail: "out of bounds"})
	}
	return nil
}

// open refuses to share what is closed to new grants.
func open(tx *op.Tx, object urn.ID) *fault.Fault {
	carries := carries(tx, object)
	t, _ := target(object)
	switch {
	case t.Entity == op.EntityObject && !carries:
		return fault.New(fault.IsolationViolation, "the object is deleted; restore it first")
	case t.Entity != op.EntityScope:
		return nil
	}
	h, _ := tenancy.Find(tx, object)
	switch {
	case carries && !h.Frozen:
		return nil
	case h.Kind == tenancy.KindOrg && !carries:
		return fault.New(fault.OrgNotActive, "the organization is %s; nothing in it can be shared", h.Status())
	}
	return fault.New(fault.ScopeFrozen, "the scope is frozen or archived, or lies in one that has ended; nothing in it can be shared")
}

var exampleToken = strings.Repeat("x", 43)
