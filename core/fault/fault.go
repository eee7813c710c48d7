// Package fault is the errors that callers see: a closed set of codes, each
// with its meaning for HTTP and the command line, and what to do next.
package fault

import (
	"errors"
	"fmt"
	"slices"
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

// Member is a named fact about a fault. Values are string, bool, int64, uint64,
// []string or Sealed.
type Member struct {
	Name  string
	Value any
}

// Sealed is a text in a form that only nodes of the cluster can read. The node
// that answers the caller replaces it by the text itself.
type Sealed string

// Fault is an error that may be shown to the caller. It holds nothing that the
// caller may not see: what lies behind it is in Unwrap, and is never encoded.
// A fault is made where it is returned and then belongs to whoever got it.
type Fault struct {
	Code    Code
	Detail  string
	Items   []Item
	Members []Member
	// conditional turns the status of a version conflict into 412.
	conditional bool
	cause       error
}

// New makes a fault. The detail says what is wrong and what to do; it must not
// quote what the caller sent.
func New(code Code, format string, args ...any) *Fault {
	return &Fault{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// With adds a member to the fault itself; one that it has takes the new value.
func (f *Fault) With(name string, value any) *Fault {
	for i := range f.Members {
		if f.Members[i].Name == name {
			f.Members[i].Value = value
			return f
		}
	}
	f.Members = append(f.Members, Member{name, value})
	return f
}

// Unseal gives the fault with its sealed members opened; those that do not open
// are left out. Without any it is the fault itself.
func (f *Fault) Unseal(open func(Sealed) (text string, ok bool)) *Fault {
	sealed := func(m Member) bool { _, is := m.Value.(Sealed); return is }
	if !slices.ContainsFunc(f.Members, sealed) {
		return f
	}
	opened := *f
	opened.Members = nil
	for _, m := range f.Members {
		if s, is := m.Value.(Sealed); is {
			text, ok := open(s)
			if !ok {
				continue
			}
			m.Value = text
		}
		opened.Members = append(opened.Members, m)
	}
	return &opened
}

// At adds an item to the fault itself.
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
	f.conditional = true
	return f
}

// Status is the HTTP status of the fault: that of its code, or the second one
// of the code where the fault stands in the place that the second is for.
func (f *Fault) Status() int {
	info, _ := Lookup(f.Code)
	if info.Also != 0 && info.Also == f.place() {
		return info.Also
	}
	return info.Status
}

// place is the status that the place of a fault asks for, or 0.
func (f *Fault) place() int {
	switch {
	case f.conditional:
		return 412
	case len(f.Items) == 0:
		return 0
	case f.Items[0].Pointer != "":
		return 422
	case f.Items[0].Parameter != "":
		return 400
	}
	return 0
}

// Error is the code and the detail, without the cause, so that it may be shown.
func (f *Fault) Error() string { return string(f.Code) + ": " + f.Detail }

// Unwrap is the cause, for logs.
func (f *Fault) Unwrap() error { return f.cause }

// Is matches faults by code. It compares one link; errors.Is walks the chain.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// Of finds the outermost fault in an error's chain.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is says whether the outermost fault of an error has the code.
func Is(err error, code Code) bool {
	f, ok := Of(err)
	return ok && f.Code == code
}

// InternalOf is what callers see of any error: a fault as it is, else a
// constant text that keeps the error for the log.
func InternalOf(err error) *Fault {
	if f, ok := Of(err); ok {
		return f
	}
	return New(Internal, "something went wrong on this node; the log has the details under the request id").Wrap(err)
}
