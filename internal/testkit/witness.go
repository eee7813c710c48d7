package testkit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
)

// Witness has the key of a witness, for tests. It is written from C2SP
// tlog-cosignature, with nothing of Weir.
type Witness struct {
	name string
	key  ed25519.PrivateKey
}

// NewWitness makes the witness of a name; its key follows from it.
func NewWitness(name string) *Witness {
	seed := sha256.Sum256([]byte(name))
	return &Witness{name: name, key: ed25519.NewKeyFromSeed(seed[:])}
}

// raw is the key with its type.
func (w *Witness) raw() []byte { return append([]byte{4}, w.key.Public().(ed25519.PublicKey)...) }

func (w *Witness) id() []byte {
	sum := sha256.Sum256(append([]byte(w.name+"\n"), w.raw()...))
	return sum[:4]
}

// VerifierKey is the public key: name, hash and key.
func (w *Witness) VerifierKey() string {
	return fmt.Sprintf("%s+%x+%s", w.name, w.id(), base64.StdEncoding.EncodeToString(w.raw()))
}

// Cosign gives the signature line under the text of a checkpoint, at a time in
// seconds since 1970.
func (w *Witness) Cosign(text []byte, at uint64) string {
	message := append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), text...)
	signature := binary.BigEndian.AppendUint64(w.id(), at)
	signature = append(signature, ed25519.Sign(w.key, message)...)
	return "— " + w.name + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
}
