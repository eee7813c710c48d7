package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/transport/wire"
)

// attempt sends a request until it is answered for good. The first servers
// that fail cost no waiting; when all have failed, each round waits longer.
func (c *Client) attempt(ctx context.Context, q *request) (*op.Reply, error) {
	var last error
	unknown := false
	at := c.current.Load()
	for i := range c.attempts {
		if i > 0 {
			if err := c.pause(ctx, i, last); err != nil {
				return nil, c.given(ctx, q, err, unknown)
			}
		}
		reply, err := c.send(ctx, c.servers[at%uint64(len(c.servers))], q)
		if err == nil {
			c.current.Store(at)
			c.seen(reply.Revision)
			return reply, nil
		}
		if ctx.Err() != nil {
			return nil, c.given(ctx, q, ctx.Err(), unknown || !errors.Is(err, errNotSent))
		}
		last = err
		f, answered := fault.Of(err)
		if answered && !again(f) {
			c.current.Store(at)
			return nil, c.given(ctx, q, err, unknown)
		}
		unknown = unknown || undecided(f, err)
		at++
	}
	return nil, c.given(ctx, q, last, unknown)
}

// again says whether the same call may get another answer, here or elsewhere.
func again(f *fault.Fault) bool {
	info, _ := fault.Lookup(f.Code)
	return info.Retryable
}

// undecided says whether the attempt may have changed something: it broke off
// after it was sent, or the server does not know itself.
func undecided(f *fault.Fault, err error) bool {
	if f == nil {
		return !errors.Is(err, errNotSent)
	}
	return f.Status() == http.StatusGatewayTimeout || f.Code == fault.DependencyUnavailable
}

// given is the error of a call that ends without a reply. A command of which
// any attempt may have taken effect never ends as "nothing happened".
func (c *Client) given(ctx context.Context, q *request, err error, unknown bool) error {
	unknown = unknown && q.command
	f, answered := fault.Of(err)
	switch {
	case answered && unknown && !again(f):
		// An earlier attempt may still arrive after this refusal.
		return f.With("earlier_attempt", "unknown")
	case answered && (!unknown || f.Code == fault.OutcomeUnknown):
		return err
	case unknown:
		return fault.New(fault.OutcomeUnknown, "an attempt broke off; the change may or may not have happened").Wrap(err)
	case ctx.Err() != nil:
		return err
	}
	return fault.New(fault.DependencyUnavailable, "no server could be reached").Wrap(err)
}

// pause waits before attempt i (from 1): not at all while there are servers
// that were not tried, unless the last one asked for it.
func (c *Client) pause(ctx context.Context, i int, last error) error {
	wait := time.Duration(0)
	if round := i / len(c.servers); round > 0 {
		ceiling := min(c.maxBackoff, c.backoff<<min(round-1, 16))
		wait = ceiling/2 + rand.N(ceiling/2+1) // half fixed, half drawn, so that clients spread
	}
	if f, ok := fault.Of(last); ok && (i%len(c.servers) == 0 || f.Status() == http.StatusTooManyRequests) {
		if seconds, said := wire.RetryAfter(f); said {
			wait += time.Duration(min(seconds, 3600)) * time.Second
		}
	}
	if wait == 0 {
		return ctx.Err()
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return last
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// connection describes a failed attempt without the URL, and marks those of
// which nothing got out.
func connection(err error, sent bool) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" && !sent {
		return fmt.Errorf("client: %w: %w", errNotSent, err)
	}
	return fmt.Errorf("client: %w", err)
}
