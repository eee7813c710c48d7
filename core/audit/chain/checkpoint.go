package chain

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Origin is the name of a log, and of the key that signs for it: one for each
// incarnation of a cluster.
func Origin(clusterID string, incarnation uint64) string {
	return "weir/" + clusterID + "/" + strconv.FormatUint(incarnation, 10)
}

// Checkpoint is what is signed: the root of the tree over the first Size
// entries. Its text is that of C2SP tlog-checkpoint without extension lines.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   [32]byte
}

// Text is the three lines that are signed.
func (c *Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// errCheckpoint is what is wrong with a note whose signature is good.
var errCheckpoint = errors.New("chain: the signed text is no checkpoint of this log")

// Open verifies a signed checkpoint with the verifier key of its log, whose
// name must be the origin.
func Open(signed []byte, verifierKey string) (*Checkpoint, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return nil, fmt.Errorf("chain: verifier key: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return nil, fmt.Errorf("chain: checkpoint: %w", err)
	}
	lines := strings.SplitN(n.Text, "\n", 4)
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return nil, errCheckpoint
	}
	c := &Checkpoint{Origin: lines[0]}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return nil, errCheckpoint
	}
	c.Root = [32]byte(root)
	if c.Size, err = strconv.ParseUint(lines[1], 10, 53); err != nil || c.Text() != n.Text {
		return nil, errCheckpoint
	}
	return c, nil
}

// Key is the private key of a log. It lives in the keyring of the cluster,
// never in the state.
type Key struct {
	name    string
	private ed25519.PrivateKey
	hash    uint32
}

// NewKey makes the key of a log from its name and a seed of 32 secret bytes.
func NewKey(origin string, seed [32]byte) (*Key, error) {
	k := &Key{name: origin, private: ed25519.NewKeyFromSeed(seed[:])}
	verifier, err := note.NewVerifier(k.VerifierKey())
	if err != nil {
		return nil, fmt.Errorf("chain: key of %s: %w", origin, err)
	}
	k.hash = verifier.KeyHash()
	return k, nil
}

// VerifierKey is the public key as signed notes write it: name, hash and key.
func (k *Key) VerifierKey() string {
	text, err := note.NewEd25519VerifierKey(k.name, k.private.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err) // an ed25519 key has the right length
	}
	return text
}

// Sign gives the checkpoint as a signed note.
func (k *Key) Sign(c *Checkpoint) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer{k})
	if err != nil {
		return nil, fmt.Errorf("chain: sign: %w", err)
	}
	return signed, nil
}

// signer implements note.Signer, so that Sign can be asked for checkpoints
// only.
type signer struct{ key *Key }

func (s signer) Name() string                     { return s.key.name }
func (s signer) KeyHash() uint32                  { return s.key.hash }
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key.private, text), nil }

// NameOf is the name in a verifier key that is well formed.
func NameOf(verifierKey string) (string, error) {
	v, err := note.NewVerifier(verifierKey)
	if err != nil {
		return "", fmt.Errorf("chain: verifier key: %w", err)
	}
	return v.Name(), nil
}
