package access

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// What cuts a way short, or closes it.
const (
	cutRole       = "role"
	cutFrozen     = "frozen"
	cutInherited  = "inherited"
	cutRule       = "rule"
	cutRevoked    = "revoked"
	cutExpired    = "expired"
	cutArchived   = "archived"
	cutSuspended  = "suspended"
	cutOutside    = "not in the organization"
	cutTombstoned = "tombstoned"
)

// subject is what a principal brings along: every scope that its memberships
// reach at a time, by the scope itself or by one above it.
type subject struct {
	view state.View
	at   state.Time
	// closed keeps the doors that are shut, for explanations.
	closed bool
	places []place
	index  map[urn.ID]int
	scopes map[urn.ID]*tenancy.Header
}

// place is a scope that is reached, and how.
type place struct {
	scope urn.ID
	doors []door
}

// door is one membership by which a place is reached. Through it comes at most
// one level; limit says why not more. A door that is shut gives nothing.
type door struct {
	home      urn.ID
	role      tenancy.Role
	most      op.Level
	limit     string
	inherited bool
	shut      string
}

func enter(v state.View, at state.Time, closed bool, held []*tenancy.Membership) *subject {
	s := &subject{
		view: v, at: at, closed: closed,
		index: map[urn.ID]int{}, scopes: map[urn.ID]*tenancy.Header{},
	}
	for _, m := range held {
		s.follow(m)
	}
	return s
}

// held reads the memberships of a principal that count by themselves; those that
// ended last too, if closed ones are asked for.
func held(v state.View, principal urn.ID, at state.Time, closed bool) []*tenancy.Membership {
	var found []*tenancy.Membership
	tenancy.EachHeld(v, principal, func(m *tenancy.Membership) bool {
		if closed || m.Live(at) {
			found = append(found, m)
		}
		return true
	})
	return found
}

// follow opens the doors of one membership.
func (s *subject) follow(m *tenancy.Membership) {
	shut := closedBy(m, s.at)
	chain := s.chain(m.ScopeID)
	if len(chain) == 0 {
		return
	}
	if shut == "" {
		shut = s.barred(m, chain)
	}
	d := door{home: m.ScopeID, role: m.Role, most: m.Role.Cap(), limit: cutRole, shut: shut}
	if d.most < op.Read && d.shut == "" {
		d.shut = cutRole
	}
	if d.shut != "" && !s.closed {
		return
	}
	if chain[0].Frozen && d.most > op.Read {
		d.most, d.limit = op.Read, cutFrozen
	}
	s.open(m.ScopeID, d)
	d.most, d.limit, d.inherited = min(d.most, op.Read), cutInherited, true
	for _, above := range chain[1:] {
		if !above.Shares() {
			if !s.closed {
				return
			}
			d.shut = cutArchived
		}
		s.open(above.ID, d)
	}
}

// chain is a scope and all that are above it, nearest first.
func (s *subject) chain(id urn.ID) []*tenancy.Header {
	var chain []*tenancy.Header
	for id != "" {
		h, known := s.scopes[id]
		if !known {
			var ok bool
			if h, ok = tenancy.Find(s.view, id); !ok {
				return nil
			}
			s.scopes[id] = h
		}
		chain = append(chain, h)
		id = h.ParentID
	}
	return chain
}

// closedBy says why a membership does not count by itself.
func closedBy(m *tenancy.Membership, at state.Time) string {
	switch {
	case m.Live(at):
		return ""
	case m.Status == tenancy.StatusActive:
		return cutExpired
	}
	return m.Status
}

// barred says why a live membership does not count where it is: its scope has
// ended, or it lies below an organization that the principal is not in.
func (s *subject) barred(m *tenancy.Membership, chain []*tenancy.Header) string {
	switch home := chain[0]; {
	case home.Archived:
		return cutArchived
	case home.Suspended:
		return cutSuspended
	}
	return s.closes(m, chain[0], chain[len(chain)-1])
}

// closes says why a row that counts by itself does not in the organization that
// it is in or below: it ended with its member, or the gate is shut.
func (s *subject) closes(m *tenancy.Membership, home, root *tenancy.Header) string {
	if home.Kind == tenancy.KindOrg {
		if !home.Archived && m.EffectiveIn(s.view, home, s.at).Status == tenancy.StatusRevoked {
			return cutRevoked
		}
		return ""
	}
	return gate(s.view, m, root, s.at)
}

// gate is what an organization does to memberships below it: they count only
// while their holder belongs to it, and only if granted since he does.
func gate(v state.View, m *tenancy.Membership, root *tenancy.Header, at state.Time) string {
	if root.Kind != tenancy.KindOrg || root.ID == m.ScopeID {
		return ""
	}
	if in, ok := tenancy.Stay(v, root, m.PrincipalID, at); !ok || m.Precedes(in) {
		return cutOutside
	}
	return ""
}

func (s *subject) open(scope urn.ID, d door) {
	i, known := s.index[scope]
	if !known {
		i = len(s.places)
		s.index[scope] = i
		s.places = append(s.places, place{scope: scope})
	}
	s.places[i].doors = append(s.places[i].doors, d)
}
