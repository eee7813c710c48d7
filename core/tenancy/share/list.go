package share

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// ListInput names the object whose shares are listed.
type ListInput struct {
	ObjectType string `json:"object_type" op:"query,required" doc:"the type of the object"`
	ObjectID   urn.ID `json:"object_id" op:"query,required" doc:"the object: a UUID, its 32 hex digits, or an id of the type"`
	op.Paging
}

// List shows the shares of an object, ended ones too.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Share]]{
	Name:    "list",
	Schema:  2,
	Summary: "List the shares of an object, ended ones too.",
	Doc:     "Who can neither share the object nor oversees the store sees those that he made himself.",
	Route:   "GET /v1/shares",
	Access:  op.Anyone[ListInput]("list"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvalidFormat, fault.InvalidID, fault.InvalidCursor},
	Example: ListInput{ObjectType: example.ObjectType, ObjectID: example.ObjectID},
	Result:  op.NewPage([]Share{example}, ""),
	Validate: func(in *ListInput) *fault.Fault {
		if f := in.CheckCursor(urn.PrefixShare); f != nil {
			return f
		}
		_, f := in.object()
		return f
	},
}, func(v *op.View, in ListInput) (op.Page[Share], error) {
	object, f := in.object()
	if f != nil {
		return op.Page[Share]{}, f
	}
	r := state.Range{Prefix: objectKey(object)}
	if in.Cursor != "" {
		r.After = objectKey(object, urn.ID(in.Cursor))
	}
	refused := tuple.Leads(v, v.Caller.ID, "list", object)
	all := refused == nil || v.Caller.Holds(op.Administer)
	page := op.Fill(byObject.Scan(v, r), in.Paging, func(r *row) (Share, bool) {
		if !all && r.CreatedBy != v.Caller.ID {
			return Share{}, false
		}
		return r.shown(v), true
	}, func(r *row) op.Cursor { return op.Cursor(r.ID) })
	if !all && in.Cursor == "" && len(page.Items) == 0 {
		return op.Page[Share]{}, refused
	}
	return page, nil
})

func (in *ListInput) object() (urn.ID, *fault.Fault) {
	k, f := tuple.ParseObject(string(tenancy.Viewer), in.ObjectType, in.ObjectID)
	return k.Object, f
}
