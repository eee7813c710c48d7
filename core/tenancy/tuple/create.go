package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// CreateInput is a tuple.
type CreateInput struct{ KeyInput }

// Create writes a tuple. What follows from memberships is refused first of all,
// whoever asks; then who may not write about the object; then what is there
// already. A grant that came with a stay in an organization and is withheld, or
// over, makes room for one that stands by itself.
var Create = op.NewCommand(Ops, op.Spec[CreateInput, Tuple]{
	Name:     "create",
	Summary:  "Write a relation tuple: a subject has a relation to an object.",
	Doc:      "This is for who has the relation owner or admin to the object, or owns it, and for holders of tuples.write and hosts. The relations owner, admin, editor, member, viewer and guest to an organization or a scope follow from memberships and are never written.",
	Route:    "POST /v1/tuples",
	Status:   201,
	Access:   op.Anyone[CreateInput]("tuple_create"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ManagedTuple, fault.DuplicateTuple, fault.InvalidFormat, fault.InvalidID},
	Example:  CreateInput{exampleKey},
	Result:   example,
	Undo:     op.Reversible("tuple.delete"),
	Validate: func(in *CreateInput) *fault.Fault { return in.validate() },
}, func(tx *op.Tx, in CreateInput) (Tuple, error) {
	k := in.key()
	if err := Grantable(tx, k); err != nil {
		return Tuple{}, err
	}
	r, existed, err := Grant(tx, k, tx.Caller.ID, "")
	switch {
	case err != nil:
		return Tuple{}, err
	case existed:
		return Tuple{}, fault.New(fault.DuplicateTuple, "this subject has this relation to this object already").With("tuple_id", string(r.ID))
	}
	return r.Shown(), nil
})
