package chain

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is the type of keys that sign by C2SP cosignature/v1.
const algCosignature = 0x04

// Witness is the public key of a witness: whoever has seen that the tree of a
// log only grew, and says so by a cosignature. It implements note.Verifier.
type Witness struct {
	name string
	key  ed25519.PublicKey
	hash uint32
}

var errWitness = errors.New("chain: not a verifier key of cosignature/v1")

// ParseWitness reads the verifier key of a witness: name, hash and key, with
// the key type 0x04.
func ParseWitness(verifierKey string) (*Witness, error) {
	name, rest, _ := strings.Cut(verifierKey, "+")
	hash, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algCosignature || name == "" || strings.ContainsAny(name, " \n") {
		return nil, errWitness
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), raw...))
	w := &Witness{name: name, key: raw[1:], hash: binary.BigEndian.Uint32(sum[:])}
	if said, err := strconv.ParseUint(hash, 16, 32); err != nil || len(hash) != 8 || said != uint64(w.hash) {
		return nil, errWitness
	}
	return w, nil
}

// Name implements note.Verifier.
func (w *Witness) Name() string { return w.name }

// KeyHash implements note.Verifier.
func (w *Witness) KeyHash() uint32 { return w.hash }

// Verify implements note.Verifier: the signature is a time in seconds and an
// Ed25519 signature over that time and the text.
func (w *Witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(signature)
	return at < 1<<63 && ed25519.Verify(w.key, CosignedText(text, at), signature[8:])
}

// CosignedText is what a witness signs under a checkpoint's text.
func CosignedText(text []byte, at uint64) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), text...)
}

// Cosignature is the statement of one witness under a checkpoint.
type Cosignature struct {
	// Line is the signature line as notes hold it, with its end.
	Line string
	// Time is when the witness signed, in seconds since 1970, as it says.
	Time uint64
}

// Cosigned finds the cosignature of a witness among signature lines that belong
// to a signed checkpoint. Lines of others are passed over.
func (w *Witness) Cosigned(signed []byte, lines string) (Cosignature, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Cosignature{}, errCheckpoint
	}
	n, err := note.Open([]byte(text+"\n\n"+lines), note.VerifierList(w))
	if err != nil {
		return Cosignature{}, fmt.Errorf("chain: cosignature: %w", err)
	}
	s := n.Sigs[0]
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil {
		return Cosignature{}, fmt.Errorf("chain: cosignature: %w", err)
	}
	return Cosignature{Line: "— " + s.Name + " " + s.Base64 + "\n", Time: binary.BigEndian.Uint64(raw[4:])}, nil
}
