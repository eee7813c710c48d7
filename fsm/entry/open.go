package entry

import (
	"encoding/binary"
	"errors"

	"github.com/weir-store/weir/core/state"
)

// firstOpen is the first of the member numbers that a binary which does not
// know them passes over. A newer version may say there what older ones need
// not know to come to the same state.
const firstOpen = 128

var errMembers = errors.New("entry: the envelope is not a map of numbered members in rising order")

// decode reads a value of the envelope. The second look is for what a newer
// version wrote; all else is read in one go.
func decode[T any](b []byte, known func([]byte) ([]byte, error)) (*T, error) {
	v := new(T)
	err := state.Unmarshal(b, v)
	if !state.IsUnknownField(err) {
		return v, err
	}
	if b, err = known(b); err != nil {
		return nil, err
	}
	v = new(T)
	return v, state.Unmarshal(b, v)
}

// knownEntry gives an entry without its open members and those of its commands.
func knownEntry(b []byte) ([]byte, error) {
	b, err := known(b)
	if err != nil {
		return nil, err
	}
	var e struct {
		Format   uint64          `cbor:"1,keyasint"`
		Commands []state.Encoded `cbor:"2,keyasint"`
	}
	if err := state.Unmarshal(b, &e); err != nil {
		return nil, err
	}
	for i, c := range e.Commands {
		if e.Commands[i], err = known(c); err != nil {
			return nil, err
		}
	}
	return state.Marshal(&e)
}

// known gives an encoded map without its open members.
func known(b []byte) ([]byte, error) {
	n, rest, ok := mapHeader(b)
	if !ok {
		return nil, errMembers
	}
	var kept []byte
	var count byte
	var last uint64
	for i := range n {
		var number uint64
		var value state.Encoded
		after, err := state.UnmarshalFirst(rest, &number)
		if err != nil || (i > 0 && number <= last) {
			return nil, errMembers
		}
		last = number
		end, err := state.UnmarshalFirst(after, &value)
		if err != nil {
			return nil, errMembers
		}
		if number < firstOpen {
			kept = append(kept, rest[:len(rest)-len(end)]...)
			count++
		}
		rest = end
	}
	if len(rest) > 0 {
		return nil, errMembers
	}
	return append([]byte{0xB8, count}, kept...), nil
}

// mapHeader reads the number of members of an encoded map.
func mapHeader(b []byte) (n uint64, rest []byte, ok bool) {
	switch {
	case len(b) >= 1 && b[0] >= 0xA0 && b[0] < 0xB8:
		return uint64(b[0] - 0xA0), b[1:], true
	case len(b) >= 2 && b[0] == 0xB8:
		return uint64(b[1]), b[2:], true
	case len(b) >= 3 && b[0] == 0xB9:
		return uint64(binary.BigEndian.Uint16(b[1:])), b[3:], true
	}
	return 0, nil, false
}
