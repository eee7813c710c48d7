package apikey

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput describes a new key.
type CreateInput struct {
	PrincipalID urn.ID     `json:"id" op:"path,id=principal" doc:"whose key it will be"`
	Name        string     `json:"name" op:"required,min=1,max=128" doc:"a name for people"`
	ExpiresAt   state.Time `json:"expires_at,omitzero" doc:"when it ends by itself; never when absent"`
	// Digest is SHA-256 of the secret, in hex, made where the call came in.
	Digest string `json:"digest,omitempty" op:"prepared" doc:"digest of the secret"`
}

// CreateOutput holds the token, which is shown this once.
type CreateOutput struct {
	Key   Credential `json:"key" doc:"the key"`
	Token string     `json:"token,omitempty" doc:"the bearer token; it is not kept and cannot be shown again"`
}

// secretSize is the entropy of a token in bytes: 43 characters.
const secretSize = 32

// Create makes a key for a principal, by itself or by an administrator.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, CreateOutput]{
	Name:    "create",
	Summary: "Make a key for a principal; the token is shown once.",
	Route:   "POST /v1/principals/{id}/keys",
	Status:  201,
	Access:  op.May("create", op.Own, func(in CreateInput) op.Target { return op.Principal(in.PrincipalID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PrincipalInactive, fault.ValidationFailed},
	Example: CreateInput{PrincipalID: "alice", Name: "laptop"},
	Result:  CreateOutput{Key: example, Token: "weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("x", 43)},
	Undo:    op.Reversible("key.revoke"),
	Prepare: func(env op.Env, in *CreateInput) (string, error) {
		secret := base64.RawURLEncoding.EncodeToString(env.Random(secretSize))
		digest := urn.Token{Secret: secret}.Digest()
		in.Digest = hex.EncodeToString(digest[:])
		return secret, nil
	},
	Assemble: func(out *CreateOutput, secret string) {
		out.Token = urn.Token{KeyID: out.Key.ID, Secret: secret}.Reveal()
	},
}, func(tx *op.Tx, in CreateInput) (CreateOutput, error) {
	p, ok := identity.Find(tx, in.PrincipalID)
	if !ok {
		return CreateOutput{}, op.NotFound()
	}
	if p.Lifecycle != identity.Active {
		return CreateOutput{}, fault.New(fault.PrincipalInactive, "only an active principal can be given a key")
	}
	if in.ExpiresAt != 0 && in.ExpiresAt <= tx.Time() {
		return CreateOutput{}, fault.New(fault.ValidationFailed, "expires_at is in the past").
			At(fault.Item{Pointer: "/expires_at", Code: "past", Detail: "must be later than now"})
	}
	digest, err := hex.DecodeString(in.Digest)
	if err != nil || len(digest) != 32 {
		return CreateOutput{}, fault.New(fault.ValidationFailed, "the key was not prepared")
	}
	c := Credential{
		ID: tx.NewID(urn.PrefixKey), PrincipalID: p.ID, Name: in.Name, Digest: [32]byte(digest),
		CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID, ExpiresAt: in.ExpiresAt,
	}
	Add(tx, &c)
	return CreateOutput{Key: c}, nil
})

// Add stores a new key and leaves its trace.
func Add(tx *op.Tx, c *Credential) {
	credentials.Insert(tx.Tx, c)
	tx.Record(op.Record{
		Action: "create", Entity: op.EntityCredential, TargetID: c.ID, After: c,
		Metadata: []fault.Member{{Name: "principal_id", Value: string(c.PrincipalID)}},
	})
}

var example = Credential{ID: "pat_01890a5d0c1e7000a000000000000002", PrincipalID: "alice", Name: "laptop", CreatedAt: 1767225600000000, CreatedBy: "root"}
