package verbs

import (
	"strings"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
)

// Line is the command line that runs an operation's example, for the help and
// the reference.
func Line(o *op.Operation) string {
	words := []string{"weir", Word(o.Noun), Word(o.Verb)}
	raw, err := op.Marshal(o.Example)
	if err != nil {
		return strings.Join(words, " ") // a declaration without an example that can be shown
	}
	example, f := canon.Parse(raw)
	if f != nil {
		return strings.Join(words, " ")
	}
	var flags []string
	for _, field := range o.Input.Fields {
		value, given := example.Get(field.Name)
		switch {
		case !given || field.Prepared:
		case field.Path:
			words = append(words, quote(plain(value)))
		case field.Patch && value.Kind == canon.Null:
			flags = append(flags, "--clear-"+Word(field.Name))
		case field.Secret:
			flags = append(flags, "--"+Word(field.Name), "@"+field.Name+".txt")
		case field.Form == op.FormBoolean:
			if value.Bool {
				flags = append(flags, "--"+Word(field.Name))
			}
		case field.Form == op.FormArray:
			for _, e := range value.Elems {
				flags = append(flags, "--"+Word(field.Name), quote(plain(e)))
			}
		default:
			flags = append(flags, "--"+Word(field.Name), quote(plain(value)))
		}
	}
	return strings.Join(append(words, flags...), " ")
}

func plain(v canon.Value) string {
	if v.Kind == canon.String {
		return v.Text
	}
	return string(v.Append(nil))
}

// quote makes one word of a text, for a POSIX shell.
func quote(text string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:/@,+=", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !safe(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
