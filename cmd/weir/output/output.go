// Package output shows the replies of a store: as JSON for programs, or as
// tables for people. It knows no type of reply.
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is how replies are shown.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
)

// String implements the interface of flags.
func (f *Format) String() string { return string(*f) }

// Set implements the interface of flags.
func (f *Format) Set(text string) error {
	if text != string(Table) && text != string(JSON) {
		return errors.New("use table or json")
	}
	*f = Format(text)
	return nil
}

// Type implements the interface of flags.
func (f *Format) Type() string { return "table|json" }

// widest is where a cell of a table is cut.
const widest = 64

// Show prints a reply: one line of JSON, or an object as a list of its
// members, a list of objects as a table, a page as its items.
func Show(w io.Writer, f Format, raw []byte) error {
	var b bytes.Buffer
	if f == JSON {
		if err := json.Compact(&b, raw); err != nil {
			return fmt.Errorf("the reply is not JSON: %w", err)
		}
		b.WriteByte('\n')
	} else {
		v, err := parse(raw)
		if err != nil {
			return err
		}
		v.show(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (v *value) show(b *bytes.Buffer) {
	if items, ok := v.members["items"]; ok && items.kind == '[' {
		items.list(b)
		if next := v.members["next_cursor"]; next != nil && next.text != "" {
			fmt.Fprintf(b, "\nmore: --cursor %s, or --all\n", Clean(next.text))
		}
		return
	}
	switch v.kind {
	case '{':
		v.object(b)
	case '[':
		v.list(b)
	default:
		fmt.Fprintln(b, Clean(v.String()))
	}
}

// object prints members one below the other, and after them those that are
// tables of their own.
func (v *value) object(b *bytes.Buffer) {
	width := 0
	for _, n := range v.names {
		if !v.members[n].rows() {
			width = max(width, utf8.RuneCountInString(n))
		}
	}
	for _, n := range v.names {
		if m := v.members[n]; !m.rows() {
			fmt.Fprintf(b, "%-*s  %s\n", width, Clean(n), Clean(m.String()))
		}
	}
	for _, n := range v.names {
		if m := v.members[n]; m.rows() {
			fmt.Fprintf(b, "\n%s\n", Clean(n))
			m.list(b)
		}
	}
}

func (v *value) list(b *bytes.Buffer) {
	if len(v.elems) == 0 {
		b.WriteString("none\n")
		return
	}
	if !v.rows() {
		for _, e := range v.elems {
			fmt.Fprintln(b, Clean(e.String()))
		}
		return
	}
	rows := [][]string{v.columns()}
	for _, e := range v.elems {
		row := make([]string, len(rows[0]))
		for i, n := range rows[0] {
			if m := e.members[n]; m != nil {
				row[i] = cut(Clean(m.String()))
			}
		}
		rows = append(rows, row)
	}
	for i, n := range rows[0] {
		rows[0][i] = Clean(strings.ToUpper(n))
	}
	b.WriteString(Columns(rows))
}

// columns are the names of all members of all items, in the order in which
// they first come.
func (v *value) columns() []string {
	var names []string
	seen := map[string]bool{}
	for _, e := range v.elems {
		for _, n := range e.names {
			if !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	return names
}

func (v *value) String() string {
	switch {
	case v.null:
		return "-"
	case v.kind != 0:
		return v.raw
	}
	return v.text
}

// Columns lays rows out so that their cells stand below each other.
func Columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%s%*s", cell, widths[i]-utf8.RuneCountInString(cell)+2, "")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func cut(cell string) string {
	if utf8.RuneCountInString(cell) <= widest {
		return cell
	}
	return string([]rune(cell)[:widest-1]) + "…"
}

// Clean takes the power over the terminal from text that other people wrote.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return '\uFFFD'
		}
		return r
	}, text)
}
