// Package wire is what a server and a client of the HTTP contract must agree
// on: where an input travels, which headers say what, and how a fault looks.
package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// The media types of bodies.
const (
	JSONType    = "application/json"
	ProblemType = "application/problem+json"
)

// ProblemPath is where a node explains a code: ProblemPath + code.
const ProblemPath = "/problems/"

// problem is the fixed part of a problem document (RFC 9457). The members of
// the fault stand beside it.
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Instance  string       `json:"instance,omitempty"`
	Code      fault.Code   `json:"code"`
	RequestID string       `json:"request_id,omitempty"`
	Retryable bool         `json:"retryable"`
	Errors    []fault.Item `json:"errors,omitempty"`
}

// fixed are the names that a member of a fault cannot take.
var fixed = []string{"type", "title", "status", "detail", "instance", "code", "request_id", "retryable", "errors"}

// Problem is the problem document of a fault.
func Problem(f *fault.Fault, requestID string) ([]byte, error) {
	info, _ := fault.Lookup(f.Code)
	p := problem{
		Type: ProblemPath + string(f.Code), Title: info.Title, Status: f.Status(), Detail: f.Detail,
		Code: f.Code, RequestID: requestID, Retryable: info.Retryable, Errors: f.Items,
	}
	if requestID != "" {
		p.Instance = "urn:request:" + requestID
	}
	b, err := op.Marshal(p)
	if err != nil {
		return nil, err
	}
	for _, m := range f.Members {
		if slices.Contains(fixed, m.Name) {
			continue
		}
		value, err := op.Marshal(map[string]any{m.Name: m.Value})
		if err != nil {
			return nil, err
		}
		b = append(append(b[:len(b)-1], ','), value[1:]...)
	}
	return b, nil
}

// ReadProblem is the fault of an answer that is not a success. Whatever the
// body holds, a proxy's page perhaps, there is a fault for it.
func ReadProblem(status int, header http.Header, body []byte) *fault.Fault {
	var p problem
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return foreign(status, header)
	}
	f := fault.New(p.Code, "%s", p.Detail)
	f.Items = p.Errors
	if status == http.StatusPreconditionFailed {
		f = f.Precondition()
	}
	for _, m := range members(body) {
		f = f.With(m.Name, m.Value)
	}
	return delayed(f, header)
}

// delayed adds what Retry-After says, unless the fault says it itself.
func delayed(f *fault.Fault, header http.Header) *fault.Fault {
	if _, ok := RetryAfter(f); ok {
		return f
	}
	if n, err := strconv.ParseInt(header.Get("Retry-After"), 10, 64); err == nil && n >= 0 {
		return f.With(retryAfter, n)
	}
	return f
}

// foreign stands for an answer that no node of ours gave.
func foreign(status int, header http.Header) *fault.Fault {
	code := fault.MalformedRequest
	switch {
	case status >= 500:
		code = fault.DependencyUnavailable
	case status == http.StatusUnauthorized:
		code = fault.Unauthenticated
	case status == http.StatusForbidden:
		code = fault.PermissionDenied
	case status == http.StatusNotFound:
		code = fault.NotFound
	case status == http.StatusTooManyRequests:
		code = fault.RateLimited
	}
	f := fault.New(code, "the answer has status %d and no problem document; something between client and store gave it", status)
	return delayed(f, header)
}

// members are the further members of a problem document, sorted by name, as
// far as a fault can hold them.
func members(body []byte) []fault.Member {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil {
		return nil
	}
	var list []fault.Member
	for name, value := range all {
		if slices.Contains(fixed, name) {
			continue
		}
		if v := member(value); v != nil {
			list = append(list, fault.Member{Name: name, Value: v})
		}
	}
	slices.SortFunc(list, func(a, b fault.Member) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return list
}

func member(value any) any {
	switch v := value.(type) {
	case string, bool:
		return v
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return n
		}
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				texts = append(texts, s)
			}
		}
		if len(texts) == len(v) {
			return texts
		}
	}
	return nil
}

const (
	retryAfter = "retry_after"
	// defaultRetry is what Retry-After says where a fault says nothing, in
	// seconds.
	defaultRetry = 1
)

// RetryAfter is how many seconds a caller should wait before the call is made
// again, and whether the fault says so.
func RetryAfter(f *fault.Fault) (seconds int64, ok bool) {
	for _, m := range f.Members {
		if m.Name != retryAfter {
			continue
		}
		switch n := m.Value.(type) {
		case int64:
			return n, n >= 0
		case uint64:
			return int64(min(n, 1<<31)), true
		}
	}
	return 0, false
}

// WriteProblem answers with the problem document of a fault and the headers
// that its status asks for.
func WriteProblem(w http.ResponseWriter, f *fault.Fault, requestID string) error {
	body, err := Problem(f, requestID)
	if err != nil {
		body, err = Problem(fault.InternalOf(err), requestID)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	status := f.Status()
	switch status {
	case http.StatusUnauthorized:
		challenge(h, f)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, ok := RetryAfter(f)
		if !ok {
			seconds = defaultRetry
		}
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	case http.StatusUnsupportedMediaType:
		h.Set("Accept-Post", JSONType)
	}
	w.WriteHeader(status)
	_, err = w.Write(body)
	return err
}

// challenge says how to authenticate (RFC 6750, section 3): without an error
// where no token was shown.
func challenge(h http.Header, f *fault.Fault) {
	if f.Code == fault.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="weir"`)
		return
	}
	h.Set("WWW-Authenticate", `Bearer realm="weir", error="invalid_token"`)
}
