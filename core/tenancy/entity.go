package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// What of this layer has a past that can be shown and brought back. Owners of
// a scope take back what was done in it, archived or not; editors see it. Who
// merely sees that a scope exists sees the past of the scope alone.
var (
	_ = op.NewEntity(Ops, op.Entity{Name: op.EntityScope, Prefixes: []string{urn.PrefixScope, urn.PrefixOrg}, Known: knownScope, Rights: scopeRights, Revert: revertScope})
	_ = op.NewEntity(Ops, op.Entity{Name: EntityMembership, Prefixes: []string{urn.PrefixMembership}, Known: knownMembership, Whole: firstMembership, Rights: membershipRights, Revert: revertMembership})
	_ = op.NewEntity(Ops, op.Entity{Name: EntityProjection, Prefixes: []string{urn.PrefixProjection}, Known: knownProjection, Rights: projectionRights, Revert: revertProjection})
)

// scopeContent is what of a scope a rollback brings back.
type scopeContent struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Metadata    string `json:"metadata"`
	Status      string `json:"status"`
	Slug        string `json:"slug,omitempty"`
	// Frozen is beside a status that hides it.
	Frozen bool `json:"frozen,omitempty"`
}

func (h *Header) content() scopeContent {
	s := h.shown()
	return scopeContent{Name: s.Name, Description: s.Description, Metadata: string(s.Metadata), Status: s.Status, Slug: h.Slug, Frozen: h.Frozen}
}

func knownScope(v state.View, id urn.ID) (op.Known, bool) {
	h, ok := Find(v, id)
	if !ok {
		return op.Known{}, false
	}
	return op.Known{Type: op.EntityScope, ScopeID: id, Version: h.Version, Ended: h.Archived, State: h.shown(), Bound: h, Content: h.content()}, true
}

func scopeRights(_ state.View, id urn.ID) (see, revert []op.Right) {
	return []op.Right{{Target: op.Scope(id), Level: op.Read}}, []op.Right{{Target: op.Scope(id), Level: op.Own}}
}

func revertScope(tx *op.Tx, id urn.ID, past state.View) error {
	h, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := Find(past, id)
	if !had {
		if h.Archived {
			return op.Moot("the scope is archived")
		}
		if f := vacant(tx, h); f != nil {
			return f
		}
		h.close(tx)
		return nil
	}
	is, content := h.content(), was.content()
	if is == content {
		return op.Moot("the scope is as it was")
	}
	if is.Status != content.Status && h.ParentID != "" {
		if parent, ok := Find(tx, h.ParentID); ok && parent.Archived {
			return conflict("the scope above is archived; roll that back first")
		}
	}
	if h.Kind == KindOrg {
		if err := h.mayBecome(tx, was); err != nil {
			return err
		}
	}
	h.Name, h.Slug, h.Description, h.Metadata = was.Name, was.Slug, was.Description, was.Metadata
	h.Archived, h.Frozen, h.Suspended = was.Archived, was.Frozen, was.Suspended
	if f := h.slugFree(tx); f != nil {
		return f
	}
	h.put(tx)
	return nil
}

// mayBecome says whether a rollback may make of an organization what it was: it
// takes what the operations take that would do so one by one.
func (h *Header) mayBecome(tx *op.Tx, was *Header) error {
	if h.Archived {
		return conflict("the organization is revoked, which is final; create another")
	}
	if h.Suspended != was.Suspended {
		if err := tx.Require("lifecycle_change", op.Scope(h.ID), op.ActAsHost, op.Administer); err != nil {
			return err
		}
	}
	is, content := h.content(), was.content()
	is.Status, is.Frozen, content.Status, content.Frozen = "", false, "", false
	if is != content && h.Frozen && was.Frozen {
		return notActive(StatusFrozen)
	}
	return nil
}

// vacant says whether a scope can end because its creation is taken back: the
// belongings and scopes that others rely on must be taken back first.
func vacant(tx *op.Tx, h *Header) *fault.Fault {
	var f *fault.Fault
	GrantsOn(tx, h.ID, "").Each(func(m *Membership) bool {
		if m.PrincipalID != h.OwnerID && m.Live(tx.Time()) {
			f = conflict("the scope has members other than its creator; roll back their memberships too, or archive the scope")
		}
		return f == nil
	})
	Below(tx, h.ID, "").Each(func(child *Header) bool {
		if !child.Archived {
			f = conflict("there are scopes below; roll back their creation too, or archive the scope")
		}
		return f == nil
	})
	return f
}

// membershipContent is what of a membership a rollback brings back.
type membershipContent struct {
	Role      Role       `json:"role"`
	Status    string     `json:"status"`
	ExpiresAt state.Time `json:"expires_at,omitzero"`
}

func (m *Membership) content() membershipContent {
	return membershipContent{Role: m.Role, Status: m.Status, ExpiresAt: m.ExpiresAt}
}

func knownMembership(v state.View, id urn.ID) (op.Known, bool) {
	m, ok := FindMembership(v, id)
	if !ok {
		return op.Known{}, false
	}
	scope, _ := Find(v, m.ScopeID)
	if scope.Kind == KindOrg {
		return knownInOrg(v, scope, m), true
	}
	return op.Known{
		Type: EntityMembership, ScopeID: m.ScopeID, Version: m.Version,
		Ended: m.Status == StatusRevoked || scope.Archived, State: m, Content: m.content(),
	}, true
}

func membershipRights(v state.View, id urn.ID) (see, revert []op.Right) {
	m, ok := FindMembership(v, id)
	if !ok {
		return nil, nil
	}
	see = []op.Right{
		{Target: op.Scope(m.ScopeID), Level: op.Write},
		{Target: op.Principal(m.PrincipalID), Level: op.Own},
		{Permission: op.Administer},
	}
	return see, []op.Right{{Target: op.Scope(m.ScopeID), Level: op.Own}}
}

func revertMembership(tx *op.Tx, id urn.ID, past state.View) error {
	m, ok := FindMembership(tx, id)
	if !ok {
		return op.NotFound()
	}
	scope, _ := Find(tx, m.ScopeID)
	if _, had := Find(past, m.ScopeID); !had {
		return op.Moot("the membership was made with the scope, and ends with it")
	}
	if scope.Kind == KindOrg {
		return revertInOrg(tx, scope, m.PrincipalID, past)
	}
	was, had := FindMembership(past, id)
	if !had {
		was = &Membership{Role: m.Role, Status: StatusRevoked, EndReason: EndRolledBack, RemovedBy: tx.Caller.ID, ExpiresAt: m.ExpiresAt}
	}
	lives, lived := m.Live(tx.Time()), was.Live(tx.Time())
	switch {
	case m.content() == was.content() || m.Status == StatusRevoked && was.Status == StatusRevoked:
		return op.Moot("the membership is as it was")
	case scope.Archived:
		return conflict("the scope is archived; roll that back first")
	case was.Status == StatusActive && !lived:
		return op.Moot("the membership would have expired by now")
	}
	if f := lastOwner(tx, scope, m, tx.Time()); f != nil && !lived {
		return fault.New(fault.PreconditionFailed, "%s", f.Detail)
	}
	if lived && !lives {
		m.GrantedBy, m.GrantedAt, m.TupleID = tx.Caller.ID, tx.Time(), ""
	}
	m.Status, m.ExpiresAt, m.EndReason, m.RemovedBy = was.Status, was.ExpiresAt, was.EndReason, was.RemovedBy
	m.put(tx)
	return nil
}

// projectionContent is what of a projection a rollback brings back.
type projectionContent struct {
	Level  op.Level `json:"level"`
	Status string   `json:"status"`
}

func (p *Projection) content() projectionContent {
	return projectionContent{Level: p.Level, Status: p.Status}
}

func knownProjection(v state.View, id urn.ID) (op.Known, bool) {
	p, ok := FindProjection(v, id)
	if !ok {
		return op.Known{}, false
	}
	scope, _ := Find(v, p.ScopeID)
	s := p.shown(v, scope)
	return op.Known{Type: EntityProjection, ScopeID: p.ScopeID, ObjectID: p.ObjectID, Version: p.Version, Ended: !s.Live(), State: p, Content: p.content()}, true
}

func projectionRights(v state.View, id urn.ID) (see, revert []op.Right) {
	p, ok := FindProjection(v, id)
	if !ok {
		return nil, nil
	}
	owner := op.Right{Target: op.Object(p.ObjectID), Level: op.Own}
	return []op.Right{{Target: op.Scope(p.ScopeID), Level: op.Write}, owner},
		[]op.Right{{Target: op.Scope(p.ScopeID), Level: op.Own}, owner}
}

func revertProjection(tx *op.Tx, id urn.ID, past state.View) error {
	p, ok := FindProjection(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, had := FindProjection(past, id)
	if !had {
		was = &Projection{Level: p.Level, Status: StatusRevoked, RevokedAt: tx.Time(), RevokedBy: tx.Caller.ID}
	}
	scope, _ := Find(tx, p.ScopeID)
	object, ok := objects.Find(tx, p.ObjectID)
	switch {
	case p.content() == was.content() || !p.Live() && !was.Live():
		return op.Moot("the projection is as it was")
	case scope.Archived:
		return conflict("the scope is archived; roll that back first")
	case !ok || object.Lifecycle != objects.Active:
		return conflict("the object is deleted; roll that back first")
	case was.Live() && (!p.Live() || was.Level > p.Level):
		// To give more again takes what it takes to share: a scope's owner must
		// not bring back a share that the object's owner ended.
		if err := tx.Demand("projection", op.Own, op.Object(p.ObjectID)); err != nil {
			return err
		}
		if err := tx.Demand("projection", op.Write, op.Scope(p.ScopeID)); err != nil {
			return err
		}
		// An owner of a plain scope may while it is frozen; nothing is given in an
		// organization then.
		if f := scope.Admits(); f != nil && (scope.Kind == KindOrg || tx.Demand("projection", op.Own, op.Scope(p.ScopeID)) != nil) {
			return f
		}
	}
	if was.Live() && !p.Live() {
		p.ProjectedAt, p.ProjectedBy = tx.Time(), tx.Caller.ID
	}
	p.Level, p.Status, p.RevokedAt, p.RevokedBy = was.Level, was.Status, was.RevokedAt, was.RevokedBy
	p.put(tx)
	return nil
}

// conflict is the refusal of a rollback that the state stands against.
func conflict(why string) *fault.Fault { return fault.New(fault.RollbackConflict, "%s", why) }
