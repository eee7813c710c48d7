// Package canon is JSON in one canonical form: members in the order of RFC
// 8785, strings escaped as it says, and numbers with the lexeme that the
// caller wrote, since no float could keep them all.
package canon

import (
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

// Value is a parsed JSON value. It is read only: values share what they hold.
type Value struct {
	Kind Kind
	Bool bool
	// Text is a string's text or a number's lexeme.
	Text string
	// Elems are the items of an array, Members those of an object. Members are
	// in canonical order, each name once.
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
	at, found := v.find(name)
	if !found {
		return Value{}, false
	}
	return v.Members[at].Value, true
}

// With gives an object with one more member, or another value of one, and
// leaves v as it is.
func (v Value) With(name string, value Value) Value {
	at, found := v.find(name)
	members := slices.Clone(v.Members)
	if found {
		members[at].Value = value
	} else {
		members = slices.Insert(members, at, Member{name, value})
	}
	v.Members = members
	return v
}

func (v Value) find(name string) (at int, found bool) {
	return slices.BinarySearchFunc(v.Members, name, func(m Member, name string) int { return compare(m.Name, name) })
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

const (
	hexDigits = "0123456789abcdef"
	// short are the characters that have an escape of one letter, and letters
	// those letters.
	short   = "\"\\\b\f\n\r\t"
	letters = `"\bfnrt`
)

// AppendString adds a string as RFC 8785, section 3.2.2.2, writes it. What is
// not UTF-8 becomes U+FFFD, so that what is added is always JSON.
func AppendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		b := s[i]
		if b >= 0x20 && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if at := strings.IndexByte(short, b); at >= 0 {
			dst = append(dst, '\\', letters[at])
			continue
		}
		dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
	}
	return append(append(dst, s[start:]...), '"')
}

// compare orders UTF-8 names by their UTF-16 code units, as RFC 8785 asks.
// That is the order of the bytes, but that characters above U+FFFF (which
// begin with F0 and up) are surrogates there, before U+E000 to U+FFFF (which
// begin with EE and EF).
func compare[T string | []byte](a, b T) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x == y:
			continue
		case x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0):
			return int(y) - int(x)
		}
		return int(x) - int(y)
	}
	return len(a) - len(b)
}

// Commit binds canonical bytes without showing them: HMAC-SHA256 under a salt
// of 32 random bytes.
func Commit(salt [32]byte, canonical []byte) [32]byte {
	h := hmac.New(sha256.New, salt[:])
	h.Write(canonical)
	return [32]byte(h.Sum(nil))
}

// maxShownName is the length of the longest name that a pointer shows.
const maxShownName = 64

// Pointer escapes a name as a reference token of a JSON Pointer (RFC 6901).
// The slash before it is the caller's. Pointers are for faults, which must not
// repeat what was sent: a name too long for any field is shown as a question
// mark.
func Pointer(name string) string {
	if len(name) > maxShownName {
		return "?"
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
