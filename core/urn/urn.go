package urn

import (
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// URN is the permanent name of something registered. Names may hold colons;
// kinds and namespaces may not.
type URN struct {
	Kind, Namespace, Name string
	// Version starts at 1.
	Version int
}

const scheme = "weir"

func (u URN) String() string {
	return scheme + ":" + u.Kind + ":" + u.Namespace + ":" + u.Name + ":" + strconv.Itoa(u.Version)
}

// ParseURN reads weir:<kind>:<namespace>:<name>:<version>.
func ParseURN(text string) (URN, *fault.Fault) {
	bad := func(why string) (URN, *fault.Fault) {
		return URN{}, fault.New(fault.ValidationFailed, "not a URN of the form weir:<kind>:<namespace>:<name>:<version>: %s", why)
	}
	parts := strings.Split(text, ":")
	if len(parts) < 5 || parts[0] != scheme {
		return bad("it has at least five parts, the first of which is weir")
	}
	last := parts[len(parts)-1]
	version, err := strconv.Atoi(last)
	if err != nil || version < 1 || strconv.Itoa(version) != last {
		return bad("the version is a whole number from 1")
	}
	u := URN{Kind: parts[1], Namespace: parts[2], Name: strings.Join(parts[3:len(parts)-1], ":"), Version: version}
	if !word(u.Kind) || !word(u.Namespace) || u.Name == "" {
		return bad("kind and namespace are made of A-Z a-z 0-9 _ . - and the name is not empty")
	}
	return u, nil
}

func word(s string) bool {
	for i := range len(s) {
		if b := s[i]; !principalByte(b) || b == ':' || b == '@' {
			return false
		}
	}
	return s != ""
}
