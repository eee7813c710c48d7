// Package fault is the errors that callers see: a closed set of codes, each
// with its meaning for HTTP and the command line, and what to do next.
package fault

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Item is one thing that is wrong with an input, and where it stands: a JSON
// Pointer into the body, a parameter or a header.
type Item struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

// Member is a named fact about a fault. Values are string, bool, int64, uint64
// or []string.
type Member struct {
	Name  string
	Value any
}

// Fault is an error that may be shown to the caller. It holds nothing that the
// caller may not see: what lies behind it is in Unwrap, and never encoded.
type Fault struct {
	Code    Code
	Detail  string
	Items   []Item
	Members []Member
	// precondition turns the status of a version conflict into 412.
	precondition bool
	cause        error
}

// New makes a fault. The detail says what is wrong and what to do; it must not
// quote what the caller sent.
func New(code Code, format string, args ...any) *Fault {
	detail := format
	if len(args) > 0 {
		detail = fmt.Sprintf(format, args...)
	}
	return &Fault{Code: code, Detail: detail}
}

// With adds a member.
func (f *Fault) With(name string, value any) *Fault {
	f.Members = append(f.Members, Member{name, value})
	return f
}

// At adds an item.
func (f *Fault) At(item Item) *Fault {
	f.Items = append(f.Items, item)
	return f
}

// Wrap keeps the cause for logs. It is never shown.
func (f *Fault) Wrap(err error) *Fault {
	f.cause = err
	return f
}

// Precondition says that the fault answers a conditional header.
func (f *Fault) Precondition() *Fault {
	f.precondition = true
	return f
}

// Status is the HTTP status of the fault.
func (f *Fault) Status() int {
	if f.precondition {
		return 412
	}
	info, _ := Lookup(f.Code)
	return info.Status
}

func (f *Fault) Error() string { return string(f.Code) + ": " + f.Detail }

// Unwrap is the cause, for logs.
func (f *Fault) Unwrap() error { return f.cause }

// Is matches faults by code.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault) //nolint:errorlint // errors.Is walks the chain; this compares one link
	return ok && t.Code == f.Code
}

// Of finds the fault in an error's chain.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is says whether an error is a fault with the code.
func Is(err error, code Code) bool {
	f, ok := Of(err)
	return ok && f.Code == code
}

// InternalOf is what callers see of any error: a fault as it is, else a
// constant text.
func InternalOf(err error) *Fault {
	if f, ok := Of(err); ok {
		return f
	}
	return New(Internal, "something went wrong on this node; the log has the details under the request id").Wrap(err)
}

// wire is how a fault travels between nodes.
type wire struct {
	Code         Code         `json:"code"`
	Detail       string       `json:"detail"`
	Items        []Item       `json:"errors,omitempty"`
	Members      []wireMember `json:"members,omitempty"`
	Precondition bool         `json:"precondition,omitempty"`
}

type wireMember struct {
	Name    string   `json:"name"`
	Text    *string  `json:"text,omitempty"`
	Signed  *int64   `json:"signed,omitempty"`
	Counted *uint64  `json:"counted,omitempty"`
	Flag    *bool    `json:"flag,omitempty"`
	List    []string `json:"list,omitempty"`
}

// MarshalJSON encodes the fault for another node, without its cause.
func (f *Fault) MarshalJSON() ([]byte, error) {
	w := wire{Code: f.Code, Detail: f.Detail, Items: f.Items, Precondition: f.precondition}
	for _, m := range f.Members {
		x := wireMember{Name: m.Name}
		switch v := m.Value.(type) {
		case string:
			x.Text = &v
		case int64:
			x.Signed = &v
		case uint64:
			x.Counted = &v
		case bool:
			x.Flag = &v
		case []string:
			x.List = v
		default:
			return nil, fmt.Errorf("fault: member %s has type %T", m.Name, m.Value)
		}
		w.Members = append(w.Members, x)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*f = Fault{Code: w.Code, Detail: w.Detail, Items: w.Items, precondition: w.Precondition}
	for _, x := range w.Members {
		m := Member{Name: x.Name}
		switch {
		case x.Text != nil:
			m.Value = *x.Text
		case x.Signed != nil:
			m.Value = *x.Signed
		case x.Counted != nil:
			m.Value = *x.Counted
		case x.Flag != nil:
			m.Value = *x.Flag
		default:
			m.Value = x.List
		}
		f.Members = append(f.Members, m)
	}
	return nil
}
