package urn

import (
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// ParsePrincipal reads the id of a principal: one to 128 bytes of
// A-Z a-z 0-9 . _ : @ -, chosen by a caller, or a typed id. What begins with a
// registered prefix and an underscore must decode, and be of a principal's
// kind; what looks like a token is refused. Bare hex digits stay what they are, since they could be of two kinds.
func ParsePrincipal(text string) (ID, *fault.Fault) {
	if text == "" || len(text) > 128 {
		return "", fault.New(fault.InvalidID, "the id of a principal has 1 to 128 characters")
	}
	for i := range len(text) {
		if !principalByte(text[i]) {
			return "", fault.New(fault.InvalidID, "the id of a principal is made of A-Z a-z 0-9 . _ : @ -")
		}
	}
	if HoldsToken([]byte(text)) {
		return "", fault.New(fault.InvalidID, "this looks like a key, which is no id; keep keys secret")
	}
	prefix, _, cut := strings.Cut(text, "_")
	if !cut || !registered(prefix) {
		return ID(text), nil
	}
	if _, _, f := Decode(ID(text)); f != nil {
		return "", f
	}
	if prefix != PrefixUser && prefix != PrefixService {
		return "", fault.New(fault.InvalidIDType, "the id of a principal is asked for: usr, svc or one of your own")
	}
	return ID(text), nil
}

func principalByte(b byte) bool { return alphanumeric(b) || strings.IndexByte("._:@-", b) >= 0 }

func alphanumeric(b byte) bool {
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9')
}

// CheckPrincipalKind says whether an id fits a principal's kind: usr is for
// users, svc for all others.
func CheckPrincipalKind(id ID, kind string) *fault.Fault {
	prefix, _, cut := strings.Cut(string(id), "_")
	if !cut || !registered(prefix) || (prefix == PrefixUser) == (kind == "user") {
		return nil
	}
	detail := "ids that begin with usr_ are for principals of kind user, svc_ for all others"
	return fault.New(fault.InvalidIDType, "%s", detail).
		At(fault.Item{Pointer: "/id", Code: string(fault.InvalidIDType), Detail: detail})
}
