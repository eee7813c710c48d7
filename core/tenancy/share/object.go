package share

import (
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

func typeOf(object urn.ID) string {
	kind, _, _ := strings.Cut(string(object), "_")
	return kind
}

// textOf shows ids of the store's own things as they are, those of an
// application as UUIDs.
func textOf(object urn.ID) urn.ID {
	if urn.Registered(typeOf(object)) {
		return object
	}
	_, uuid, _ := urn.DecodeAny(object) // it was read so
	return urn.ID(uuid)
}

// target is the object as something that rights are decided about; objects of
// an application's own types are none.
func target(object urn.ID) (op.Target, bool) {
	switch typeOf(object) {
	case urn.PrefixObject:
		return op.Object(object), true
	case urn.PrefixOrg, urn.PrefixScope:
		return op.Scope(object), true
	}
	return op.Target{}, false
}

// carries says whether an object of the store carries what is granted on it:
// it is not deleted, and its scope and those above share. What the application
// keeps always does, as far as it is known here.
func carries(v state.View, object urn.ID) bool {
	t, known := target(object)
	switch {
	case !known:
		return true
	case t.Entity == op.EntityObject:
		h, ok := objects.Find(v, object)
		return ok && h.Lifecycle == objects.Active
	}
	h, ok := tenancy.Find(v, object)
	for ok && h.Shares() && h.ParentID != "" {
		h, ok = tenancy.Find(v, h.ParentID)
	}
	return ok && h.Shares()
}

// carried says whether the share still stands on what it was made by: the
// object shares, and its creator is active and could make it now. Whoever lost
// the right to grant must not leave a way in behind.
func (r *row) carried(v *op.View) bool {
	asOf := *v
	asOf.Now, asOf.Time = v.View, v.At
	return carries(v, r.Object) && may(&asOf, r.CreatedBy, r.Object, r.Relation) == nil
}

// may refuses who cannot share the object with the relation. Only an owner of
// a scope makes somebody act as one.
func may(v *op.View, who, object urn.ID, relation string) error {
	if err := tuple.Leads(v, who, ActionCreate, object); err != nil {
		return err
	}
	t, _ := target(object)
	if t.Entity != op.EntityScope || relation != string(tenancy.Owner) {
		return nil
	}
	r := op.Request{Principal: who, Action: ActionCreate, Target: t, Need: op.Own, Time: v.Time, Environment: v.Trace.EnvironmentID}
	d := v.Sight.Decide(v.Now, r)
	if d.Allowed {
		return nil
	}
	return &op.Refused{
		Fault:  fault.New(fault.RoleHierarchy, "only an owner lets somebody act as one"),
		Action: ActionCreate, Target: t, Decision: op.Decision{Visible: true, Level: d.Level},
	}
}

// governs refuses who is neither the share's creator nor could grant on its
// object: for him it is not there.
func (r *row) governs(v *op.View, action string) error {
	if v.Caller.ID == r.CreatedBy || v.Caller.Holds(op.Administer) || tuple.Leads(v, v.Caller.ID, action, r.Object) == nil {
		return nil
	}
	return &op.Refused{Fault: op.NotFound(), Action: action, Target: op.Target{Entity: EntityShare, ID: r.ID}}
}
