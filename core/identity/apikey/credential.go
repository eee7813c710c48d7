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
	// Scopes are sorted. No scopes stand for all that the principal may do.
	Scopes []op.KeyScope `cbor:"10,keyasint,omitempty" json:"scopes,omitempty" doc:"what the key may be used for at most; all that the principal may do when absent"`
	// Rotation counts the secrets that the key had before the one of now.
	Rotation  uint64     `cbor:"11,keyasint,omitempty" json:"rotation,omitempty" doc:"how often it was given a new secret"`
	RotatedAt state.Time `cbor:"12,keyasint,omitempty" json:"rotated_at,omitzero" doc:"when it was given its secret, if not when it was made"`
	// Former is the digest of the secret before, while that works on.
	Former      []byte     `cbor:"13,keyasint,omitempty" json:"-"`
	FormerUntil state.Time `cbor:"14,keyasint,omitempty" json:"former_until,omitzero" doc:"until when the secret before the last rotation works"`
}

// The statuses of a key.
const (
	StatusActive    = "active"
	StatusExpired   = "expired"
	StatusRevoked   = "revoked"
	StatusSuspended = "suspended"
)

// Key is a key as callers see it.
type Key struct {
	Credential
	Status string `json:"status" doc:"active, expired, revoked, or suspended while its principal is not active"`
}

// shown gives the key with the status that it has at a time.
func (c *Credential) shown(v state.View, t state.Time) Key {
	k := Key{*c, StatusActive}
	switch {
	case c.RevokedAt != 0:
		k.Status = StatusRevoked
	case !c.live(t):
		k.Status = StatusExpired
	case !identity.IsActive(v, c.PrincipalID):
		k.Status = StatusSuspended
	}
	return k
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

// opens says whether the secret of a rotation opens the key at t.
func (c *Credential) opens(rotation uint64, t state.Time) bool {
	return c.live(t) && (rotation == c.Rotation || rotation+1 == c.Rotation && t < c.FormerUntil)
}

// unauthenticated is the one answer for unknown, wrong, expired and revoked
// keys and for principals that may not act: none tells more than another.
func unauthenticated() *fault.Fault {
	return fault.New(fault.APIKeyInvalid, "no valid key was given; send Authorization: Bearer weir_..., and if the key was revoked or has expired ask for a new one")
}

// Claim is who a call says that it comes from, by which secret of which key.
type Claim struct {
	Principal, Credential urn.ID
	Rotation              uint64
	// Host is whose key it is, if that is not Principal, for whom Host acts.
	Host urn.ID
}

// Present compares a token with the kept digests and gives the claim that it
// proves.
func Present(v state.View, token urn.Token, t state.Time) (Claim, *fault.Fault) {
	c, ok := Find(v, token.KeyID)
	if !ok {
		return Claim{}, unauthenticated()
	}
	claim := Claim{Principal: c.PrincipalID, Credential: c.ID, Rotation: c.Rotation}
	digest := token.Digest()
	isNow := subtle.ConstantTimeCompare(digest[:], c.Digest[:])
	isFormer := subtle.ConstantTimeCompare(digest[:], c.Former)
	if isNow != 1 {
		claim.Rotation--
	}
	if isNow|isFormer != 1 || !c.opens(claim.Rotation, t) {
		return Claim{}, unauthenticated()
	}
	return claim, nil
}

// ActFor is the action of who calls in the name of somebody else.
const ActFor = "act_for"

// Authenticate judges a claim in a view at a time: the key must be live, the
// secret one that opens it still, and its principal active. What the secret was
// is not asked again. For a user only a host acts, and the user must be active.
// A caller who proved who it is but is no host comes back with the fault.
func Authenticate(v state.View, claim Claim, t state.Time) (op.Caller, *fault.Fault) {
	if claim.Principal == op.System && claim.Credential == "" {
		return op.Caller{ID: op.System, Kind: string(op.System)}, nil
	}
	owner := claim.Principal
	if claim.Host != "" {
		owner = claim.Host
	}
	c, ok := Find(v, claim.Credential)
	if !ok || !c.opens(claim.Rotation, t) || c.PrincipalID != owner {
		return op.Caller{}, unauthenticated()
	}
	p, ok := identity.Find(v, owner)
	if !ok || p.Lifecycle != identity.Active {
		return op.Caller{}, unauthenticated()
	}
	caller := op.Caller{ID: p.ID, Kind: p.Kind, Credential: c.ID, Rotation: claim.Rotation, Scopes: c.Scopes, Permissions: p.Permissions}
	if claim.Host == "" {
		return caller, nil
	}
	return actFor(v, caller, claim.Principal)
}

// actFor makes the caller of a host and the user for whom it acts: the user,
// with the user's rights. Of the host's own there remains what its key is
// limited to.
func actFor(v state.View, host op.Caller, user urn.ID) (op.Caller, *fault.Fault) {
	if !host.Holds(op.ActAsHost) {
		return host, notFor(fault.PermissionDenied, "only holders of "+string(op.ActAsHost)+" may act for a user; leave X-Act-As out")
	}
	p, ok := identity.Find(v, user)
	switch {
	case !ok:
		return op.Caller{}, notFor(fault.NotFound, "there is no such user; create it first")
	case p.Kind != identity.KindUser:
		return op.Caller{}, notFor(fault.InvalidIDType, "a host acts for principals of kind user only")
	case p.Lifecycle != identity.Active:
		return op.Caller{}, notFor(fault.PrincipalInactive, "the user is not active; nobody can act for it")
	}
	return op.Caller{
		ID: p.ID, Kind: p.Kind, Permissions: p.Permissions,
		Host: host.ID, Credential: host.Credential, Rotation: host.Rotation, Scopes: host.Scopes,
	}, nil
}

// notFor is the fault of a call that cannot be made for the user it names.
func notFor(code fault.Code, why string) *fault.Fault {
	return fault.New(code, "%s", why).At(fault.Item{Header: "X-Act-As", Code: string(code), Detail: why})
}
