package op

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Patch is a member of a change that may be absent, which leaves what is there,
// null, which clears it, or a value. Its JSON name takes omitzero.
type Patch[T any] struct {
	// Given says that the member is there.
	Given bool
	// Value is nil for null.
	Value *T
}

// The fields of a Patch, for the decoder.
const (
	patchGiven = 0
	patchValue = 1
)

var patchType = reflect.TypeFor[interface{ patches() }]()

func (*Patch[T]) patches() {}

// Put is a change to a value.
func Put[T any](value T) Patch[T] { return Patch[T]{true, &value} }

// Clear is a change to nothing.
func Clear[T any]() Patch[T] { return Patch[T]{Given: true} }

// Or is what comes of a value by the change; what is cleared is zero.
func (p Patch[T]) Or(now T) T {
	switch {
	case !p.Given:
		return now
	case p.Value == nil:
		var none T
		return none
	}
	return *p.Value
}

// IsZero says that the member is absent.
func (p Patch[T]) IsZero() bool { return !p.Given }

// MarshalJSON implements json.Marshaler. What is absent is left out by whoever
// holds it.
func (p Patch[T]) MarshalJSON() ([]byte, error) { return Marshal(p.Value) }

// UnmarshalJSON implements json.Unmarshaler.
func (p *Patch[T]) UnmarshalJSON(raw []byte) error {
	p.Given, p.Value = true, nil
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return json.Unmarshal(raw, &p.Value)
}
