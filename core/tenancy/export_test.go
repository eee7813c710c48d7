package tenancy

import "github.com/weir-store/weir/core/op"

// PutForTest writes a membership as it is.
func PutForTest(tx *op.Tx, m *Membership) { memberships.Put(tx.Tx, m) }

// PutScopeForTest writes a scope as it is.
func PutScopeForTest(tx *op.Tx, h *Header) { headers.Put(tx.Tx, h) }
