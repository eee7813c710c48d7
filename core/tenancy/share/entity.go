package share

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// content is what a rollback compares of a share. Its use is no part of it: one
// that was made stays made.
type content struct {
	Revoked bool `json:"revoked"`
}

func (r *row) content() content { return content{r.RevokedAt != 0} }

// Entity is the past of shares, for those who see them.
var _ = op.NewEntity(Ops, op.Entity{Name: EntityShare, Prefixes: []string{urn.PrefixShare}, Known: known, Rights: rights, Revert: revert})

func known(v state.View, id urn.ID) (op.Known, bool) {
	r, ok := find(v, id)
	if !ok {
		return op.Known{}, false
	}
	k := op.Known{Type: EntityShare, Ended: r.RevokedAt != 0, State: r, Content: r.content()}
	if t, ok := target(r.Object); ok && t.Entity == op.EntityScope {
		k.ScopeID = t.ID
	} else if ok {
		k.ObjectID = t.ID
	}
	return k, true
}

func rights(v state.View, id urn.ID) (see, revert []op.Right) {
	r, ok := find(v, id)
	if !ok {
		return nil, nil
	}
	both := []op.Right{
		{Target: op.Principal(r.CreatedBy), Level: op.Own},
		{Permission: op.Administer},
		{Permission: op.ActAsHost},
		{Permission: op.WriteTuples},
	}
	if t, ok := target(r.Object); ok {
		both = append(both, op.Right{Target: t, Level: op.Admin})
	}
	return both, both
}

// revert revokes a share that was not there in the past. All else that can
// happen to a share takes from whoever knows its token, and stays.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	now, ok := find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, there := find(past, id)
	switch {
	case there && was.content() == now.content():
		return op.Moot("the share is as it was")
	case there:
		return fault.New(fault.PreconditionFailed, "a revoked share stays dead; make a new one")
	case now.RevokedAt != 0:
		return op.Moot("the share is already revoked")
	}
	now.end(tx)
	return nil
}
