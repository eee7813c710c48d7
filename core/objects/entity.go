package objects

import (
	"bytes"
	"encoding/hex"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Past is objects as things whose past can be shown and brought back.
var Past = op.NewEntity(Ops, op.Entity{
	Name: op.EntityObject, Prefixes: []string{urn.PrefixObject},
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		h, ok := Find(v, id)
		if !ok {
			return op.Known{}, false
		}
		x := current(v, h)
		return op.Known{
			Type: h.Type, Version: h.Version, Ended: h.Lifecycle == Tombstoned, State: plain(h, x), Bound: bound(h, x),
			Content: content{h.Type, h.OwnerID, h.Lifecycle, x.Body.Bytes},
		}, true
	},
	Reveal: func(v *op.View, id urn.ID, known any) any {
		o, _ := known.(Object)
		o.Data = v.Reveal(id, o.Data)
		return o
	},
	Rights: func(_ state.View, id urn.ID) (see, revert []op.Right) {
		return []op.Right{{Target: op.Object(id), Level: op.Read}, {Permission: op.ReadAudit}},
			[]op.Right{{Target: op.Object(id), Level: op.Admin}}
	},
	Revert: revert,
})

// bound is what the trail binds of an object, with the commitment to the body
// that is stored.
func bound(h *Header, x *Version) *stateOf {
	s := traced(h, x)
	sum := canon.Commit(x.Body.Salt, x.Body.Bytes)
	s.Commitment = hex.EncodeToString(sum[:])
	return s
}

// content is the part of an object that a rollback brings back.
type content struct {
	Type      string  `json:"type"`
	OwnerID   urn.ID  `json:"owner_id"`
	Lifecycle string  `json:"lifecycle"`
	Data      op.JSON `json:"data"`
}

// byRollback is the reason that versions and tombstones give which a rollback
// makes.
const byRollback = "rollback"

// revert implements op.Entity: old data come back as a new version, an object
// that was not there is deleted, a deleted one restored.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	h, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, existed := Find(past, id)
	if !existed {
		if h.Lifecycle == Tombstoned {
			return op.Moot("the object is deleted already")
		}
		h.entomb(tx, byRollback)
		return nil
	}
	data := current(past, was).Body.Bytes
	changed := !bytes.Equal(data, current(tx, h).Body.Bytes)
	if !changed && was.OwnerID == h.OwnerID && was.Lifecycle == h.Lifecycle {
		return op.Moot("the object has this content already")
	}
	if err := h.mayReturn(tx, was); err != nil {
		return err
	}
	h.OwnerID = was.OwnerID
	if h.Lifecycle == Tombstoned && was.Lifecycle == Active {
		h.revive(tx, data, byRollback)
		return nil
	}
	if changed {
		h.append(tx, data, byRollback, OriginRollback)
	}
	if h.Lifecycle == was.Lifecycle {
		headers.Put(tx.Tx, h)
	} else {
		h.entomb(tx, byRollback)
	}
	return nil
}

// mayReturn says whether the object can be again whose it was, and be there
// again: nothing comes back to somebody who is gone, and only the owner gives
// it back to another.
func (h *Header) mayReturn(tx *op.Tx, was *Header) error {
	moves := was.OwnerID != h.OwnerID
	if moves {
		if err := tx.Demand("rollback", op.Own, op.Object(h.ID)); err != nil {
			return err
		}
	}
	returns := h.Lifecycle == Tombstoned && was.Lifecycle == Active
	if (moves || returns) && !identity.IsActive(tx, was.OwnerID) {
		return fault.New(fault.PreconditionFailed, "the owner that the object would have again is not active")
	}
	return nil
}
