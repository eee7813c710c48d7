package op

import "github.com/weir-store/weir/core/fault"

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

// Demand asks for a level on a further target; the error is a Refused.
func (tx *Tx) Demand(action string, need Level, target Target) error {
	r := Request{Principal: tx.Caller.ID, Action: action, Target: target, Need: need, Time: tx.Time()}
	return r.demand(tx.Sight.Decide(tx, r))
}

// Demand asks for a level on a further target, by the rights of now; the error
// is a Refused.
func (v *View) Demand(action string, need Level, target Target) error {
	r := Request{Principal: v.Caller.ID, Action: action, Target: target, Need: need, Time: v.Time}
	return r.demand(v.Sight.Decide(v.Now, r))
}

func (r Request) demand(d Decision) error {
	if f := d.Refusal(r.Need); f != nil {
		return &Refused{Fault: f, Action: r.Action, Target: r.Target, Decision: d}
	}
	return nil
}
