package model

import (
	"fmt"
	"hash/maphash"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/jepsen/history"
)

// GrantStep is what a call of a history of grants does.
type GrantStep string

// What can happen between a user, an organization and a document of an
// application.
const (
	AddUser      GrantStep = "add"
	RemoveUser   GrantStep = "remove"
	SuspendOrg   GrantStep = "suspend-org"
	ReinstateOrg GrantStep = "reinstate-org"
	WriteTuple   GrantStep = "write-tuple"
	DeleteTuple  GrantStep = "delete-tuple"
	// CheckMember asks for the tuple that follows from the membership,
	// CheckTuple for the one that was written, ListMembers for the members of
	// the organization, and GetOrg for the organization, as the user.
	CheckMember GrantStep = "check-member"
	CheckTuple  GrantStep = "check-tuple"
	ListMembers GrantStep = "list-members"
	GetOrg      GrantStep = "get-org"
)

// GrantInput is a call about a user and what he is granted: by an organization,
// and on a document that goes with it.
type GrantInput struct {
	Org  string    `json:"org"`
	Step GrantStep `json:"step"`
}

// GrantOutput says whether a check was true, a list held the user, the
// organization was shown, or a deletion found a tuple to delete.
type GrantOutput struct {
	Allowed bool `json:"allowed"`
}

// granted is the state of a user.
type granted struct{ member, suspended, written bool }

// Grants is a user in an organization and the holder of a tuple: after what
// grants was taken away and that was acknowledged, no check is true and no list
// shows it, on whatever node; and before, none misses it.
func Grants() porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in GrantInput) string { return in.Org }),
		Init:      func() any { return granted{} },
		Step: func(s, in, out any) (bool, any) {
			return stepGrants(s.(granted), in.(GrantInput), out.(result[GrantOutput]))
		},
		Hash: func(s any) uint64 { return maphash.Comparable(seed, s.(granted)) },
		DescribeOperation: func(in, out any) string {
			i, o := in.(GrantInput), out.(result[GrantOutput])
			return fmt.Sprintf("%s: %s %s allowed=%v", i.Step, o.Outcome, o.Code, o.Out.Allowed)
		},
		DescribeState: func(s any) string { return fmt.Sprintf("%+v", s) },
	}
}

func stepGrants(s granted, in GrantInput, r result[GrantOutput]) (bool, any) {
	if r.Outcome == history.Nothing {
		return true, s
	}
	if allowed, asked := s.answer(in.Step); asked {
		return r.Outcome == history.Unknown || r.Outcome == history.OK && r.Out.Allowed == allowed, s
	}
	next, legal := s.after(in.Step, r)
	switch {
	case r.Outcome == history.OK:
		return legal, next
	case r.Outcome == history.Refused:
		return s.refuses(in.Step, r.Code), s
	case legal: // unknown
		return true, next
	}
	return true, s
}

// answer is what a question is answered by; false for a change.
func (s granted) answer(step GrantStep) (allowed, asked bool) {
	switch step {
	case CheckMember, GetOrg:
		return s.member && !s.suspended, true
	case ListMembers:
		return s.member, true
	case CheckTuple:
		return s.written, true
	}
	return false, false
}

func (s granted) after(step GrantStep, r result[GrantOutput]) (next granted, legal bool) {
	next = s
	switch step {
	case AddUser:
		next.member = true
		return next, !s.member && !s.suspended
	case RemoveUser:
		next.member = false
		return next, true
	case SuspendOrg:
		next.suspended = true
		return next, !s.suspended
	case ReinstateOrg:
		next.suspended = false
		return next, s.suspended
	case WriteTuple:
		next.written = true
		return next, !s.written
	case DeleteTuple:
		next.written = false
		return next, r.Outcome == history.Unknown || r.Out.Allowed == s.written
	}
	return next, false
}

// refuses says whether the reason that a call was refused for was true.
func (s granted) refuses(step GrantStep, code fault.Code) bool {
	switch code {
	case fault.DuplicateMembership:
		return step == AddUser && s.member
	case fault.OrgNotActive:
		return step == AddUser && s.suspended
	case fault.AlreadyTerminal:
		return step == SuspendOrg && s.suspended
	case fault.InvalidTransition:
		return step == ReinstateOrg && !s.suspended
	case fault.DuplicateTuple:
		return step == WriteTuple && s.written
	case fault.NotFound:
		return step == DeleteTuple && !s.written
	}
	return false
}
