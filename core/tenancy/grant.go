package tenancy

import (
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// An active membership stands for one relation tuple: (member, role, scope). It
// is no row of its own, so the two cannot come apart; these indexes find it.

// byTuple finds the membership behind a tuple.
var byTuple = &state.Index[Membership]{
	Space: key.MembershipTuple,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.TupleID != "" {
			add(state.Key(key.MembershipTuple, m.TupleID))
		}
	},
}

// byTupleSubject and byTupleObject hold the tuples of a member and of a scope in
// the order in which they came to be.
var byTupleSubject = &state.Index[Membership]{
	Space: key.MembershipTupleSubject,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.TupleID != "" {
			add(state.Key(key.MembershipTupleSubject, string(m.PrincipalID), m.TupleID))
		}
	},
}

var byTupleObject = &state.Index[Membership]{
	Space: key.MembershipTupleObject,
	Keys: func(m *Membership, add func(key.Key)) {
		if m.TupleID != "" {
			add(state.Key(key.MembershipTupleObject, m.ScopeID, m.TupleID))
		}
	},
}

// FindGrant reads the membership that a tuple stands for.
func FindGrant(v state.View, tuple urn.ID) (*Membership, bool) {
	if _, ok := tuple.Bytes(); !ok {
		return nil, false
	}
	return first(byTuple.Scan(v, state.Range{Prefix: state.Key(key.MembershipTuple, tuple)}))
}

// GrantsTo walks the active memberships of a principal in the order of their
// tuples, after a given one. Whether each counts, Effective says.
func GrantsTo(v state.View, principal, after urn.ID) *state.Rows[Membership] {
	return byTupleSubject.Scan(v, state.Behind(after, key.MembershipTupleSubject, string(principal)))
}

// GrantsOn walks the active memberships in a scope in the order of their tuples,
// after a given one. Whether each counts, Effective says.
func GrantsOn(v state.View, scope, after urn.ID) *state.Rows[Membership] {
	return byTupleObject.Scan(v, state.Behind(after, key.MembershipTupleObject, scope))
}
