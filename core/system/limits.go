package system

import (
	"cmp"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// Limits are bounds that decide how calls end, and therefore lie in the state.
type Limits struct {
	TupleDepth  int64 `cbor:"1,keyasint,omitempty" json:"max_tuple_depth,omitempty" doc:"how many steps of tuple rules may lie between a question and a tuple: 8 unless it was set"`
	TupleFanOut int64 `cbor:"2,keyasint,omitempty" json:"max_tuple_fan_out,omitempty" doc:"with how many subjects one step of a tuple rule may go on: 1024 unless it was set"`
}

// LimitsOf are the limits that hold in a view.
func LimitsOf(v state.View) Limits {
	var l Limits
	if s, founded := Load(v); founded {
		l = s.Limits
	}
	return Limits{cmp.Or(l.TupleDepth, 8), cmp.Or(l.TupleFanOut, 1024)}
}

// LimitsInput is empty: there is one cluster.
type LimitsInput struct{}

// GetLimits shows the limits in force.
var GetLimits = op.NewQuery(Ops, op.Spec[LimitsInput, Limits]{
	Name:    "limits",
	Summary: "Show the limits that hold in the whole cluster.",
	Route:   "GET /v1/cluster/limits",
	Access:  op.Holding[LimitsInput]("read", op.Administer),
	Result:  Limits{8, 1024},
}, func(v *op.View, _ LimitsInput) (Limits, error) { return LimitsOf(v), nil })
