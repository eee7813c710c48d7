package apikey

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
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
	// Scopes narrow what the key may be used for.
	Scopes []op.KeyScope `json:"scopes,omitempty" op:"min=1,max=32" doc:"what the key may be used for at most, each NOUN.VERB: object.update is one operation, object.* all on objects, object.read all on objects that change nothing, *.read all that change nothing; when absent what your own key may be used for"`
	// Digest is SHA-256 of the secret, in hex, made where the call came in.
	Digest string `json:"digest,omitempty" op:"prepared" doc:"digest of the secret"`
}

// CreateOutput holds the token, which is shown this once.
type CreateOutput struct {
	Key   Key    `json:"key" doc:"the key"`
	Token string `json:"token,omitempty" doc:"the bearer token; it is not kept and cannot be shown again"`
}

// secretSize is the entropy of a token in bytes: 43 characters.
const secretSize = 32

// Create makes a key for a principal, by itself or by an administrator.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, CreateOutput]{
	Name:    "create",
	Schema:  2,
	Summary: "Make a key for a principal; the token is shown once.",
	Route:   "POST /v1/principals/{id}/keys",
	Status:  201,
	Access:  op.May("create", op.Own, func(in CreateInput) op.Target { return op.Principal(in.PrincipalID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PrincipalInactive, fault.ValidationFailed, fault.InsufficientScope},
	Example: CreateInput{PrincipalID: "alice", Name: "laptop"},
	Result:  CreateOutput{Key: Key{example, StatusActive}, Token: exampleToken},
	Undo:    op.Reversible("key.revoke"),
	Prepare: func(env op.Env, in *CreateInput) (secret string, err error) {
		secret, in.Digest = draw(env)
		return secret, nil
	},
	Assemble: assemble,
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
	if len(in.Scopes) == 0 {
		in.Scopes = tx.Caller.Scopes
	}
	if err := within(tx, "create", op.Principal(p.ID), in.Scopes); err != nil {
		return CreateOutput{}, err
	}
	digest, f := parseDigest(in.Digest)
	if f != nil {
		return CreateOutput{}, f
	}
	c := Credential{
		ID: tx.NewID(urn.PrefixKey), PrincipalID: p.ID, Name: in.Name, Digest: digest,
		CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID, ExpiresAt: in.ExpiresAt, Scopes: ordered(in.Scopes),
	}
	Add(tx, &c)
	return CreateOutput{Key: c.shown(tx, tx.Time())}, nil
})

// ordered gives scopes in the one order in which they are kept, each once.
func ordered(scopes []op.KeyScope) []op.KeyScope {
	return slices.Compact(slices.Sorted(slices.Values(scopes)))
}

// within refuses to hand out a secret that opens more than the caller's own.
func within(tx *op.Tx, action string, target op.Target, scopes []op.KeyScope) error {
	if tx.Caller.Covers(scopes) {
		return nil
	}
	return &op.Refused{
		Fault:  fault.New(fault.InsufficientScope, "a key cannot be used to get one with scopes that it does not have itself"),
		Action: action, Target: target, Decision: op.Decision{Visible: true},
	}
}

// draw makes a secret and gives it with its digest in hex.
func draw(env op.Env) (secret, digest string) {
	secret = base64.RawURLEncoding.EncodeToString(env.Random(secretSize))
	sum := urn.Token{Secret: secret}.Digest()
	return secret, hex.EncodeToString(sum[:])
}

// assemble puts the token of a new secret into the reply.
func assemble(out *CreateOutput, secret string) {
	out.Token = urn.Token{KeyID: out.Key.ID, Secret: secret}.Reveal()
}

func parseDigest(text string) ([32]byte, *fault.Fault) {
	digest, err := hex.DecodeString(text)
	if err != nil || len(digest) != 32 {
		return [32]byte{}, fault.New(fault.ValidationFailed, "the key was not prepared")
	}
	return [32]byte(digest), nil
}

// Add stores a new key and leaves its trace.
func Add(tx *op.Tx, c *Credential) {
	credentials.Insert(tx.Tx, c)
	tx.Record(op.Record{
		Action: "create", Entity: op.EntityCredential, TargetID: c.ID, After: c,
		Metadata: []fault.Member{{Name: "principal_id", Value: string(c.PrincipalID)}},
	})
}

var exampleToken = "weir_01890a5d0c1e7000a000000000000002_" + strings.Repeat("x", 43)

var example = Credential{ID: "pat_01890a5d0c1e7000a000000000000002", PrincipalID: "alice", Name: "laptop", CreatedAt: 1767225600000000, CreatedBy: "root"}
