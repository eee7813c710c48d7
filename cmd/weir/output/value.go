package output

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// value is a JSON value whose members keep the order in which they came.
type value struct {
	kind    json.Delim // '{' or '[', else 0
	text    string     // a scalar, as people read it
	null    bool
	names   []string
	members map[string]*value
	elems   []*value
	raw     string // the JSON itself, in one line
}

func parse(raw []byte) (*value, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := read(d, raw)
	if err != nil {
		return nil, fmt.Errorf("the reply is not JSON: %w", err)
	}
	return v, nil
}

func read(d *json.Decoder, src []byte) (*value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	start := d.InputOffset()
	v := &value{}
	switch t := t.(type) {
	case nil:
		v.null = true
	case json.Delim:
		v.kind = t
		if err := v.inside(d, src); err != nil {
			return nil, err
		}
		var line bytes.Buffer
		if err := json.Compact(&line, src[start-1:d.InputOffset()]); err != nil {
			return nil, err
		}
		v.raw = line.String()
	default:
		v.text = fmt.Sprint(t)
	}
	return v, nil
}

// inside reads what stands between two brackets, and the closing one.
func (v *value) inside(d *json.Decoder, src []byte) error {
	v.members = map[string]*value{}
	for d.More() {
		var name string
		if v.kind == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ = t.(string) // the decoder admits nothing else here
		}
		e, err := read(d, src)
		if err != nil {
			return err
		}
		if v.kind == '[' {
			v.elems = append(v.elems, e)
			continue
		}
		if v.members[name] == nil {
			v.names = append(v.names, name)
		}
		v.members[name] = e
	}
	_, err := d.Token()
	return err
}

// rows says whether the value is a list of objects, which reads as a table.
func (v *value) rows() bool {
	if v.kind != '[' || len(v.elems) == 0 {
		return false
	}
	for _, e := range v.elems {
		if e.kind != '{' {
			return false
		}
	}
	return true
}
