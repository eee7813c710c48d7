// Package client reaches a store over HTTP. A Client is an op.Runner: typed
// calls such as objects.Create.Call take it like any other. It works with any
// node, goes on to the next when one fails, and repeats calls only where that
// is safe.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/transport/wire"
)

// Client runs operations at a store. It is safe for use by many goroutines.
type Client struct {
	settings
	*shared
	token string
	actAs urn.ID
}

// shared is what all clients made from one have in common.
type shared struct {
	http    *http.Client
	servers []string
	// current is the index of the server that answered last.
	current atomic.Uint64
	// revision is the newest one that an answer spoke of.
	revision atomic.Uint64
	// routes holds a *wire.Route for each *op.Operation that was called.
	routes sync.Map
}

// New makes a client of the servers, given as URLs such as
// https://node1:8420, all of one cluster. The token is the caller's key.
func New(servers []string, token string, options ...Option) (*Client, error) {
	s := defaults()
	for _, o := range options {
		if err := o(&s); err != nil {
			return nil, err
		}
	}
	c := &Client{settings: s, token: token, shared: &shared{http: &http.Client{
		Transport: s.transport(),
		// A redirect would carry the key elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}}
	for _, server := range servers {
		u, err := url.Parse(server)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
			return nil, errors.New("client: a server is a URL such as https://node1:8420")
		}
		c.servers = append(c.servers, strings.TrimSuffix(u.String(), "/"))
	}
	if len(c.servers) == 0 {
		return nil, errors.New("client: no server is given")
	}
	return c, nil
}

// WithToken is a client that uses another key over the same connections.
func (c *Client) WithToken(token string) *Client {
	d := *c
	d.token, d.actAs = token, ""
	return &d
}

// ActingAs is a client that acts for a user over the same connections. The key
// must be a host's.
func (c *Client) ActingAs(id urn.ID) *Client {
	d := *c
	d.actAs = id
	return &d
}

// Revision is the newest revision that an answer spoke of; 0 before the first.
func (c *Client) Revision() uint64 { return c.revision.Load() }

// Servers are the URLs of the cluster's nodes as given, the one in use first.
func (c *Client) Servers() []string {
	at := int(c.current.Load() % uint64(len(c.servers)))
	return slices.Concat(c.servers[at:], c.servers[:at])
}

// Close ends the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// seen keeps the newest revision.
func (c *Client) seen(revision uint64) {
	for {
		have := c.revision.Load()
		if revision <= have || c.revision.CompareAndSwap(have, revision) {
			return
		}
	}
}

// Run implements op.Runner. The call must carry its declaration, as typed
// calls do, unless it is a batch. A command without an idempotency key gets
// one, so that it can be repeated. Errors are faults, or the context's.
func (c *Client) Run(ctx context.Context, call *op.Call) (*op.Reply, error) {
	q, err := c.request(call)
	if err != nil {
		return nil, err
	}
	return c.attempt(ctx, q)
}

// route is the canonical route of an operation.
func (c *Client) route(o *op.Operation) (*wire.Route, error) {
	if r, ok := c.routes.Load(o); ok {
		return r.(*wire.Route), nil
	}
	all := wire.Routes(o)
	if len(all) == 0 {
		return nil, fmt.Errorf("client: %s has no route", o.Name)
	}
	c.routes.Store(o, all[0])
	return all[0], nil
}
