package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// MarkerInput names a deleted object.
type MarkerInput struct {
	ID urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
}

// Marker says when and why an object was deleted.
type Marker struct {
	ObjectID     urn.ID     `json:"object_id" doc:"the object"`
	TombstonedAt state.Time `json:"tombstoned_at" doc:"when it was deleted"`
	TombstonedBy urn.ID     `json:"tombstoned_by" doc:"who deleted it"`
	Reason       string     `json:"reason" doc:"why, as that principal said"`
	LastVersion  uint64     `json:"last_version" doc:"the version that was the newest then"`
}

// GetTombstone shows the mark of a deletion to the owner of the object and to
// cluster administrators.
var GetTombstone = op.NewQuery(Ops, op.Spec[MarkerInput, Marker]{
	Name:    "get_tombstone",
	Summary: "Show when and why an object was deleted.",
	Route:   "GET /v1/objects/{id}/tombstone",
	Access:  op.May("read", op.Read, func(in MarkerInput) op.Target { return op.Object(in.ID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: MarkerInput{ID: exampleID},
	Result:  Marker{ObjectID: exampleID, TombstonedAt: 1767225600000000, TombstonedBy: "alice", Reason: "obsolete", LastVersion: 1},
}, func(v *op.View, in MarkerInput) (Marker, error) {
	t, ok := open(v, in.ID)
	if !ok {
		return Marker{}, op.NotFound()
	}
	if h, ok := Find(v, in.ID); ok && h.OwnerID != v.Caller.ID {
		v.Traced(reading(h)) // by a right over the cluster, not over the object
	}
	return Marker{
		ObjectID: t.ObjectID, TombstonedAt: t.TombstonedAt, TombstonedBy: t.TombstonedBy,
		Reason: t.Reason, LastVersion: t.LastVersion,
	}, nil
})
