package tuple

import (
	"cmp"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// impliedKey is the tuple that a membership stands for.
func impliedKey(m *tenancy.Membership) Key { return Key{m.PrincipalID, string(m.Role), m.ScopeID} }

// implied is that tuple as callers see it. Who founded an organization was let
// in by himself.
func implied(m *tenancy.Membership) Tuple {
	r := Row{ID: m.TupleID, SubjectID: m.PrincipalID, Relation: string(m.Role), ObjectID: m.ScopeID, CreatedAt: m.TupleAt, CreatedBy: cmp.Or(m.GrantedBy, m.PrincipalID), Stay: m.ID}
	return r.Shown()
}

// held finds the membership by which a tuple that none may write is there.
func held(v state.View, k Key, at state.Time) (tuple urn.ID, ok bool) {
	if !isPrincipal(k.Subject) {
		return "", false
	}
	for _, m := range tenancy.Held(v, k.Object, k.Subject) {
		if m.TupleID != "" && string(m.Role) == k.Relation && grants(v, m, at) {
			return m.TupleID, true
		}
	}
	return "", false
}

// Holds finds the tuple that says something without any rule about relations,
// if one counts at a time.
func Holds(v state.View, k Key, at state.Time) (tuple urn.ID, ok bool) { return direct(v, k, at) }

// direct finds the tuple that says something, if one counts.
func direct(v state.View, k Key, at state.Time) (tuple urn.ID, ok bool) {
	if k.managed() {
		return held(v, k, at)
	}
	if r, ok := stored(v, k); ok && r.InForce(v, at) {
		return r.ID, true
	}
	return "", false
}
