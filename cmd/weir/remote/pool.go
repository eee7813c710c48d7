package remote

import (
	"strings"
	"sync"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core/op"
)

// Pool opens ways to stores over HTTP. Endpoints that differ in who calls only
// share their connections.
type Pool struct {
	mu      sync.Mutex // guards clients
	clients map[string]*client.Client
}

// attempts is more than a call makes before its context ends: the timeout is
// what the user sets.
const attempts = 1000

// Dial gives a runner for an endpoint. No connection is made yet.
func (p *Pool) Dial(e Endpoint) (op.Runner, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := strings.Join(append([]string{e.CAFile}, e.Servers...), "\x00")
	c := p.clients[key]
	if c == nil {
		options := []client.Option{client.Attempts(attempts)}
		if e.CAFile != "" {
			options = append(options, client.CAFile(e.CAFile))
		}
		var err error
		if c, err = client.New(e.Servers, "", options...); err != nil {
			return nil, err
		}
		if p.clients == nil {
			p.clients = map[string]*client.Client{}
		}
		p.clients[key] = c
	}
	return c.WithToken(e.Token).ActingAs(e.ActAs), nil
}
