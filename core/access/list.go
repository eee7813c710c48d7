package access

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// VisibleInput says whose sight is asked for.
type VisibleInput struct {
	PrincipalID urn.ID `json:"principal_id,omitempty" op:"query,id=principal" doc:"about whom; you yourself when absent"`
	Type        string `json:"type,omitempty" op:"query,max=128" doc:"only objects of this type"`
	Order       string `json:"order,omitempty" op:"query,enum=created_at|-created_at|type|-type" doc:"created_at, oldest first, when absent; a minus turns the order round"`
	op.Paging
}

// Seen is one object that somebody can see.
type Seen struct {
	ObjectID urn.ID   `json:"object_id" doc:"the object"`
	Level    op.Level `json:"level" doc:"how much the principal may do with it: read, write, admin or owner"`
}

// Visible lists all that a principal can see: what it owns, deleted objects
// included, and what is shared with it. With at it answers for the past.
var Visible = op.NewQuery(Ops, op.Spec[VisibleInput, op.Page[Seen]]{
	Name:     "visible",
	Summary:  "List the objects that a principal can see, and how much it may do with each.",
	Doc:      "About others may ask: cluster administrators and holders of audit.read.",
	Schema:   2,
	Route:    "GET /v1/access/visible",
	Access:   op.Anyone[VisibleInput]("list"),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidCursor},
	Example:  VisibleInput{Type: "note"},
	Result:   op.NewPage([]Seen{{ObjectID: exampleObject, Level: op.Read}}, ""),
	Validate: func(in *VisibleInput) *fault.Fault { return in.CheckCursor(urn.PrefixObject) },
}, func(v *op.View, in VisibleInput) (op.Page[Seen], error) {
	about := in.PrincipalID
	if about == "" {
		about = v.Caller.ID
	}
	if about != v.Caller.ID {
		if !watches(v) {
			return op.Page[Seen]{}, fault.New(fault.PermissionDenied, "what others can see is shown to cluster administrators and holders of audit.read only")
		}
		v.Traced(op.Record{
			Action: "access_check", Entity: op.EntityPrincipal, TargetID: about, TargetType: op.EntityPrincipal,
			Metadata: []fault.Member{{Name: "asked_action", Value: "list"}, {Name: "as_of", Value: strconv.FormatUint(v.Revision(), 10)}},
		})
	}
	walk := v.Sight.Visible(v.View, objects.Ordered(op.Gaze{
		Principal: about, Time: v.At, Environment: v.Trace.EnvironmentID, Type: in.Type, After: urn.ID(in.Cursor),
	}, in.Order))
	defer walk.Close()
	var items []Seen
	for walk.Next() {
		items = append(items, Seen{walk.ID(), walk.Level()})
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(walk.ID())), nil
		}
	}
	if walk.More() {
		return op.NewPage(items, op.Cursor(walk.Last())), nil
	}
	return op.NewPage(items, ""), nil
})
