package edge

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/weir-store/weir/core/op"
)

// What is sealed is a text: the number of the key, a point, and base64url of
// salt ‖ AES-256-GCM. Each seal has a key of its own, made from its salt, and is
// bound to what it is of: ciphertext that is moved elsewhere does not open.
const (
	sealKey = "1"
	sealFor = "weir/seal/" + sealKey
	// The digests of an identifier have keys of their own, which change with the
	// one that seals it.
	exactFor = "weir/identifier-exact/" + sealKey
	loginFor = "weir/identifier-login/" + sealKey
	// identifierText is what the seal of an identifier is bound to: where in the
	// state it lies.
	identifierText = "identifier/text"
)

// Identifier implements op.Env.
func (w world) Identifier(text string) (op.Identifier, error) {
	exact, err := keyed(w.keys, exactFor, text)
	if err != nil {
		return op.Identifier{}, err
	}
	login, err := keyed(w.keys, loginFor, normal(text))
	if err != nil {
		return op.Identifier{}, err
	}
	sealed, err := w.seal(identifierText, text)
	return op.Identifier{Exact: exact, Login: login, Sealed: sealed}, err
}

// normal is the form in which names of accounts are compared: composed, in
// lower case, without space around it. Lowering can undo the composition.
func normal(text string) string {
	return norm.NFC.String(strings.ToLower(norm.NFC.String(strings.TrimSpace(text))))
}

func keyed(keys Keys, label, text string) (op.Digest, error) {
	k, err := keys.Derive(label)
	if err != nil {
		return op.Digest{}, fmt.Errorf("edge: key of identifiers: %w", err)
	}
	h := hmac.New(sha256.New, k)
	h.Write([]byte(text))
	return op.Digest(h.Sum(nil)), nil
}

func (w world) seal(bound, text string) (op.Sealed, error) {
	k, err := w.keys.Derive(sealFor)
	if err != nil {
		return "", fmt.Errorf("edge: key of seals: %w", err)
	}
	salt := w.Random(saltSize)
	aead, err := sealer(string(k), salt)
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(salt, make([]byte, aead.NonceSize()), []byte(text), binding(bound, salt))
	return op.Sealed(sealKey + "." + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

func binding(bound string, salt []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(len(bound)))
	return append(append(b, bound...), salt...)
}

// unseal opens an identifier; false if the node's keyring does not.
func (w world) unseal(sealed op.Sealed) (text string, ok bool) {
	number, encoded, _ := strings.Cut(string(sealed), ".")
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || number != sealKey || len(b) < saltSize {
		return "", false
	}
	k, err := w.keys.Derive(sealFor)
	if err != nil {
		return "", false
	}
	aead, err := sealer(string(k), b[:saltSize])
	if err != nil {
		return "", false
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), b[saltSize:], binding(identifierText, b[:saltSize]))
	return string(plain), err == nil
}
