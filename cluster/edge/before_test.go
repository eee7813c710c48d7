package edge_test

import (
	"context"
	"testing"

	"github.com/weir-store/weir/cluster/edge"
	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// What comes before a query may take its caller's key away: the query is then
// judged anew, and refused.
func TestACallerIsJudgedAgainAfterwards(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	text := s.Token("alice")
	token, f := urn.ParseToken(text)
	if f != nil {
		t.Fatal(f)
	}
	s.Before = map[string]edge.Before{audit.Checkpoint.Name: func(ctx context.Context, _ any) (bool, error) {
		_, err := apikey.Revoke.Call(ctx, s.Admin(), apikey.RevokeInput{ID: token.KeyID})
		return true, err
	}}
	_, err := s.As(text).Run(ctx, &op.Call{Op: audit.Checkpoint.Name, Input: op.JSON(`{}`)})
	if !fault.Is(err, fault.APIKeyInvalid) {
		t.Errorf("got %v", err)
	}
}
