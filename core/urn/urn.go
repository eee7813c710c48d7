package urn

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-store/weir/core/fault"
)

// URN is the permanent name of something registered. Names may hold colons;
// kinds and namespaces may not.
type URN struct {
	Kind, Namespace, Name string
	// Version is from 1 to 2^31-1.
	Version int
}

// scheme begins URNs and tokens.
const scheme = "weir"

// String is weir:<kind>:<namespace>:<name>:<version>. ParseURN reads it back
// if Check has no objection.
func (u URN) String() string {
	return scheme + ":" + u.Kind + ":" + u.Namespace + ":" + u.Name + ":" + strconv.Itoa(u.Version)
}

// Check says what keeps the parts from being a URN, as validation-failed.
func (u URN) Check() *fault.Fault {
	switch {
	case !word(u.Kind) || !word(u.Namespace):
		return bad("kind and namespace are made of A-Z a-z 0-9 _ . - and not empty")
	case u.Name == "" || !utf8.ValidString(u.Name) || strings.ContainsFunc(u.Name, unicode.IsControl):
		return bad("the name is UTF-8 without control characters and not empty")
	case u.Version < 1 || u.Version > math.MaxInt32:
		return bad("the version is a whole number from 1")
	}
	return nil
}

// ParseURN reads weir:<kind>:<namespace>:<name>:<version>. Everything between
// the third colon and the last is the name.
func ParseURN(text string) (URN, *fault.Fault) {
	parts := strings.SplitN(text, ":", 4)
	if len(parts) < 4 || parts[0] != scheme {
		return URN{}, bad("it has at least five parts, the first of which is weir")
	}
	last := strings.LastIndexByte(parts[3], ':')
	if last < 0 {
		return URN{}, bad("it has at least five parts, the last of which is a version")
	}
	digits := parts[3][last+1:]
	version, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || strconv.FormatInt(version, 10) != digits {
		return URN{}, bad("the version is a whole number from 1")
	}
	u := URN{Kind: parts[1], Namespace: parts[2], Name: parts[3][:last], Version: int(version)}
	if f := u.Check(); f != nil {
		return URN{}, f
	}
	return u, nil
}

func bad(why string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "not a URN of the form weir:<kind>:<namespace>:<name>:<version>: %s", why)
}

func word(s string) bool {
	for i := range len(s) {
		if b := s[i]; !alphanumeric(b) && strings.IndexByte("_.-", b) < 0 {
			return false
		}
	}
	return s != ""
}
