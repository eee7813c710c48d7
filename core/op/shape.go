package op

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Form is what a value looks like in JSON.
type Form uint8

// The forms.
const (
	FormObject Form = iota
	FormString
	FormInteger
	FormBoolean
	FormArray
	FormMap
	FormJSON
	FormAny
)

// Shape describes a type as the wire shows it. Shapes are built once, from the
// Go types of inputs and outputs.
type Shape struct {
	Form Form
	// Name is the Go type's name, for components of documents; may be empty.
	Name string
	// Format refines strings: id, time or empty.
	Format string
	// Nullable values may be null.
	Nullable bool
	// Patch members tell null from absence: see Patch.
	Patch bool
	// Unsigned integers start at 0.
	Unsigned bool
	Fields   []*Field
	Elem     *Shape
	typ      reflect.Type
}

// Field is a member of an object.
type Field struct {
	Name, Doc string
	*Shape
	// Required members must be present; Omit says that outputs leave the
	// member out when it is empty.
	Required, Omit bool
	// Path and Query say where HTTP carries the member; else in the body.
	Path, Query bool
	// Prepared members are filled by the node that takes the call; callers
	// may not set them. Secret members never enter the log.
	Prepared, Secret bool
	// Min and Max bound integers, and lengths of strings in characters,
	// arrays in items and JSON in canonical bytes. Max 0 is no bound.
	Min, Max int64
	hasMin   bool
	// Enum lists the legal strings.
	Enum []string
	// Prefixes are the id prefixes that fit; "principal" stands for any form
	// that names a principal.
	Prefixes []string
	index    []int
}

var (
	idType   = reflect.TypeFor[urn.ID]()
	timeType = reflect.TypeFor[state.Time]()
	jsonType = reflect.TypeFor[JSON]()
	rawType  = reflect.TypeFor[Raw]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// shapeOf describes a type; it panics on types that have no place on the wire.
func shapeOf(t reflect.Type) *Shape {
	if t.Kind() == reflect.Pointer {
		s := *shapeOf(t.Elem())
		s.Nullable, s.typ = true, t
		return &s
	}
	if reflect.PointerTo(t).Implements(patchType) {
		s := *shapeOf(t.Field(patchValue).Type)
		s.Patch, s.typ = true, t
		return &s
	}
	s := &Shape{Name: t.Name(), typ: t}
	switch {
	case t == idType:
		s.Form, s.Format = FormString, "id"
	case t == timeType:
		s.Form, s.Format = FormString, "time"
	case t == jsonType:
		s.Form = FormJSON
	case t == rawType:
		s.Form = FormAny
	case reflect.PointerTo(t).Implements(textType):
		s.Form = FormString
	default:
		s.structure(t)
	}
	return s
}

func (s *Shape) structure(t reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		s.Form = FormString
	case reflect.Bool:
		s.Form = FormBoolean
	case reflect.Int, reflect.Int64, reflect.Int32:
		s.Form = FormInteger
	case reflect.Uint, reflect.Uint64, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		s.Form, s.Unsigned = FormInteger, true
	case reflect.Slice:
		s.Form, s.Elem = FormArray, shapeOf(t.Elem())
	case reflect.Map:
		s.Form, s.Elem = FormMap, shapeOf(t.Elem())
	case reflect.Interface:
		s.Form = FormAny
	case reflect.Struct:
		s.Form = FormObject
		s.Fields = fieldsOf(t, nil)
	default:
		panic(fmt.Sprintf("op: %s cannot be carried", t))
	}
}

func fieldsOf(t reflect.Type, index []int) []*Field {
	var fields []*Field
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			fields = append(fields, fieldsOf(f.Type, at)...)
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			panic(fmt.Sprintf("op: %s.%s has no json name", t, f.Name))
		}
		field := &Field{Name: name, Doc: f.Tag.Get("doc"), Shape: shapeOf(f.Type), Omit: strings.Contains(rest, "omitempty") || strings.Contains(rest, "omitzero"), index: at}
		field.options(f.Tag.Get("op"))
		if field.Patch && (field.Path || field.Query || !field.Omit) {
			panic("op: a change of " + name + " stands in the body, with omitzero")
		}
		fields = append(fields, field)
	}
	return fields
}

// options reads the op tag: required, path, query, prepared, secret, min=n,
// max=n[KiB], enum=a|b, id=prefix|prefix.
func (f *Field) options(tag string) {
	for _, o := range strings.Split(tag, ",") {
		word, value, _ := strings.Cut(o, "=")
		switch word {
		case "":
		case "required":
			f.Required = true
		case "path":
			f.Path, f.Required = true, true
		case "query":
			f.Query = true
		case "prepared":
			f.Prepared = true
		case "secret":
			f.Secret = true
		case "min":
			f.Min, f.hasMin = size(value), true
		case "max":
			f.Max = size(value)
		case "enum":
			f.Enum = strings.Split(value, "|")
		case "id":
			f.Prefixes = strings.Split(value, "|")
		default:
			panic("op: unknown option " + word + " of field " + f.Name)
		}
	}
}

func size(text string) int64 {
	unit := int64(1)
	if t, ok := strings.CutSuffix(text, "KiB"); ok {
		text, unit = t, 1024
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic("op: bad number in a field option: " + text)
	}
	return n * unit
}

// Field finds a member by name.
func (s *Shape) Field(name string) (*Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// leaks finds a secret field that is not empty.
func (s *Shape) leaks(v reflect.Value) (string, bool) {
	for _, f := range s.Fields {
		if f.Secret && !v.FieldByIndex(f.index).IsZero() {
			return f.Name, true
		}
	}
	return "", false
}
