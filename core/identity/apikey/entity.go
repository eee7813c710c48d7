package apikey

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// content is what a rollback compares of a key. Its secrets are no part of it:
// none ever comes back.
type content struct {
	Name      string     `json:"name"`
	ExpiresAt state.Time `json:"expires_at,omitzero"`
	Revoked   bool       `json:"revoked"`
}

func (c *Credential) content() content { return content{c.Name, c.ExpiresAt, c.RevokedAt != 0} }

// Entity is the past of keys, for their principal and cluster administrators.
var Entity = op.NewEntity(Ops, op.Entity{
	Name: op.EntityCredential, Prefixes: []string{urn.PrefixKey},
	Known: func(v state.View, id urn.ID) (op.Known, bool) {
		c, ok := Find(v, id)
		if !ok {
			return op.Known{}, false
		}
		return op.Known{Type: op.EntityCredential, Ended: c.RevokedAt != 0, State: c, Content: c.content()}, true
	},
	Rights: func(_ state.View, id urn.ID) (see, revert []op.Right) {
		both := []op.Right{{Target: op.Credential(id), Level: op.Own}, {Permission: op.Administer}}
		return both, both
	},
	Revert: revert,
})

// revert revokes a key that was not there in the past. All else that can happen
// to a key takes rights away from whoever knows a secret, and stays.
func revert(tx *op.Tx, id urn.ID, past state.View) error {
	now, ok := Find(tx, id)
	if !ok {
		return op.NotFound()
	}
	was, there := Find(past, id)
	switch {
	case there && was.content() == now.content():
		return op.Moot("the key is already as it was")
	case there:
		return fault.New(fault.PreconditionFailed, "a key that was revoked stays dead; make a new one")
	case now.RevokedAt != 0:
		return op.Moot("the key is already revoked")
	}
	now.end(tx)
	return nil
}

// end revokes the key.
func (c *Credential) end(tx *op.Tx) {
	c.RevokedAt, c.RevokedBy = tx.Time(), tx.Caller.ID
	credentials.Put(tx.Tx, c)
}
