// Package apikey is the keys by which principals prove who they are: opaque
// bearer tokens of which only a digest is kept.
package apikey

import (
	"crypto/subtle"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on keys.
var Ops = &op.Set{Noun: "key", Doc: "Keys let a principal in. A key is shown once and dies the moment it is revoked."}

// Credential is one key of a principal.
type Credential struct {
	ID          urn.ID     `cbor:"1,keyasint" json:"id" doc:"the key"`
	PrincipalID urn.ID     `cbor:"2,keyasint" json:"principal_id" doc:"whose key it is"`
	Name        string     `cbor:"3,keyasint" json:"name" doc:"a name for people"`
	Digest      [32]byte   `cbor:"4,keyasint" json:"-"`
	CreatedAt   state.Time `cbor:"5,keyasint" json:"created_at" doc:"when it was made"`
	CreatedBy   urn.ID     `cbor:"6,keyasint" json:"created_by" doc:"who made it"`
	ExpiresAt   state.Time `cbor:"7,keyasint,omitempty" json:"expires_at,omitzero" doc:"when it ends by itself"`
	RevokedAt   state.Time `cbor:"8,keyasint,omitempty" json:"revoked_at,omitzero" doc:"when it was revoked"`
	RevokedBy   urn.ID     `cbor:"9,keyasint,omitempty" json:"revoked_by,omitempty" doc:"who revoked it"`
}

var byPrincipal = &state.Index[Credential]{
	Space: key.CredentialPrincipal,
	Keys: func(c *Credential, add func(key.Key)) {
		add(state.Key(key.CredentialPrincipal, string(c.PrincipalID), c.ID))
	},
}

var credentials = state.NewTable(state.Spec[Credential]{
	Space:   key.Credential,
	Key:     func(c *Credential) key.Key { return state.Key(key.Credential, c.ID) },
	Refers:  func(c *Credential, to func(key.Key)) { to(state.Key(key.Principal, string(c.PrincipalID))) },
	Indexes: []*state.Index[Credential]{byPrincipal},
})

// Find reads a key by its id.
func Find(v state.View, id urn.ID) (*Credential, bool) {
	if _, ok := id.Bytes(); !ok {
		return nil, false
	}
	return credentials.Get(v, state.Key(key.Credential, id))
}

// live says whether the key can be used at t.
func (c *Credential) live(t state.Time) bool {
	return c.RevokedAt == 0 && (c.ExpiresAt == 0 || t < c.ExpiresAt)
}

// unauthenticated is the one answer for unknown, wrong, expired and revoked
// keys and for principals that may not act: none tells more than another.
func unauthenticated() *fault.Fault {
	return fault.New(fault.APIKeyInvalid, "no valid key was given; send Authorization: Bearer weir_..., and if the key was revoked or has expired ask for a new one")
}

// Present compares a token with the kept digest and gives the key it opens.
func Present(v state.View, token urn.Token, t state.Time) (*Credential, *fault.Fault) {
	c, ok := Find(v, token.KeyID)
	digest := token.Digest()
	if !ok || subtle.ConstantTimeCompare(digest[:], c.Digest[:]) != 1 || !c.live(t) {
		return nil, unauthenticated()
	}
	return c, nil
}

// Claim is who a command says that it acts for.
type Claim struct {
	Principal, Credential, Impersonator urn.ID
}

// Authenticate judges a claim in a view at a time: the key must be live and
// its principal active. What the token's secret was is not asked again.
func Authenticate(v state.View, claim Claim, t state.Time) (op.Caller, *fault.Fault) {
	if claim.Principal == op.System && claim.Credential == "" {
		return op.Caller{ID: op.System, Kind: string(op.System)}, nil
	}
	c, ok := Find(v, claim.Credential)
	if !ok || !c.live(t) || c.PrincipalID != claim.Principal {
		return op.Caller{}, unauthenticated()
	}
	p, ok := identity.Find(v, claim.Principal)
	if !ok || p.Lifecycle != identity.Active {
		return op.Caller{}, unauthenticated()
	}
	return op.Caller{ID: p.ID, Kind: p.Kind, Credential: c.ID, Permissions: p.Permissions}, nil
}
