package state

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Encoded is a value that stays as it is encoded.
type Encoded = cbor.RawMessage

// UnmarshalFirst reads the first value of b and gives what follows it.
func UnmarshalFirst(b []byte, v any) (rest []byte, err error) {
	if rest, err = decoder.UnmarshalFirst(b, v); err != nil {
		return nil, fmt.Errorf("state: decode %T: %w", v, err)
	}
	return rest, nil
}

// IsUnknownField says whether Unmarshal failed for a field that the value does
// not have.
func IsUnknownField(err error) bool {
	var unknown *cbor.UnknownFieldError
	return errors.As(err, &unknown)
}
