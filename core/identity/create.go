package identity

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/urn"
)

// CreateInput describes a new principal.
type CreateInput struct {
	ID          urn.ID  `json:"id,omitempty" op:"id=principal" doc:"an id of your own, 1 to 128 of A-Z a-z 0-9 . _ : @ -; made when absent"`
	Kind        string  `json:"kind" op:"required,min=1,max=64" doc:"what it is to the application: user, service, team, agent"`
	DisplayName string  `json:"display_name,omitempty" op:"max=255" doc:"a name for people"`
	Metadata    op.JSON `json:"metadata,omitempty" op:"max=16KiB" doc:"facts of your own"`
}

// Create makes a principal. It can do nothing until it is given a key.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Principal]{
	Name:    "create",
	Schema:  2,
	Summary: "Create a principal: a user, service, team or agent that acts.",
	Route:   "POST /v1/principals",
	Status:  201,
	Access:  op.Holding[CreateInput]("create", op.Administer),
	Faults:  []fault.Code{fault.AlreadyExists},
	Example: CreateInput{ID: "alice", Kind: KindUser, DisplayName: "Alice"},
	Result:  Example,
	Undo:    op.Reversible("archive the principal"),
	Validate: func(in *CreateInput) *fault.Fault {
		return urn.CheckPrincipalKind(in.ID, in.Kind)
	},
}, func(tx *op.Tx, in CreateInput) (Principal, error) {
	metadata, f := op.Merge(nil, in.Metadata)
	if f != nil {
		return Principal{}, f
	}
	p, f := Add(tx, Principal{ID: in.ID, Kind: in.Kind, DisplayName: in.DisplayName, Metadata: metadata})
	if f != nil {
		return Principal{}, f
	}
	return *p, nil
})

func insert(tx *op.Tx, p *Principal) *fault.Fault {
	e, f := registry.Register(tx, urn.URN{Kind: "principal", Namespace: "identity", Name: p.Kind + ":" + string(p.ID), Version: 1}, op.EntityPrincipal, p.ID)
	if f != nil {
		return f
	}
	p.EntryID = e.ID
	principals.Insert(tx.Tx, p)
	tx.Record(op.Record{Action: "create", Entity: op.EntityPrincipal, TargetID: p.ID, After: p})
	return nil
}
