package compliance

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/registry"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// broken reports a violation about one thing.
func (c *course) broken(id urn.ID, format string, args ...any) {
	c.result.violation(string(id) + ": " + fmt.Sprintf(format, args...))
}

// registered is invariant 1: what there is has an entry, and entries name what
// there is.
func registered(c *course, row any) {
	entry := func(entity string, id, entry urn.ID) {
		if e, ok := registry.Find(c.v, entry); !ok || e.TargetEntity != entity || e.TargetID != id {
			c.broken(id, "the %s names the entry %s, which is not in the registry or is for something else", entity, entry)
		}
	}
	switch x := row.(type) {
	case *identity.Principal:
		entry(op.EntityPrincipal, x.ID, x.EntryID)
	case *tenancy.Header:
		entry(op.EntityScope, x.ID, x.EntryID)
	case *registry.Entry:
		if e, ok := c.v.Catalog.Entity(x.TargetEntity); ok {
			if _, known := e.Known(c.v, x.TargetID); !known {
				c.broken(x.ID, "%s names the %s %s, which is not there", x.URN, x.TargetEntity, x.TargetID)
			}
		}
		if _, f := urn.ParseURN(x.URN); f != nil {
			c.broken(x.ID, "%q is no URN", x.URN)
		}
	}
}

// isolated is invariant 3: nothing is shared but by rows that say so.
func isolated(c *course, row any) {
	switch x := row.(type) {
	case *objects.Header:
		if _, ok := identity.Find(c.v, x.OwnerID); !ok {
			c.broken(x.ID, "its owner %s is not there", x.OwnerID)
		}
	case *tenancy.Membership:
		if chain := above(c.v, x.ScopeID); !slices.Equal(chain, x.Above) {
			c.broken(x.ID, "it says that %v lie above its scope, which are %v", x.Above, chain)
		}
		if x.Role.OnScope() == op.None {
			c.broken(x.ID, "%q is no role", x.Role)
		}
	case *tenancy.Projection:
		if x.Level < op.Read || x.Level > op.Admin {
			c.broken(x.ID, "it shares at the level %s", x.Level)
		}
	}
}

// above lists the scopes above one, nearest first.
func above(v state.View, id urn.ID) []urn.ID {
	var found []urn.ID
	for h, ok := tenancy.Find(v, id); ok && h.ParentID != "" && len(found) <= tenancy.MaxDepth; h, ok = tenancy.Find(v, h.ParentID) {
		found = append(found, h.ParentID)
	}
	return found
}

// sample is how many of the things in a scope are looked at.
const sample = 5

// bounded holds scopes to their tree, and archived ones to their end.
func bounded(c *course, row any) {
	h := row.(*tenancy.Header)
	if got := uint64(len(above(c.v, h.ID))); got != h.Depth || h.Depth > tenancy.MaxDepth {
		c.broken(h.ID, "it says that it lies %d deep, above it are %d scopes", h.Depth, got)
	}
	if !h.Archived {
		return
	}
	first(tenancy.Shown(c.v, h.ID, ""), func(p *tenancy.Projection) {
		c.members(h.ID, func(m *tenancy.Membership) {
			d := c.v.Sight.Decide(c.v.View, op.Request{Principal: m.PrincipalID, Action: "read", Target: op.Object(p.ObjectID), Need: op.Read, Time: c.v.At})
			for _, w := range d.Why {
				if w.Level > op.None && (w.ScopeID == h.ID || w.FromScopeID == h.ID) {
					c.broken(h.ID, "it is archived, and %s still has %s on %s through it", m.PrincipalID, w.Level, p.ObjectID)
				}
			}
		})
	})
}

// members looks at a few members of a scope.
func (c *course) members(scope urn.ID, look func(m *tenancy.Membership)) {
	first(tenancy.In(c.v, scope), look)
}

// first calls fn with the first few rows of a walk.
func first[R any](rows *state.Rows[R], fn func(*R)) {
	n := 0
	rows.Each(func(row *R) bool {
		fn(row)
		n++
		return n < sample
	})
}

// buried holds tombstones and objects against each other.
func buried(c *course, row any) {
	switch x := row.(type) {
	case *objects.Header:
		n := 0
		objects.Tombstones(c.v, x.ID).Each(func(t *objects.Tombstone) bool {
			if t.ReversedAt == 0 {
				n++
			}
			return true
		})
		want := 0
		if x.Lifecycle == objects.Tombstoned {
			want = 1
		}
		if n != want {
			c.broken(x.ID, "it is %s and has %d open tombstones", x.Lifecycle, n)
		}
	case *objects.Tombstone:
		h, ok := objects.Find(c.v, x.ObjectID)
		switch {
		case !ok:
			c.broken(x.ID, "its object %s is not there", x.ObjectID)
		case x.LastVersion > h.Version:
			c.broken(x.ID, "it names version %d of %s, which has %d", x.LastVersion, x.ObjectID, h.Version)
		case (x.ReversedAt == 0) != (x.ReversedBy == ""):
			c.broken(x.ID, "it is half reversed")
		}
	}
}

// versioned is invariant 8: versions are dense and are what was committed to.
func versioned(c *course, row any) {
	switch x := row.(type) {
	case *objects.Header:
		if _, ok := objects.FindVersion(c.v, x.ID, x.Version); !ok {
			c.broken(x.ID, "its version %d is not there", x.Version)
		}
		if _, ok := objects.FindVersion(c.v, x.ID, x.Version+1); ok {
			c.broken(x.ID, "it has a version above %d, its newest", x.Version)
		}
	case *objects.Version:
		if x.Number == 0 {
			c.broken(x.ObjectID, "it has a version 0")
		} else if x.Number > 1 {
			if _, ok := objects.FindVersion(c.v, x.ObjectID, x.Number-1); !ok {
				c.broken(x.ObjectID, "it has version %d and not %d", x.Number, x.Number-1)
			}
		}
		if x.Body.Alg == "plain" && canon.Commit(x.Body.Salt, x.Body.Bytes) != x.Commitment {
			c.broken(x.ObjectID, "the data of version %d are not those that were committed to", x.Number)
		}
	}
}

// ownership asks once whether the cluster has somebody to run it, then of each
// scope whether it has an owner. A store that holds nothing needs neither.
func ownership(c *course) bool {
	if len(c.After) == 0 && c.v.Revision() > 0 && !identity.Administered(c.v, "") {
		c.result.violation("no active principal holds " + string(op.Administer))
	}
	return over(owned, key.Scope)(c)
}

// owned holds active scopes to having an owner.
func owned(c *course, row any) {
	h := row.(*tenancy.Header)
	if h.Archived {
		return
	}
	owners, acting := 0, 0
	tenancy.Owners(c.v, h.ID).Each(func(m *tenancy.Membership) bool {
		owners++
		if m.Live(c.v.At) && identity.IsActive(c.v, m.PrincipalID) {
			acting++
		}
		return acting == 0
	})
	switch {
	case owners == 0:
		c.broken(h.ID, "the scope has no owner")
	case acting == 0:
		c.result.warning(string(h.ID) + ": none of the scope's owners is active")
	}
}

// consistent warns of rules that say the opposite about one target. Each pair is
// named once, where the walk meets the binding of the older rule.
func consistent(c *course, row any) {
	b := row.(*rules.Binding)
	bound := rules.Bound(c.v, b.TargetType, b.TargetID)
	i := slices.IndexFunc(bound, func(r rules.Rule) bool { return r.ID == b.RuleID })
	if b.Lifecycle != rules.Active || i < 0 {
		return
	}
	for _, r := range bound {
		if r.ID > b.RuleID && r.Type == bound[i].Type && r.Priority == bound[i].Priority && r.Effect != bound[i].Effect {
			c.result.warning(fmt.Sprintf("the rules %s and %s say the opposite about the %s %s", b.RuleID, r.ID, b.TargetType, b.TargetID))
		}
	}
}

// secrets is invariant 10. Data that people wrote may look like anything, and
// only deserve a warning.
func secrets(c *course) bool {
	for _, t := range state.Tables() {
		space := t.Space()
		done := c.Walk(c.seen(space), space, func(k key.Key, raw []byte, _ any) {
			c.result.Checked++
			if !urn.HoldsToken(raw) && !bytes.Contains(raw, []byte("-----BEGIN PRIVATE KEY-----")) {
				return
			}
			if where := fmt.Sprintf("%s %x holds what looks like a secret", space.Name, []byte(k)); space.ID == key.ObjectVersion.ID {
				c.result.warning(where + ", in the data of its owner")
			} else {
				c.result.violation(where)
			}
		}, c.flaw)
		if !done {
			return false
		}
	}
	return true
}
