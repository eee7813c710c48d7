package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput is a new object.
type CreateInput struct {
	Type   string  `json:"type" op:"required,min=1,max=128" doc:"a type of your own, such as note or invoice"`
	Data   op.JSON `json:"data" op:"required,max=256KiB" doc:"the content, a JSON object"`
	Reason string  `json:"reason,omitempty" op:"max=1024" doc:"why, for the history"`
}

// Create makes an object that only its owner, the caller, can see.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Object]{
	Name:    "create",
	Summary: "Create an object, private to you.",
	Route:   "POST /v1/objects",
	Status:  201,
	Access:  op.Anyone[CreateInput]("create").On(func(in CreateInput) op.Target { return op.NewObject(in.Type) }),
	Faults:  []fault.Code{fault.PreconditionFailed},
	Example: CreateInput{Type: "note", Data: op.JSON(`{"title":"draft"}`)},
	Result:  example,
	Undo:    op.Reversible("tombstone the object"),
}, func(tx *op.Tx, in CreateInput) (Object, error) { return create(tx, in, &naming{}) })

func create(tx *op.Tx, in CreateInput, n *naming) (Object, error) {
	warning, f := n.refer(tx, in.Type)
	if f != nil {
		return Object{}, f
	}
	h := &Header{
		ID: tx.NewID(urn.PrefixObject), Type: in.Type, OwnerID: tx.Caller.ID, Lifecycle: Active,
		CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
	}
	reason := in.Reason
	if reason == "" {
		reason = "created"
	}
	x := h.append(tx, in.Data, reason, OriginWrite)
	headers.Insert(tx.Tx, h)
	record(tx, "create", h, nil, traced(h, x))
	out := shown(tx.View(), h, x)
	out.Warning = warning
	return out, nil
}

// CreateManyInput is new objects.
type CreateManyInput struct {
	Items []CreateInput `json:"items" op:"required,max=500" doc:"the objects, at most 500; none changes nothing"`
}

// CreateManyOutput is what was created.
type CreateManyOutput struct {
	Items []Object `json:"items" doc:"the objects, in the order in which they were given"`
}

// CreateMany makes all of several objects, or none. Each leaves an entry of its
// own in the trail; that of the first is the parent of the others.
var CreateMany = op.NewCommand(Ops, op.Spec[CreateManyInput, CreateManyOutput]{
	Name:    "create_many",
	Summary: "Create several objects together, or none of them.",
	Doc:     "A refusal says by index which of the items it is about.",
	Route:   "POST /v1/objects/bulk",
	Status:  201,
	Access:  op.Anyone[CreateManyInput]("create"),
	Faults:  []fault.Code{fault.PreconditionFailed},
	Example: CreateManyInput{Items: []CreateInput{{Type: "note", Data: op.JSON(`{"title":"draft"}`)}}},
	Result:  CreateManyOutput{Items: []Object{example}},
	Undo:    op.Reversible("tombstone the objects"),
}, func(tx *op.Tx, in CreateManyInput) (CreateManyOutput, error) {
	out := CreateManyOutput{Items: make([]Object, len(in.Items))}
	n := &naming{}
	for i, item := range in.Items {
		o, err := createOne(tx, item, n)
		if err != nil {
			return CreateManyOutput{}, op.AtItem(err, "items", i)
		}
		out.Items[i] = o
	}
	return out, nil
})

// createOne does what Create does, with the rules and the guards about it.
func createOne(tx *op.Tx, in CreateInput, n *naming) (Object, error) {
	if err := tx.Forbidden("create", op.NewObject(in.Type)); err != nil {
		return Object{}, err
	}
	o, err := create(tx, in, n)
	if err != nil {
		return Object{}, err
	}
	return o, tx.Guarded(Create.Operation, in)
}
