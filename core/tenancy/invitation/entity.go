package invitation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// content is what a rollback compares of an invitation. Its answer is no part of
// it: one that was given stays given, whatever becomes of the member.
type content struct {
	Revoked bool `json:"revoked"`
}

func (r *Row) content() content { return content{r.Status == StatusRevoked} }

// The past of invitations. What of it shows whom one was sent to stays sealed.
var _ = op.NewEntity(Ops, op.Entity{
	Name: Entity, Prefixes: []string{urn.PrefixInvitation},
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		r, o, ok := find(v, id)
		if !ok {
			return op.Known{}, false
		}
		return op.Known{
			Type: Entity, ScopeID: r.OrgID, Version: r.Version, Ended: r.Status == StatusRevoked,
			State: r.shown(v, o, 0), Bound: r, Content: r.content(),
		}, true
	},
	Rights: func(v state.View, id urn.ID) (see, revert []op.Right) {
		r, _, ok := find(v, id)
		if !ok {
			return nil, nil
		}
		lead := op.Right{Target: op.Scope(r.OrgID), Level: op.Admin}
		sender := op.Right{Target: op.Principal(r.InvitedBy), Level: op.Own}
		return []op.Right{lead, sender, {Permission: op.Administer}}, []op.Right{lead, sender}
	},
	Revert: revert,
})

// revert revokes an invitation that was not there in the past. What became of
// one is never taken back.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	r, o, ok := find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, _, there := find(past, id)
	switch {
	case there && was.content() == r.content():
		return op.Moot("the invitation is as it was, but for its answer, which stays")
	case there:
		return fault.New(fault.PreconditionFailed, "an invitation that was revoked stays revoked; send a new one")
	case r.ended(tx, o, tx.Time()).status != "":
		return op.Moot("the invitation has ended")
	}
	r.Status, r.TerminalAt, r.TerminalBy = StatusRevoked, tx.Time(), tx.Caller.ID
	r.Version++
	rows.Put(tx.Tx, r)
	return nil
}
