// Package worker is what the leader does beside serving: it founds a new
// cluster and signs checkpoints. A worker looks at the state, acts, and
// reports by a command, which is judged like any other.
package worker

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/urn"
)

// Store is what a worker sees of the node that it runs on.
type Store interface {
	// System runs internal commands.
	System() op.Runner
	// Look shows the newest published state; fn is not called before there is
	// one.
	Look(fn func(v state.View) error) error
}

// Founder founds the cluster if nobody has.
type Founder struct {
	Store Store
	// ClusterID is 32 hex digits.
	ClusterID func() string
	// Root and Host are the keys of the first administrator and the first host.
	Root, Host FirstKey
}

// FirstKey is a key that is there from the beginning.
type FirstKey struct {
	// Given is its token; one is drawn and written to File when it is empty.
	Given, File string
}

// Found founds the cluster. Tokens that it has drawn are on disk before their
// digests are proposed, and are removed again if another node was first, also
// if that is only seen later.
func (f *Founder) Found(ctx context.Context) error {
	founded := false
	err := f.Store.Look(func(v state.View) error {
		if _, founded = system.Load(v); founded {
			f.Root.tidy(v)
			f.Host.tidy(v)
		}
		return nil
	})
	if err != nil || founded {
		return err
	}
	in := apikey.FoundInput{ClusterID: f.ClusterID()}
	if in.KeyID, in.Digest, err = f.Root.ready(); err != nil {
		return err
	}
	if in.HostKeyID, in.HostDigest, err = f.Host.ready(); err != nil {
		return err
	}
	_, err = apikey.Found.Call(ctx, f.Store.System(), in)
	if fault.Is(err, fault.AlreadyExists) {
		return errors.Join(f.Root.drop(), f.Host.drop())
	}
	return err
}

// ready gives what may be known of the key: the given one, the one that an
// earlier try has written, or a new one.
func (k FirstKey) ready() (id urn.ID, digest string, err error) {
	t, err := k.token()
	sum := t.Digest()
	return t.KeyID, hex.EncodeToString(sum[:]), err
}

func (k FirstKey) token() (t urn.Token, err error) {
	if k.Given != "" {
		t, bad := urn.ParseToken(k.Given)
		if bad != nil {
			return t, bad
		}
		return t, nil
	}
	text, err := os.ReadFile(k.File)
	if err == nil {
		t, bad := urn.ParseToken(string(trim(text)))
		if bad != nil {
			return t, fmt.Errorf("worker: %s holds no token; remove it", k.File)
		}
		return t, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return t, fmt.Errorf("worker: %w", err)
	}
	t = draw()
	return t, write(k.File, t.Reveal()+"\n")
}

// tidy removes a token that was drawn if its key never came to be. A file that
// cannot be read or removed hinders nobody, so it may stay.
func (k FirstKey) tidy(v state.View) {
	if k.Given != "" {
		return
	}
	text, err := os.ReadFile(k.File)
	if err != nil {
		return
	}
	t, bad := urn.ParseToken(string(trim(text)))
	if bad != nil {
		return // no token of ours, and no matter of ours
	}
	if _, known := apikey.Find(v, t.KeyID); !known {
		_ = k.drop()
	}
}

// drop removes a token that was drawn and came to nothing.
func (k FirstKey) drop() error {
	if k.Given != "" {
		return nil
	}
	return os.Remove(k.File)
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// draw makes a token. Its key id is a UUIDv4, since there is no log yet that
// could give it a place.
func draw() urn.Token {
	var id [16]byte
	secret := make([]byte, 32)
	_, _ = rand.Read(id[:])  // never fails: see crypto/rand
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return urn.Token{KeyID: urn.FromBytes(urn.PrefixKey, id), Secret: base64.RawURLEncoding.EncodeToString(secret)}
}

// write writes a file for its owner alone, and returns once it is on disk.
func write(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("worker: write %s: %w", path, err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
