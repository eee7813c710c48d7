package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Freeze makes a scope read only: nobody can change it or anything through it,
// but the owners of objects their own.
var Freeze = op.NewCommand(Ops, op.Spec[ScopeInput, Scope]{
	Name:      "freeze",
	Summary:   "Make a scope read only.",
	Route:     "POST /v1/scopes/{id}/freeze",
	Access:    op.May("lifecycle_change", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.AlreadyTerminal, fault.VersionConflict},
	Example:   ScopeInput{ID: exampleID},
	Result:    example,
	Undo:      op.Reversible("scope.unfreeze"),
	Versioned: true,
}, func(tx *op.Tx, in ScopeInput) (Scope, error) { return move(tx, in, (*Header).Freeze) })

// Unfreeze makes a frozen scope active again.
var Unfreeze = op.NewCommand(Ops, op.Spec[ScopeInput, Scope]{
	Name:      "unfreeze",
	Summary:   "Make a frozen scope active again.",
	Route:     "POST /v1/scopes/{id}/unfreeze",
	Access:    op.May("lifecycle_change", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.AlreadyTerminal, fault.InvalidTransition, fault.VersionConflict},
	Example:   ScopeInput{ID: exampleID},
	Result:    example,
	Undo:      op.Reversible("scope.freeze"),
	Versioned: true,
}, func(tx *op.Tx, in ScopeInput) (Scope, error) { return move(tx, in, (*Header).Unfreeze) })

// Archive ends a scope with all its memberships and projections: one flag, by
// which each of them no longer counts. Frozen scopes can be archived too. For an
// organization it is the same as to revoke it, and final.
var Archive = op.NewCommand(Ops, op.Spec[ScopeInput, Scope]{
	Name:      "archive",
	Summary:   "End a scope: its members lose what it shared, at once.",
	Route:     "POST /v1/scopes/{id}/archive",
	Access:    op.May("scope_dissolve", op.Own, target),
	Faults:    []fault.Code{fault.NotFound, fault.ScopeFrozen, fault.AlreadyTerminal, fault.VersionConflict},
	Example:   ScopeInput{ID: exampleID},
	Result:    archived(),
	Undo:      op.Reversible("a rollback of the entry in the trail; that of an organization is final"),
	Versioned: true,
}, func(tx *op.Tx, in ScopeInput) (Scope, error) { return move(tx, in, (*Header).Archive) })

// move takes a scope from one state to another.
func move(tx *op.Tx, in ScopeInput, to func(*Header, *op.Tx) *fault.Fault) (Scope, error) {
	h, ok := Find(tx, in.ID)
	if !ok {
		return Scope{}, op.NotFound()
	}
	if f := to(h, tx); f != nil {
		return Scope{}, f
	}
	return h.shown(), nil
}

// countBound is where the counts of what a scope's end takes with it stop, so
// that the end of a large scope costs no more than that of a small one.
const countBound = 1000

// ended counts what ends with a scope, as far as countBound.
func ended(tx *op.Tx, scope urn.ID) []fault.Member {
	var members, shares uint64
	GrantsOn(tx, scope, "").Each(func(m *Membership) bool {
		if m.Live(tx.Time()) {
			members++
		}
		return members < countBound
	})
	Shown(tx, scope, "").Each(func(p *Projection) bool {
		if p.Live() {
			shares++
		}
		return shares < countBound
	})
	return []fault.Member{
		{Name: "members", Value: members},
		{Name: "projections", Value: shares},
		{Name: "counted_up_to", Value: uint64(countBound)},
	}
}

func archived() Scope {
	s := example
	s.Status, s.Version = StatusArchived, 2
	return s
}
