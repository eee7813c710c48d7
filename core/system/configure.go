package system

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Entity is what the audit trail calls the settings of the cluster; there is
// one, by the same name.
const Entity = "cluster"

// ConfigureInput are the limits that shall change.
type ConfigureInput struct {
	TupleDepth  *int64 `json:"max_tuple_depth,omitempty" op:"min=1,max=32" doc:"how many steps of tuple rules may lie between a question and a tuple; stays as it is when absent"`
	TupleFanOut *int64 `json:"max_tuple_fan_out,omitempty" op:"min=1,max=16384" doc:"with how many subjects one step of a tuple rule may go on; stays as it is when absent"`
}

// Configure sets limits for the whole cluster, from one place in the log on.
var Configure = op.NewCommand(Ops, op.Spec[ConfigureInput, Limits]{
	Name:    "configure",
	Summary: "Set limits that hold in the whole cluster.",
	Route:   "PATCH /v1/cluster/limits",
	Access:  op.Holding[ConfigureInput]("update", op.Administer),
	Example: ConfigureInput{TupleDepth: new(int64(8))},
	Result:  Limits{8, 1024},
	Undo:    op.Reversible("cluster.configure"),
}, func(tx *op.Tx, in ConfigureInput) (Limits, error) {
	s, founded := Load(tx)
	if !founded {
		return Limits{}, op.NotFound()
	}
	before := *s
	if in.TupleDepth != nil {
		s.Limits.TupleDepth = *in.TupleDepth
	}
	if in.TupleFanOut != nil {
		s.Limits.TupleFanOut = *in.TupleFanOut
	}
	if s.Limits != before.Limits {
		s.put(tx)
		tx.Record(op.Record{Action: "update", Entity: Entity, TargetID: Entity, Before: &before, After: s})
	}
	return LimitsOf(tx), nil
})

func (s *Settings) put(tx *op.Tx) {
	s.Version++
	settings.Put(tx.Tx, s)
}

// The limits of the cluster have a past that can be brought back.
var _ = op.NewEntity(Ops, op.Entity{
	Name: Entity,
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		s, founded := Load(v)
		if !founded || id != Entity {
			return op.Known{}, false
		}
		return op.Known{Type: Entity, Version: s.Version, State: s, Content: LimitsOf(v)}, true
	},
	Rights: func(state.View, urn.ID) (see, revert []op.Right) {
		administer := op.Right{Permission: op.Administer}
		return []op.Right{administer, {Permission: op.ReadAudit}}, []op.Right{administer}
	},
	Revert: func(tx *op.Tx, _ urn.ID, past state.View) error {
		s, founded := Load(tx)
		was, had := Load(past)
		switch {
		case !founded || !had:
			return op.NotFound()
		case s.Limits == was.Limits:
			return op.Moot("the limits are as they were")
		}
		s.Limits = was.Limits
		s.put(tx)
		return nil
	},
})
