package op

import (
	"reflect"
	"strconv"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
)

// reference reads {"$result": [k, "name"]}: the named member of the output of
// the k-th operation of the same call.
func reference(v canon.Value) (k int, name string, ok bool) {
	if v.Kind != canon.Object || len(v.Members) != 1 || v.Members[0].Name != "$result" {
		return 0, "", false
	}
	pair := v.Members[0].Value
	if pair.Kind != canon.Array || len(pair.Elems) != 2 || pair.Elems[0].Kind != canon.Number || pair.Elems[1].Kind != canon.String {
		return 0, "", false
	}
	n, whole := whole(pair.Elems[0].Text)
	return int(n), pair.Elems[1].Text, whole
}

// Resolve puts the outputs of earlier operations of one call in the place of
// references. Only a whole id at the top of an input can be a reference;
// anywhere else the same bytes are data.
func Resolve(o *Operation, in canon.Value, earlier [][]byte) (canon.Value, *fault.Fault) {
	return o.substitute(in, func(k int, name string, at string) (canon.Value, *fault.Fault) {
		if k < 0 || k >= len(earlier) {
			return canon.Value{}, badReference(at, "names operation "+strconv.Itoa(k)+", which does not come earlier")
		}
		out, f := canon.Parse(earlier[k])
		if f != nil {
			return canon.Value{}, f
		}
		for _, m := range out.Members {
			if m.Name == name && m.Value.Kind == canon.String {
				return m.Value, nil
			}
		}
		return canon.Value{}, badReference(at, "names no text member of that operation's output")
	})
}

// CheckReferences lets the edge look at an input with references: their form
// and place are checked, and stand-ins are put where the ids will be.
func (o *Operation) CheckReferences(in canon.Value, position int) (canon.Value, *fault.Fault) {
	return o.substitute(in, func(k int, _ string, at string) (canon.Value, *fault.Fault) {
		if k < 0 || k >= position {
			return canon.Value{}, badReference(at, "names operation "+strconv.Itoa(k)+", which does not come earlier")
		}
		f, _ := o.Input.Field(at[1:])
		return canon.Value{Kind: canon.String, Text: standIn(f)}, nil
	})
}

// standIn is a well-formed id that nothing has. Where an input may name a thing
// of any kind, the bare digits stand for all of them.
func standIn(f *Field) string {
	const digits = "00000000000070008000000000000000"
	switch {
	case len(f.Prefixes) == 0:
		return digits
	case f.Prefixes[0] == "principal":
		return "usr_" + digits
	}
	return f.Prefixes[0] + "_" + digits
}

func badReference(at, why string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "a $result reference %s", why).
		At(fault.Item{Pointer: at, Code: "bad-reference", Detail: why})
}

func (o *Operation) substitute(in canon.Value, find func(k int, name, at string) (canon.Value, *fault.Fault)) (canon.Value, *fault.Fault) {
	if in.Kind != canon.Object {
		return in, nil
	}
	out := in
	copied := false
	for i, m := range in.Members {
		k, name, ok := reference(m.Value)
		if !ok {
			continue
		}
		f, known := o.Input.Field(m.Name)
		if !known || f.typ != idType {
			continue
		}
		v, bad := find(k, name, "/"+m.Name)
		if bad != nil {
			return in, bad
		}
		if !copied {
			out.Members = append([]canon.Member(nil), in.Members...)
			copied = true
		}
		out.Members[i].Value = v
	}
	return out, nil
}

// Load reads an input as the log holds it: with prepared fields, without
// secret ones.
func (o *Operation) Load(v canon.Value) (any, *fault.Fault) { return o.read(v, fromLog) }

// Decode reads and validates an input as a caller gives it. The result is an
// In, by value.
func (o *Operation) Decode(v canon.Value) (any, *fault.Fault) { return o.read(v, fromCaller) }

func (o *Operation) read(v canon.Value, from source) (any, *fault.Fault) {
	p := o.new()
	if f := o.Input.decode(v, reflect.ValueOf(p).Elem(), from); f != nil {
		return nil, f
	}
	if f := o.validate(p); f != nil {
		return nil, f
	}
	return reflect.ValueOf(p).Elem().Interface(), nil
}
