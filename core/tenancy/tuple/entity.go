package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// What of this package has a past that can be shown and brought back.
var (
	_ = op.NewEntity(Ops, op.Entity{Name: Entity, Prefixes: []string{urn.PrefixTuple}, Known: knownTuple, Rights: tupleRights, Revert: revertTuple})
	_ = op.NewEntity(RuleOps, op.Entity{Name: EntityRules, Known: knownRules, Rights: rulesRights, Revert: revertRules})
)

// content is what of a tuple a rollback brings back.
type content struct {
	Ended bool `json:"ended"`
}

func knownTuple(v state.View, id urn.ID) (op.Known, bool) {
	r, ok := Find(v, id)
	if !ok {
		return op.Known{}, false
	}
	k := op.Known{Type: Entity, ScopeID: r.scope(), Version: r.Version, Ended: r.EndedAt != 0, State: r, Content: content{r.EndedAt != 0}}
	if r.ObjectID != "" && kind(r.ObjectID) == urn.PrefixObject {
		k.ObjectID = r.ObjectID
	}
	return k, true
}

// tupleRights lets the subject and who leads the object see a tuple's past, and
// who leads the object take changes of it back.
func tupleRights(v state.View, id urn.ID) (see, revert []op.Right) {
	r, ok := Find(v, id)
	if !ok {
		return nil, nil
	}
	for _, p := range writers {
		revert = append(revert, op.Right{Permission: p})
	}
	if t, ok := target(r.ObjectID); ok {
		revert = append(revert, op.Right{Target: t, Level: op.Admin})
	}
	see = append(see, revert...)
	see = append(see, op.Right{Permission: op.ReadAudit}, op.Right{Permission: op.Administer})
	if isPrincipal(r.SubjectID) {
		see = append(see, op.Right{Target: op.Principal(r.SubjectID), Level: op.Own})
	}
	return see, revert
}

// revertTuple ends a tuple that was not there, or lets one that was be there
// again, if nothing says the same by now. Either takes the right to write it.
func revertTuple(tx *op.Tx, id urn.ID, past state.View) error {
	r, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := Find(past, id)
	there := had && was.EndedAt == 0
	switch {
	case there == (r.EndedAt == 0):
		return op.Moot("the tuple is as it was")
	case !there:
		if err := callerOf(tx.View()).writes("tuple_delete", r.ObjectID); err != nil {
			return err
		}
		r.EndedAt, r.EndedBy = tx.Time(), tx.Caller.ID
	default:
		if _, taken := stored(tx, r.Key()); taken {
			return fault.New(fault.RollbackConflict, "there is another tuple by now that says the same; delete that first")
		}
		if err := Grantable(tx, r.Key()); err != nil {
			return err
		}
		r.EndedAt, r.EndedBy = 0, ""
	}
	r.put(tx)
	return nil
}

func knownRules(v state.View, id urn.ID) (op.Known, bool) {
	r, ok := FindRules(v, string(id))
	if !ok {
		return op.Known{}, false
	}
	return op.Known{Type: EntityRules, Version: r.Version, Ended: len(r.Relations) == 0, State: r, Content: r.shown().Rules}, true
}

func rulesRights(state.View, urn.ID) (see, revert []op.Right) {
	for _, p := range []op.Permission{op.Administer, op.WriteTuples, op.ActAsHost} {
		revert = append(revert, op.Right{Permission: p})
	}
	return append([]op.Right{{Permission: op.ReadAudit}}, revert...), revert
}

// revertRules gives a type the rules that it had; none where it had none yet.
func revertRules(tx *op.Tx, id urn.ID, past state.View) error {
	r, ok := FindRules(tx, string(id))
	if !ok {
		return op.NotFound()
	}
	var relations []Ruled
	if was, had := FindRules(past, string(id)); had {
		relations = was.Relations
	}
	if equal(r.Relations, relations) {
		return op.Moot("the rules are as they were")
	}
	r.Relations = relations
	r.put(tx)
	return nil
}
