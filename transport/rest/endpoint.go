package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/middleware"
	"github.com/weir-store/weir/transport/wire"
)

// endpoint is one route of one operation.
type endpoint struct {
	server    *server
	route     *wire.Route
	operation *op.Operation
	status    int
	nothing   bool
	paged     bool
}

func newEndpoint(s *server, route *wire.Route) *endpoint {
	o := route.Operation
	e := &endpoint{server: s, route: route, operation: o, status: o.Status, paged: o.Paged()}
	_, e.nothing = o.Result.(op.Nothing)
	switch {
	case e.nothing:
		e.status = http.StatusNoContent
	case e.status == 0:
		e.status = http.StatusOK
	}
	return e
}

func (e *endpoint) answer(w http.ResponseWriter, r *http.Request) error {
	// What else than JSON is answered may depend on the input, so it is sent as it is.
	if !e.operation.IsRaw() && !wire.Accepts(r.Header["Accept"], wire.JSONType) {
		return fault.New(fault.NotAcceptable, "the answer is %s; accept that", wire.JSONType)
	}
	call := &op.Call{Op: e.operation.Name, Operation: e.operation}
	if f := e.headers(r, call); f != nil {
		return f
	}
	query, f := parameters(r)
	if f != nil {
		return f
	}
	if f := e.reading(query, call); f != nil {
		return f
	}
	var body []byte
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if body, f = middleware.ReadBody(w, r); f != nil {
			return f
		}
	}
	input, f := e.route.Decode(wire.Parts{Path: r.PathValue, Query: query, Body: body})
	if f != nil {
		return f
	}
	call.Input = input.JSON
	reply, err := e.server.Runner.Run(r.Context(), call)
	if reply != nil {
		facts(w.Header(), reply)
	}
	if err != nil {
		if f, ok := fault.Of(err); ok {
			input.Relocate(f)
		}
		return late(err, e.operation.Kind == op.KindCommand)
	}
	return e.reply(w, r, reply)
}

// headers reads who calls, and what the call's headers ask for.
func (e *endpoint) headers(r *http.Request, call *op.Call) (f *fault.Fault) {
	if f := identify(r, call, e.operation.Open()); f != nil {
		return f
	}
	if values := r.Header["If-Match"]; len(values) > 0 {
		if !e.operation.Versioned {
			return fault.New(fault.MalformedRequest, "If-Match has no meaning for this call; leave it out").
				At(fault.Item{Header: "If-Match", Code: "not-versioned", Detail: "the operation has no version to compare"})
		}
		if call.IfMatch, f = wire.IfMatch(values); f != nil {
			return f
		}
	}
	if e.operation.Kind == op.KindCommand {
		call.IdempotencyKey, f = wire.IdempotencyKey(r.Header[wire.HeaderIdempotencyKey], e.operation.Secret())
	}
	return f
}

// identify reads who calls: from headers only, so that no token is in a URL.
func identify(r *http.Request, call *op.Call, open bool) (f *fault.Fault) {
	call.RequestID = middleware.ExchangeOf(r.Context()).RequestID
	if call.Token, f = wire.Bearer(r.Header["Authorization"]); f != nil {
		return f
	}
	if call.Token == "" && !open {
		return fault.New(fault.Unauthenticated, "a key is needed: send Authorization: Bearer <key>").
			At(fault.Item{Header: "Authorization", Code: "required", Detail: "is required"})
	}
	if call.ActAs, f = wire.ActAs(r.Header[wire.HeaderActAs]); f != nil {
		return f
	}
	if call.Trace, f = wire.Trace(r.Header); f != nil {
		return f
	}
	call.MinRevision, f = wire.MinRevision(r.Header[wire.HeaderMinRevision])
	return f
}

// parameters reads the query; most requests have none.
func parameters(r *http.Request) (url.Values, *fault.Fault) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.MalformedRequest, "the query is not well formed")
	}
	return query, nil
}

// reading takes the parameters that every read has out of the query.
func (e *endpoint) reading(query url.Values, call *op.Call) *fault.Fault {
	for _, name := range []string{wire.ParamAt, wire.ParamConsistency} {
		values, given := query[name]
		switch {
		case !given:
			continue
		case e.operation.Kind == op.KindCommand:
			return badParameter(name, "is for reads; the past cannot be changed")
		case len(values) > 1:
			return badParameter(name, "is given more than once")
		case values[0] == "":
			return badParameter(name, "has no value")
		}
		delete(query, name)
		if name == wire.ParamAt {
			call.At = values[0]
			continue
		}
		if values[0] != wire.Stale && values[0] != wire.Linearizable {
			return badParameter(name, "is linearizable or stale")
		}
		call.Stale = values[0] == wire.Stale
	}
	return nil
}

func badParameter(name, why string) *fault.Fault {
	return fault.New(fault.MalformedRequest, "%s %s", name, why).
		At(fault.Item{Parameter: name, Code: string(fault.MalformedRequest), Detail: why})
}

// late turns the end of the request's time into a fault: nobody knows what
// became of a command then.
func late(err error, command bool) error {
	if _, ok := fault.Of(err); ok || (!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)) {
		return err
	}
	if command {
		return fault.New(fault.OutcomeUnknown, "there was no answer in time; the change may or may not have happened").Wrap(err)
	}
	return fault.New(fault.HandlerTimeout, "there was no answer in time").Wrap(err)
}
