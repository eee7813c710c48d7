package share

import (
	"strings"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

func typeOf(object urn.ID) string {
	kind, _, _ := strings.Cut(string(object), "_")
	return kind
}

// textOf shows ids of the store's own things as they are, those of an
// application as UUIDs.
func textOf(object urn.ID) string {
	if _, _, f := urn.Decode(object); f == nil {
		return string(object)
	}
	_, uuid, _ := urn.DecodeAny(object) // it was read so
	return uuid
}

// parseObject reads type and id of an object.
func parseObject(kind, text string) (urn.ID, *fault.Fault) {
	wrong := func(code fault.Code, field, detail string) (urn.ID, *fault.Fault) {
		return "", fault.New(code, "%s %s", field, detail).At(fault.Item{Pointer: "/" + field, Code: string(code), Detail: detail})
	}
	if !urn.IsValidShape(urn.ID(kind + "_01890a5d0c1e7000a000000000000000")) {
		return wrong(fault.InvalidFormat, "object_type", "has two to six lower-case letters")
	}
	id := urn.ID(kind + "_" + strings.ReplaceAll(text, "-", ""))
	if strings.Contains(text, "_") {
		if typeOf(urn.ID(text)) != kind {
			return wrong(fault.InvalidFormat, "object_id", "has another type than object_type says")
		}
		id = urn.ID(text)
	}
	if !urn.IsValidShape(id) {
		return wrong(fault.InvalidID, "object_id", "is no UUID, and no id of the type")
	}
	return id, nil
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

// stands says whether an object of the store is there and carries what is
// granted on it; what the application keeps always does, as far as it is known.
func stands(v state.View, object urn.ID) (there, carries bool) {
	t, known := target(object)
	switch {
	case !known:
		return true, true
	case t.Entity == op.EntityObject:
		h, ok := objects.Find(v, object)
		return ok, ok && h.Lifecycle == objects.Active
	}
	h, ok := tenancy.Find(v, object)
	there = ok
	for ok && h.Shares() && h.ParentID != "" {
		h, ok = tenancy.Find(v, h.ParentID)
	}
	return there, ok && h.Shares()
}

// need is the level on an object that sharing it with a relation takes: only
// an owner makes somebody act as one.
func need(relation string) op.Level {
	if relation == string(tenancy.Owner) {
		return op.Own
	}
	return op.Admin
}

// carried says whether the share still stands on what it was made by: the
// object shares, and its creator is active and could make it now. Whoever lost
// the right to grant must not leave a way in behind.
func (r *row) carried(v state.View, sight op.Sight, at state.Time) bool {
	if _, carries := stands(v, r.Object); !carries {
		return false
	}
	p, ok := identity.Find(v, r.CreatedBy)
	if !ok || p.Lifecycle != identity.Active {
		return false
	}
	t, known := target(r.Object)
	if p.Holds(op.WriteTuples) || p.Holds(op.ActAsHost) {
		_, denied := sight.Forbids(v, op.Request{Principal: p.ID, Action: ActionCreate, Target: t, Time: at})
		return !denied
	}
	return known && sight.Decide(v, op.Request{Principal: p.ID, Action: ActionCreate, Need: need(r.Relation), Target: t, Time: at}).Allowed
}

// may refuses a caller who can not grant on the object.
func may(v *op.View, object urn.ID, relation, action string) error {
	if v.Caller.Holds(op.WriteTuples) || v.Caller.Holds(op.ActAsHost) {
		return nil
	}
	if t, ok := target(object); ok {
		return v.Demand(action, need(relation), t)
	}
	return &op.Refused{
		Fault:  fault.New(fault.PermissionDenied, "only an owner or an administrator of the object shares it, and who holds tuples.write"),
		Action: action, Target: op.Target{Entity: EntityShare}, Decision: op.Decision{Visible: true},
	}
}

// governs refuses who is neither the share's creator nor could grant on its
// object: for him it is not there.
func (r *row) governs(v *op.View, action string) error {
	if v.Caller.ID == r.CreatedBy || v.Caller.Holds(op.Administer) || may(v, r.Object, "", action) == nil {
		return nil
	}
	return &op.Refused{Fault: op.NotFound(), Action: action, Target: op.Target{Entity: EntityShare, ID: r.ID}}
}
