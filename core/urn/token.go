package urn

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// Token is a bearer token: the key that it opens, and the secret that shows
// it. It never prints its secret by accident: every verb of fmt and every
// encoder of texts shows only whose it is.
type Token struct {
	KeyID  ID
	Secret string
}

// minSecret is the length of 32 bytes in base64url.
const minSecret = 43

// ParseToken reads weir_<32 hex digits>_<secret>, cut at the first two
// underscores. The secret is opaque.
func ParseToken(text string) (Token, *fault.Fault) {
	rest, ours := strings.CutPrefix(text, scheme+"_")
	payload, secret, _ := strings.Cut(rest, "_")
	id := ID(PrefixKey + "_" + payload)
	if !ours || !IsValid(id) || !opaque(secret) {
		return Token{}, fault.New(fault.Unauthenticated, "the token is not one of this store")
	}
	return Token{id, secret}, nil
}

// opaque says whether a secret is long enough and of the characters that all
// of them have: those of unpadded base64url, which it need not be.
func opaque(secret string) bool {
	for i := range len(secret) {
		if b := secret[i]; !alphanumeric(b) && b != '_' && b != '-' {
			return false
		}
	}
	return len(secret) >= minSecret
}

// Digest is what is kept of a token: SHA-256 of the secret.
func (t Token) Digest() [32]byte { return sha256.Sum256([]byte(t.Secret)) }

// Reveal is the token in clear, to be shown once.
func (t Token) Reveal() string {
	_, payload, _ := strings.Cut(string(t.KeyID), "_")
	return scheme + "_" + payload + "_" + t.Secret
}

// String hides the secret.
func (t Token) String() string { return "token of " + string(t.KeyID) }

// Format hides the secret from every verb, also those that would print fields.
func (t Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, t.String()) } // fmt keeps what fails

// MarshalText hides the secret from encoders, and so from logs.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// HoldsToken finds what looks like a token, anywhere in a text.
func HoldsToken(text []byte) bool {
	for {
		_, rest, found := bytes.Cut(text, []byte(scheme+"_"))
		if !found {
			return false
		}
		if len(rest) > digits+minSecret && rest[digits] == '_' && lowerHex(string(rest[:digits])) && opaque(string(rest[digits+1:digits+1+minSecret])) {
			return true
		}
		text = rest
	}
}
