package fuzz

import (
	"slices"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// model is the store as the chapter on tenancy tells of it, as plainly as can
// be: lists of facts that are walked from end to end. It shares no code with
// the decision that it judges. Things are known by their place in the lists.
type model struct {
	principals []principal
	objects    []object
	scopes     []scope
	members    []member
	shares     []share
	tuples     []said
	rules      []rule
	bindings   []binding
}

type principal struct {
	id     urn.ID
	active bool
}

type object struct {
	id      urn.ID
	typ     string
	owner   int
	deleted bool
}

// none is the parent of a root scope.
const none = -1

type scope struct {
	id               urn.ID
	parent           int
	frozen, archived bool
}

type member struct {
	scope, principal int
	role             tenancy.Role
	// expires is 0 for never.
	expires state.Time
	revoked bool
}

type share struct {
	scope, object int
	level         op.Level
	revoked       bool
}

// said is a relation tuple between a principal and an object.
type said struct {
	id                urn.ID
	principal, object int
	relation          string
	ended             bool
}

// clone remembers the facts of a moment.
func (m *model) clone() model {
	return model{
		slices.Clone(m.principals), slices.Clone(m.objects), slices.Clone(m.scopes),
		slices.Clone(m.members), slices.Clone(m.shares), slices.Clone(m.tuples), slices.Clone(m.rules), slices.Clone(m.bindings),
	}
}

// mostOf is D3: the most that a role gives on what is shared with its scope.
func mostOf(r tenancy.Role) op.Level {
	switch r {
	case tenancy.Owner, tenancy.Admin:
		return op.Admin
	case tenancy.Editor:
		return op.Write
	case tenancy.Member, tenancy.Viewer:
		return op.Read
	}
	return op.None
}

// onScope is what a role gives on the scope itself.
func onScope(r tenancy.Role) op.Level {
	switch r {
	case tenancy.Owner:
		return op.Own
	case tenancy.Admin:
		return op.Admin
	case tenancy.Editor:
		return op.Write
	}
	return op.Read
}

// counts says whether a membership's own row counts (D17).
func (m *model) counts(x member, at state.Time) bool {
	return !x.revoked && (x.expires == 0 || at < x.expires)
}

// shared is the level at which an object is shared with a scope.
func (m *model) shared(scope, object int) op.Level {
	for _, s := range m.shares {
		if s.scope == scope && s.object == object && !s.revoked {
			return s.level
		}
	}
	return op.None
}

// level is access(principal, object, t) of 4.5 without its rules: steps 1 to 4.
func (m *model) level(p, o int, at state.Time) op.Level {
	bare := *m
	bare.rules, bare.bindings = nil, nil
	return bare.allowed(question{"read", p, o, at})
}

// through is step 4: what one membership that counts gives on an object.
func (m *model) through(x member, o int) []grant {
	most := mostOf(x.role)
	if most == op.None {
		return nil
	}
	direct := min(m.shared(x.scope, o), most)
	if m.scopes[x.scope].frozen {
		direct = min(direct, op.Read)
	}
	grants := []grant{{x.scope, x.scope, direct}}
	for s := m.scopes[x.scope].parent; s != none && !m.scopes[s].archived; s = m.scopes[s].parent {
		grants = append(grants, grant{x.scope, s, min(m.shared(s, o), op.Read)})
	}
	return grants
}

// scopeLevel is what a principal may do to a scope itself: by a role in it, or
// look at it by a role above.
func (m *model) scopeLevel(p, s int, at state.Time) op.Level {
	if !m.principals[p].active {
		return op.None
	}
	best := op.None
	for _, x := range m.members {
		if x.principal != p || !m.counts(x, at) {
			continue
		}
		if x.scope == s {
			best = max(best, onScope(x.role))
			continue
		}
		for above := m.scopes[s].parent; above != none && !m.scopes[above].archived; above = m.scopes[above].parent {
			if above == x.scope {
				best = max(best, min(op.Read, mostOf(x.role)))
			}
		}
	}
	return best
}

// owners is who could act as owner of a scope.
func (m *model) owners(s int, at state.Time) []int {
	var found []int
	for _, x := range m.members {
		if x.scope == s && x.role == tenancy.Owner && m.counts(x, at) && m.principals[x.principal].active {
			found = append(found, x.principal)
		}
	}
	return found
}

// grant is what a membership command leaves: a row to each principal and role.
func (m *model) grant(s, p int, role tenancy.Role, expires state.Time) {
	for i := range m.members {
		if x := &m.members[i]; x.scope == s && x.principal == p && x.role == role {
			x.expires, x.revoked = expires, false
			return
		}
	}
	m.members = append(m.members, member{scope: s, principal: p, role: role, expires: expires})
}

// project is what a projection command leaves: a row to each scope and object.
func (m *model) project(s, o int, level op.Level) {
	for i := range m.shares {
		if x := &m.shares[i]; x.scope == s && x.object == o {
			x.level, x.revoked = level, false
			return
		}
	}
	m.shares = append(m.shares, share{scope: s, object: o, level: level})
}
