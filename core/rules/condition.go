package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// attribute is something about a request that a condition can ask for. The set
// is closed; numbers are part of stored rows.
type attribute uint8

const (
	attrAction        attribute = 1
	attrPrincipalKind attribute = 2
	attrObjectType    attribute = 3
	attrScopeID       attribute = 4
	attrRole          attribute = 5
	attributes                  = 6
)

var attributeNames = [attributes]string{"", "action", "principal_kind", "object_type", "scope_id", "role"}

// facts are the values of the attributes of a request. An attribute without
// values is absent, and no condition on it matches.
type facts [attributes][]string

func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// condition holds if the attribute has one of the values.
type condition struct {
	Attribute attribute `cbor:"1,keyasint"`
	AnyOf     []string  `cbor:"2,keyasint"`
}

func (c *condition) holds(f *facts) bool {
	return slices.ContainsFunc(f[c.Attribute], func(have string) bool {
		_, found := slices.BinarySearch(c.AnyOf, have)
		return found
	})
}

// conditions hold together, or not; none hold always. They are sorted by
// attribute, their values too, so that equal ones have one form.
type conditions []condition

func (cs conditions) hold(f *facts) bool {
	for i := range cs {
		if !cs[i].holds(f) {
			return false
		}
	}
	return true
}

// Bounds of the conditions of one rule.
const (
	maxValues = 64
	maxValue  = 128
)

// parse reads and checks the conditions of a rule about access: an object
// whose members are attributes, each with a value or a list of values.
func parse(raw []byte) (conditions, *fault.Fault) {
	if len(raw) == 0 {
		return nil, nil
	}
	v, f := canon.Parse(raw)
	if f != nil {
		return nil, f
	}
	if v.Kind != canon.Object {
		return nil, refuse("", "must be an object")
	}
	var cs conditions
	for _, m := range v.Members {
		a := slices.Index(attributeNames[1:], m.Name) + 1
		if a == 0 {
			return nil, refuse("/"+canon.Pointer(m.Name), "there is no such condition; use "+strings.Join(attributeNames[1:], ", "))
		}
		c := condition{Attribute: attribute(a)}
		if c.AnyOf, f = c.Attribute.values(m.Value, "/"+m.Name); f != nil {
			return nil, f
		}
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b condition) int { return cmp.Compare(a.Attribute, b.Attribute) })
	return cs, nil
}

func (a attribute) values(v canon.Value, at string) ([]string, *fault.Fault) {
	elems, list := []canon.Value{v}, v.Kind == canon.Array
	if list {
		elems = v.Elems
	}
	if len(elems) == 0 || len(elems) > maxValues {
		return nil, refuse(at, "must be a text, or a list of 1 to "+strconv.Itoa(maxValues)+" texts")
	}
	var values []string
	for i, e := range elems {
		where := at
		if list {
			where += "/" + strconv.Itoa(i)
		}
		if e.Kind != canon.String {
			return nil, refuse(where, "must be a text")
		}
		if why := a.check(e.Text); why != "" {
			return nil, refuse(where, why)
		}
		values = append(values, e.Text)
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// check says what is wrong with a value of an attribute.
func (a attribute) check(value string) string {
	switch a {
	case attrScopeID:
		if !urn.IsValid(urn.ID(value), urn.PrefixScope, urn.PrefixOrg) {
			return "must be the id of a scope"
		}
	case attrRole:
		if f, bad := fault.Of(new(tenancy.Role).UnmarshalText([]byte(value))); bad {
			return f.Detail
		}
	case attrAction:
		if !word(value) {
			return "must be an action of the audit trail, such as read or update"
		}
	}
	if value == "" || len(value) > maxValue {
		return "must have 1 to " + strconv.Itoa(maxValue) + " bytes"
	}
	return ""
}

// word says whether a text has the form of an action.
func word(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
}

func refuse(at, why string) *fault.Fault {
	return fault.New(fault.ValidationFailed, "conditions%s %s", at, why).
		At(fault.Item{Pointer: "/conditions" + at, Code: "bad-condition", Detail: why})
}

// json is the one form of the conditions as callers see them.
func (cs conditions) json() []byte {
	v := canon.Value{Kind: canon.Object}
	for _, c := range cs {
		v = v.With(attributeNames[c.Attribute], texts(c.AnyOf))
	}
	return v.Append(nil)
}

// texts is a text, or a list of them.
func texts(values []string) canon.Value {
	if len(values) == 1 {
		return canon.Value{Kind: canon.String, Text: values[0]}
	}
	list := canon.Value{Kind: canon.Array}
	for _, s := range values {
		list.Elems = append(list.Elems, canon.Value{Kind: canon.String, Text: s})
	}
	return list
}
