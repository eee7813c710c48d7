package compliance

import (
	"fmt"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Guard is the last look at what a command did, before it is kept: nothing was
// deleted (invariant 5), versions have no gap and are never written twice (8),
// no row holds a secret (10). An error is a defect of the operation; a secret is
// the caller's mistake, and comes as a fault.
func Guard(tx *op.Tx) error {
	return tx.Changed(func(c *state.Change) error {
		switch {
		case c.Raw == nil:
			return fmt.Errorf("compliance: the operation deletes %x of %s", []byte(c.Key), c.Space.Name)
		case c.Space.ID == key.ObjectVersion.ID || c.Space.ID == key.Object.ID:
			return dense(tx, c)
		case urn.HoldsToken(c.Raw):
			return fault.New(fault.ValidationFailed, "a text looks like a bearer token; nothing that looks like a key may be stored in names, descriptions or metadata")
		}
		return nil
	})
}

// dense holds the versions of an object to 1, 2, 3 and so on. A version may be
// large, so it is judged by its key.
func dense(tx *op.Tx, c *state.Change) error {
	gap := func(id urn.ID, n uint64) error {
		return fmt.Errorf("compliance: the operation leaves %s without version %d", id, n)
	}
	if c.Space.ID == key.ObjectVersion.ID {
		switch id, n := objects.VersionOf(c.Key); {
		case !c.New():
			return fmt.Errorf("compliance: the operation writes version %d of %s again", n, id)
		case n > 1 && !objects.HasVersion(tx, id, n-1):
			return gap(id, n-1)
		}
		return nil
	}
	row, err := c.Row()
	if err != nil {
		return err
	}
	if h, ok := row.(*objects.Header); ok && !objects.HasVersion(tx, h.ID, h.Version) {
		return gap(h.ID, h.Version)
	}
	return nil
}
