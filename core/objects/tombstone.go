package objects

import (
	"fmt"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Tombstone marks the time between a deletion and a restore. It is kept when
// it is closed.
type Tombstone struct {
	ID           urn.ID     `cbor:"1,keyasint"`
	ObjectID     urn.ID     `cbor:"2,keyasint"`
	TombstonedAt state.Time `cbor:"3,keyasint"`
	TombstonedBy urn.ID     `cbor:"4,keyasint"`
	Reason       string     `cbor:"5,keyasint,omitempty"`
	LastVersion  uint64     `cbor:"6,keyasint"`
	ReversedAt   state.Time `cbor:"7,keyasint,omitempty"`
	ReversedBy   urn.ID     `cbor:"8,keyasint,omitempty"`
}

var tombstones = state.NewTable(state.Spec[Tombstone]{
	Space: key.Tombstone,
	Key:   func(t *Tombstone) key.Key { return state.Key(key.Tombstone, t.ObjectID, t.ID) },
	Refers: func(t *Tombstone, to func(key.Key)) {
		to(state.Key(key.ObjectVersion, t.ObjectID, t.LastVersion))
		to(state.Key(key.Principal, string(t.TombstonedBy)))
	},
})

// Tombstones walks the tombstones that an object ever had.
func Tombstones(v state.View, object urn.ID) *state.Rows[Tombstone] {
	return tombstones.Scan(v, state.Range{Prefix: state.Key(key.Tombstone, object)})
}

// open finds the tombstone of an object that is deleted now.
func open(v state.View, object urn.ID) (*Tombstone, bool) {
	rows := tombstones.Scan(v, state.Range{Prefix: state.Key(key.Tombstone, object), Reverse: true})
	defer rows.Close()
	if !rows.Next() || rows.Row().ReversedAt != 0 {
		return nil, false
	}
	return rows.Row(), true
}

// entomb ends a live object.
func (h *Header) entomb(tx *op.Tx, reason string) {
	h.Lifecycle = Tombstoned
	headers.Put(tx.Tx, h)
	tombstones.Insert(tx.Tx, &Tombstone{
		ID: tx.NewID(urn.PrefixTombstone), ObjectID: h.ID, TombstonedAt: tx.Time(), TombstonedBy: tx.Caller.ID,
		Reason: reason, LastVersion: h.Version,
	})
}

// revive brings a deleted object back, with the data as its next version.
func (h *Header) revive(tx *op.Tx, data op.JSON, reason string) *Version {
	mark, ok := open(tx, h.ID)
	if !ok {
		panic(&state.Broken{Err: fmt.Errorf("objects: %s is deleted and has no open tombstone", h.ID)})
	}
	h.Lifecycle = Active
	x := h.append(tx, data, reason, OriginRestore)
	headers.Put(tx.Tx, h)
	mark.ReversedAt, mark.ReversedBy = tx.Time(), tx.Caller.ID
	tombstones.Put(tx.Tx, mark)
	return x
}

// DeleteInput names an object to delete.
type DeleteInput struct {
	ID      urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	Reason  string `json:"reason,omitempty" op:"query,max=1024" doc:"why, for the history"`
	Version uint64 `json:"version,omitempty" op:"query,min=1" doc:"the version that you read; a newer one refuses the deletion"`
}

// Delete tombstones an object: only its owner still sees it, and it can be
// restored. Deleting it again changes nothing.
var Delete = op.NewCommand(Ops, op.Spec[DeleteInput, op.Nothing]{
	Name:      "delete",
	Schema:    2,
	Summary:   "Delete an object; its history stays and it can be restored.",
	Route:     "DELETE /v1/objects/{id}",
	Access:    op.May("delete", op.Admin, func(in DeleteInput) op.Target { return op.Object(in.ID) }),
	Faults:    []fault.Code{fault.NotFound, fault.VersionConflict, fault.PreconditionRequired},
	Example:   DeleteInput{ID: exampleID, Reason: "obsolete"},
	Undo:      op.Reversible("object.restore"),
	Versioned: true,
}, func(tx *op.Tx, in DeleteInput) (op.Nothing, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return op.Nothing{}, op.NotFound()
	}
	if f := tx.CheckVersion(h.Version, in.Version); f != nil {
		return op.Nothing{}, f
	}
	if h.Lifecycle == Tombstoned {
		return op.Nothing{}, nil
	}
	if f := h.stated(tx, in.Version); f != nil {
		return op.Nothing{}, f
	}
	x := current(tx, h)
	before := traced(h, x)
	h.entomb(tx, in.Reason)
	record(tx, "delete", h, before, traced(h, x))
	return op.Nothing{}, nil
})

// RestoreInput names a deleted object.
type RestoreInput struct {
	ID      urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	Reason  string `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
	Version uint64 `json:"version,omitempty" op:"min=1" doc:"the version that you read; a newer one refuses the restore"`
}

// Restore brings a deleted object back as a new version with the same data.
// What shared it shares it again.
var Restore = op.NewCommand(Ops, op.Spec[RestoreInput, Object]{
	Name:      "restore",
	Schema:    2,
	Summary:   "Bring a deleted object back.",
	Route:     "POST /v1/objects/{id}/restore",
	Access:    op.May("restore", op.Admin, func(in RestoreInput) op.Target { return op.Object(in.ID) }),
	Faults:    []fault.Code{fault.NotFound, fault.IsolationViolation, fault.VersionConflict, fault.PreconditionRequired},
	Example:   RestoreInput{ID: exampleID},
	Result:    example,
	Undo:      op.Reversible("object.delete"),
	Versioned: true,
}, func(tx *op.Tx, in RestoreInput) (Object, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return Object{}, op.NotFound()
	}
	if h.Lifecycle != Tombstoned {
		return Object{}, fault.New(fault.IsolationViolation, "the object is not deleted")
	}
	if f := tx.CheckVersion(h.Version, in.Version); f != nil {
		return Object{}, f
	}
	if f := h.stated(tx, in.Version); f != nil {
		return Object{}, f
	}
	last := current(tx, h)
	before := traced(h, last)
	x := h.revive(tx, last.Body.Bytes, in.Reason)
	record(tx, "rollback", h, before, traced(h, x))
	out := shown(tx.View(), h, x)
	if !tx.Decide("read", op.Read, op.Object(h.ID)).Allowed {
		out.Data = nil
	}
	return out, nil
})
