package op

import (
	"encoding"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/urn"
)

// source says where an input comes from: callers may not set prepared fields,
// the log holds them.
type source bool

const (
	fromCaller source = false
	fromLog    source = true
)

// decoder fills a Go value from canonical JSON and gathers everything that is
// wrong, each with the place where it stands.
type decoder struct {
	source source
	items  []fault.Item
}

// maxItems bounds what one refusal lists.
const maxItems = 20

func (d *decoder) wrong(at, code, detail string) {
	if len(d.items) < maxItems {
		d.items = append(d.items, fault.Item{Pointer: at, Code: code, Detail: detail})
	}
}

func (s *Shape) decode(v canon.Value, into reflect.Value, from source) *fault.Fault {
	d := decoder{source: from}
	d.value(s, nil, v, into, "")
	if len(d.items) == 0 {
		return nil
	}
	f := fault.New(codeOf(d.items), "%s: %s", place(d.items[0].Pointer), d.items[0].Detail)
	for _, i := range d.items {
		f = f.At(i)
	}
	return f
}

// codeOf is the code of a refusal: that of its items if they agree.
func codeOf(items []fault.Item) fault.Code {
	for _, i := range items {
		if i.Code != items[0].Code {
			return fault.ValidationFailed
		}
	}
	switch c := fault.Code(items[0].Code); c {
	case fault.InvalidID, fault.InvalidIDType, fault.InvalidRole, fault.PayloadTooLarge:
		return c
	}
	return fault.ValidationFailed
}

func place(pointer string) string {
	if pointer == "" {
		return "the input"
	}
	return strings.TrimPrefix(pointer, "/")
}

func (d *decoder) value(s *Shape, f *Field, v canon.Value, into reflect.Value, at string) {
	if s.Patch {
		into.Field(patchGiven).SetBool(true)
		into = into.Field(patchValue)
	}
	if s.Nullable {
		if v.Kind == canon.Null {
			into.SetZero()
			return
		}
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if into.CanAddr() && into.Type() != idType && into.Type() != jsonType {
		if t, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
			d.text(t, v, at)
			return
		}
	}
	switch s.Form {
	case FormObject:
		d.object(s, v, into, at)
	case FormString:
		d.str(s, f, v, into, at)
	case FormInteger:
		d.integer(s, f, v, into, at)
	case FormBoolean:
		if d.is(v, canon.Bool, "true or false", at) {
			into.SetBool(v.Bool)
		}
	case FormArray:
		d.array(s, f, v, into, at)
	case FormMap:
		d.dict(s, v, into, at)
	case FormJSON:
		d.json(f, v, into, at)
	default:
		d.wrong(at, string(fault.ValidationFailed), "cannot be given")
	}
}

func (d *decoder) is(v canon.Value, kind canon.Kind, want, at string) bool {
	if v.Kind == kind {
		return true
	}
	d.wrong(at, string(fault.ValidationFailed), "must be "+want)
	return false
}

func (d *decoder) text(t encoding.TextUnmarshaler, v canon.Value, at string) {
	if !d.is(v, canon.String, "a string", at) {
		return
	}
	if err := t.UnmarshalText([]byte(v.Text)); err != nil {
		code, detail := fault.ValidationFailed, "not a legal value"
		if f, ok := fault.Of(err); ok {
			code, detail = f.Code, f.Detail
		}
		d.wrong(at, string(code), detail)
	}
}

func (d *decoder) object(s *Shape, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.Object, "an object", at) {
		return
	}
	given := make([]bool, len(s.Fields))
	for _, m := range v.Members {
		where := at + "/" + canon.Pointer(m.Name)
		i := slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == m.Name })
		if i < 0 || (s.Fields[i].Prepared && d.source == fromCaller) {
			d.wrong(where, "unknown-field", "there is no such field")
			continue
		}
		if given[i] = true; m.Value.Kind == canon.Null && s.Fields[i].absentByNull() {
			continue
		}
		d.value(s.Fields[i].Shape, s.Fields[i], m.Value, into.FieldByIndex(s.Fields[i].index), where)
	}
	for i, f := range s.Fields {
		if f.Required && !given[i] && (d.source == fromCaller || !f.Secret) {
			d.wrong(at+"/"+canon.Pointer(f.Name), "required", "is required")
		}
	}
}

// absentByNull says whether null stands for leaving the member out: where there
// is a choice, and null has no meaning of its own.
func (f *Field) absentByNull() bool {
	return f.Omit && !f.Required && !f.Patch && !f.Nullable && f.Form != FormJSON
}

func (d *decoder) str(s *Shape, f *Field, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.String, "a string", at) {
		return
	}
	text := v.Text
	if s.Format == "id" && f != nil {
		id, bad := parseID(text, f.Prefixes)
		if bad != nil {
			d.wrong(at, string(bad.Code), bad.Detail)
			return
		}
		d.length(f, len(id), "characters", at)
		into.Set(reflect.ValueOf(id))
		return
	}
	if f != nil {
		d.length(f, utf8.RuneCountInString(text), "characters", at)
		if len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
			d.wrong(at, string(fault.ValidationFailed), "must be one of "+strings.Join(f.Enum, ", "))
		}
	}
	into.SetString(text)
}

// parseID reads an id of one of the prefixes; bare digits are of the first.
// Without any it takes every text: fields that hold ids of several kinds say
// nothing of their form.
func parseID(text string, prefixes []string) (urn.ID, *fault.Fault) {
	if slices.Contains(prefixes, "principal") {
		return urn.ParsePrincipal(text)
	}
	if len(prefixes) == 0 {
		return urn.ID(text), nil
	}
	id, f := urn.Normalize(prefixes[0], text)
	if len(prefixes) == 1 || f == nil || f.Code != fault.InvalidIDType {
		return id, f
	}
	if id = urn.ID(text); urn.IsValid(id, prefixes...) {
		return id, nil
	}
	last := len(prefixes) - 1
	return "", fault.New(f.Code, "an id of the kind %s or %s is asked for", strings.Join(prefixes[:last], ", "), prefixes[last])
}

func (d *decoder) length(f *Field, n int, unit, at string) {
	switch {
	case f.hasMin && int64(n) < f.Min:
		d.wrong(at, string(fault.ValidationFailed), "must have at least "+strconv.FormatInt(f.Min, 10)+" "+unit)
	case f.Max > 0 && int64(n) > f.Max:
		d.wrong(at, string(fault.ValidationFailed), "must have at most "+strconv.FormatInt(f.Max, 10)+" "+unit)
	}
}

func (d *decoder) integer(s *Shape, f *Field, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.Number, "a whole number", at) {
		return
	}
	n, ok := whole(v.Text)
	if ok && s.Unsigned && n < 0 {
		ok = false
	}
	if ok && !s.Unsigned && into.OverflowInt(n) {
		ok = false
	}
	if ok && f != nil && ((f.hasMin && n < f.Min) || (f.Max > 0 && n > f.Max)) {
		ok = false
	}
	if !ok {
		d.wrong(at, string(fault.ValidationFailed), "must be a whole number"+bounds(s, f))
		return
	}
	if s.Unsigned {
		into.SetUint(uint64(n))
		return
	}
	into.SetInt(n)
}

// whole reads a JSON number that stands for an int64, without floating point:
// 3, -0, but not 3.0 or 3e0.
func whole(lexeme string) (int64, bool) {
	n, err := strconv.ParseInt(lexeme, 10, 64)
	return n, err == nil
}

func bounds(s *Shape, f *Field) string {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if s.Unsigned {
		low = 0
	}
	if f != nil && f.hasMin {
		low = f.Min
	}
	if f != nil && f.Max > 0 {
		high = f.Max
	}
	switch {
	case low == math.MinInt64 && high == math.MaxInt64:
		return ""
	case high == math.MaxInt64:
		return " of at least " + strconv.FormatInt(low, 10)
	case low == math.MinInt64:
		return " of at most " + strconv.FormatInt(high, 10)
	}
	return " from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10)
}

func (d *decoder) array(s *Shape, f *Field, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.Array, "an array", at) {
		return
	}
	if f != nil {
		d.length(f, len(v.Elems), "items", at)
	}
	list := reflect.MakeSlice(into.Type(), len(v.Elems), len(v.Elems))
	for i, e := range v.Elems {
		d.value(s.Elem, f.elem(), e, list.Index(i), at+"/"+strconv.Itoa(i))
	}
	into.Set(list)
}

// elem is the field as it applies to the items of an array of ids or strings.
func (f *Field) elem() *Field {
	if f == nil {
		return nil
	}
	return &Field{Name: f.Name, Shape: f.Elem, Enum: f.Enum, Prefixes: f.Prefixes}
}

func (d *decoder) dict(s *Shape, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.Object, "an object", at) {
		return
	}
	m := reflect.MakeMapWithSize(into.Type(), len(v.Members))
	for _, e := range v.Members {
		p := reflect.New(into.Type().Elem()).Elem()
		d.value(s.Elem, nil, e.Value, p, at+"/"+canon.Pointer(e.Name))
		m.SetMapIndex(reflect.ValueOf(e.Name), p)
	}
	into.Set(m)
}

// json takes an object of the caller's own as it is, in canonical form.
func (d *decoder) json(f *Field, v canon.Value, into reflect.Value, at string) {
	if !d.is(v, canon.Object, "a JSON object", at) {
		return
	}
	raw := v.Append(nil)
	if f != nil && f.Max > 0 && int64(len(raw)) > f.Max {
		d.wrong(at, string(fault.PayloadTooLarge), "must have at most "+strconv.FormatInt(f.Max, 10)+" bytes in canonical form")
		return
	}
	into.SetBytes(raw)
}
