package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/weir-store/weir/core/fault"
)

// Keyring is the cluster's keyring; nil while this node has not received it.
func (n *Node) Keyring() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.keyring
}

func (n *Node) loadKeyring() error {
	b, err := os.ReadFile(n.dir.file(keyringFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cluster: read the keyring: %w", err)
	}
	n.keyring = b
	return nil
}

// keepKeyring stores the keyring, readable by the owner alone, and uses it.
func (n newcomer) keepKeyring(b []byte) error {
	if err := writeSynced(n.dir.file(keyringFile), b); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keyring = b
	return nil
}

// needsKeyring reports whether the keyring has still to be fetched.
func (n newcomer) needsKeyring() bool { return n.config.Keyring != nil && n.Keyring() == nil }

// fetchKeyring asks the members until one of them answers.
func (n newcomer) fetchKeyring(ctx context.Context) error {
	err := errors.New("cluster: no member to fetch the keyring from")
	for _, s := range n.servers() {
		if s.ID == n.dir.Server {
			continue
		}
		var b []byte
		if b, err = n.client.Call(ctx, string(s.Address), methodKeyring, nil); err == nil {
			return n.keepKeyring(b)
		}
	}
	return err
}

func (n desk) handleKeyring(_ context.Context, node string, _ []byte) ([]byte, error) {
	if err := n.member(node); err != nil {
		return nil, err
	}
	b := n.Keyring()
	if b == nil {
		return nil, fault.New(fault.NotFound, "this node has no keyring yet")
	}
	return b, nil
}
