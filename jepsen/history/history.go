// Package history records what clients did to a cluster and what they saw, on
// one clock, so that a model can say whether it was possible.
package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/weir-store/weir/core/fault"
)

// Outcome is how a call ended.
type Outcome string

// The outcomes. Nothing is a definite "nothing happened"; Unknown may still
// take effect at any later time.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused"
	Nothing Outcome = "nothing"
	Unknown Outcome = "unknown"
)

// Never is the return time of a call whose outcome is unknown.
const Never = int64(1) << 62

// Operation is one call of one client. Times are nanoseconds since the
// recorder began, by a monotonic clock.
type Operation[In, Out any] struct {
	Client  int     `json:"client"`
	Call    int64   `json:"call"`
	Return  int64   `json:"return"`
	Input   In      `json:"input"`
	Outcome Outcome `json:"outcome"`
	// Error is the fault that the call ended with, if it did; Code its code.
	Error  string     `json:"error,omitempty"`
	Code   fault.Code `json:"code,omitempty"`
	Output Out        `json:"output"`
}

// Recorder gathers the operations of many clients.
type Recorder[In, Out any] struct {
	begin time.Time
	mu    sync.Mutex // guards done
	done  []Operation[In, Out]
}

// NewRecorder starts the clock.
func NewRecorder[In, Out any]() *Recorder[In, Out] {
	return &Recorder[In, Out]{begin: time.Now()}
}

// Do makes a call and records it. The time before is taken before anything is
// sent, the time after once everything has been read.
func (r *Recorder[In, Out]) Do(client int, in In, call func() (Out, error)) Outcome {
	o := Operation[In, Out]{Client: client, Input: in, Call: time.Since(r.begin).Nanoseconds()}
	out, err := call()
	o.Return = time.Since(r.begin).Nanoseconds()
	o.Output, o.Outcome = out, Classify(err)
	if err != nil {
		o.Error = err.Error()
		if f, ok := fault.Of(err); ok {
			o.Code = f.Code
		}
	}
	if o.Outcome == Unknown {
		o.Return = Never
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = append(r.done, o)
	return o.Outcome
}

// Operations gives what was recorded so far.
func (r *Recorder[In, Out]) Operations() []Operation[In, Out] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Operation[In, Out](nil), r.done...)
}

// Save writes operations to a file, one line each.
func Save[In, Out any](path string, ops []Operation[In, Out]) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	e := json.NewEncoder(f)
	for _, o := range ops {
		if err := e.Encode(o); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	return nil
}

// Classify says how a call that ended with an error did end.
func Classify(err error) Outcome {
	if err == nil {
		return OK
	}
	f, ok := fault.Of(err)
	if !ok {
		return Unknown
	}
	info, known := fault.Lookup(f.Code)
	switch {
	case !known, f.Code == fault.OutcomeUnknown, f.Code == fault.Internal, f.Code == fault.HandlerTimeout:
		return Unknown
	case info.Status >= 500, info.Status == 429, info.Status == 408:
		return Nothing
	}
	return Refused
}
