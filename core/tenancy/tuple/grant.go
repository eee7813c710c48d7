package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Grantable says whether the caller may write a tuple now: that it is none that
// follows from memberships, that its object is there, and that the caller leads
// the object. Without a subject the rest is judged.
func Grantable(tx *op.Tx, k Key) error { return callerOf(tx.View()).grants(k) }

// GrantableBy is Grantable for a principal who is not the caller, by the rights
// that he has now.
func GrantableBy(tx *op.Tx, by urn.ID, k Key) error {
	p, ok := partyOf(tx.View(), by)
	if !ok {
		return fault.New(fault.PermissionDenied, "who granted this may not do so any more")
	}
	return p.grants(k)
}

// Grant writes a tuple in the name of a principal, for as long as a stay goes on
// if one is named. One that is there already and counts, or stands by itself,
// is given back as existed; a grant that is withheld or over is replaced. Who may
// grant is the caller's matter.
func Grant(tx *op.Tx, k Key, by, stay urn.ID) (r *Row, existed bool, err error) {
	if f := known(tx.View(), k); f != nil {
		return nil, false, f
	}
	if r, ok := stored(tx, k); ok {
		if r.stays(tx, tx.Time()) {
			return r, true, nil
		}
		r.end(tx)
	}
	return insert(tx, k, by, stay), false, nil
}

// known says whether both ends of a tuple are there.
func known(v *op.View, k Key) *fault.Fault {
	if k.Subject != "" && !exists(v.Now, v.Catalog, k.Subject) || !exists(v.Now, v.Catalog, k.Object) {
		return op.NotFound()
	}
	return nil
}

// errManaged refuses to write what follows from memberships.
func errManaged() *fault.Fault {
	return fault.New(fault.ManagedTuple, "this relation to an organization or a scope follows from a membership; add, change or end the membership")
}
