package identity

import (
	"bytes"
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// content is what a rollback brings back of a principal.
type content struct {
	DisplayName string          `json:"display_name"`
	Lifecycle   string          `json:"lifecycle"`
	Permissions []op.Permission `json:"permissions,omitempty"`
	Metadata    op.JSON         `json:"metadata,omitempty"`
}

func (p *Principal) content() content {
	return content{p.DisplayName, p.Lifecycle, p.Permissions, p.Metadata}
}

// Entity is the past of principals. A principal sees its own; what it may do is
// the matter of cluster administrators, and so is taking a change of it back.
var Entity = op.NewEntity(Ops, op.Entity{
	Name: op.EntityPrincipal, Prefixes: []string{"principal"},
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		p, ok := Find(v, id)
		if !ok {
			return op.Known{}, false
		}
		return op.Known{Type: op.EntityPrincipal, Version: p.Version, Ended: p.Lifecycle == Archived, State: p, Content: p.content()}, true
	},
	Rights: func(_ state.View, id urn.ID) (see, revert []op.Right) {
		administer := op.Right{Permission: op.Administer}
		return []op.Right{{Target: op.Principal(id), Level: op.Own}, administer}, []op.Right{administer}
	},
	Revert: revert,
})

// revert gives a principal what it was in the past; one that was not there is
// archived. The cluster keeps an administrator, and what the layers above guard
// against archiving holds here too.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	now, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	next := *now
	if was, there := Find(past, id); there {
		next.DisplayName, next.Permissions, next.Metadata = was.DisplayName, was.Permissions, was.Metadata
		next.become(was.Lifecycle, tx.Time())
	} else {
		next.become(Archived, tx.Time())
	}
	if now.equals(&next) {
		return op.Moot("the principal is already as it was")
	}
	if f := now.replaceable(tx, &next); f != nil {
		return f
	}
	next.write(tx)
	if now.Lifecycle != Archived && next.Lifecycle == Archived {
		return tx.Guarded(Archive.Operation, ArchiveInput{ID: id})
	}
	return nil
}

// equals compares the contents of two principals.
func (p *Principal) equals(q *Principal) bool {
	return p.DisplayName == q.DisplayName && p.Lifecycle == q.Lifecycle &&
		slices.Equal(p.Permissions, q.Permissions) && bytes.Equal(p.Metadata, q.Metadata)
}
