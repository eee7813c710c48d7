package tuple

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Who may write tuples of all objects, and who may ask about them.
var (
	writers = []op.Permission{op.WriteTuples, op.ActAsHost}
	readers = []op.Permission{op.WriteTuples, op.ActAsHost, op.ReadAudit, op.Administer}
)

// party is a principal whose authority over an object is in question, by the
// rights of now.
type party struct {
	v     *op.View
	id    urn.ID
	holds func(op.Permission) bool
}

func callerOf(v *op.View) *party { return &party{v, v.Caller.ID, v.Caller.Holds} }

// partyOf is a principal who is active.
func partyOf(v *op.View, id urn.ID) (*party, bool) {
	p, ok := identity.Find(v.Now, id)
	if !ok || p.Lifecycle != identity.Active {
		return nil, false
	}
	return &party{v, id, p.Holds}, true
}

// grants says whether the party may write a tuple.
func (p *party) grants(k Key) error {
	if k.managed() {
		return errManaged()
	}
	if err := p.writes("tuple_create", k.Object); err != nil {
		return err
	}
	if f := known(p.v, k); f != nil {
		return f
	}
	return nil
}

// writes is leads for tuples themselves. They stay when the right to write them
// is gone, so who has admin on an object of the store only for as long as it is
// shared into a scope writes none.
func (p *party) writes(action string, object urn.ID) error {
	if err := p.leads(action, object, writers); err != nil {
		return err
	}
	h, kept := objects.Find(p.v.Now, object)
	if !kept || kind(object) != urn.PrefixObject || h.OwnerID == p.id || slices.ContainsFunc(writers, p.holds) || p.owns(object) {
		return nil
	}
	return &op.Refused{Fault: denied(), Action: action, Target: ruled(object), Decision: op.Decision{Visible: true}}
}

// leads says whether the party may do something about the tuples of an object:
// it holds one of the permissions, or is owner or admin there. What the party
// cannot see is answered like what is not there.
func (p *party) leads(action string, object urn.ID, permissions []op.Permission) error {
	t := ruled(object)
	r := op.Request{Principal: p.id, Action: action, Target: t, Need: op.Admin, Time: p.v.Time, Environment: p.v.Trace.EnvironmentID}
	d := op.Decision{Visible: true}
	var f *fault.Fault
	if slices.ContainsFunc(permissions, p.holds) || p.owns(object) {
		rule, denies := p.v.Sight.Forbids(p.v.Now, r)
		if !denies {
			return nil
		}
		d.DeniedBy = rule
		f = d.Refusal(op.None)
	} else {
		if _, ok := target(object); ok {
			d = p.v.Sight.Decide(p.v.Now, r)
		}
		if d.Allowed {
			return nil
		}
		if f = d.Refusal(op.None); d.Visible && d.DeniedBy == "" {
			f = denied()
		}
	}
	return &op.Refused{Fault: f, Action: action, Target: t, Decision: d}
}

// denied tells who may not that he may not, and nothing else.
func denied() *fault.Fault {
	return fault.New(fault.PermissionDenied, "this takes the relation owner or admin to the object, or a permission of the cluster")
}

// owns says whether a tuple makes the party owner or admin of an object. To what
// is the application's own the rules of its type lead too; what they say of the
// store's things gives no right to these. An evaluation that comes to its limits
// is a no, and who has a name of a caller's choice has no tuples.
func (p *party) owns(object urn.ID) bool {
	if !isPrincipal(p.id) {
		return false
	}
	e, ours := evaluate(p.v.Now, p.v.Time, p.id), urn.Registered(kind(object))
	return slices.ContainsFunc([]tenancy.Role{tenancy.Owner, tenancy.Admin}, func(role tenancy.Role) bool {
		if ours {
			_, ok := direct(p.v.Now, Key{p.id, string(role), object}, p.v.Time)
			return ok
		}
		_, ok, f := e.ask(object, string(role))
		return ok && f == nil
	})
}

// asks says whether the caller may ask about the tuples of a subject, of an
// object, or between both. No rule about the object keeps those from asking who
// hold a permission: that it denies something is what they are told.
func asks(v *op.View, action string, subject, object urn.ID) error {
	if subject == v.Caller.ID {
		return nil
	}
	p := callerOf(v)
	switch {
	case slices.ContainsFunc(readers, p.holds):
		return nil
	case object != "":
		return p.leads(action, object, nil)
	}
	d := v.Sight.Decide(v.Now, op.Request{Principal: p.id, Action: "read", Target: ruled(subject), Need: op.Read, Time: v.Time})
	if _, ok := target(subject); ok && !d.Visible {
		return &op.Refused{Fault: op.NotFound(), Action: action, Target: ruled(subject), Decision: d}
	}
	d = op.Decision{Visible: true}
	return &op.Refused{
		Fault:  fault.New(fault.PermissionDenied, "the tuples of a subject are shown to itself, and to holders of a permission of the cluster"),
		Action: action, Target: ruled(subject), Decision: d,
	}
}
