package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// maxAnswer bounds the answer to one call, in bytes.
const maxAnswer = 64 << 20

// request is a call as HTTP carries it, ready to be sent to any server.
type request struct {
	method, target string
	header         http.Header
	body           []byte
	// command says that the call may change something.
	command bool
}

// request writes a call down once, for all attempts: they share the
// idempotency key and the request id.
func (c *Client) request(call *op.Call) (*request, error) {
	q := &request{header: http.Header{}}
	switch {
	case len(call.Items) > 0:
		body, err := wire.EncodeBatch(call.Items)
		if err != nil {
			return nil, err
		}
		q.method, q.target, q.body, q.command = wire.BatchMethod, wire.BatchPath, body, true
	case call.Operation == nil || call.Operation.Name != call.Op:
		return nil, fmt.Errorf("client: the call of %q does not carry its declaration", call.Op)
	default:
		route, err := c.route(call.Operation)
		if err != nil {
			return nil, err
		}
		target, body, f := route.Encode(call.Input)
		if f != nil {
			return nil, f
		}
		q.method, q.target, q.body = route.Method, target, body
		q.command = call.Operation.Kind == op.KindCommand
	}
	c.headers(q, call)
	q.reading(call)
	return q, nil
}

func (c *Client) headers(q *request, call *op.Call) {
	set := func(name, value string) { q.header[name] = []string{value} }
	set("Accept", "*/*")
	if len(q.body) > 0 {
		set("Content-Type", wire.JSONType)
	}
	token, actAs, id, revision := call.Token, call.ActAs, call.RequestID, call.MinRevision
	if token == "" {
		token = c.token
	}
	if actAs == "" {
		actAs = c.actAs
	}
	if id == "" {
		id = wire.NewRequestID()
	}
	if c.ownWrites {
		revision = max(revision, c.revision.Load())
	}
	set(wire.HeaderRequestID, id)
	if token != "" {
		set("Authorization", "Bearer "+token)
	}
	if actAs != "" {
		set(wire.HeaderActAs, string(actAs))
	}
	if revision > 0 {
		set(wire.HeaderMinRevision, strconv.FormatUint(revision, 10))
	}
	wire.SetTrace(q.header, call.Trace)
	if call.IfMatch > 0 {
		set("If-Match", wire.ETag(call.IfMatch))
	}
	if q.command {
		key := call.IdempotencyKey
		if key == "" {
			key = wire.NewRequestID() // 36 characters, of which 74 bits are random
		}
		set(wire.HeaderIdempotencyKey, wire.QuoteKey(key))
	}
}

// reading adds the parameters that every read has.
func (q *request) reading(call *op.Call) {
	more := url.Values{}
	if call.At != "" {
		more.Set(wire.ParamAt, call.At)
	}
	if call.Stale {
		more.Set(wire.ParamConsistency, wire.Stale)
	}
	if len(more) == 0 {
		return
	}
	separator := "?"
	if strings.Contains(q.target, "?") {
		separator = "&"
	}
	q.target += separator + more.Encode()
}

// errNotSent marks what certainly did not reach a server.
var errNotSent = errors.New("the server was not reached")

// send makes one attempt at one server. Errors that are no faults are of the
// connection or the context.
func (c *Client) send(ctx context.Context, server string, q *request) (*op.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.perAttempt)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, q.method, server+q.target, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("client: %w: %w", errNotSent, err)
	}
	r.Header = q.header.Clone()
	// The transport repeats a request by itself when a used connection breaks,
	// since it carries an idempotency key. The error of the second try says
	// nothing of the first, so what counts is whether anything was ever sent.
	var sent atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}))
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, connection(err, sent.Load())
	}
	defer func() { _ = answer.Body.Close() }() // nothing is left to lose
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, connection(err, true)
	}
	if len(body) > maxAnswer {
		return nil, fault.New(fault.LimitExceeded, "the answer has more than %d bytes; ask for less at once", maxAnswer)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, wire.ReadProblem(answer.StatusCode, answer.Header, body)
	}
	return read(answer, body)
}

// read is the reply in a success.
func read(answer *http.Response, body []byte) (*op.Reply, error) {
	reply := &op.Reply{
		Replayed: answer.Header.Get(wire.HeaderReplayed) == "true",
		Stale:    answer.Header.Get(wire.HeaderConsistency) == wire.Stale,
	}
	if text := answer.Header.Get(wire.HeaderRevision); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fault.New(fault.DependencyUnavailable, "the answer names no legal revision; is this a server of the store?").Wrap(err)
		}
		reply.Revision = n
	}
	reply.Version, _ = wire.ParseETag(answer.Header.Get("ETag"))
	mediaType, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	switch {
	case len(body) == 0:
	case strings.TrimSpace(mediaType) == wire.JSONType:
		reply.Output = body
	default:
		reply.Raw = &op.Raw{ContentType: answer.Header.Get("Content-Type"), Body: body}
		reply.Raw.Next, _ = strconv.ParseUint(answer.Header.Get(wire.HeaderNext), 10, 64) // 0 is none
	}
	return reply, nil
}
