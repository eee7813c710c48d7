// Package invitation lets people into organizations who are not there yet: an
// invitation is sent to an identifier, such as an e-mail address, and accepted by
// the user who has it or becomes a user by it.
package invitation

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on invitations.
var Ops = &op.Set{Noun: "invitation", Doc: "Invitations let people into an organization who are not there yet, with a role and further grants."}

// Entity is what the trail calls an invitation.
const Entity = "invitation"

// The statuses of an invitation. All but pending are for good.
const (
	StatusPending  = "pending"
	StatusAccepted = "accepted"
	StatusDeclined = "declined"
	StatusRevoked  = "revoked"
	StatusExpired  = "expired"
)

// The actions that the trail knows.
const (
	actionCreate  = "invitation_create"
	actionAccept  = "invitation_accept"
	actionDecline = "invitation_decline"
	actionRevoke  = "invitation_revoke"
	actionExpire  = "invitation_expire"
)

// Row is an invitation. What it says was decided when it was sent; status and
// what follows change once.
type Row struct {
	ID         urn.ID        `cbor:"1,keyasint" json:"id"`
	OrgID      urn.ID        `cbor:"2,keyasint" json:"org_id"`
	Identifier op.Identifier `cbor:"3,keyasint" json:"identifier"`
	Role       tenancy.Role  `cbor:"4,keyasint" json:"role"`
	Status     string        `cbor:"5,keyasint" json:"status"`
	Grants     []Grant       `cbor:"6,keyasint,omitempty" json:"grants,omitempty"`
	InvitedBy  urn.ID        `cbor:"7,keyasint" json:"invited_by"`
	// Member is the membership by which the inviter was entitled; empty for a host
	// that invited as itself.
	Member     urn.ID     `cbor:"8,keyasint,omitempty" json:"member,omitempty"`
	UserID     urn.ID     `cbor:"9,keyasint,omitempty" json:"invited_user_id,omitempty"`
	CreatedAt  state.Time `cbor:"10,keyasint" json:"created_at"`
	ExpiresAt  state.Time `cbor:"11,keyasint" json:"expires_at"`
	TerminalAt state.Time `cbor:"12,keyasint,omitempty" json:"terminal_at,omitzero"`
	TerminalBy urn.ID     `cbor:"13,keyasint,omitempty" json:"terminal_by,omitempty"`
	// Digest is SHA-256 of the token.
	Digest  op.Digest `cbor:"14,keyasint" json:"-"`
	Version uint64    `cbor:"15,keyasint" json:"version"`
}

// Grant is a tuple that the invitee gets with the membership.
type Grant struct {
	Relation string `cbor:"1,keyasint" json:"relation"`
	Object   urn.ID `cbor:"2,keyasint" json:"object_id"`
}

func (g *Grant) to(subject urn.ID) tuple.Key {
	return tuple.Key{Subject: subject, Relation: g.Relation, Object: g.Object}
}

var byOrg = &state.Index[Row]{
	Space: key.InvitationOrg,
	Keys:  func(r *Row, add func(key.Key)) { add(state.Key(key.InvitationOrg, r.OrgID, r.ID)) },
}

// while indexes what is pending, as far as the row says.
func while(keys func(r *Row) key.Key) func(r *Row, add func(key.Key)) {
	return func(r *Row, add func(key.Key)) {
		if r.Status == StatusPending {
			add(keys(r))
		}
	}
}

var (
	byPending = &state.Index[Row]{Space: key.InvitationPending, Keys: while(func(r *Row) key.Key {
		return state.Key(key.InvitationPending, r.OrgID, string(r.Identifier.Exact[:]), r.ID)
	})}
	byInviter = &state.Index[Row]{Space: key.InvitationInviter, Keys: while(func(r *Row) key.Key {
		return state.Key(key.InvitationInviter, string(r.InvitedBy), r.OrgID, r.ID)
	})}
	byExpiry = &state.Index[Row]{Space: key.InvitationExpiry, Keys: while(func(r *Row) key.Key {
		return state.Key(key.InvitationExpiry, r.ExpiresAt, r.ID)
	})}
)

var rows = state.NewTable(state.Spec[Row]{
	Space: key.Invitation,
	Key:   func(r *Row) key.Key { return state.Key(key.Invitation, r.ID) },
	Refers: func(r *Row, to func(key.Key)) {
		to(state.Key(key.Scope, r.OrgID))
		to(state.Key(key.Principal, string(r.InvitedBy)))
		if r.UserID != "" {
			to(state.Key(key.Principal, string(r.UserID)))
		}
	},
	Indexes: []*state.Index[Row]{byOrg, byPending, byInviter, byExpiry},
})

// find reads an invitation and its organization.
func find(v state.View, id urn.ID) (*Row, *tenancy.Header, bool) {
	if _, ok := id.Bytes(); !ok {
		return nil, nil, false
	}
	r, ok := rows.Get(v, state.Key(key.Invitation, id))
	if !ok {
		return nil, nil, false
	}
	org, ok := tenancy.Find(v, r.OrgID)
	return r, org, ok
}

// put writes an invitation and leaves the trace.
func (r *Row) put(tx *op.Tx, action string, before *Row) {
	r.Version++
	rows.Put(tx.Tx, r)
	record := op.Record{Action: action, Entity: Entity, TargetID: r.ID, ScopeID: r.OrgID, After: r}
	if before != nil {
		record.Before = before
	}
	tx.Record(record)
}

// settle ends an invitation.
func (r *Row) settle(tx *op.Tx, action string, e end) {
	before := *r
	r.Status, r.TerminalAt, r.TerminalBy = e.status, e.at, e.by
	if e.status == StatusAccepted {
		r.UserID = e.by
	}
	r.put(tx, action, &before)
}

// PreTuple is a grant as callers name it.
type PreTuple struct {
	Relation   string `json:"relation" op:"required" doc:"what the invitee will be to the object: 2 to 32 of a-z and _"`
	ObjectType string `json:"object_type" op:"required" doc:"what the object is: obj, org, scp, usr or a type of your own, 2 to 6 letters a-z"`
	ObjectID   urn.ID `json:"object_id" op:"required" doc:"the object, by its id or its UUID"`
}

// Invitation is an invitation as callers see it.
type Invitation struct {
	ID            urn.ID       `json:"id" doc:"the invitation"`
	OrgID         urn.ID       `json:"org_id" doc:"the organization"`
	Identifier    *op.Sealed   `json:"identifier" doc:"whom it was sent to, as it was given; null where it cannot be read any more"`
	Role          tenancy.Role `json:"role" doc:"what the invitee will be: owner, admin, editor, member, viewer or guest"`
	Status        string       `json:"status" doc:"pending, accepted, declined, revoked or expired"`
	PreTuples     []PreTuple   `json:"pre_tuples" doc:"what the invitee gets with the membership"`
	InvitedBy     urn.ID       `json:"invited_by" doc:"who sent it"`
	InvitedUserID *urn.ID      `json:"invited_user_id" doc:"the user who accepted it; null until then"`
	CreatedAt     state.Time   `json:"created_at" doc:"when it was sent"`
	ExpiresAt     state.Time   `json:"expires_at" doc:"from when on it cannot be accepted"`
	TerminalAt    *state.Time  `json:"terminal_at" doc:"when it ended; null while it is pending"`
	TerminalBy    *urn.ID      `json:"terminal_by" doc:"who ended it: the user who accepted or declined, or who revoked it; null for time, or for nobody"`
}

// shown is the invitation as it counts at a time.
func (r *Row) shown(v state.View, org *tenancy.Header, at state.Time) Invitation {
	text := r.Identifier.Sealed
	s := Invitation{
		ID: r.ID, OrgID: r.OrgID, Identifier: &text, Role: r.Role, Status: r.Status, PreTuples: make([]PreTuple, 0, len(r.Grants)),
		InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}
	for _, g := range r.Grants {
		typ, id := g.to("").ShownObject()
		s.PreTuples = append(s.PreTuples, PreTuple{g.Relation, typ, id})
	}
	if r.UserID != "" {
		s.InvitedUserID = &r.UserID
	}
	e := r.ended(v, org, at)
	if e.status == "" {
		return s
	}
	s.Status, s.TerminalAt = e.status, &e.at
	if e.by != "" {
		s.TerminalBy = &e.by
	}
	return s
}

const (
	exampleOrg  urn.ID = "org_01890a5d0c1e7000a000000000000006"
	exampleUser urn.ID = "usr_01890a5d0c1e7000a000000000000007"
	exampleID   urn.ID = "inv_01890a5d0c1e7000a000000000000051"
	exampleText        = "alice@example.com"
	exampleTime        = state.Time(1767225600000000)
	exampleLate        = exampleTime + 7*24*3600*1_000_000
	// exampleToken shows the form of a token.
	exampleToken = "Zm9yIHRoZSBkb2N1bWVudHMsIGFuZCBubyByZWFsIG9uZQ"
)

var exampleGrant = PreTuple{Relation: "editor", ObjectType: "doc", ObjectID: "01890a5d-0c1e-7000-a000-000000000052"}

// in is the example in a status.
func in(status string) Invitation {
	text := op.Sealed(exampleText)
	i := Invitation{
		ID: exampleID, OrgID: exampleOrg, Identifier: &text, Role: tenancy.Member, Status: status, PreTuples: []PreTuple{exampleGrant},
		InvitedBy: exampleUser, CreatedAt: exampleTime, ExpiresAt: exampleLate,
	}
	if status != StatusPending {
		at, by := exampleTime+3600*1_000_000, exampleUser
		i.TerminalAt, i.TerminalBy = &at, &by
	}
	if status == StatusAccepted {
		user := urn.ID("usr_01890a5d0c1e7000a000000000000053")
		i.InvitedUserID, i.TerminalBy = &user, &user
	}
	return i
}
