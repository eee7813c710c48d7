package op

import (
	"reflect"

	"github.com/weir-store/weir/core/canon"
)

// Raw is the output of operations that answer with something else than JSON.
type Raw struct {
	// ContentType is the media type of Body.
	ContentType string
	Body        []byte
	// Next is where an answer that comes in parts goes on; 0 at its end.
	Next uint64
}

// Paged says whether the operation is a list with a cursor.
func (o *Operation) Paged() bool {
	f, ok := o.Input.Field("cursor")
	return ok && f.Query
}

// ETagged says whether the output has a version that an ETag can name.
func (o *Operation) ETagged() bool {
	_, ok := o.Result.(interface{ ETagVersion() uint64 })
	return ok
}

// IsRaw says whether the output is not JSON.
func (o *Operation) IsRaw() bool {
	_, ok := o.Result.(Raw)
	return ok
}

// PathValues are the members of an input that HTTP carries in the path.
func (o *Operation) PathValues(in canon.Value) canon.Value {
	return o.choose(in, func(f *Field) bool { return f.Path })
}

// Logged gives a caller's input as the log takes it: references untouched,
// secret members gone, prepared ones filled in.
func (o *Operation) Logged(in canon.Value, prepared any) (canon.Value, error) {
	out := o.choose(in, func(f *Field) bool { return !f.Secret })
	v := reflect.ValueOf(prepared)
	for _, f := range o.Input.Fields {
		if !f.Prepared {
			continue
		}
		raw, err := Marshal(v.FieldByIndex(f.index).Interface())
		if err != nil {
			return in, err
		}
		value, bad := canon.Parse(raw)
		if bad != nil {
			return in, bad
		}
		out = out.With(f.Name, value)
	}
	return out, nil
}

// choose keeps the members whose field passes.
func (o *Operation) choose(in canon.Value, keep func(*Field) bool) canon.Value {
	out := canon.Value{Kind: canon.Object, Members: make([]canon.Member, 0, len(in.Members))}
	for _, m := range in.Members {
		if f, ok := o.Input.Field(m.Name); ok && keep(f) {
			out.Members = append(out.Members, m)
		}
	}
	return out
}
