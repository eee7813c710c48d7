// Package key is the one encoding of keys and the one list of key spaces. A
// key is the byte of its space followed by parts, each of which sorts as its
// value does and tells its own end, so that keys compare as tuples.
package key

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Key is an encoded key. Appending to it gives a longer tuple.
type Key []byte

// ErrMalformed is returned by a Decoder for bytes that no key has.
var ErrMalformed = errors.New("key: malformed")

// Text ends with 0x00 0x01; a zero byte inside is written 0x00 0xFF, so that a
// text sorts before every longer text that it begins.
const (
	escape     = 0x00
	terminator = 0x01
	escaped    = 0xFF
)

// New begins a key in a space.
func New(s Space) Key { return append(make(Key, 0, 48), s.ID) }

// String appends text, or any bytes, of any length.
func (k Key) String(s string) Key {
	for i := range len(s) {
		k = append(k, s[i])
		if s[i] == escape {
			k = append(k, escaped)
		}
	}
	return append(k, escape, terminator)
}

// Uint64 appends a number, eight bytes big endian.
func (k Key) Uint64(n uint64) Key { return binary.BigEndian.AppendUint64(k, n) }

// Fixed16 appends sixteen bytes as they are.
func (k Key) Fixed16(b [16]byte) Key { return append(k, b[:]...) }

// Prefix gives the range of all keys that begin with k: [start, end). The end
// is nil where no key can be above.
func Prefix(k Key) (start, end []byte) {
	end = bytes.Clone(k)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xFF {
			end[i]++
			return k, end[:i+1]
		}
	}
	return k, nil
}

// Decoder takes a key apart, in the order in which it was built. The first
// mistake sticks: later calls give zero values, and Err tells.
type Decoder struct {
	rest []byte
	err  error
}

// Decode starts after the space's byte.
func Decode(k Key) (space byte, d *Decoder) {
	if len(k) == 0 {
		return 0, &Decoder{err: ErrMalformed}
	}
	return k[0], &Decoder{rest: k[1:]}
}

// String reads a text.
func (d *Decoder) String() string {
	var out []byte
	for i := 0; d.err == nil && i+1 < len(d.rest); i++ {
		switch b := d.rest[i]; {
		case b != escape:
			out = append(out, b)
		case d.rest[i+1] == escaped:
			out = append(out, escape)
			i++
		case d.rest[i+1] == terminator:
			d.rest = d.rest[i+2:]
			return string(out)
		default:
			d.err = ErrMalformed
		}
	}
	d.err = ErrMalformed
	return ""
}

// Uint64 reads a number.
func (d *Decoder) Uint64() uint64 {
	b := d.take(8)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// Fixed16 reads sixteen bytes.
func (d *Decoder) Fixed16() (out [16]byte) {
	copy(out[:], d.take(16))
	return out
}

// End reports whether everything was read without a mistake.
func (d *Decoder) End() error {
	if d.err == nil && len(d.rest) != 0 {
		d.err = ErrMalformed
	}
	return d.err
}

func (d *Decoder) take(n int) []byte {
	if d.err != nil || len(d.rest) < n {
		d.err = ErrMalformed
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
