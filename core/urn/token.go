package urn

import (
	"crypto/sha256"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// Token is a bearer token: the key that it opens, and the secret that shows
// it. It never prints its secret by accident.
type Token struct {
	KeyID  ID
	Secret string
}

const (
	tokenScheme = "weir"
	minSecret   = 43
)

// ParseToken reads weir_<32 hex digits>_<secret>, cut at the first two
// underscores. The secret is opaque.
func ParseToken(text string) (Token, *fault.Fault) {
	bad := func() (Token, *fault.Fault) {
		return Token{}, fault.New(fault.Unauthenticated, "the token is not one of this store")
	}
	scheme, rest, ok := strings.Cut(text, "_")
	if !ok || scheme != tokenScheme {
		return bad()
	}
	payload, secret, ok := strings.Cut(rest, "_")
	if !ok || len(secret) < minSecret || len(secret) > 255 {
		return bad()
	}
	for i := range len(secret) {
		if b := secret[i]; !principalByte(b) || strings.IndexByte(".:@", b) >= 0 {
			return bad()
		}
	}
	id, f := Normalize(PrefixKey, payload)
	if f != nil || !lowerHex(payload) {
		return bad()
	}
	return Token{id, secret}, nil
}

// Digest is what is kept of a token: SHA-256 of the secret.
func (t Token) Digest() [32]byte { return sha256.Sum256([]byte(t.Secret)) }

// Reveal is the token in clear, to be shown once.
func (t Token) Reveal() string {
	_, payload, _ := strings.Cut(string(t.KeyID), "_")
	return tokenScheme + "_" + payload + "_" + t.Secret
}

// String hides the secret.
func (t Token) String() string { return "token of " + string(t.KeyID) }

// GoString hides the secret.
func (t Token) GoString() string { return t.String() }

// MarshalText hides the secret from every encoder.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
