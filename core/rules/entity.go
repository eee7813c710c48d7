package rules

import (
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// What of this layer has a past that can be shown and brought back.
var (
	_ = op.NewEntity(Ops, op.Entity{Name: Entity, Prefixes: []string{urn.PrefixRule}, Known: knownRule, Rights: ruleRights, Revert: revertRule})
	_ = op.NewEntity(Ops, op.Entity{Name: EntityBinding, Prefixes: []string{urn.PrefixBinding}, Known: knownBinding, Rights: bindingRights, Revert: revertBinding})
)

// ruleContent is what of a rule a rollback brings back.
type ruleContent struct {
	Effect     string  `json:"effect"`
	Priority   int64   `json:"priority"`
	Conditions op.JSON `json:"conditions"`
	Lifecycle  string  `json:"lifecycle"`
}

func knownRule(v state.View, id urn.ID) (op.Known, bool) {
	r, ok := find(v, id)
	if !ok {
		return op.Known{}, false
	}
	return op.Known{
		Type: Entity, ScopeID: r.ScopeID, Version: r.Changes, Ended: r.Lifecycle == Archived, State: r.shown(),
		Content: ruleContent{r.Body.Effect, r.Body.Priority, r.Body.conditions(), r.Lifecycle},
	}, true
}

func ruleRights(v state.View, id urn.ID) (see, revert []op.Right) {
	r, ok := find(v, id)
	if !ok {
		return nil, nil
	}
	revert = []op.Right{{Permission: op.Administer}}
	if right, ok := r.home(); ok {
		revert = append(revert, right)
	}
	return append(slices.Clone(revert), op.Right{Permission: op.ReadAudit}), revert
}

func revertRule(tx *op.Tx, id urn.ID, past state.View) error {
	r, ok := find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := find(past, id)
	if !had {
		// What made the rule is taken back: it ends as it is.
		ended := *r
		was, ended.Lifecycle = &ended, Archived
	}
	same := was.Body.equal(&r.Body)
	switch {
	case same && was.Lifecycle == r.Lifecycle:
		return op.Moot("the rule is as it was")
	case r.Lifecycle == Archived && was.Lifecycle == Archived:
		return notActive()
	}
	before := *r
	r.Body, r.Lifecycle = was.Body, was.Lifecycle
	if !same {
		r.append(tx, "rolled back")
	}
	r.put(tx, &before)
	return nil
}

// bindingContent is what of a binding a rollback brings back.
type bindingContent struct {
	Lifecycle string `json:"lifecycle"`
}

func knownBinding(v state.View, id urn.ID) (op.Known, bool) {
	b, ok := findBinding(v, id)
	if !ok {
		return op.Known{}, false
	}
	scope := urn.ID("")
	if r, ok := find(v, b.RuleID); ok {
		scope = r.ScopeID
	}
	if b.TargetType == TargetScope {
		scope = urn.ID(b.TargetID)
	}
	return op.Known{
		Type: EntityBinding, ScopeID: scope, Version: b.Version, Ended: b.Lifecycle == Archived, State: b,
		Content: bindingContent{b.Lifecycle},
	}, true
}

func bindingRights(v state.View, id urn.ID) (see, revert []op.Right) {
	b, ok := findBinding(v, id)
	if !ok {
		return nil, nil
	}
	return ruleRights(v, b.RuleID)
}

func revertBinding(tx *op.Tx, id urn.ID, past state.View) error {
	b, ok := findBinding(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := findBinding(past, id)
	active := had && was.Lifecycle == Active
	if active == (b.Lifecycle == Active) {
		return op.Moot("the binding is as it was")
	}
	r, ok := find(tx, b.RuleID)
	if !ok || (active && r.Lifecycle != Active) {
		return notActive()
	}
	if f := b.enlist(tx, r, active); f != nil {
		return f
	}
	return nil
}
