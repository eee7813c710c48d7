package fuzz

import (
	"errors"
	"slices"
)

// maxPlays bounds how often a failing script is played again to make it short.
const maxPlays = 600

// shorten drops steps for as long as what is left still differs: large parts
// first, then smaller ones, down to single steps.
func (f *fuzzer) shorten(s script, w *world, what difference) (*world, difference) {
	plays := 0
	fails := func(candidate script) bool {
		if plays++; plays > maxPlays {
			return false
		}
		tried, err := f.play(candidate)
		var differs difference
		if !errors.As(err, &differs) {
			return false
		}
		s, w, what = candidate, tried, differs
		return true
	}
	for again := true; again && plays <= maxPlays; {
		again = false
		for _, part := range []func(*script) *[]step{
			func(s *script) *[]step { return &s.mutations },
			func(s *script) *[]step { return &s.growth },
		} {
			again = drop(func() []step { return *part(&s) }, func(steps []step) bool {
				candidate := s
				*part(&candidate) = steps
				return fails(candidate)
			}) || again
		}
	}
	return w, what
}

// drop takes parts out of a list of steps while fails says that the rest still
// fails. It says whether it took any out.
func drop(steps func() []step, fails func([]step) bool) bool {
	dropped := false
	for size := len(steps()); size > 0; size /= 2 {
		for at := 0; at+size <= len(steps()); {
			rest := slices.Concat(steps()[:at], steps()[at+size:])
			if fails(rest) {
				dropped = true
				continue
			}
			at += size
		}
	}
	return dropped
}
