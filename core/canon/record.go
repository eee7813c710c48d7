package canon

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MaxInt is the largest whole number that every JSON reader keeps, and -MaxInt
// the smallest.
const MaxInt = 1<<53 - 1

// Record builds the canonical bytes of one flat object of texts and whole
// numbers, as entries of the audit trail are. Members may come in any order;
// the order of their names costs least. The zero Record is empty.
type Record struct {
	fields []field
}

type field struct {
	name, text string
	number     int64
	isNumber   bool
}

// Text adds a text.
func (r *Record) Text(name, value string) {
	r.fields = append(r.fields, field{name: name, text: value})
}

// Int adds a whole number.
func (r *Record) Int(name string, value int64) {
	r.fields = append(r.fields, field{name: name, number: value, isNumber: true})
}

// Reset empties the record and keeps its memory for the next.
func (r *Record) Reset() { r.fields = r.fields[:0] }

// Append adds the canonical bytes to dst. It refuses what would have more than
// one canonical form or none: a name that occurs twice, a text or name that is
// not UTF-8, a number beyond MaxInt.
func (r *Record) Append(dst []byte) ([]byte, error) {
	byName := func(a, b field) int { return compare(a.name, b.name) }
	if !slices.IsSortedFunc(r.fields, byName) {
		slices.SortFunc(r.fields, byName)
	}
	dst = append(dst, '{')
	for i, f := range r.fields {
		switch {
		case i > 0 && f.name == r.fields[i-1].name:
			return nil, fmt.Errorf("canon: the name %q occurs twice", f.name)
		case !utf8.ValidString(f.name) || !utf8.ValidString(f.text):
			return nil, fmt.Errorf("canon: the member %q is not UTF-8", f.name)
		case f.number > MaxInt || f.number < -MaxInt:
			return nil, fmt.Errorf("canon: the number %q has more than 53 bits", f.name)
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, f.name), ':')
		if f.isNumber {
			dst = strconv.AppendInt(dst, f.number, 10)
		} else {
			dst = AppendString(dst, f.text)
		}
	}
	return append(dst, '}'), nil
}
