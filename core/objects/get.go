package objects

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names an object and, if wanted, one of its versions.
type GetInput struct {
	ID      urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	Version uint64 `json:"version,omitempty" op:"query,min=1" doc:"a version; the newest when absent"`
	Include string `json:"include,omitempty" op:"query,enum=tombstoned" doc:"tombstoned shows a deleted object to its owner"`
}

// Get shows an object to those who have read on it.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Object]{
	Name:    "get",
	Summary: "Show an object.",
	Route:   "GET /v1/objects/{id}",
	Access:  op.May("read", op.Read, func(in GetInput) op.Target { return op.Object(in.ID) }),
	Example: GetInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in GetInput) (Object, error) {
	h, ok := present(v, in.ID, in.Include != "")
	if !ok {
		return Object{}, op.NotFound()
	}
	var x *Version
	if in.Version == 0 {
		x = current(v, h)
	} else if x, ok = FindVersion(v, h.ID, in.Version); !ok {
		return Object{}, op.NotFound()
	}
	v.Read(reading(h))
	return shown(v, h, x), nil
})

// reading is what the trail says of content that was given out.
func reading(h *Header) op.Record {
	return op.Record{Action: "read", Entity: op.EntityObject, TargetType: h.Type, TargetID: h.ID}
}
