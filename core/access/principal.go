package access

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/relation"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// toPrincipal finds the ways to a principal: to be it, to be related to it, to
// belong to a scope with it, to administer the cluster, or to be a host and it
// a user.
func toPrincipal(v state.View, p *identity.Principal, r op.Request) []op.Reason {
	to := r.Target.ID
	if to == p.ID {
		return append([]op.Reason{{Via: op.ViaSelf, Level: op.Own}}, administering(p)...)
	}
	other, known := identity.Find(v, to)
	if !known {
		return nil
	}
	always := append(administering(p), acting(p, other)...)
	if other.Lifecycle != identity.Active {
		return always
	}
	return append(append(related(v, p.ID, to), alongside(v, r)...), always...)
}

// acting is what hosts see: all users, since they act for them.
func acting(p, other *identity.Principal) []op.Reason {
	if !p.Holds(op.ActAsHost) || other.Kind != identity.KindUser {
		return nil
	}
	return []op.Reason{{Via: op.ViaPermission, Level: op.Read}}
}

// related finds the way by the graph: who administers a principal manages what
// is below it; who is above or below it sees it.
func related(v state.View, from, to urn.ID) []op.Reason {
	switch {
	case relation.Holds(v, to, relation.Administers, from):
		return []op.Reason{{Via: op.ViaRelationship, Level: op.Admin}}
	case relation.Above(v, from, to) || relation.Above(v, to, from):
		return []op.Reason{{Via: op.ViaRelationship, Level: op.Read}}
	}
	return nil
}

// alongside finds the scopes that two principals belong to. Guests of an
// organization are not told who is in it.
func alongside(v state.View, r op.Request) []op.Reason {
	theirs := map[urn.ID]bool{}
	for _, m := range effective(v, r.Target.ID, r.Time) {
		theirs[m.ScopeID] = true
	}
	if len(theirs) == 0 {
		return nil
	}
	var why []op.Reason
	for _, m := range effective(v, r.Principal, r.Time) {
		guest := m.Role == tenancy.Guest && urn.IsValid(m.ScopeID, urn.PrefixOrg)
		if theirs[m.ScopeID] && !guest {
			why = append(why, op.Reason{Via: op.ViaMembership, ScopeID: m.ScopeID, Role: string(m.Role), Level: op.Read})
		}
	}
	return why
}

// toRelationship finds the ways to an edge: those to the parent, if the child is
// seen as well.
func toRelationship(v state.View, p *identity.Principal, r op.Request) []op.Reason {
	edge, known := relation.Find(v, r.Target.ID)
	if !known {
		return nil
	}
	r.Target = op.Principal(edge.ChildID)
	if len(toPrincipal(v, p, r)) == 0 {
		return nil
	}
	r.Target = op.Principal(edge.ParentID)
	return toPrincipal(v, p, r)
}
