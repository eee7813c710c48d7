package objects

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// TypeOps are the operations on types of objects.
var TypeOps = &op.Set{Noun: "object_type", Doc: "Types are the applications' own names for what objects are; a type can demand that changes say which version they were made from."}

// ConfigureInput names a type and what shall be said of it.
type ConfigureInput struct {
	Name           string  `json:"name" op:"path,min=1,max=128" doc:"the type; it need not have objects yet"`
	Description    *string `json:"description,omitempty" op:"max=1024" doc:"what such objects are, for people; stays as it is when absent"`
	RequireVersion *bool   `json:"require_version,omitempty" doc:"whether an update, delete or restore must say which version it was made from, by If-Match or version; stays as it is when absent"`
}

// Configure describes a type and says what it demands of changes.
var Configure = op.NewCommand(TypeOps, op.Spec[ConfigureInput, Type]{
	Name:    "configure",
	Summary: "Describe a type of objects, and say whether its changes need a precondition.",
	Route:   "PUT /v1/object-types/{name}",
	Access:  op.Holding[ConfigureInput]("update", op.Administer),
	Example: ConfigureInput{Name: "invoice"},
	Result:  exampleType,
	Undo:    op.Reversible("configure it as before"),
}, func(tx *op.Tx, in ConfigureInput) (Type, error) {
	was, known := FindType(tx, in.Name)
	t, f := enroll(tx, in.Name)
	if f != nil {
		return Type{}, f
	}
	s := t.settings()
	if in.Description != nil {
		s.Description = *in.Description
	}
	if in.RequireVersion != nil {
		s.RequireVersion = *in.RequireVersion
	}
	r := op.Record{Action: "update", Entity: EntityType, TargetID: urn.ID(t.Name), After: t}
	if known {
		r.Before = was
	}
	if t.set(tx, s) || !known {
		tx.Record(r)
	}
	return *t, nil
})

// TypeInput names a type.
type TypeInput struct {
	Name string `json:"name" op:"path,min=1,max=128" doc:"the type"`
}

// GetType shows a type.
var GetType = op.NewQuery(TypeOps, op.Spec[TypeInput, Type]{
	Name:    "get",
	Summary: "Show a type of objects.",
	Route:   "GET /v1/object-types/{name}",
	Access:  op.Holding[TypeInput]("read", op.Administer),
	Faults:  []fault.Code{fault.NotFound},
	Example: TypeInput{Name: "invoice"},
	Result:  exampleType,
}, func(v *op.View, in TypeInput) (Type, error) {
	t, ok := FindType(v, in.Name)
	if !ok {
		return Type{}, op.NotFound()
	}
	return *t, nil
})

// TypesInput pages through the types.
type TypesInput struct {
	op.Paging
}

// ListTypes shows the types that were used or configured, by name.
var ListTypes = op.NewQuery(TypeOps, op.Spec[TypesInput, op.Page[Type]]{
	Name:    "list",
	Summary: "List the types of objects.",
	Route:   "GET /v1/object-types",
	Access:  op.Holding[TypesInput]("list", op.Administer),
	Example: TypesInput{},
	Result:  op.NewPage([]Type{exampleType}, ""),
}, func(v *op.View, in TypesInput) (op.Page[Type], error) {
	r := state.Range{Prefix: state.Key(key.ObjectType)}
	if in.Cursor != "" {
		r.After = state.Key(key.ObjectType, in.Cursor)
	}
	rows := types.Scan(v, r)
	defer rows.Close()
	var items []Type
	for rows.Next() {
		items = append(items, *rows.Row())
		if len(items) == in.Size() {
			return op.NewPage(items, op.Cursor(rows.Row().Name)), nil
		}
	}
	return op.NewPage(items, ""), nil
})

var exampleType = Type{
	Name: "invoice", Description: "what was billed", RequireVersion: true, EntryID: "reg_01890a5d0c1e7000a000000000000001",
	CreatedAt: 1767225600000000, CreatedBy: "alice", Version: 1,
}
