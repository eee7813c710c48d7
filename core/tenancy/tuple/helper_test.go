package tuple_test

import (
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/storage/key"
)

// scopes writes rows of scopes by hand.
var scopes = state.NewTable(state.Spec[tenancy.Header]{
	Space: key.Scope,
	Key:   func(h *tenancy.Header) key.Key { return state.Key(key.Scope, h.ID) },
})

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func marshal(t *testing.T, in any) op.JSON {
	t.Helper()
	raw, err := op.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// members writes rows of memberships by hand: no operation of this stage
// suspends one.
var members = state.NewTable(state.Spec[tenancy.Membership]{
	Space: key.Membership,
	Key: func(m *tenancy.Membership) key.Key {
		return state.Key(key.Membership, string(m.PrincipalID), m.ScopeID, m.ID)
	},
})
