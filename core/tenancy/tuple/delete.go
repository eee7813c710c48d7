package tuple

import (
	"errors"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// DeleteInput names the tuple to delete.
type DeleteInput struct {
	ID urn.ID `json:"id" op:"path,id=tup" doc:"the tuple"`
}

// Delete ends a tuple. It leaves every list and check at once, and stays in the
// past. What follows from a membership ends with that, and in no other way.
var Delete = op.NewCommand(Ops, op.Spec[DeleteInput, op.Nothing]{
	Name:    "delete",
	Summary: "Delete a relation tuple.",
	Doc:     "This is for who may write tuples about the object.",
	Route:   "DELETE /v1/tuples/{id}",
	Access:  op.Anyone[DeleteInput]("tuple_delete"),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ManagedTuple},
	Example: DeleteInput{ID: exampleID},
	Undo:    op.Reversible("tuple.create"),
}, func(tx *op.Tx, in DeleteInput) (op.Nothing, error) {
	none := op.Nothing{}
	if m, ok := tenancy.FindGrant(tx, in.ID); ok {
		if err := sees(tx, impliedKey(m)); err != nil {
			return none, err
		}
		return none, errManaged()
	}
	r, ok := Find(tx, in.ID)
	if !ok || r.EndedAt != 0 || r.over(tx, tx.Time()) {
		return none, op.NotFound()
	}
	if err := callerOf(tx.View()).writes("tuple_delete", r.ObjectID); err != nil {
		return none, refused(tx, r, err)
	}
	r.end(tx)
	return none, nil
})

// refused is the answer to who may not delete a tuple: its subject sees it, and
// is told that; for who does not see it, it is not there.
func refused(tx *op.Tx, r *Row, err error) error {
	var why *op.Refused
	switch {
	case !errors.As(err, &why):
		return err
	case sees(tx, r.Key()) != nil:
		return hidden(why)
	case why.Fault.Code == fault.NotFound:
		shown := *why
		shown.Fault, shown.Decision = denied(), op.Decision{Visible: true}
		return &shown
	}
	return err
}

// sees says whether the caller may know of a tuple; else it is not there for
// him. A rule against deleting it hides nothing.
func sees(tx *op.Tx, k Key) error {
	if err := asks(tx.View(), "list", k.Subject, k.Object); err != nil {
		return hidden(err)
	}
	return nil
}

// hidden turns a refusal into the answer for what does not exist.
func hidden(err error) error {
	var why *op.Refused
	if !errors.As(err, &why) {
		return err
	}
	r := *why
	r.Fault, r.Action = op.NotFound(), "tuple_delete"
	return &r
}
