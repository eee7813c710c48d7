// Package share is secrets that let their bearer act with one relation on one
// object until a time. A share makes nobody a principal: whoever verifies the
// token is told what it opens, and holds each action to the relation.
package share

import (
	"crypto/subtle"
	"encoding/hex"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on shares.
var Ops = &op.Set{Noun: "share", Doc: "Shares let the bearer of a secret act with one relation on one object, until a time, once or often."}

// EntityShare is the entity of the trail's entries about shares.
const EntityShare = "share"

// The actions that the trail tells of.
const (
	ActionCreate = "share_create"
	ActionUse    = "share_use"
	ActionRevoke = "share_revoke"
)

// The statuses of a share. A share whose object or creator no longer carries it
// is revoked for as long as that lasts, and nothing is rewritten.
const (
	StatusActive   = "active"
	StatusConsumed = "consumed"
	StatusExpired  = "expired"
	StatusRevoked  = "revoked"
)

// row is a share as it is kept. The token is kept as the SHA-256 of its text.
type row struct {
	ID urn.ID `cbor:"1,keyasint" json:"id"`
	// Object is type and digits of the object, whatever kind of id its type
	// has on the wire.
	Object     urn.ID     `cbor:"2,keyasint" json:"object"`
	Relation   string     `cbor:"3,keyasint" json:"relation"`
	CreatedAt  state.Time `cbor:"4,keyasint" json:"created_at"`
	CreatedBy  urn.ID     `cbor:"5,keyasint" json:"created_by"`
	ExpiresAt  state.Time `cbor:"6,keyasint" json:"expires_at"`
	SingleUse  bool       `cbor:"7,keyasint,omitempty" json:"single_use"`
	ConsumedAt state.Time `cbor:"8,keyasint,omitempty" json:"consumed_at,omitzero"`
	RevokedAt  state.Time `cbor:"9,keyasint,omitempty" json:"revoked_at,omitzero"`
	RevokedBy  urn.ID     `cbor:"10,keyasint,omitempty" json:"revoked_by,omitempty"`
	Digest     op.Digest  `cbor:"11,keyasint" json:"-"`
}

// byDigest finds a share by half of its digest; the rest is compared in
// constant time.
var byDigest = &state.Index[row]{
	Space: key.ShareDigest,
	Keys:  func(r *row, add func(key.Key)) { add(digestKey(r.Digest, r.ID)) },
}

// digestKey is where the share of a digest lies.
func digestKey(digest op.Digest, id ...any) key.Key {
	return state.Key(key.ShareDigest, append([]any{hex.EncodeToString(digest[:16])}, id...)...)
}

var byObject = &state.Index[row]{
	Space: key.ShareObject,
	Keys:  func(r *row, add func(key.Key)) { add(objectKey(r.Object, r.ID)) },
}

// objectKey is where the shares of an object lie, or one of them.
func objectKey(object urn.ID, id ...any) key.Key {
	return state.Key(key.ShareObject, append([]any{typeOf(object), object}, id...)...)
}

var shares = state.NewTable(state.Spec[row]{
	Space: key.Share,
	Key:   func(r *row) key.Key { return state.Key(key.Share, r.ID) },
	Refers: func(r *row, to func(key.Key)) {
		to(state.Key(key.Principal, string(r.CreatedBy)))
		switch typeOf(r.Object) {
		case urn.PrefixObject:
			to(state.Key(key.Object, r.Object))
		case urn.PrefixOrg, urn.PrefixScope:
			to(state.Key(key.Scope, r.Object))
		}
	},
	Indexes: []*state.Index[row]{byDigest, byObject},
})

func find(v state.View, id urn.ID) (*row, bool) {
	if _, ok := id.Bytes(); !ok {
		return nil, false
	}
	return shares.Get(v, state.Key(key.Share, id))
}

// opened finds the share that a token of this digest opens.
func opened(v state.View, digest op.Digest) (found *row) {
	byDigest.Scan(v, state.Range{Prefix: digestKey(digest)}).Each(func(r *row) bool {
		if subtle.ConstantTimeCompare(r.Digest[:], digest[:]) == 1 {
			found = r
		}
		return true
	})
	return found
}

// Share is a share as callers see it.
type Share struct {
	ID         urn.ID      `json:"id" doc:"the share"`
	ObjectType string      `json:"object_type" doc:"the type of the object"`
	ObjectID   urn.ID      `json:"object_id" doc:"the object: an id of the store for its own types, a UUID for yours"`
	Relation   string      `json:"relation" doc:"what the bearer may act as"`
	CreatedBy  urn.ID      `json:"created_by" doc:"who made the share"`
	CreatedAt  state.Time  `json:"created_at" doc:"when it was made"`
	ExpiresAt  state.Time  `json:"expires_at" doc:"when it ends by itself"`
	SingleUse  bool        `json:"single_use" doc:"whether it is good for one use only"`
	ConsumedAt *state.Time `json:"consumed_at" doc:"when its one use was made; null before"`
	RevokedAt  *state.Time `json:"revoked_at" doc:"when it was revoked; null before"`
	Status     string      `json:"status" doc:"active, consumed, expired, or revoked; revoked also while its object or its creator cannot carry it"`
}

// shown gives a share as it counts in a view.
func (r *row) shown(v *op.View) Share {
	return Share{
		ID: r.ID, ObjectType: typeOf(r.Object), ObjectID: textOf(r.Object), Relation: r.Relation,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, SingleUse: r.SingleUse,
		ConsumedAt: optional(r.ConsumedAt), RevokedAt: optional(r.RevokedAt), Status: r.status(v),
	}
}

func optional(t state.Time) *state.Time {
	if t == 0 {
		return nil
	}
	return &t
}

// status is the first thing that keeps the share from being used, in the order
// in which verify asks.
func (r *row) status(v *op.View) string {
	switch {
	case r.RevokedAt != 0, !r.carried(v):
		return StatusRevoked
	case r.ConsumedAt != 0:
		return StatusConsumed
	case v.At >= r.ExpiresAt:
		return StatusExpired
	}
	return StatusActive
}

// end revokes the share.
func (r *row) end(tx *op.Tx) {
	r.RevokedAt, r.RevokedBy = tx.Time(), tx.Caller.ID
	shares.Put(tx.Tx, r)
}

// record leaves the trace of what became of a share.
func (r *row) record(tx *op.Tx, action string, before, after any) {
	e := op.Record{
		Action: action, Entity: EntityShare, TargetID: r.ID, Before: before, After: after,
		Metadata: []fault.Member{
			{Name: "object_type", Value: typeOf(r.Object)}, {Name: "object_id", Value: string(textOf(r.Object))}, {Name: "relation", Value: r.Relation},
		},
	}
	if t, ok := target(r.Object); ok && t.Entity == op.EntityScope {
		e.ScopeID = t.ID
	}
	tx.Record(e)
}

const exampleID urn.ID = "shr_01890a5d0c1e7000a000000000000040"

var example = Share{
	ID: exampleID, ObjectType: "doc", ObjectID: "01890a5d-0c1e-7000-a000-000000000041", Relation: "reader",
	CreatedBy: "alice", CreatedAt: 1767225600000000, ExpiresAt: 1767229200000000, SingleUse: true, Status: StatusActive,
}
