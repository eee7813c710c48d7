// Package model says what histories of a correct cluster can look like, as
// sequential machines that porcupine compares with what clients saw.
package model

import (
	"fmt"
	"hash/maphash"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/jepsen/history"
)

// RegisterInput is a call on one object.
type RegisterInput struct {
	Object string `json:"object"`
	// Write is the value to write; empty for a read.
	Write string `json:"write,omitempty"`
	// Expect is the version that a write was made conditional on; 0 is none.
	Expect uint64 `json:"expect,omitempty"`
}

// RegisterOutput is the object as the call showed it.
type RegisterOutput struct {
	Version uint64 `json:"version"`
	Value   string `json:"value"`
}

// result joins what a call gave with how it ended, as the checker sees it.
type result[Out any] struct {
	Out     Out
	Outcome history.Outcome
	// Code is why a call was refused.
	Code fault.Code
}

// Register is one object with versions: a conditional write takes effect only
// on the version that it names, each write adds exactly one.
func Register(initial RegisterOutput) porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in RegisterInput) string { return in.Object }),
		Init:      func() any { return initial },
		Step: func(s, in, out any) (bool, any) {
			return stepRegister(s.(RegisterOutput), in.(RegisterInput), out.(result[RegisterOutput]))
		},
		Hash: func(s any) uint64 { return maphash.Comparable(seed, s.(RegisterOutput)) },
		DescribeOperation: func(in, out any) string {
			i, o := in.(RegisterInput), out.(result[RegisterOutput])
			if i.Write == "" {
				return fmt.Sprintf("read: %s v%d %q", o.Outcome, o.Out.Version, o.Out.Value)
			}
			return fmt.Sprintf("write %q if v%d: %s v%d", i.Write, i.Expect, o.Outcome, o.Out.Version)
		},
		DescribeState: func(s any) string { r := s.(RegisterOutput); return fmt.Sprintf("v%d %q", r.Version, r.Value) },
	}
}

var seed = maphash.MakeSeed()

func stepRegister(s RegisterOutput, in RegisterInput, r result[RegisterOutput]) (bool, any) {
	written := RegisterOutput{s.Version + 1, in.Write}
	matches := in.Expect == 0 || in.Expect == s.Version
	switch {
	case r.Outcome == history.Nothing:
		return true, s
	case in.Write == "":
		return r.Outcome != history.OK || r.Out == s, s
	case r.Outcome == history.OK:
		return matches && r.Out.Version == written.Version, written
	case r.Outcome == history.Refused:
		return !matches, s
	case matches: // unknown
		return true, written
	}
	return true, s
}

// AccessStep is what a call of an access history does.
type AccessStep string

// What can happen between a reader and an object that a scope shares.
const (
	AddMember    AccessStep = "add_member"
	RemoveMember AccessStep = "remove_member"
	Project      AccessStep = "project"
	Unproject    AccessStep = "unproject"
	ReadObject   AccessStep = "read"
	CheckAccess  AccessStep = "check"
)

// AccessInput is a call about one pair of a reader and an object.
type AccessInput struct {
	Pair string     `json:"pair"`
	Step AccessStep `json:"step"`
}

// AccessOutput says whether a read or check found the reader entitled.
type AccessOutput struct {
	Allowed bool `json:"allowed"`
}

// grants is the state of a pair: both must hold for the object to be read.
type grants struct{ member, projected bool }

// Access is a reader and an object shared through a scope: once a revocation
// is acknowledged, no later read succeeds, on whatever node.
func Access() porcupine.Model {
	return porcupine.Model{
		Partition: partition(func(in AccessInput) string { return in.Pair }),
		Init:      func() any { return grants{} },
		Step: func(s, in, out any) (bool, any) {
			return stepAccess(s.(grants), in.(AccessInput), out.(result[AccessOutput]))
		},
		Hash: func(s any) uint64 { return maphash.Comparable(seed, s.(grants)) },
		DescribeOperation: func(in, out any) string {
			i, o := in.(AccessInput), out.(result[AccessOutput])
			return fmt.Sprintf("%s: %s allowed=%v", i.Step, o.Outcome, o.Out.Allowed)
		},
		DescribeState: func(s any) string { g := s.(grants); return fmt.Sprintf("member=%v shared=%v", g.member, g.projected) },
	}
}

func stepAccess(s grants, in AccessInput, r result[AccessOutput]) (bool, any) {
	if r.Outcome == history.Nothing {
		return true, s
	}
	if in.Step == ReadObject || in.Step == CheckAccess {
		return r.Outcome != history.OK || r.Out.Allowed == (s.member && s.projected), s
	}
	if r.Outcome == history.Refused {
		// A revocation of what is not there succeeds, and so does a repeated
		// grant: nothing here has a reason to be refused.
		return false, s
	}
	switch in.Step {
	case AddMember:
		s.member = true
	case RemoveMember:
		s.member = false
	case Project:
		s.projected = true
	case Unproject:
		s.projected = false
	}
	return true, s
}

func partition[In any](of func(In) string) func([]porcupine.Operation) [][]porcupine.Operation {
	return func(ops []porcupine.Operation) [][]porcupine.Operation {
		at := map[string]int{}
		var parts [][]porcupine.Operation
		for _, o := range ops {
			name := of(o.Input.(In))
			i, ok := at[name]
			if !ok {
				i = len(parts)
				at[name] = i
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], o)
		}
		return parts
	}
}

// Verdict is what the checker found.
type Verdict struct {
	// Result is ok, illegal or unknown; unknown is no pass.
	Result porcupine.CheckResult
	// Operations is how many were checked, Unknown how many of them had an
	// unknown outcome.
	Operations, Unknown int
	info                porcupine.LinearizationInfo
	model               porcupine.Model
}

// Check compares a history with a model, for at most the given time.
func Check[In, Out any](m porcupine.Model, ops []history.Operation[In, Out], limit time.Duration) Verdict {
	v := Verdict{Operations: len(ops), model: m}
	list := make([]porcupine.Operation, 0, len(ops))
	for _, o := range ops {
		if o.Outcome == history.Unknown {
			v.Unknown++
		}
		list = append(list, porcupine.Operation{
			ClientId: o.Client, Input: o.Input, Call: o.Call, Return: o.Return,
			Output: result[Out]{o.Output, o.Outcome, o.Code},
		})
	}
	v.Result, v.info = porcupine.CheckOperationsVerbose(m, list, limit)
	return v
}

// Picture writes the history with what could be linearized as an HTML page.
func (v Verdict) Picture(path string) error {
	if err := porcupine.VisualizePath(v.model, v.info, path); err != nil {
		return fmt.Errorf("model: draw the history: %w", err)
	}
	return nil
}
