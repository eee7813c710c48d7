// Package urn is names: typed ids, the ids of principals, key tokens and the
// URNs of the registry. It parses at the border, so that nothing inside asks
// again.
package urn

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// ID names one thing: <prefix>_<32 lower-case hex digits of a UUID>, or the id
// that a caller chose for a principal.
type ID string

// The prefixes of ids.
const (
	PrefixUser        = "usr"
	PrefixService     = "svc"
	PrefixOrg         = "org"
	PrefixScope       = "scp"
	PrefixMembership  = "mem"
	PrefixObject      = "obj"
	PrefixProjection  = "prj"
	PrefixVersion     = "ver"
	PrefixRule        = "rul"
	PrefixBinding     = "bnd"
	PrefixEnvironment = "env"
	PrefixConnector   = "con"
	PrefixAudit       = "aud"
	PrefixKey         = "pat"
	PrefixRegistry    = "reg"
	PrefixTombstone   = "tmb"
	PrefixRelation    = "rel"
	PrefixTuple       = "tup"
	PrefixInvitation  = "inv"
	PrefixShare       = "shr"
)

// prefixes are all that the product may ever issue, so that a text of another
// layer is never taken for an id of a caller's own. None is part of another.
var prefixes = strings.Fields(`usr svc org scp mem obj ver prj rul bnd aud env snp pip stg chn dep tgt
	sec sref itg plg con lst evt sub whk ntf sch job blb tpl ctr ses inv tup shr imp pat cred mfa cha reg rel tmb pre`)

const digits = 32

func registered(prefix string) bool { return slices.Contains(prefixes, prefix) }

// Registered says whether ids with the prefix are Weir's own.
func Registered(prefix string) bool { return registered(prefix) }

// Encode makes an id of a registered prefix and a UUID in canonical text, of
// either case and any version from 1 to 8.
func Encode(prefix, uuid string) (ID, *fault.Fault) {
	if !registered(prefix) {
		return "", fault.New(fault.InvalidIDType, "there is no such kind of id")
	}
	if len(uuid) != 36 || uuid[8] != '-' || uuid[13] != '-' || uuid[18] != '-' || uuid[23] != '-' {
		return "", fault.New(fault.InvalidID, "not a UUID")
	}
	id := ID(prefix + "_" + strings.ToLower(strings.ReplaceAll(uuid, "-", "")))
	if _, _, f := Decode(id); f != nil {
		return "", fault.New(fault.InvalidID, "not a UUID of version 1 to 8")
	}
	return id, nil
}

// Decode takes a typed id apart. The checks come in the order of the
// contract: separator, prefix, payload, version.
func Decode(id ID) (prefix, uuid string, f *fault.Fault) {
	prefix, payload, f := split(id)
	if f != nil {
		return "", "", f
	}
	if !registered(prefix) {
		return "", "", fault.New(fault.InvalidIDType, "there is no such kind of id")
	}
	return decode(prefix, payload)
}

// DecodeAny is Decode without the list of prefixes: a prefix is two to six
// lower-case letters. It is for ids of applications inside tuples.
func DecodeAny(id ID) (prefix, uuid string, f *fault.Fault) {
	prefix, payload, f := split(id)
	if f != nil {
		return "", "", f
	}
	if !shaped(prefix) {
		return "", "", fault.New(fault.InvalidIDType, "a prefix is two to six lower-case letters")
	}
	return decode(prefix, payload)
}

func split(id ID) (prefix, payload string, f *fault.Fault) {
	prefix, payload, ok := strings.Cut(string(id), "_")
	if !ok {
		return "", "", fault.New(fault.InvalidID, "an id has a prefix, the separator _ and 32 hex digits; the separator is missing")
	}
	return prefix, payload, nil
}

func shaped(prefix string) bool {
	if len(prefix) < 2 || len(prefix) > 6 {
		return false
	}
	for i := range len(prefix) {
		if prefix[i] < 'a' || prefix[i] > 'z' {
			return false
		}
	}
	return true
}

func decode(prefix, payload string) (string, string, *fault.Fault) {
	if !lowerHex(payload) {
		return "", "", fault.New(fault.InvalidID, "an id ends with exactly 32 lower-case hex digits")
	}
	if v := payload[12]; v < '1' || v > '8' {
		return "", "", fault.New(fault.InvalidID, "the digits of an id are a UUID of version 1 to 8")
	}
	return prefix, payload[:8] + "-" + payload[8:12] + "-" + payload[12:16] + "-" + payload[16:20] + "-" + payload[20:], nil
}

func lowerHex(s string) bool {
	if len(s) != digits {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}

// IsValid says whether the id decodes and, if any are given, has one of the
// expected prefixes.
func IsValid(id ID, expected ...string) bool {
	prefix, _, f := Decode(id)
	if f != nil {
		return false
	}
	return len(expected) == 0 || slices.Contains(expected, prefix)
}

// IsValidShape says whether DecodeAny takes the id.
func IsValidShape(id ID) bool {
	_, _, f := DecodeAny(id)
	return f == nil
}

// TypeOf is the prefix of an id.
func TypeOf(id ID) (string, *fault.Fault) {
	prefix, _, f := Decode(id)
	return prefix, f
}

// Normalize reads an id of one kind; the bare 32 digits stand for it too.
func Normalize(prefix, text string) (ID, *fault.Fault) {
	if lowerHex(text) {
		text = prefix + "_" + text
	}
	have, _, f := Decode(ID(text))
	if f != nil {
		return "", f
	}
	if have != prefix {
		return "", fault.New(fault.InvalidIDType, "an id of the kind %s is asked for", prefix)
	}
	return ID(text), nil
}

// NormalizeAny reads the id of a thing of a type that an application may have
// chosen, in its three forms: with the type as its prefix, as canonical text of
// the UUID, or as the bare 32 digits. Another prefix is invalid-id-type; a text
// that is no such id, the UUIDs of only zeros or ones included, invalid-id.
func NormalizeAny(prefix, text string) (ID, *fault.Fault) {
	switch {
	case lowerHex(text):
		text = prefix + "_" + text
	case len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-':
		text = prefix + "_" + strings.ToLower(strings.ReplaceAll(text, "-", ""))
	}
	have, _, f := DecodeAny(ID(text))
	if f != nil && f.Code == fault.InvalidID {
		return "", f
	}
	if f != nil || have != prefix {
		return "", fault.New(fault.InvalidIDType, "an id of the type %s is asked for", prefix)
	}
	return ID(text), nil
}

// Make builds the id of a UUIDv7 (RFC 9562, section 5.7): 48 bits of
// milliseconds since 1970, 12 of the ordinal, 62 of the tail. Higher bits of
// each are left out; the two of the tail that give way to the variant are the
// highest of its first byte. Ids of one prefix sort by milliseconds, ordinal
// and tail.
func Make(prefix string, millis uint64, ordinal uint16, tail [8]byte) ID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], millis<<16|0x7000|uint64(ordinal&0xFFF))
	copy(b[8:], tail[:])
	b[8] = b[8]&0x3F | 0x80
	return FromBytes(prefix, b)
}

// FromBytes builds an id of the sixteen bytes of a UUID.
func FromBytes(prefix string, b [16]byte) ID { return ID(prefix + "_" + hex.EncodeToString(b[:])) }

// Bytes are the sixteen bytes of a typed id's UUID, of any prefix and version.
// An id that a principal was given by a caller has none, unless it looks typed.
func (id ID) Bytes() (b [16]byte, ok bool) {
	_, payload, cut := strings.Cut(string(id), "_")
	if !cut || !lowerHex(payload) {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(payload))
	return b, err == nil
}
