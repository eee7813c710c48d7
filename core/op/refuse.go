package op

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

// Refused is the error of a handler that found a right missing, where the
// declaration alone cannot say who may: two rights are needed, or either of
// two is enough. The pipeline traces it like a refusal of its own.
type Refused struct { //nolint:errname // it is read with its package, like fault.Fault
	Fault    *fault.Fault
	Action   string
	Target   Target
	Decision Decision
}

func (r *Refused) Error() string { return r.Fault.Error() }

// Unwrap shows the fault to whoever answers the caller.
func (r *Refused) Unwrap() error { return r.Fault }

// Decide asks about the caller, by the rights of the transaction.
func (tx *Tx) Decide(action string, need Level, target Target) Decision {
	return tx.View().Decide(action, need, target)
}

// Demand asks for a level on a further target; the error is a Refused.
func (tx *Tx) Demand(action string, need Level, target Target) error {
	return tx.View().Demand(action, need, target)
}

// Forbidden asks whether a rule denies the caller an action that he has the
// right to by other means than a level on the target; the error is a Refused.
func (tx *Tx) Forbidden(action string, target Target) error {
	return tx.View().Forbidden(action, target)
}

// Require asks for one of some cluster permissions, where a level on the target
// is not enough or not the matter; the error is a Refused.
func (tx *Tx) Require(action string, target Target, some ...Permission) error {
	if tx.Caller.HoldsAny(some...) {
		return nil
	}
	f := fault.New(fault.PermissionDenied, "this takes a permission of the cluster that you do not have; ask an administrator of the cluster")
	return &Refused{Fault: f, Action: action, Target: target, Decision: Decision{Visible: true}}
}

// Decide asks about the caller, by the rights of now.
func (v *View) Decide(action string, need Level, target Target) Decision {
	return v.Sight.Decide(v.Now, v.request(action, need, target))
}

// Demand asks for a level on a further target, by the rights of now; the error
// is a Refused.
func (v *View) Demand(action string, need Level, target Target) error {
	r := v.request(action, need, target)
	return r.demand(v.Sight.Decide(v.Now, r))
}

// Forbidden asks whether a rule denies the caller an action that he has the
// right to by other means than a level on the target; the error is a Refused.
func (v *View) Forbidden(action string, target Target) error {
	r := v.request(action, None, target)
	return r.forbidden(v.Sight.Forbids(v.Now, r))
}

func (v *View) request(action string, need Level, target Target) Request {
	return Request{
		Principal: v.Caller.ID, Action: action, Target: target, Need: need,
		Time: v.Time, Environment: v.Trace.EnvironmentID,
	}
}

func (r Request) demand(d Decision) error {
	if f := d.Refusal(r.Need); f != nil {
		return &Refused{Fault: f, Action: r.Action, Target: r.Target, Decision: d}
	}
	return nil
}

func (r Request) forbidden(rule urn.ID, denied bool) error {
	if !denied {
		return nil
	}
	return r.demand(Decision{Visible: true, DeniedBy: rule})
}

// AtItem says which item of a list of the input an error is about: by index, and
// by pointers into it.
func AtItem(err error, list string, index int) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	at := "/" + list + "/" + strconv.Itoa(index)
	for i := range f.Items {
		f.Items[i].Pointer = at + f.Items[i].Pointer
	}
	if len(f.Items) == 0 {
		_ = f.At(fault.Item{Pointer: at, Code: string(f.Code), Detail: f.Detail})
	}
	_ = f.With("index", int64(index)) // err is f, or holds it
	return err
}
