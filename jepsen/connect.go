package jepsen

import (
	"fmt"
	"time"

	"github.com/weir-store/weir/client"
	"github.com/weir-store/weir/core/op"
)

// connect gives runners that send each call to one node, once: the history
// must hold what became of each try.
func connect(nodes []string) (func(node, token string) op.Runner, error) {
	clients := map[string]*client.Client{}
	for _, node := range nodes {
		c, err := client.New([]string{node}, "", client.Attempts(1), client.AttemptTimeout(10*time.Second))
		if err != nil {
			return nil, fmt.Errorf("jepsen: %w", err)
		}
		clients[node] = c
	}
	return func(node, token string) op.Runner { return clients[node].WithToken(token) }, nil
}
