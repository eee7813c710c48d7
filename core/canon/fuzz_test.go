package canon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// judge is an opinion of its own, by encoding/json and our stricter rules, on
// whether b is to be read. It also checks the order of names, if asked.
type judge struct {
	dec          *json.Decoder
	ordered      bool
	names, items int
}

func (j *judge) text(b []byte) error {
	switch {
	case !utf8.Valid(b):
		return errors.New("not UTF-8")
	case !json.Valid(b):
		return errors.New("not JSON")
	case halfPair(b):
		return errors.New("half a surrogate pair")
	}
	j.dec = json.NewDecoder(bytes.NewReader(b))
	j.dec.UseNumber()
	if err := j.value(0); err != nil {
		return err
	}
	if _, err := j.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// halfPair finds half a surrogate pair in the escapes of valid JSON.
func halfPair(b []byte) bool {
	unit := func(i int) rune {
		if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
			return 0
		}
		n, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16)
		if err != nil {
			return 0
		}
		return rune(n)
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		r := unit(i)
		if !utf16.IsSurrogate(r) {
			i++
			continue
		}
		if utf16.DecodeRune(r, unit(i+6)) == utf8.RuneError {
			return true
		}
		i += 11
	}
	return false
}

func (j *judge) value(depth int) error {
	token, err := j.dec.Token()
	if err != nil {
		return err
	}
	switch x := token.(type) {
	case json.Number:
		if len(x) > MaxNumber {
			return errors.New("a long number")
		}
	case json.Delim:
		if depth == MaxDepth {
			return errors.New("too deep")
		}
		if x == '[' {
			err = j.array(depth)
		} else {
			err = j.object(depth)
		}
		if err != nil {
			return err
		}
		_, err = j.dec.Token()
	}
	return err
}

func (j *judge) array(depth int) error {
	for j.dec.More() {
		if j.items++; j.items > MaxItems {
			return errors.New("too many items")
		}
		if err := j.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) object(depth int) error {
	seen := map[string]bool{}
	var last []uint16
	for j.dec.More() {
		token, err := j.dec.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if j.names++; j.names > MaxKeys || seen[name] {
			return fmt.Errorf("too many names, or twice %q", name)
		}
		units := utf16.Encode([]rune(name))
		if j.ordered && len(seen) > 0 && slices.Compare(last, units) >= 0 {
			return fmt.Errorf("%q comes too late", name)
		}
		seen[name], last = true, units
		if err := j.value(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return v
}

func FuzzCanonical(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.in))
		f.Add([]byte(v.want))
	}
	for _, seed := range []string{`"\ud83d\ude00"`, `"\ud83d"`, `-0.1e+5`, `{"":{"":[]}}`, `{"a":1,"\u0061":2}`, "\"\xff\"", `[1,]`, `{"b":1,"a":tru}`, `"\\ud800"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		given := bytes.Clone(in)
		out, refused := Canonical(in)
		if !bytes.Equal(in, given) {
			t.Fatalf("the input %q was changed", given)
		}
		if err := (&judge{}).text(in); (err == nil) != (refused == nil) {
			t.Fatalf("%q: we say %v, the judge says %v", in, refused, err)
		}
		if refused != nil {
			return
		}
		if err := (&judge{ordered: true}).text(out); err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if !reflect.DeepEqual(decode(t, in), decode(t, out)) {
			t.Fatalf("%q means something else than %q", out, in)
		}
		v, bad := Parse(out)
		if bad != nil || !bytes.Equal(v.Append(nil), out) {
			t.Fatalf("%q became %q (%v)", out, v.Append(nil), bad)
		}
		if !canonical(out) && !bytes.ContainsRune(out, '\\') {
			t.Fatalf("%q is not known as canonical", out)
		}
		if canonical(in) && !bytes.Equal(in, out) {
			t.Fatalf("%q was taken for canonical", in)
		}
	})
}
