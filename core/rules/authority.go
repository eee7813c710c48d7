package rules

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// A rule without a home is the cluster's: its administrators alone change and
// bind it. One whose home is a scope or an object is also its administrators',
// or its owner's, and cannot be bound to anything else.

// home is the right that administers the rule beside cluster.admin, if it has a
// home.
func (r *row) home() (op.Right, bool) {
	switch {
	case r.ScopeID != "":
		return op.Right{Target: op.Scope(r.ScopeID), Level: op.Admin}, true
	case r.ObjectID != "":
		return op.Right{Target: op.Object(r.ObjectID), Level: op.Own}, true
	}
	return op.Right{}, false
}

// governs refuses who does not administer the rule; who may not even read it
// gets the answer for a rule that does not exist.
func (r *row) governs(tx *op.Tx, action string) error {
	if tx.Caller.Holds(op.Administer) || r.atHomeOf(tx) {
		return nil
	}
	refused := &op.Refused{Fault: op.NotFound(), Action: action, Target: op.Target{Entity: Entity, ID: r.ID}}
	if right, ok := r.home(); ok {
		err := tx.Demand(action, right.Level, right.Target)
		if err == nil || r.seen(tx.View()) {
			return err
		}
	} else if r.seen(tx.View()) {
		refused.Fault = fault.New(fault.PermissionDenied, "rules of the cluster take cluster.admin")
		refused.Decision.Visible = true
	}
	return refused
}

// atHomeOf says whether the caller owns the organization that is the rule's home.
// Its admins make rules there as well, and by none of them can they rid
// themselves of its owners.
func (r *row) atHomeOf(tx *op.Tx) bool {
	h, ok := tenancy.Find(tx, r.ScopeID)
	if !ok || h.Kind != tenancy.KindOrg {
		return false
	}
	_, role, active := tenancy.OrgRank(tx, h, tx.Caller.ID, tx.Time())
	return active && role == tenancy.Owner
}

// administered finds a rule that the caller may change.
func administered(tx *op.Tx, id urn.ID, action string) (*row, error) {
	r, ok := find(tx, id)
	if !ok {
		return nil, op.NotFound()
	}
	err := r.governs(tx, action)
	return r, err
}

// seen says whether the caller may read the rule: who administers it, and
// auditors.
func (r *row) seen(v *op.View) bool {
	if overseer(v) {
		return true
	}
	right, ok := r.home()
	return ok && v.Decide("read", right.Level, right.Target).Allowed
}

func overseer(v *op.View) bool {
	return v.Caller.Holds(op.Administer) || v.Caller.Holds(op.ReadAudit)
}

// legible finds a rule that the caller may read, as of the view.
func legible(v *op.View, id urn.ID) (*row, error) {
	r, ok := find(v, id)
	if !ok || !r.seen(v) {
		return nil, op.NotFound()
	}
	return r, nil
}

// admits says why the rule cannot be bound to a target.
func (r *row) admits(v state.View, t target) *fault.Fault {
	// The home first: nobody is told what there is outside of it.
	switch {
	case r.ScopeID != "" && (t.kind != TargetScope || !within(v, urn.ID(t.id), r.ScopeID)):
		return fault.New(fault.ValidationFailed, "the rule belongs to a scope: bind it to that scope or to one below it").With("scope_id", string(r.ScopeID))
	case r.ObjectID != "" && t != target{TargetObject, string(r.ObjectID)}:
		return fault.New(fault.ValidationFailed, "the rule belongs to an object: bind it to that object").With("object_id", string(r.ObjectID))
	case !t.exists(v):
		return op.NotFound()
	}
	return nil
}

// exists says whether there is such a target. Types, environments and
// connectors may come later than the rules about them.
func (t target) exists(v state.View) bool {
	switch t.kind {
	case TargetScope:
		_, ok := tenancy.Find(v, urn.ID(t.id))
		return ok
	case TargetPrincipal:
		_, ok := identity.Find(v, urn.ID(t.id))
		return ok
	case TargetObject:
		_, ok := objects.Find(v, urn.ID(t.id))
		return ok
	}
	return true
}

// check says what is wrong with the form of a target.
func (t target) check() *fault.Fault {
	ok := true
	switch t.kind {
	case TargetScope:
		ok = urn.IsValid(urn.ID(t.id), urn.PrefixScope, urn.PrefixOrg)
	case TargetPrincipal:
		_, f := urn.ParsePrincipal(t.id)
		ok = f == nil
	case TargetObject:
		ok = urn.IsValid(urn.ID(t.id), urn.PrefixObject)
	case TargetEnvironment:
		ok = urn.IsValid(urn.ID(t.id), urn.PrefixEnvironment)
	case TargetConnector:
		ok = urn.IsValid(urn.ID(t.id), urn.PrefixConnector)
	}
	if ok {
		return nil
	}
	detail := "is no id of such a target"
	return fault.New(fault.ValidationFailed, "target_id %s", detail).At(fault.Item{Pointer: "/target_id", Code: "bad-target", Detail: detail})
}

// within says whether a scope is another or lies below it.
func within(v state.View, id, top urn.ID) bool {
	for id != top {
		h, ok := tenancy.Find(v, id)
		if !ok || h.ParentID == "" {
			return false
		}
		id = h.ParentID
	}
	return true
}

func policy(kind string) bool { return slices.Contains(policies, kind) }
