package identifier

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// The past of the identifiers of a principal. The id is the principal's: the
// digests of identifiers stay out of the trail.
var _ = op.NewEntity(Ops, op.Entity{
	Name: Entity,
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		all, had := of(v, id)
		if !had {
			return op.Known{}, false
		}
		return op.Known{Type: Entity, Ended: len(all) == 0, State: all, Content: all}, true
	},
	Rights: func(_ state.View, id urn.ID) (see, revert []op.Right) {
		administer := op.Right{Permission: op.Administer}
		return []op.Right{{Target: op.Principal(id), Level: op.Own}, administer}, []op.Right{administer}
	},
	Revert: revert,
})

// revert takes from a principal the identifiers that it had not in the past.
// What it had then and lost since is not given back: another may have it.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	var lost []*binding
	byPrincipal.Scan(tx, state.Range{Prefix: state.Key(key.IdentifierPrincipal, string(id))}).Each(func(b *binding) bool {
		if was, had := bindings.Get(past, b.key()); !b.Released && (!had || was.Released) {
			lost = append(lost, b)
		}
		return true
	})
	if len(lost) == 0 {
		return op.Moot("it has no identifier that it had not then")
	}
	for _, b := range lost {
		b.Released = true
		bindings.Put(tx.Tx, b)
	}
	return nil
}
