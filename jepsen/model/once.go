package model

import (
	"fmt"
	"hash/maphash"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/jepsen/history"
)

// OnceStep is what a call of a history of things with one winner does.
type OnceStep string

// What can be done to an invitation, a share for one use, and a slug.
const (
	Look    OnceStep = "get"
	Accept  OnceStep = "accept"
	Decline OnceStep = "decline"
	Revoke  OnceStep = "revoke"
	Verify  OnceStep = "verify"
	// Take has an organization that there is take the slug, Found a new one;
	// Drop has it give the slug up, Dissolve ends it.
	Take     OnceStep = "take"
	Found    OnceStep = "found"
	Drop     OnceStep = "drop"
	Dissolve OnceStep = "dissolve"
)

// OnceInput is a call about one thing. Who is the user who accepts, or the
// organization that a call about a slug is about.
type OnceInput struct {
	Thing string   `json:"thing"`
	Step  OnceStep `json:"step"`
	Who   string   `json:"who,omitempty"`
}

// OnceOutput is the state of the thing as a read showed it, or whom a call
// made: of an invitation its status, with who accepted it; of a share its
// status; of a slug whether the organization has it.
type OnceOutput struct {
	State string `json:"state"`
}

// Pending is the state of what nobody has won yet.
const Pending = "pending"

// AcceptedBy is the state of an invitation that somebody accepted.
func AcceptedBy(by string) string { return "accepted by " + by }

// The other states of invitations and shares.
const (
	Declined = "declined"
	Revoked  = "revoked"
	Consumed = "consumed"
)

// once makes the model of things whose state is a word.
func once(initial string, step func(s string, in OnceInput, r result[OnceOutput]) (bool, string)) porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in OnceInput) string { return in.Thing }),
		Init:      func() any { return initial },
		Step: func(s, in, out any) (bool, any) {
			r := out.(result[OnceOutput])
			if r.Outcome == history.Nothing {
				return true, s
			}
			return step(s.(string), in.(OnceInput), r)
		},
		Hash: func(s any) uint64 { return maphash.Comparable(seed, s.(string)) },
		DescribeOperation: func(in, out any) string {
			i, o := in.(OnceInput), out.(result[OnceOutput])
			return fmt.Sprintf("%s %s: %s %s %s", i.Step, i.Who, o.Outcome, o.Code, o.Out.State)
		},
		DescribeState: func(s any) string { return s.(string) },
	}
}

// effect is what became of a call that takes effect if it is legal, and is
// refused for the reason given if not.
func effect(s, next string, legal, reason bool, outcome history.Outcome) (bool, string) {
	switch {
	case outcome == history.OK:
		return legal, next
	case outcome == history.Refused:
		return reason, s
	case legal: // unknown
		return true, next
	}
	return true, s
}

// seen compares a read with the state.
func seen(s string, r result[OnceOutput]) (bool, string) {
	return r.Outcome == history.Unknown || r.Outcome == history.OK && r.Out.State == s, s
}

// Invitation is an invitation that is accepted, declined or revoked once.
func Invitation() porcupine.Model {
	return once(Pending, func(s string, in OnceInput, r result[OnceOutput]) (bool, string) {
		next := map[OnceStep]string{Accept: AcceptedBy(in.Who), Decline: Declined, Revoke: Revoked}[in.Step]
		if next == "" {
			return seen(s, r)
		}
		return effect(s, next, s == Pending, s != Pending && r.Code == fault.InvitationNotPending, r.Outcome)
	})
}

// Share is a share for one use: one verification succeeds at the most, and
// none after a revocation, which always does.
func Share() porcupine.Model {
	return once(Pending, func(s string, in OnceInput, r result[OnceOutput]) (bool, string) {
		switch in.Step {
		case Verify:
			return effect(s, Consumed, s == Pending, s == Consumed && r.Code == fault.ShareConsumed || s == Revoked && r.Code == fault.ShareRevoked, r.Outcome)
		case Revoke:
			return effect(s, Revoked, true, false, r.Outcome)
		}
		return seen(s, r)
	})
}

// Slug is a name that one organization has at the most. The state is the
// organization; empty for none, and some for one that a call of unknown outcome
// may have founded.
func Slug() porcupine.Model {
	return once("", func(s string, in OnceInput, r result[OnceOutput]) (bool, string) {
		taken := s != "" && r.Code == fault.OrgSlugConflict
		given := s
		if s == in.Who {
			given = ""
		}
		switch in.Step {
		case Found:
			return effect(s, made(r.Out.State), s == "", taken, r.Outcome)
		case Take:
			return effect(s, in.Who, s == "" || s == in.Who, taken && s != in.Who, r.Outcome)
		case Drop, Dissolve:
			return effect(s, given, true, false, r.Outcome)
		}
		has := ""
		if s == in.Who {
			has = in.Who
		}
		ok, _ := seen(has, r)
		return ok, s
	})
}
