package compliance

import (
	"crypto/sha256"
	"slices"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// decided compares pairs of principals and objects that could meet: owners with
// what they own, members with what is shared where they reach, and each
// principal and object with one that is drawn.
func decided(c *course, row any) {
	switch x := row.(type) {
	case *identity.Principal:
		if o, ok := draw[objects.Header](c, key.Object, string(x.ID)); ok {
			c.agree(x.ID, o)
		}
	case *objects.Header:
		c.agree(x.OwnerID, x)
		if p, ok := draw[identity.Principal](c, key.Principal, string(x.ID)); ok {
			c.agree(p.ID, x)
		}
	case *tuple.Row:
		if o, ok := objects.Find(c.v, x.ObjectID); ok && x.ObjectID == o.ID {
			c.agree(x.SubjectID, o)
		}
	case *tenancy.Membership:
		for _, scope := range append([]urn.ID{x.ScopeID}, x.Above...) {
			first(tenancy.Shown(c.v, scope, ""), func(p *tenancy.Projection) {
				if o, ok := objects.Find(c.v, p.ObjectID); ok {
					c.agree(x.PrincipalID, o)
				}
			})
		}
	}
}

// draw gives a row of a space, chosen by a seed: the first after a place that
// the seed's hash names, or the very first.
func draw[R any](c *course, space key.Space, seed string) (found *R, ok bool) {
	sum := sha256.Sum256([]byte(seed))
	for _, after := range []key.Key{key.New(space).Fixed16([16]byte(sum[:16])), nil} {
		step := state.Step{After: after, Budget: 1}
		step.Walk(c.v, space, func(_ key.Key, _ []byte, row any) { found, ok = row.(*R) }, func(state.Flaw) {})
		if ok {
			return found, true
		}
	}
	return nil, false
}

// cost is what a comparison takes off the budget, in rows.
const cost = 20

// agree holds the decision and the visible set to the plain computation.
func (c *course) agree(principal urn.ID, o *objects.Header) {
	c.Budget = max(c.Budget-cost, 0)
	want := level(c.v, principal, o, c.v.At)
	d := c.v.Sight.Decide(c.v.View, op.Request{Principal: principal, Action: "read", Target: op.Object(o.ID), Need: op.Read, Time: c.v.At})
	if d.Level != want {
		c.broken(o.ID, "%s has %s on it, decided was %s", principal, want, d.Level)
	}
	if d.Allowed != c.listed(principal, o.ID) {
		c.broken(o.ID, "that %s may read it is %t, and that it is in its list is not", principal, d.Allowed)
	}
}

// listed says whether an object is in the visible set.
func (c *course) listed(principal, id urn.ID) bool {
	walk := c.v.Sight.Visible(c.v.View, op.Gaze{Principal: principal, Time: c.v.At, After: before(id)})
	defer walk.Close()
	return walk.Next() && walk.ID() == id
}

// before is the id after which the given one comes next.
func before(id urn.ID) urn.ID {
	b, _ := id.Bytes()
	for i := len(b) - 1; i >= 0; i-- {
		b[i]--
		if b[i] != 0xFF {
			break
		}
	}
	return urn.FromBytes(urn.PrefixObject, b)
}

// asked is what a plain computation is about: whether a principal may read an
// object.
type asked struct {
	*op.View
	principal *identity.Principal
	object    *objects.Header
	at        state.Time
}

// level is 4.5 once more, walked from the other end than core/access does: from
// the object's projections to the memberships of the principal below each.
func level(v *op.View, principal urn.ID, o *objects.Header, at state.Time) op.Level {
	p, ok := identity.Find(v, principal)
	if !ok || p.Lifecycle != identity.Active {
		return op.None
	}
	q := asked{v, p, o, at}
	switch {
	case q.denied(""):
		return op.None
	case o.OwnerID == principal:
		return op.Own
	case o.Lifecycle == objects.Tombstoned:
		return op.None
	}
	best := q.told()
	tenancy.Shares(v, o.ID).Each(func(p *tenancy.Projection) bool {
		if p.Live() {
			best = max(best, q.through(p))
		}
		return true
	})
	return best
}

// told is what the tuples between the principal and the object give.
func (q *asked) told() op.Level {
	best := op.None
	for _, t := range tuple.To(q, q.principal.ID, q.object.ID, true) {
		if t.EndedAt == 0 && (t.Stay == "" || q.stays(t.Stay)) {
			best = max(best, tenancy.Role(t.Relation).Cap())
		}
	}
	return best
}

// stays says whether the stay that began with a membership goes on.
func (q *asked) stays(first urn.ID) bool {
	m, ok := tenancy.FindMembership(q, first)
	if !ok {
		return false
	}
	org, ok := tenancy.Find(q, m.ScopeID)
	if !ok {
		return false
	}
	in, ok := tenancy.Stay(q, org, m.PrincipalID, q.at)
	return ok && in.Root == first
}

// through is what one projection gives to the principal.
func (q *asked) through(p *tenancy.Projection) op.Level {
	best := op.None
	tenancy.Of(q, q.principal.ID).Each(func(m *tenancy.Membership) bool {
		if m.Live(q.at) {
			best = max(best, q.by(m, p))
		}
		return true
	})
	return best
}

// by is what one membership gives of one projection.
func (q *asked) by(m *tenancy.Membership, p *tenancy.Projection) op.Level {
	home, ok := tenancy.Find(q, m.ScopeID)
	if !ok || !home.Shares() || m.Role.Cap() == op.None || !q.inside(home, m) || q.denied(home.ID) || q.denied(p.ScopeID) {
		return op.None
	}
	if p.ScopeID == home.ID {
		if home.Frozen {
			return op.Read
		}
		return min(p.Level, m.Role.Cap())
	}
	for h := home; h.ParentID != ""; {
		if h, ok = tenancy.Find(q, h.ParentID); !ok || !h.Shares() {
			return op.None
		}
		if h.ID == p.ScopeID {
			return op.Read
		}
	}
	return op.None
}

// inside says whether a membership below an organization counts there.
func (q *asked) inside(home *tenancy.Header, m *tenancy.Membership) bool {
	root := home
	for root.ParentID != "" {
		h, ok := tenancy.Find(q, root.ParentID)
		if !ok {
			return false
		}
		root = h
	}
	if root.Kind != tenancy.KindOrg || root.ID == home.ID {
		return true
	}
	in, ok := tenancy.Stay(q, root, m.PrincipalID, q.at)
	return ok && !m.Precedes(in)
}

// denied says whether a rule denies the reading where a scope is considered or,
// without one, as such.
func (q *asked) denied(scope urn.ID) bool {
	targets := []struct{ kind, id string }{
		{rules.TargetPrincipal, string(q.principal.ID)}, {rules.TargetObjectType, q.object.Type}, {rules.TargetObject, string(q.object.ID)},
	}
	if scope != "" {
		targets = append(targets, struct{ kind, id string }{rules.TargetScope, string(scope)})
	}
	for _, t := range targets {
		for _, r := range rules.Bound(q, t.kind, t.id) {
			if r.Effect == rules.Deny && q.matches(r, scope) {
				return true
			}
		}
	}
	return false
}

// matches says whether all conditions of a rule hold.
func (q *asked) matches(r rules.Rule, scope urn.ID) bool {
	conditions, f := canon.Parse(r.Conditions)
	if f != nil {
		return false
	}
	for _, c := range conditions.Members {
		var have []string
		switch c.Name {
		case "action":
			have = []string{"read"}
		case "principal_kind":
			have = []string{q.principal.Kind}
		case "object_type":
			have = []string{q.object.Type}
		case "scope_id":
			have = []string{string(scope)}
		case "role":
			have = q.roles(scope)
		}
		values := c.Value.Elems
		if c.Value.Kind == canon.String {
			values = []canon.Value{c.Value}
		}
		if !slices.ContainsFunc(values, func(v canon.Value) bool { return slices.Contains(have, v.Text) }) {
			return false
		}
	}
	return true
}

// roles are those that the principal holds in a scope.
func (q *asked) roles(scope urn.ID) []string {
	var roles []string
	if h, ok := tenancy.Find(q, scope); ok {
		for _, m := range tenancy.Held(q, scope, q.principal.ID) {
			if m.Live(q.at) && q.inside(h, m) {
				roles = append(roles, string(m.Role))
			}
		}
	}
	return roles
}
