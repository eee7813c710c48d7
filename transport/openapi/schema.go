package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weir-store/weir/core/op"
)

// schema is the JSON Schema of a shape. Objects with a name become components.
// Inputs are closed, outputs open: a newer node may add members.
func (b *builder) schema(s *op.Shape, f *op.Field, noun string, input bool) object {
	d := b.bare(s, f, noun, input)
	if !s.Nullable {
		return d
	}
	if t, ok := d["type"].(string); ok {
		d["type"] = []string{t, "null"}
		return d
	}
	return object{"anyOf": []object{d, {"type": "null"}}}
}

func (b *builder) bare(s *op.Shape, f *op.Field, noun string, input bool) object {
	switch s.Form {
	case op.FormObject:
		if s.Name == "" || input {
			return b.members(s.Fields, noun, input)
		}
		return b.component(s, noun)
	case op.FormString:
		return text(s, f)
	case op.FormInteger:
		return integer(s, f)
	case op.FormBoolean:
		return object{"type": "boolean"}
	case op.FormArray:
		d := object{"type": "array", "items": b.schema(s.Elem, nil, noun, input)}
		bound(d, f, "minItems", "maxItems")
		return d
	case op.FormMap:
		return object{"type": "object", "additionalProperties": b.schema(s.Elem, nil, noun, input)}
	case op.FormJSON:
		if input {
			return object{"type": "object"}
		}
	}
	return object{}
}

func text(s *op.Shape, f *op.Field) object {
	d := object{"type": "string"}
	if s.Format == "time" {
		d["format"] = "date-time"
	}
	if s.Name == "Cursor" {
		d["type"] = []string{"string", "null"}
	}
	bound(d, f, "minLength", "maxLength")
	if f != nil && len(f.Enum) > 0 {
		d["enum"] = f.Enum
	}
	return d
}

func integer(s *op.Shape, f *op.Field) object {
	d := object{"type": "integer", "format": "int64"}
	if s.Unsigned {
		d["minimum"] = 0
	}
	bound(d, f, "minimum", "maximum")
	return d
}

func bound(d object, f *op.Field, low, high string) {
	if f == nil {
		return
	}
	if f.Min > 0 {
		d[low] = f.Min
	}
	if f.Max > 0 {
		d[high] = f.Max
	}
}

// members is the schema of an object with the given fields.
func (b *builder) members(fields []*op.Field, noun string, input bool) object {
	properties := object{}
	required := []string{}
	for _, f := range fields {
		if input && f.Prepared {
			continue
		}
		p := b.schema(f.Shape, f, noun, input)
		if f.Doc != "" {
			if _, ref := p["$ref"]; ref {
				p = object{"allOf": []object{p}}
			}
			p["description"] = f.Doc
		}
		if input && f.Secret {
			p["writeOnly"] = true
		}
		properties[f.Name] = p
		if (input && f.Required && !f.Query) || (!input && !f.Omit) {
			required = append(required, f.Name)
		}
	}
	d := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		d["required"] = required
	}
	if input {
		d["additionalProperties"] = false
	}
	return d
}

// component gives a reference to a named schema. Two types of one name are
// told apart by the noun of the operation.
func (b *builder) component(s *op.Shape, noun string) object {
	d := b.members(s.Fields, noun, false)
	raw, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("openapi: schema of %s: %v", s.Name, err))
	}
	name := componentName(s.Name)
	if owner, taken := b.owners[name]; taken && owner != string(raw) {
		name = strings.ToUpper(noun[:1]) + noun[1:] + name
	}
	if owner, taken := b.owners[name]; taken && owner != string(raw) {
		panic("openapi: two types are called " + name)
	}
	b.owners[name] = string(raw)
	b.schemas[name] = d
	return object{"$ref": "#/components/schemas/" + name}
}

// componentName makes a name of a Go type's: Page[example.org/a.Thing] is
// ThingPage.
func componentName(name string) string {
	outer, inner, generic := strings.Cut(name, "[")
	if !generic {
		return name
	}
	inner = strings.TrimSuffix(inner, "]")
	return inner[strings.LastIndexAny(inner, "./")+1:] + outer
}
