package op

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// KeyScope is a kind of operation that a key may be used for: NOUN.VERB, where
// either can be *, and the verb read stands for all that changes nothing.
// Scopes only take away: what the principal may not do, no key of its can.
type KeyScope string

// VerbRead is the verb of a scope for all operations that change nothing. No
// operation has it as its own.
const VerbRead = "read"

// maxScope bounds a scope, in bytes.
const maxScope = 64

// MarshalText implements encoding.TextMarshaler.
func (s KeyScope) MarshalText() ([]byte, error) { return []byte(s), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It does not ask whether
// there is such an operation: nodes that know more or fewer must agree.
func (s *KeyScope) UnmarshalText(b []byte) error {
	noun, verb, ok := strings.Cut(string(b), ".")
	if !ok || len(b) > maxScope || !isWord(noun) || !isWord(verb) {
		return fault.New(fault.ValidationFailed, "must be NOUN.VERB, such as object.update, object.read, object.* or *.read")
	}
	*s = KeyScope(b)
	return nil
}

func isWord(s string) bool {
	return s == "*" || s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// admits says whether an operation is of the kind.
func (s KeyScope) admits(o *Operation) bool {
	noun, verb, _ := strings.Cut(string(s), ".")
	return (noun == "*" || noun == o.Noun) && (verb == "*" || verb == o.Verb || verb == VerbRead && o.Kind != KindCommand)
}

// holds says whether all that the other scope admits is of this kind too, as
// far as the texts tell: which operations read is no matter of theirs.
func (s KeyScope) holds(other KeyScope) bool {
	noun, verb, _ := strings.Cut(string(s), ".")
	n, v, _ := strings.Cut(string(other), ".")
	return (noun == "*" || noun == n) && (verb == "*" || verb == v)
}

// Covers says whether a key of the caller's that has the scopes could do nothing
// that the caller's own key cannot. No scopes stand for all.
func (c *Caller) Covers(scopes []KeyScope) bool {
	if len(c.Scopes) == 0 {
		return true
	}
	covered := func(wanted KeyScope) bool {
		return slices.ContainsFunc(c.Scopes, func(have KeyScope) bool { return have.holds(wanted) })
	}
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(wanted KeyScope) bool { return !covered(wanted) })
}

// reaches says whether the caller's key may be used for an operation.
func (c *Caller) reaches(o *Operation) bool {
	return len(c.Scopes) == 0 || slices.ContainsFunc(c.Scopes, func(s KeyScope) bool { return s.admits(o) })
}
