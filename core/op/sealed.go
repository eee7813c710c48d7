package op

import (
	"encoding/hex"
	"reflect"

	"github.com/weir-store/weir/core/fault"
)

// Sealed is a text that only nodes of this cluster can read. In the log, in the
// state and in the trail it is ciphertext. An output may hold it as a *Sealed:
// the node that answers puts the text itself there, or null where its keyring
// does not open it. Inputs take it in prepared fields only.
type Sealed = fault.Sealed

// Digest is a keyed digest of 32 bytes: whoever has not the key cannot tell what
// it is of.
type Digest [32]byte

// MarshalText implements encoding.TextMarshaler; the text is hex.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode(nil, text)
	if err != nil || len(b) != len(d) {
		return fault.New(fault.ValidationFailed, "must be %d hex digits", 2*len(d))
	}
	*d = Digest(b)
	return nil
}

// Identifier is what is kept of a text that tells who somebody is, such as an
// e-mail address. Equal texts have equal digests; the text itself is in none of
// them.
type Identifier struct {
	// Exact is the digest of the bytes as given.
	Exact Digest `cbor:"1,keyasint" json:"exact" doc:"keyed digest of the text as it was given"`
	// Login is the digest of the text in Unicode's composed form, in lower case
	// and without space around it.
	Login Digest `cbor:"2,keyasint" json:"login" doc:"keyed digest of the text as names of accounts are compared"`
	// Sealed is the text as given.
	Sealed Sealed `cbor:"3,keyasint" json:"sealed" doc:"the text, sealed"`
}

// Unseal gives an output with what is sealed in it opened.
func (o *Operation) Unseal(raw JSON, open func(Sealed) (text string, ok bool)) (JSON, error) {
	if !o.Output.seals() || len(raw) == 0 {
		return raw, nil
	}
	out := reflect.New(o.Output.typ)
	if err := Unmarshal(raw, out.Interface()); err != nil {
		return nil, err
	}
	unseal(o.Output, out.Elem(), open)
	return Marshal(out.Interface())
}

var sealedType = reflect.TypeFor[Sealed]()

// seals says whether values of the shape hold something sealed.
func (s *Shape) seals() bool {
	if s.typ == reflect.PointerTo(sealedType) || s.Elem != nil && s.Elem.seals() {
		return true
	}
	for _, f := range s.Fields {
		if f.seals() {
			return true
		}
	}
	return false
}

func unseal(s *Shape, v reflect.Value, open func(Sealed) (string, bool)) {
	if s.Nullable {
		if v.IsNil() {
			return
		}
		if s.typ.Elem() == sealedType {
			if text, ok := open(Sealed(v.Elem().String())); ok {
				v.Elem().SetString(text)
			} else {
				v.SetZero()
			}
			return
		}
		v = v.Elem()
	}
	for _, f := range s.Fields {
		if f.seals() {
			unseal(f.Shape, v.FieldByIndex(f.index), open)
		}
	}
	if s.Form == FormArray && s.Elem.seals() {
		for i := range v.Len() {
			unseal(s.Elem, v.Index(i), open)
		}
	}
}
