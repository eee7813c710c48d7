// Package failure is how the program ends when something goes wrong: what the
// user is told, and the exit status.
package failure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weir-store/weir/cmd/weir/output"
	"github.com/weir-store/weir/core/fault"
)

// UsageError is a mistake in the command line, the environment or a file of
// settings, found before anything was touched.
type UsageError struct {
	// Key is what is wrong: a flag, a variable, a line of a file.
	Key string
	// Problem says what is wrong with it, Fix what to do.
	Problem, Fix string
}

func (u *UsageError) Error() string {
	text := u.Problem
	if u.Key != "" {
		text = u.Key + ": " + text
	}
	if u.Fix != "" {
		text += "; " + u.Fix
	}
	return text
}

// CallError is the end of a call to a store.
type CallError struct {
	// RequestID finds the call in the logs of the nodes.
	RequestID string
	// IdempotencyKey makes it safe to repeat the command; "" for a query.
	IdempotencyKey string
	// Flags gives the flag for a place in the input, where there is one.
	Flags map[string]string
	Err   error
}

func (c *CallError) Error() string { return c.Err.Error() }

// Unwrap is the fault, or what kept the call from ending in one.
func (c *CallError) Unwrap() error { return c.Err }

// Status is the exit status that tells of an error; 0 for none.
func Status(err error) int {
	var usage *UsageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return fault.ExitUsage
	}
	if f, ok := faultOf(err); ok {
		info, _ := fault.Lookup(f.Code)
		return info.Exit
	}
	return fault.ExitFailure
}

// faultOf is the fault that an error tells of. A call that ran out of time is
// one too: for a command nobody knows how it ended.
func faultOf(err error) (*fault.Fault, bool) {
	if f, ok := fault.Of(err); ok {
		return f, true
	}
	var call *CallError
	if !errors.As(err, &call) || !errors.Is(err, context.DeadlineExceeded) {
		return nil, false
	}
	if call.IdempotencyKey != "" {
		return fault.New(fault.OutcomeUnknown, "there was no answer in time; the change may or may not have happened"), true
	}
	return fault.New(fault.DependencyUnavailable, "there was no answer in time; --timeout gives more"), true
}

// Print tells the user of an error: what is wrong, where, and what to do next.
func Print(w io.Writer, err error) {
	var text strings.Builder
	var list interface{ Unwrap() []error }
	if errors.As(err, &list) {
		for _, e := range list.Unwrap() {
			fmt.Fprintf(&text, "weir: %v\n", e)
		}
	} else if f, ok := faultOf(err); ok {
		describe(&text, f, err)
	} else {
		fmt.Fprintf(&text, "weir: %v\n", err)
	}
	_, _ = io.WriteString(w, text.String()) // nowhere else to tell it
}

func describe(b *strings.Builder, f *fault.Fault, err error) {
	call := &CallError{}
	_ = errors.As(err, &call) // without one there is less to say
	info, _ := fault.Lookup(f.Code)
	fmt.Fprintf(b, "weir: %s (%s)\n", info.Title, output.Clean(string(f.Code)))
	if f.Detail != "" {
		fmt.Fprintf(b, "  %s\n", output.Clean(f.Detail))
	}
	for _, i := range f.Items {
		fmt.Fprintf(b, "  %s: %s\n", output.Clean(call.place(i)), output.Clean(i.Detail))
	}
	for _, m := range f.Members {
		fmt.Fprintf(b, "  %s: %s\n", output.Clean(m.Name), output.Clean(fmt.Sprint(m.Value)))
	}
	fmt.Fprintf(b, "next: %s\n", info.Next)
	if call.IdempotencyKey != "" && info.Exit == fault.ExitUnavailable {
		fmt.Fprintf(b, "repeat it with: --idempotency-key %s\n", call.IdempotencyKey)
	}
	if call.RequestID != "" {
		fmt.Fprintf(b, "request: %s\n", call.RequestID)
	}
}

// place names where an item stands in the words of the command line.
func (c *CallError) place(i fault.Item) string {
	switch {
	case i.Pointer != "":
		name, rest, _ := strings.Cut(strings.TrimPrefix(i.Pointer, "/"), "/")
		if flag, ok := c.Flags[name]; ok {
			if rest != "" {
				return flag + " (/" + rest + ")"
			}
			return flag
		}
		return i.Pointer
	case i.Parameter != "":
		if flag, ok := c.Flags[i.Parameter]; ok {
			return flag
		}
		return i.Parameter
	}
	return i.Header
}
