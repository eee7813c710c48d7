package state

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// The codec is CBOR in the core deterministic form of RFC 8949, section 4.2.1:
// equal values have equal bytes on every node. Rows number their fields
// (`cbor:"1,keyasint,omitempty"`); a number is never used again.
var (
	encoder = must(func() cbor.EncOptions {
		o := cbor.CoreDetEncOptions()
		o.Time = cbor.TimeUnixMicro
		o.TextMarshaler = cbor.TextMarshalerNone
		return o
	}().EncMode())
	decoder = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   16,
		TextUnmarshaler:   cbor.TextUnmarshalerNone,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Marshal gives the deterministic bytes of a value. It fails only for types
// that no row or entry may have.
func Marshal(v any) ([]byte, error) {
	b, err := encoder.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("state: encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal reads what Marshal wrote. Unknown fields, duplicate keys and
// trailing bytes are errors: they mean a newer or a damaged writer.
func Unmarshal(b []byte, v any) error {
	if err := decoder.Unmarshal(b, v); err != nil {
		return fmt.Errorf("state: decode %T: %w", v, err)
	}
	return nil
}
