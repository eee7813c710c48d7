package edge

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/fsm/entry"
)

const (
	keyLabel    = "weir/idem"
	digestLabel = "weir/idem-digest"
	sealLabel   = "weir/idem-seal"
	saltSize    = 16
	// minSecretKey is the least length of a key that seals a one-time secret.
	minSecretKey = 32
)

// identify gives the command the means to happen once, if the caller sent a
// key. The key itself stays on this node.
func (e *Edge) identify(d *draft, call *op.Call, caller op.Caller, inputs []canon.Value) error {
	if call.IdempotencyKey == "" {
		return nil
	}
	secret := strings.Join(d.secrets, "") != ""
	if secret && len(call.IdempotencyKey) < minSecretKey {
		return fault.New(fault.IdempotencyInvalid, "the reply holds a one-time secret, so the Idempotency-Key must have at least %d characters; a UUID is good", minSecretKey).
			At(fault.Item{Header: "Idempotency-Key", Code: "too-short", Detail: "too short to seal a secret"})
	}
	names, paths := make([]string, 0, len(d.ops)), make([]byte, 0, 64)
	digestKey, err := hkdf.Key(sha256.New, []byte(call.IdempotencyKey), nil, digestLabel, 32)
	if err != nil {
		return fmt.Errorf("edge: derive: %w", err)
	}
	digest := hmac.New(sha256.New, digestKey)
	for i, o := range d.ops {
		names = append(names, o.Name)
		if !d.command.Batch {
			paths = o.PathValues(inputs[i]).Append(paths)
		}
		raw := inputs[i].Append(nil)
		digest.Write(binary.BigEndian.AppendUint64(nil, uint64(len(o.Name))))
		digest.Write([]byte(o.Name))
		digest.Write(binary.BigEndian.AppendUint64(nil, uint64(len(raw))))
		digest.Write(raw)
	}
	digest.Write(binary.BigEndian.AppendUint64(nil, call.IfMatch))
	operation := strings.Join(names, ",")
	if d.command.Batch {
		operation = op.Batch
	}
	id := entry.Idempotency{Digest: [32]byte(digest.Sum(nil))}
	h := sha256.New()
	for _, part := range []string{keyLabel, string(caller.ID), operation, string(paths), call.IdempotencyKey} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	if caller.ID == "" {
		// Strangers share no names: what another sent under the same key must be no
		// answer, and stand in nobody's way.
		h.Write(id.Digest[:])
	}
	id.Key = [32]byte(h.Sum(nil))
	if secret {
		if id.Sealed, err = e.world.sealSecrets(call.IdempotencyKey, d.secrets); err != nil {
			return err
		}
	}
	d.command.Idempotency = &id
	return nil
}

// sealSecrets encrypts the one-time secrets of a reply under the caller's
// idempotency key: salt ‖ AES-256-GCM under HKDF-SHA256(key, salt).
func (w world) sealSecrets(key string, secrets []string) ([]byte, error) {
	salt := w.Random(saltSize)
	aead, err := sealer(key, salt)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("edge: %w", err)
	}
	return aead.Seal(salt, make([]byte, aead.NonceSize()), plain, nil), nil
}

// openSecrets gives the secrets of a reply that is replayed.
func openSecrets(key string, sealed []byte, n int) ([]string, error) {
	if len(sealed) == 0 {
		return make([]string, n), nil
	}
	if len(sealed) < saltSize {
		return nil, fault.New(fault.Internal, "the stored reply cannot be opened")
	}
	aead, err := sealer(key, sealed[:saltSize])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed[saltSize:], nil)
	if err != nil {
		return nil, fault.New(fault.Internal, "the stored reply cannot be opened").Wrap(err)
	}
	var secrets []string
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fault.New(fault.Internal, "the stored reply cannot be read").Wrap(err)
	}
	return secrets, nil
}

// sealer makes the cipher of one salt. A salt is drawn for each seal and never
// used twice, so a constant nonce is safe.
func sealer(key string, salt []byte) (cipher.AEAD, error) {
	k, err := hkdf.Key(sha256.New, []byte(key), salt, sealLabel, 32)
	if err != nil {
		return nil, fmt.Errorf("edge: derive: %w", err)
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, fmt.Errorf("edge: cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("edge: cipher: %w", err)
	}
	return aead, nil
}
