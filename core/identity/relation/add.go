package relation

import (
	"bytes"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// AddInput names two principals and what the one is to the other.
type AddInput struct {
	ParentID urn.ID  `json:"parent_id" op:"required,id=principal" doc:"the principal above"`
	ChildID  urn.ID  `json:"child_id" op:"required,id=principal" doc:"the principal below; you must be able to see it"`
	Label    string  `json:"relationship,omitempty" op:"max=64" doc:"what the child is to the parent; member_of when absent. Who administers a principal may manage the relationships below it"`
	Metadata op.JSON `json:"metadata,omitempty" op:"max=16KiB" doc:"facts of your own"`
}

// Add relates two principals. A relationship that there is already is given
// back, with the metadata now asked for if any are; one that was removed comes
// back under its old id.
var Add = op.NewCommand(Ops, op.Spec[AddInput, Relationship]{
	Name:    "add",
	Summary: "Say what one principal is to another.",
	Doc:     "This is for cluster administrators, and for who administers the parent: each principal that has an active relationship administers to it. A relationship gives no right to anything that is stored; it lets its two ends, and all above and below them, see that the other exists.",
	Route:   "POST /v1/relationships",
	Status:  201,
	Access:  op.May("create", op.Admin, func(in AddInput) op.Target { return op.Principal(in.ParentID) }).OrHolding(op.Administer),
	Faults:  []fault.Code{fault.PrincipalInactive},
	Example: AddInput{ParentID: "team", ChildID: "alice", Label: MemberOf},
	Result:  example,
	Undo:    op.Reversible("relationship.remove"),
	Validate: func(in *AddInput) *fault.Fault {
		if in.Label == "" {
			in.Label = MemberOf
		}
		if in.ParentID == in.ChildID {
			detail := "must be another principal than parent_id"
			return fault.New(fault.ValidationFailed, "child_id %s", detail).At(fault.Item{Pointer: "/child_id", Code: "self", Detail: detail})
		}
		return nil
	},
}, func(tx *op.Tx, in AddInput) (Relationship, error) {
	if !tx.Caller.Holds(op.Administer) {
		if err := tx.Demand("read", op.Read, op.Principal(in.ChildID)); err != nil {
			return Relationship{}, err
		}
	}
	if f := joinable(tx, in.ParentID, in.ChildID); f != nil {
		return Relationship{}, f
	}
	r, ok := relationships.Get(tx, at(in.ParentID, in.Label, in.ChildID))
	if !ok {
		r = &Relationship{
			ID: tx.NewID(urn.PrefixRelation), ParentID: in.ParentID, ChildID: in.ChildID, Label: in.Label,
			Lifecycle: identity.Active, Metadata: in.Metadata, CreatedAt: tx.Time(), CreatedBy: tx.Caller.ID,
		}
		r.change(tx, "create", nil)
		return *r, nil
	}
	before := *r
	if len(in.Metadata) > 0 {
		r.Metadata = in.Metadata
	}
	switch {
	case before.Lifecycle != identity.Active:
		r.Lifecycle = identity.Active
		r.change(tx, "create", &before)
	case !bytes.Equal(before.Metadata, r.Metadata):
		r.change(tx, "update", &before)
	}
	return *r, nil
})
