package compliance

import (
	"slices"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// lockstep holds memberships and the tuples that they stand for against each
// other: from the rows, then from the index of tuples, then those written by
// hand.
func lockstep(c *course) bool {
	return over(stands, key.Membership)(c) && indexed(c) && over(written, key.Tuple)(c)
}

// stands is lockstep from a membership to its tuple.
func stands(c *course, row any) {
	m := row.(*tenancy.Membership)
	if active := m.Status == tenancy.StatusActive; active != (m.TupleID != "") || active != (m.TupleAt != 0) {
		c.broken(m.ID, "it is %s and stands for the tuple %q", m.Status, m.TupleID)
		return
	}
	scope, ok := tenancy.Find(c.v, m.ScopeID)
	if !ok || scope.Kind != tenancy.KindOrg || m.TupleID == "" {
		return
	}
	counts := scope.Shares() && identity.IsActive(c.v, m.PrincipalID) && m.EffectiveIn(c.v, scope, c.v.At).Status == tenancy.StatusActive
	found, holds := tuple.Holds(c.v, tuple.Key{Subject: m.PrincipalID, Relation: string(m.Role), Object: m.ScopeID}, c.v.At)
	if counts && found != m.TupleID || !counts && holds {
		c.broken(m.ID, "whether it counts is %t, and the tuple that is found for it is %q", counts, found)
	}
}

// indexed is lockstep from the tuples that can be found to their memberships.
func indexed(c *course) bool {
	return c.Walk(c.v, key.MembershipTuple, func(k key.Key, _ []byte, _ any) {
		c.result.Checked++
		id := state.TailID(urn.PrefixTuple, k)
		if m, ok := tenancy.FindGrant(c.v, id); !ok || m.TupleID != id || m.Status != tenancy.StatusActive {
			c.broken(id, "the tuple is to be found, and no active membership stands for it")
		}
	}, c.flaw)
}

// written holds tuples to not saying what memberships alone say.
func written(c *course, row any) {
	t, ok := row.(*tuple.Row)
	if !ok || !urn.IsValid(t.ObjectID, urn.PrefixOrg, urn.PrefixScope) {
		return
	}
	if role := tenancy.Role(""); role.UnmarshalText([]byte(t.Relation)) == nil {
		c.broken(t.ID, "it was written by hand, and says %s of %s", t.Relation, t.ObjectID)
	}
}

// chained holds a membership of an organization to its stay.
func chained(c *course, row any) {
	m := row.(*tenancy.Membership)
	org, ok := tenancy.Find(c.v, m.ScopeID)
	if !ok || org.Kind != tenancy.KindOrg {
		return
	}
	if m.Role == tenancy.Owner && m.ExpiresAt != 0 {
		c.broken(m.ID, "an owner's membership expires")
	}
	next, passed := following(c.v, m)
	if passed && m.EffectiveIn(c.v, org, c.v.At).Status != tenancy.StatusRevoked {
		c.broken(next.ID, "%s is a live membership of the same principal", m.ID)
	}
	if replaced := passed && next.Replaces == m.ID; replaced != (m.EndReason == tenancy.EndRoleChange) {
		c.broken(m.ID, "it ended by %q, and whether the next one replaces it is %t", m.EndReason, replaced)
	}
	if m.Replaces == "" {
		if m.Root != m.ID || m.Since != m.CreatedAt {
			c.broken(m.ID, "it begins a stay, and says that the stay began with %s", m.Root)
		}
		return
	}
	before, ok := tenancy.FindMembership(c.v, m.Replaces)
	switch {
	case !ok || before.ScopeID != m.ScopeID || before.PrincipalID != m.PrincipalID || before.Root != m.Root || before.Since != m.Since:
		c.broken(m.ID, "it follows %s, which is not of the same stay", m.Replaces)
	case before.Status != tenancy.StatusRevoked:
		c.broken(m.ID, "it follows %s, which is %s", m.Replaces, before.Status)
	case before.CreatedAt >= m.CreatedAt:
		c.broken(m.ID, "it follows %s, and is not younger", m.Replaces)
	default:
		if other, _ := following(c.v, before); other.ID != m.ID {
			c.broken(m.ID, "it follows %s, which %s does already", m.Replaces, other.ID)
		}
	}
}

// following is the next row of the same principal in the same scope. Ids rise,
// so whatever one row has to say of those behind it, it says of the next: what a
// check reads does not grow with the number of rows.
func following(v state.View, m *tenancy.Membership) (next *tenancy.Membership, ok bool) {
	tenancy.Stood(v, m.ScopeID, m.PrincipalID, m.ID).Each(func(x *tenancy.Membership) bool {
		next, ok = x, true
		return false
	})
	return next, ok
}

// chartered holds an organization to its state.
func chartered(c *course, row any) {
	h := row.(*tenancy.Header)
	if h.Kind != tenancy.KindOrg {
		return
	}
	if h.ParentID != "" {
		c.broken(h.ID, "it is an organization and lies below %s", h.ParentID)
	}
	if holder, taken := tenancy.SlugHolder(c.v, h.Slug); h.Slug != "" && (taken && holder.ID == h.ID) == h.Archived {
		c.broken(h.ID, "it is %s, and its slug %q does not go by that", h.Status(), h.Slug)
	}
	if h.Archived != (h.EndedAt != 0) || h.Archived != (h.EndedBy != "") {
		c.broken(h.ID, "it is %s, and says that it ended at %s by %q", h.Status(), h.EndedAt, h.EndedBy)
	}
	if h.Archived {
		c.members(h.ID, func(m *tenancy.Membership) {
			if _, belongs := tenancy.Current(c.v, h, m.PrincipalID, c.v.At); belongs {
				c.broken(h.ID, "it is revoked, and %s still belongs to it", m.PrincipalID)
			}
		})
		return
	}
	owners := 0
	tenancy.Owners(c.v, h.ID).Each(func(m *tenancy.Membership) bool {
		if m.EffectiveIn(c.v, h, c.v.At).Status == tenancy.StatusActive {
			owners++
		}
		return owners == 0
	})
	if owners == 0 {
		c.broken(h.ID, "it has no active owner")
	}
}

// derived holds grants to the stays that they came with.
func derived(c *course, row any) {
	t, ok := row.(*tuple.Row)
	if !ok || t.Stay == "" {
		return
	}
	m, ok := tenancy.FindMembership(c.v, t.Stay)
	if !ok || m.Root != m.ID || m.PrincipalID != t.SubjectID {
		c.broken(t.ID, "it came with the stay %s, which is none of %s", t.Stay, t.SubjectID)
		return
	}
	org, ok := tenancy.Find(c.v, m.ScopeID)
	goes := ok && org.Shares() && slices.ContainsFunc(tenancy.Held(c.v, m.ScopeID, m.PrincipalID), func(x *tenancy.Membership) bool {
		return x.Root == t.Stay && x.EffectiveIn(c.v, org, c.v.At).Status == tenancy.StatusActive
	})
	if !goes && t.InForce(c.v, c.v.At) {
		c.broken(t.ID, "it counts, and the stay %s does not", t.Stay)
	}
}

// invited holds an invitation to its end.
func invited(c *course, row any) {
	i := row.(*invitation.Row)
	if pending := i.Status == invitation.StatusPending; pending != (i.TerminalAt == 0) || pending && i.TerminalBy != "" {
		c.broken(i.ID, "it is %s, and says that it ended at %s by %q", i.Status, i.TerminalAt, i.TerminalBy)
	}
	if accepted := i.Status == invitation.StatusAccepted; accepted != (i.UserID != "") {
		c.broken(i.ID, "it is %s, and the user who accepted it is %q", i.Status, i.UserID)
	}
	if i.StatusAt(c.v, c.v.At) != invitation.StatusPending {
		return
	}
	if org, ok := tenancy.Find(c.v, i.OrgID); !ok || org.Archived {
		c.broken(i.ID, "it is pending, and its organization is not there any more")
	}
	for _, other := range invitation.Waiting(c.v, i.OrgID, i.Identifier) {
		if other.ID < i.ID && other.StatusAt(c.v, c.v.At) == invitation.StatusPending {
			c.broken(i.ID, "%s is pending too, to the same identifier", other.ID)
		}
	}
}
