package model

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/jepsen/history"
)

// Users is how many users share one organization of a history.
const Users = 4

// Nobody stands where no user is meant: for a host that acts as itself, and
// for no successor.
const Nobody = -1

// OrgStep is what a call of a history of organizations does.
type OrgStep string

// What can be done to the memberships of an organization.
const (
	ReadMembers OrgStep = "read"
	Join        OrgStep = "add"
	ChangeRole  OrgStep = "change-role"
	Suspend     OrgStep = "suspend"
	Reinstate   OrgStep = "reinstate"
	Leave       OrgStep = "self-leave"
	Expel       OrgStep = "admin-remove"
	Transfer    OrgStep = "transfer-ownership"
)

// The roles that histories use.
const (
	Owner  = "owner"
	Admin  = "admin"
	Member = "member"
)

var ranks = map[string]int{Owner: 4, Admin: 3, Member: 2}

// OrgInput is a call about the memberships of one organization. Users are
// numbers from 0 to Users-1.
type OrgInput struct {
	Org  string  `json:"org"`
	Step OrgStep `json:"step"`
	// Actor is the user for whom the host acts, Nobody for the host itself.
	Actor int `json:"actor"`
	// User is whom the call is about, and Mem the membership that it names.
	User int    `json:"user"`
	Mem  string `json:"mem,omitempty"`
	// Other is who becomes an owner, and OtherMem his membership if it is named.
	Other    int    `json:"other"`
	OtherMem string `json:"other_mem,omitempty"`
	Role     string `json:"role,omitempty"`
}

// Seat is a live membership of a user; the zero Seat is none.
type Seat struct {
	ID        string `json:"id,omitempty"`
	Role      string `json:"role,omitempty"`
	Suspended bool   `json:"suspended,omitempty"`
}

func (s Seat) live() bool   { return s.Role != "" }
func (s Seat) active() bool { return s.live() && !s.Suspended }
func (s Seat) leads() bool  { return s.active() && (s.Role == Owner || s.Role == Admin) }

// some is the id of a membership that a call of unknown outcome may have made:
// the first answer that shows it says what it is.
const some = "?"

// Founder is the seat of who founded an organization, by a membership that the
// first answer names.
var Founder = Seat{ID: some, Role: Owner}

// names says whether an id may be that of the seat.
func (s Seat) names(id string) bool { return s.live() && (s.ID == id || s.ID == some) }

// stale says whether an id may be that of an ended membership.
func (s Seat) stale(id string) bool { return s.ID != id || s.ID == some }

// OrgOutput is what a call showed: a read the active members, a change the ids
// of the memberships that it made.
type OrgOutput struct {
	Active [Users]Seat `json:"active"`
	// Twice says that somebody was listed more than once.
	Twice    bool   `json:"twice,omitempty"`
	Mem      string `json:"mem,omitempty"`
	OtherMem string `json:"other_mem,omitempty"`
}

// seats is the state of an organization.
type seats [Users]Seat

// Org is the memberships of an organization that is active: at most one live
// membership to a user, at least one active owner at any time, and each change
// by who may make it. A refusal must give a reason that was true.
func Org(initial [Users]Seat) porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in OrgInput) string { return in.Org }),
		Init:      func() any { return seats(initial) },
		Step: func(s, in, out any) (bool, any) {
			return stepOrg(s.(seats), in.(OrgInput), out.(result[OrgOutput]))
		},
		Hash: func(s any) uint64 { return maphash.Comparable(seed, s.(seats)) },
		DescribeOperation: func(in, out any) string {
			i, o := in.(OrgInput), out.(result[OrgOutput])
			if i.Step == ReadMembers {
				return fmt.Sprintf("read: %s %s", o.Outcome, seats(o.Out.Active))
			}
			return fmt.Sprintf("%d: %s %d(%s) to %d(%s) %s: %s %s", i.Actor, i.Step, i.User, tail(i.Mem), i.Other, tail(i.OtherMem), i.Role, o.Outcome, o.Code)
		},
		DescribeState: func(s any) string { return s.(seats).String() },
	}
}

func tail(id string) string { return id[max(0, len(id)-4):] }

func (s seats) String() string {
	var b strings.Builder
	for u, seat := range s {
		if seat.live() {
			fmt.Fprintf(&b, "%d:%s(%s)", u, seat.Role, tail(seat.ID))
			if seat.Suspended {
				b.WriteString("suspended")
			}
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func stepOrg(s seats, in OrgInput, r result[OrgOutput]) (bool, any) {
	if r.Outcome == history.Nothing {
		return true, s
	}
	if in.Step == ReadMembers {
		if r.Outcome != history.OK {
			return r.Outcome == history.Unknown, s
		}
		return s.shows(r.Out)
	}
	next, legal := s.after(in, r)
	switch {
	case r.Outcome == history.Refused:
		return s.refuses(in, r.Code), s
	case r.Outcome == history.OK:
		return legal, next
	case legal: // unknown
		return true, next
	}
	return true, s
}

// shows compares the active members with what a read gave, and learns ids.
func (s seats) shows(out OrgOutput) (bool, any) {
	for u, seen := range out.Active {
		seat := s[u]
		if !seat.active() {
			seat = Seat{}
		}
		if seat.ID == some && seen.ID != "" {
			seat.ID, s[u].ID = seen.ID, seen.ID
		}
		if seat != seen {
			return false, s
		}
	}
	return !out.Twice, s
}

// alone says whether a user is the only active owner.
func (s seats) alone(user int) bool {
	for u, seat := range s {
		if u != user && seat.active() && seat.Role == Owner {
			return false
		}
	}
	return s[user].active() && s[user].Role == Owner
}

// over says whether the actor may change a membership of a role, or give it.
func (s seats) over(actor int, role string) bool {
	if actor == Nobody {
		return true
	}
	a := s[actor]
	return a.leads() && ranks[role] <= ranks[a.Role]
}

// after is the state after the call, if the call is legal in this one.
func (s seats) after(in OrgInput, r result[OrgOutput]) (next seats, legal bool) {
	next = s
	seat := s[in.User]
	self := in.Actor == in.User
	switch in.Step {
	case Join:
		next[in.User] = Seat{ID: made(r.Out.Mem), Role: in.Role}
		return next, !seat.live() && s.over(in.Actor, in.Role)
	case ChangeRole:
		if seat.Role != in.Role {
			next[in.User] = Seat{ID: made(r.Out.Mem), Role: in.Role}
		}
		return next, seat.active() && seat.names(in.Mem) && s.over(in.Actor, seat.Role) && s.over(in.Actor, in.Role) &&
			(seat.Role != Owner || self || in.Actor == Nobody) && (in.Role == Owner || !s.alone(in.User))
	case Suspend:
		next[in.User].Suspended = true
		return next, seat.active() && seat.names(in.Mem) && s.over(in.Actor, seat.Role) &&
			(seat.Role != Owner || self || in.Actor == Nobody) && !s.alone(in.User)
	case Reinstate:
		next[in.User].Suspended = false
		return next, seat.live() && seat.Suspended && seat.names(in.Mem) && s.over(in.Actor, seat.Role)
	case Expel:
		next[in.User] = Seat{}
		if in.Actor == Nobody {
			return next, seat.names(in.Mem) && !s.alone(in.User)
		}
		return next, seat.names(in.Mem) && seat.Role != Owner && !self && s.over(in.Actor, seat.Role)
	case Leave:
		return s.left(in)
	case Transfer:
		return s.transferred(in, r)
	}
	return next, false
}

func (s seats) left(in OrgInput) (next seats, legal bool) {
	next = s
	next[in.User] = Seat{}
	seat := s[in.User]
	legal = seat.active() && seat.names(in.Mem) && (in.Actor == in.User || in.Actor == Nobody)
	if in.Other == Nobody {
		return next, legal && !s.alone(in.User)
	}
	if next[in.Other].Role != Owner {
		next[in.Other] = Seat{ID: some, Role: Owner}
	}
	return next, legal && seat.Role == Owner && in.Other != in.User && s[in.Other].active()
}

func (s seats) transferred(in OrgInput, r result[OrgOutput]) (next seats, legal bool) {
	next = s
	from, to := s[in.User], s[in.Other]
	next[in.User] = Seat{ID: made(r.Out.Mem), Role: Member}
	if to.Role != Owner {
		next[in.Other] = Seat{ID: made(r.Out.OtherMem), Role: Owner}
	}
	return next, from.active() && to.active() && from.names(in.Mem) && to.names(in.OtherMem) && from.Role == Owner &&
		in.User != in.Other && (in.Actor == in.User || in.Actor == Nobody)
}

// made is the id of a membership that a call made, as far as it is known.
func made(id string) string {
	if id == "" {
		return some
	}
	return id
}

// refuses says whether the reason that a call was refused for was true.
func (s seats) refuses(in OrgInput, code fault.Code) bool {
	seat := s[in.User]
	acting := Seat{Role: Owner}
	if in.Actor != Nobody {
		acting = s[in.Actor]
	}
	switch code {
	case fault.SoleOwner:
		return s.alone(in.User)
	case fault.DuplicateMembership:
		return in.Step == Join && seat.live()
	case fault.RoleHierarchy:
		return in.Actor != Nobody && (seat.Role == Owner || ranks[seat.Role] > ranks[acting.Role] || ranks[in.Role] > ranks[acting.Role])
	case fault.PermissionDenied:
		return in.Actor != Nobody && (!acting.leads() || in.Step == Transfer && in.Actor != in.User)
	case fault.UseSelfLeave:
		return in.Step == Expel && in.Actor == in.User
	case fault.NotFound:
		return in.Actor != Nobody && !acting.active() || in.Step == Leave && in.Other != Nobody && !s[in.Other].active()
	case fault.MembershipNotActive:
		return seat.stale(in.Mem) || !seat.active()
	case fault.InvalidTransition:
		return in.Step == Reinstate && (seat.stale(in.Mem) || !seat.Suspended)
	case fault.FromNotActive:
		return in.Step == Transfer && (seat.stale(in.Mem) || !seat.active())
	case fault.ToNotActive:
		return in.Step == Transfer && (s[in.Other].stale(in.OtherMem) || !s[in.Other].active())
	case fault.FromNotOwner:
		return seat.Role != Owner
	}
	return false
}
