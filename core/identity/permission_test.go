package identity_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// One call after the other by the first administrator.
func TestPrincipals(t *testing.T) {
	s := testkit.New(t)
	tests := []struct {
		name, op, input string
		code            fault.Code
	}{
		{"a user", "principal.create", `{"id":"alice","kind":"user"}`, ""},
		{"an id that is taken", "principal.create", `{"id":"alice","kind":"user"}`, fault.AlreadyExists},
		{"the cluster's own id", "principal.create", `{"id":"system","kind":"user"}`, fault.AlreadyExists},
		{"an id that is made", "principal.create", `{"kind":"agent"}`, ""},
		{"its name is registered", "registry.get_by_urn", `{"urn":"weir:principal:identity:user:alice:1"}`, ""},
		{"a name that is not", "registry.get_by_urn", `{"urn":"weir:principal:identity:user:bob:1"}`, fault.NotFound},
		{"the last administrator", "principal.forbid", `{"id":"root","permission":"cluster.admin"}`, fault.PreconditionFailed},
		{"another one", "principal.permit", `{"id":"alice","permission":"cluster.admin"}`, ""},
		{"again", "principal.permit", `{"id":"alice","permission":"cluster.admin"}`, ""},
		{"what there is not", "principal.permit", `{"id":"alice","permission":"everything"}`, fault.ValidationFailed},
		{"nobody", "principal.permit", `{"id":"zoe","permission":"audit.read"}`, fault.NotFound},
		{"no longer the last", "principal.forbid", `{"id":"root","permission":"cluster.admin"}`, ""},
		{"no longer one at all", "principal.create", `{"id":"bob","kind":"user"}`, fault.PermissionDenied},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.Admin().Run(context.Background(), &op.Call{Op: test.op, Input: op.JSON(test.input)})
			if (test.code == "") != (err == nil) || (err != nil && !fault.Is(err, test.code)) {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
}
