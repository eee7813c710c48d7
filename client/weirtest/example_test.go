package weirtest_test

import (
	"testing"

	"github.com/weir-store/weir/client/weirtest"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
)

// TestExample is how a test of an application looks.
func TestExample(t *testing.T) {
	s := weirtest.Start(t)
	alice, bob := s.Principal("alice"), s.Principal("bob")

	invoice := alice.Object("invoice", `{"total":12}`)
	s.Isolated(invoice, bob)

	books := alice.Scope("books", bob)
	alice.Share(invoice, books, "read")
	s.CanRead(invoice, bob)
	s.CannotWrite(invoice, bob)

	if _, err := objects.Update.Call(t.Context(), alice, objects.UpdateInput{ID: invoice, Data: op.JSON(`{"total":13}`)}); err != nil {
		t.Fatal(err)
	}
	s.Versions(invoice, alice, 2)

	alice.Unshare(invoice, books)
	s.Revoked(invoice, bob)
	s.Audited(invoice, "update")
	s.ChainValid()
}
