// Package keyring is the secrets that all nodes of a cluster share and that
// are never in the log: what cursors are signed with, and the key of the audit
// log. It is a file beside the data, fetched by joining nodes from a member.
package keyring

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// format is the version of the file.
const format = 1

// Keyring holds the secrets of one cluster. It prints none of them.
type Keyring struct {
	secret []byte
	seed   []byte
}

// file is the keyring as stored; both secrets have 32 bytes.
type file struct {
	Format  int    `json:"format"`
	Secret  []byte `json:"secret"`
	LogSeed []byte `json:"log_seed"`
}

// Draw makes a new keyring, encoded.
func Draw() ([]byte, error) {
	f := file{Format: format, Secret: make([]byte, 32), LogSeed: make([]byte, ed25519.SeedSize)}
	_, _ = rand.Read(f.Secret)  // never fails: see crypto/rand
	_, _ = rand.Read(f.LogSeed) // never fails: see crypto/rand
	encoded, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return append(encoded, '\n'), nil
}

// Parse reads an encoded keyring. Errors say nothing of its content.
func Parse(encoded []byte) (*Keyring, error) {
	var f file
	if err := json.Unmarshal(encoded, &f); err != nil {
		return nil, errors.New("keyring: not a keyring")
	}
	if f.Format != format || len(f.Secret) != 32 || len(f.LogSeed) != ed25519.SeedSize {
		return nil, errors.New("keyring: not a keyring of a form that this binary knows")
	}
	return &Keyring{secret: f.Secret, seed: f.LogSeed}, nil
}

// Derive gives the key of a purpose, 32 bytes: HKDF-SHA256 under the label.
func (k *Keyring) Derive(label string) ([]byte, error) {
	derived, err := hkdf.Key(sha256.New, k.secret, nil, label, 32)
	if err != nil {
		return nil, fmt.Errorf("keyring: derive %s: %w", label, err)
	}
	return derived, nil
}

// LogSeed is the seed of the key that signs the checkpoints of the audit log,
// one to an origin, so that a restored incarnation signs with another.
func (k *Keyring) LogSeed(origin string) ([32]byte, error) {
	seed, err := hkdf.Key(sha256.New, k.seed, nil, "weir/log-key/"+origin, ed25519.SeedSize)
	if err != nil {
		return [32]byte{}, fmt.Errorf("keyring: derive the log key: %w", err)
	}
	return [32]byte(seed), nil
}

// String hides the secrets.
func (k *Keyring) String() string { return "keyring" }

// GoString hides the secrets.
func (k *Keyring) GoString() string { return k.String() }
