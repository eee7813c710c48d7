// Package canon is JSON in one canonical form: members in the order of RFC
// 8785, strings escaped as it says, and numbers with the lexeme that the
// caller wrote, since no float could keep them all.
package canon

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is the type of a JSON value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Value is a parsed JSON value. It is read only.
type Value struct {
	Kind Kind
	Bool bool
	// Text is a string's text or a number's lexeme.
	Text string
	// Elems are the items of an array, Members those of an object, in
	// canonical order.
	Elems   []Value
	Members []Member
}

// Member is a named value of an object.
type Member struct {
	Name  string
	Value Value
}

// Get finds a member of an object.
func (v Value) Get(name string) (Value, bool) {
	for _, m := range v.Members {
		if m.Name == name {
			return m.Value, true
		}
	}
	return Value{}, false
}

// Append adds the canonical bytes of the value to dst.
func (v Value) Append(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		if v.Bool {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, v.Text...)
	case String:
		return AppendString(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i, e := range v.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.Append(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, m := range v.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, m.Name), ':')
		dst = m.Value.Append(dst)
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// AppendString adds a string as RFC 8785, section 3.2.2.2, writes it.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		b := s[i]
		if b >= 0x20 && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if at := strings.IndexByte("\"\\\b\f\n\r\t", b); at >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[at])
			continue
		}
		dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
	}
	return append(append(dst, s[start:]...), '"')
}

// compare orders names by their UTF-16 code units, as RFC 8785 asks. It is the
// order of bytes but where a name holds a character above U+FFFF.
func compare(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && i < len(a) && !utf8.RuneStart(a[i]) {
		i--
	}
	x, y := a[i:], b[min(i, len(b)):]
	if x == "" || y == "" {
		return len(x) - len(y)
	}
	r, _ := utf8.DecodeRuneInString(x)
	s, _ := utf8.DecodeRuneInString(y)
	return cmp.Compare(unit(r), unit(s))
}

// unit is a key that sorts a rune as its first UTF-16 code unit does; two
// runes above U+FFFF keep their own order.
func unit(r rune) int64 {
	if r >= 0x10000 {
		return 0xD800<<20 + int64(r-0x10000)
	}
	return int64(r) << 20
}

// Commit binds canonical bytes without showing them: HMAC-SHA256 under a salt
// of 32 random bytes.
func Commit(salt [32]byte, canonical []byte) [32]byte {
	h := hmac.New(sha256.New, salt[:])
	h.Write(canonical)
	return [32]byte(h.Sum(nil))
}

// Pointer escapes a name as a reference token of a JSON Pointer (RFC 6901).
func Pointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// With gives an object with one more member, in its place.
func (v Value) With(name string, value Value) Value {
	at, found := slices.BinarySearchFunc(v.Members, name, func(m Member, name string) int { return compare(m.Name, name) })
	members := slices.Clone(v.Members)
	if found {
		members[at].Value = value
	} else {
		members = slices.Insert(members, at, Member{name, value})
	}
	v.Members = members
	return v
}
