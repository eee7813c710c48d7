package verbs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
)

// input is a field of an operation as a flag. It keeps the JSON of its value.
type input struct {
	field *op.Field
	stdin func() io.Reader
	json  []byte
	text  string
	elems [][]byte
	// cleared says that what the field holds is to be taken away.
	cleared bool
}

// clearing is the flag that takes away what a field holds, for a text such as
// null is a value like any other.
type clearing struct{ of *input }

// String implements the interface of flags.
func (clearing) String() string { return "" }

// Type names the form of the value in the help.
func (clearing) Type() string { return "" }

// Set reads whether the flag is meant.
func (c clearing) Set(text string) error {
	if text != "true" {
		return errors.New("takes no value")
	}
	c.of.cleared = true
	return nil
}

// String implements the interface of flags.
func (in *input) String() string { return in.text }

// Type names the form of the value in the help.
func (in *input) Type() string {
	switch in.field.Form {
	case op.FormInteger:
		return "number"
	case op.FormBoolean:
		return ""
	case op.FormArray:
		if in.field.Elem.Form == op.FormObject {
			return "json|@file|-..."
		}
		return "item..."
	case op.FormString:
		if in.field.Secret {
			return "@file"
		}
		if in.field.Format != "" {
			return in.field.Format
		}
		return "text"
	}
	return "json|@file|-"
}

// Set reads the text of the flag. A flag of a list may be given several times;
// where the items are JSON, it takes a list of them too.
func (in *input) Set(text string) error {
	value, err := in.encode(in.field, in.field.Shape, text)
	if err != nil {
		return err
	}
	in.text = text
	if in.field.Form != op.FormArray {
		in.json = value
		return nil
	}
	if in.field.Elem.Form == op.FormObject {
		value = items(value)
	}
	if len(value) > 0 {
		in.elems = append(in.elems, value)
	}
	in.json = []byte{'['}
	for i, e := range in.elems {
		if i > 0 {
			in.json = append(in.json, ',')
		}
		in.json = append(in.json, e...)
	}
	in.json = append(in.json, ']')
	return nil
}

// items are what stands in a list, with its commas; what is no list is itself.
func items(value []byte) []byte {
	value = bytes.TrimSpace(value)
	if inner, ok := bytes.CutPrefix(value, []byte{'['}); ok {
		return bytes.TrimSpace(bytes.TrimSuffix(inner, []byte{']'}))
	}
	return value
}

func (in *input) encode(f *op.Field, s *op.Shape, text string) ([]byte, error) {
	switch s.Form {
	case op.FormString:
		if f.Secret {
			secret, err := in.secret(text)
			return canon.AppendString(nil, secret), err
		}
		return canon.AppendString(nil, text), nil
	case op.FormInteger:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return nil, errors.New("not a whole number")
		}
		return []byte(text), nil
	case op.FormBoolean:
		if text != "true" && text != "false" {
			return nil, errors.New("use true or false")
		}
		return []byte(text), nil
	case op.FormArray:
		return in.encode(f, s.Elem, text)
	}
	return in.document(text)
}

// secret reads what must not stand on a command line.
func (in *input) secret(text string) (string, error) {
	if text != "-" && !strings.HasPrefix(text, "@") {
		return "", errors.New("a secret does not belong on the command line; use @file, or - for the standard input")
	}
	raw, err := in.content(text)
	return strings.TrimRight(string(raw), "\r\n"), err
}

// document reads JSON from the text itself, a file or the standard input. It
// goes on as it was written, so that every number keeps its digits.
func (in *input) document(text string) ([]byte, error) {
	raw, err := in.content(text)
	if err != nil {
		return nil, err
	}
	if _, f := canon.Parse(raw); f != nil {
		return nil, fmt.Errorf("not JSON: %s", f.Detail)
	}
	return raw, nil
}

func (in *input) content(text string) ([]byte, error) {
	if text == "-" {
		return read(in.stdin())
	}
	name, ok := strings.CutPrefix(text, "@")
	if !ok {
		return []byte(text), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := read(file)
	return raw, errors.Join(err, file.Close())
}

// maxInput is more than any node takes as a body.
const maxInput = 2 << 20

func read(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(raw) > maxInput {
		err = errors.New("too large: more than 2 MiB")
	}
	return raw, err
}

// input gathers arguments and flags into the JSON object of the operation.
func (v *verb) input(args []string) ([]byte, error) {
	out := []byte{'{'}
	add := func(name string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(canon.AppendString(out, name), ':'), value...)
	}
	for i, f := range v.path {
		in := input{field: f}
		if err := in.Set(args[i]); err != nil {
			return nil, &failure.UsageError{Key: strings.ToUpper(Word(f.Name)), Problem: err.Error()}
		}
		add(f.Name, in.json)
	}
	var missing []string
	for _, in := range v.inputs {
		switch {
		case in.cleared && in.json != nil:
			return nil, &failure.UsageError{Key: "--clear-" + Word(in.field.Name), Problem: "is given beside a value", Fix: "give one of them"}
		case in.cleared:
			add(in.field.Name, []byte("null"))
		case in.json != nil:
			add(in.field.Name, in.json)
		case in.field.Required:
			missing = append(missing, "--"+Word(in.field.Name))
		}
	}
	if missing != nil {
		return nil, &failure.UsageError{Key: strings.Join(missing, ", "), Problem: "must be given", Fix: "see " + v.command.CommandPath() + " --help"}
	}
	return append(out, '}'), nil
}
