// Package trust decides who is a node of this cluster. By default one shared
// cluster key is all there is to configure: certificates are made from it in
// memory. An operator with a certificate authority of his own uses that instead.
package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// minKey is the least length of a cluster key in bytes.
const minKey = 32

// ErrNoKey says that a key file holds no key.
var ErrNoKey = errors.New("trust: no cluster key given")

// Keys are the secrets that make nodes one cluster, the active one first. All of
// them are accepted, so that one can be replaced without stopping the cluster.
type Keys struct{ secrets [][]byte }

// ParseKeys reads keys, one to a line, without the spaces around them; empty
// lines are skipped. Errors name the line and never its content.
func ParseKeys(text []byte) (Keys, error) {
	var k Keys
	number := 0
	for line := range bytes.Lines(text) {
		number++
		secret := bytes.TrimSpace(line)
		switch {
		case len(secret) == 0:
			continue
		case len(secret) < minKey:
			return Keys{}, fmt.Errorf("trust: the cluster key in line %d is shorter than %d bytes", number, minKey)
		}
		k.secrets = append(k.secrets, bytes.Clone(secret))
	}
	if len(k.secrets) == 0 {
		return Keys{}, ErrNoKey
	}
	return k, nil
}

// String keeps keys out of logs.
func (k Keys) String() string { return fmt.Sprintf("%d cluster keys", len(k.secrets)) }

// GoString keeps keys out of logs.
func (k Keys) GoString() string { return k.String() }

// Gossip returns a key of 32 bytes for each cluster key, the active one first.
func (k Keys) Gossip() ([][]byte, error) {
	derived := make([][]byte, len(k.secrets))
	for i, secret := range k.secrets {
		var err error
		if derived[i], err = derive(secret, "weir/gossip", 32); err != nil {
			return nil, err
		}
	}
	return derived, nil
}

// authorityKeys returns the signing key of each cluster key's authority.
func (k Keys) authorityKeys() ([]ed25519.PrivateKey, error) {
	keys := make([]ed25519.PrivateKey, len(k.secrets))
	for i, secret := range k.secrets {
		seed, err := derive(secret, "weir/ca", ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		keys[i] = ed25519.NewKeyFromSeed(seed)
	}
	return keys, nil
}

func derive(secret []byte, purpose string, size int) ([]byte, error) {
	b, err := hkdf.Key(sha256.New, secret, nil, purpose, size)
	if err != nil {
		return nil, fmt.Errorf("trust: derive %s: %w", purpose, err)
	}
	return b, nil
}
