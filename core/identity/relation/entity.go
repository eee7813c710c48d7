package relation

import (
	"bytes"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// content is what a rollback brings back of a relationship.
type content struct {
	Lifecycle string  `json:"lifecycle"`
	Metadata  op.JSON `json:"metadata,omitempty"`
}

// Entity is the past of relationships. Who sees both ends sees it; who may
// manage the relationships below the parent may take a change of it back.
var Entity = op.NewEntity(Ops, op.Entity{
	Name: EntityRelationship, Prefixes: []string{urn.PrefixRelation},
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		r, ok := Find(v, id)
		if !ok {
			return op.Known{}, false
		}
		return op.Known{
			Type: EntityRelationship, Version: r.Version, Ended: r.Lifecycle == identity.Archived,
			State: r, Content: content{r.Lifecycle, r.Metadata},
		}, true
	},
	Rights: func(_ state.View, id urn.ID) (see, revert []op.Right) {
		administer := op.Right{Permission: op.Administer}
		return []op.Right{{Target: Target(id), Level: op.Read}, administer}, []op.Right{{Target: Target(id), Level: op.Admin}, administer}
	},
	Revert: revert,
})

// revert gives a relationship what it was in the past; one that was not there
// is removed.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	now, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	next := *now
	if was, there := Find(past, id); there {
		next.Lifecycle, next.Metadata = was.Lifecycle, was.Metadata
	} else {
		next.Lifecycle = identity.Archived
	}
	if next.Lifecycle == now.Lifecycle && bytes.Equal(next.Metadata, now.Metadata) {
		return op.Moot("the relationship is already as it was")
	}
	if next.Lifecycle == identity.Active {
		if f := joinable(tx, next.ParentID, next.ChildID); f != nil {
			return f
		}
	}
	next.write(tx)
	return nil
}
