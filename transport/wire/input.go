package wire

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// Parts are the places of a request that hold an input.
type Parts struct {
	// Path gives a member of the path by name, unescaped.
	Path func(name string) string
	// Query holds the operation's own parameters only.
	Query url.Values
	// Body is JSON, or empty.
	Body []byte
}

// Input is an operation's input as a request held it.
type Input struct {
	// JSON is the whole input in canonical form.
	JSON op.JSON
	// body are the names that stood in the body.
	body  []string
	route *Route
}

// Decode puts an input together. Its faults name a parameter where path or
// query are wrong, and a pointer where the body is.
func (r *Route) Decode(p Parts) (*Input, *fault.Fault) {
	in := &Input{route: r}
	v := canon.Value{Kind: canon.Object}
	if len(p.Body) > 0 {
		var f *fault.Fault
		if v, f = canon.Parse(p.Body); f != nil {
			return nil, f
		}
		if f := in.read(v); f != nil {
			return nil, f
		}
	}
	for _, s := range r.segments {
		if s.field == nil {
			continue
		}
		value, f := parameter(s.field, p.Path(s.field.Name))
		if f != nil {
			return nil, f
		}
		v = v.With(s.field.Name, value)
	}
	for _, name := range sorted(p.Query) {
		value, f := in.parameter(name, p.Query[name])
		if f != nil {
			return nil, f
		}
		v = v.With(name, value)
	}
	in.JSON = v.Append(make([]byte, 0, len(p.Body)+64))
	return in, nil
}

// read takes note of the body's members.
func (in *Input) read(v canon.Value) *fault.Fault {
	if v.Kind != canon.Object {
		return fault.New(fault.ValidationFailed, "the body must be a JSON object")
	}
	for _, m := range v.Members {
		if in.route.inPath(m.Name) {
			at := "/" + canon.Pointer(m.Name)
			return fault.New(fault.ValidationFailed, "%s stands in the path and must not be repeated in the body", m.Name).
				At(fault.Item{Pointer: at, Code: "unknown-field", Detail: "it stands in the path"})
		}
		in.body = append(in.body, m.Name)
	}
	return nil
}

func (in *Input) parameter(name string, values []string) (canon.Value, *fault.Fault) {
	f, ok := find(in.route.Query, name)
	switch {
	case !ok:
		return canon.Value{}, badParameter(name, "unknown-parameter", "there is no such parameter")
	case len(values) > 1:
		return canon.Value{}, badParameter(name, "repeated-parameter", "the parameter is given more than once")
	case slices.Contains(in.body, name):
		return canon.Value{}, badParameter(name, "repeated-parameter", "the member is given in the query and in the body")
	}
	return parameter(f, values[0])
}

func badParameter(name, code, why string) *fault.Fault {
	if len(name) > 64 || !utf8.ValidString(name) {
		name = "?"
	}
	return fault.New(fault.MalformedRequest, "%s", why).At(fault.Item{Parameter: name, Code: code, Detail: why})
}

// parameter reads the text of a scalar.
func parameter(f *op.Field, text string) (canon.Value, *fault.Fault) {
	switch f.Form {
	case op.FormInteger:
		if !integer(text) {
			return canon.Value{}, badParameter(f.Name, "not-a-number", "must be a whole number")
		}
		return canon.Value{Kind: canon.Number, Text: text}, nil
	case op.FormBoolean:
		if text != "true" && text != "false" {
			return canon.Value{}, badParameter(f.Name, "not-a-boolean", "must be true or false")
		}
		return canon.Value{Kind: canon.Bool, Bool: text == "true"}, nil
	}
	if !utf8.ValidString(text) {
		return canon.Value{}, badParameter(f.Name, "not-utf-8", "must be UTF-8")
	}
	return canon.Value{Kind: canon.String, Text: text}, nil
}

// integer says whether a text is a JSON number without fraction and exponent,
// short enough that every reader takes it.
func integer(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 20 || (digits[0] == '0' && len(digits) > 1) {
		return false
	}
	return !strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
}

// Relocate changes a fault about the input to one about the request: places
// that are in path or query become parameters, and then the request as a whole
// is malformed.
func (in *Input) Relocate(f *fault.Fault) {
	moved := false
	for i := range f.Items {
		name, below, _ := strings.Cut(strings.TrimPrefix(f.Items[i].Pointer, "/"), "/")
		if name == "" || below != "" || !in.outside(name) {
			continue
		}
		f.Items[i].Pointer, f.Items[i].Parameter = "", name
		moved = true
	}
	if !moved {
		return
	}
	slices.SortStableFunc(f.Items, func(a, b fault.Item) int { return place(a) - place(b) })
	if f.Code == fault.ValidationFailed {
		f.Code = fault.MalformedRequest
	}
}

// place puts parameters before the body.
func place(i fault.Item) int {
	if i.Parameter != "" {
		return 0
	}
	return 1
}

// outside says whether a member is, or would be, in path or query.
func (in *Input) outside(name string) bool {
	if slices.Contains(in.body, name) {
		return false
	}
	f, ok := in.route.Operation.Input.Field(name)
	if !ok {
		return false
	}
	_, query := find(in.route.Query, name)
	return f.Path || query
}

// Encode puts an input into the places of a request. The target is the path
// with the query; a nil body is none.
func (r *Route) Encode(input op.JSON) (target string, body []byte, f *fault.Fault) {
	v := canon.Value{Kind: canon.Object}
	if len(input) > 0 {
		if v, f = canon.Parse(input); f != nil {
			return "", nil, f
		}
	}
	if v.Kind != canon.Object {
		return "", nil, fault.New(fault.ValidationFailed, "the input must be a JSON object")
	}
	if target, f = r.expand(v); f != nil {
		return "", nil, f
	}
	rest := canon.Value{Kind: canon.Object}
	query := url.Values{}
	for _, m := range v.Members {
		if r.inPath(m.Name) {
			continue
		}
		_, inQuery := find(r.Query, m.Name)
		text, ok := textOf(m.Value)
		switch {
		case inQuery && ok:
			query.Set(m.Name, text)
		case inQuery && m.Value.Kind == canon.Null:
		case len(r.Body) == 0:
			return "", nil, unplaced(m.Name)
		default:
			rest.Members = append(rest.Members, m)
		}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	if len(rest.Members) > 0 {
		body = rest.Append(nil)
	}
	return target, body, nil
}

func unplaced(name string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "%s is no parameter of this operation", name).
		At(fault.Item{Pointer: "/" + canon.Pointer(name), Code: "unknown-field", Detail: "there is no such parameter"})
}

// expand fills in the path.
func (r *Route) expand(v canon.Value) (string, *fault.Fault) {
	var b strings.Builder
	for _, s := range r.segments {
		b.WriteByte('/')
		if s.field == nil {
			b.WriteString(s.text)
			continue
		}
		value, _ := v.Get(s.field.Name)
		text, ok := textOf(value)
		pieces := []string{text}
		if s.rest {
			pieces = strings.Split(text, "/")
		}
		for i, piece := range pieces {
			if !ok || unroutable(piece) {
				return "", fault.New(fault.ValidationFailed, "%s is needed for the path, in a form that a path can hold", s.field.Name).
					At(fault.Item{Parameter: s.field.Name, Code: "required", Detail: "is needed for the path"})
			}
			if i > 0 {
				b.WriteByte('/')
			}
			b.WriteString(url.PathEscape(piece))
		}
	}
	return b.String(), nil
}

// unroutable says whether a server would clean a piece of a path away, however
// it is escaped.
func unroutable(piece string) bool {
	return piece == "" || piece == "." || piece == ".." || strings.Contains(piece, "/")
}

// textOf is a scalar as path and query show it.
func textOf(v canon.Value) (string, bool) {
	switch v.Kind {
	case canon.String, canon.Number:
		return v.Text, true
	case canon.Bool:
		if v.Bool {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

func sorted(q url.Values) []string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
