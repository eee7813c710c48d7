package registry

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// Status is the registry as a whole.
type Status struct {
	Frozen  bool   `cbor:"1,keyasint,omitempty" json:"frozen" doc:"whether new constructs and kinds are refused"`
	Version uint64 `cbor:"2,keyasint" json:"version" doc:"raised by each freeze and unfreeze"`
}

// The one row of the registry itself lies with the settings.
var statuses = state.NewTable(state.Spec[Status]{
	Space: key.Setting,
	Key:   func(*Status) key.Key { return state.Key(key.Setting, "registry") },
})

func status(v state.View) Status {
	if s, ok := statuses.Get(v, state.Key(key.Setting, "registry")); ok {
		return *s
	}
	return Status{}
}

func frozen(v state.View) bool { return status(v).Frozen }

func refuseFrozen() *fault.Fault {
	return fault.New(fault.RegistryFrozen, "the registry is frozen: it takes no new kinds, and no new entries of kinds that applications are built from")
}

// Freeze refuses new kinds and constructs. What other operations register
// (principals, scopes, types of objects) still comes into being.
var Freeze = op.NewCommand(Ops, op.Spec[op.Nothing, Status]{
	Name:    "freeze",
	Summary: "Refuse new kinds, and new entries of the kinds that applications are built from.",
	Route:   "POST /v1/registry/freeze",
	Access:  op.Holding[op.Nothing]("lifecycle_change", op.Administer),
	Result:  Status{Frozen: true, Version: 1},
	Undo:    op.Reversible("registry.unfreeze"),
}, func(tx *op.Tx, _ op.Nothing) (Status, error) { return setFrozen(tx, true), nil })

// Unfreeze takes new kinds and constructs again.
var Unfreeze = op.NewCommand(Ops, op.Spec[op.Nothing, Status]{
	Name:    "unfreeze",
	Summary: "Take new kinds and entries again.",
	Route:   "POST /v1/registry/unfreeze",
	Access:  op.Holding[op.Nothing]("lifecycle_change", op.Administer),
	Result:  Status{Version: 2},
	Undo:    op.Reversible("registry.freeze"),
}, func(tx *op.Tx, _ op.Nothing) (Status, error) { return setFrozen(tx, false), nil })

func setFrozen(tx *op.Tx, to bool) Status {
	before := status(tx)
	if before.Frozen == to {
		return before
	}
	after := before.to(tx, to)
	tx.Record(op.Record{Action: "lifecycle_change", Entity: EntityRegistry, TargetID: EntityRegistry, Before: before, After: after})
	return after
}

func (s Status) to(tx *op.Tx, frozen bool) Status {
	s.Frozen, s.Version = frozen, s.Version+1
	statuses.Put(tx.Tx, &s)
	return s
}
