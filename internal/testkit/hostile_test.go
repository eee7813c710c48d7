package testkit_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// lookalike has the form of a token, and opens nothing.
var lookalike = "weir_" + strings.Repeat("0", 32) + "_" + strings.Repeat("a", 43)

// What a caller sends along must not keep his refusals out of the trail, nor
// change what he is told.
func TestRefusalsAreTracedWhateverTheCallerSendsAlong(t *testing.T) {
	strange := urn.ID("obj_01890a5d0c1e7000a000000000000009")
	for _, c := range []struct {
		name, request string
		operation     *op.Operation
		input         any
	}{
		{"command, request id like a token", lookalike, objects.Delete.Operation, objects.DeleteInput{ID: strange}},
		{"query, request id like a token", lookalike, objects.Get.Operation, objects.GetInput{ID: strange}},
		{"command, target like a token", "request-1", apikey.Create.Operation, apikey.CreateInput{PrincipalID: urn.ID(lookalike), Name: "x"}},
		{"query, target like a token", "request-1", identity.Get.Operation, identity.GetInput{ID: urn.ID(lookalike)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testkit.New(t)
			mallory := s.User("mallory")
			raw, err := op.Marshal(c.input)
			if err != nil {
				t.Fatal(err)
			}
			call := &op.Call{Op: c.operation.Name, Operation: c.operation, Input: raw, RequestID: c.request}
			_, err = mallory.Run(context.Background(), call)
			if fault.Is(err, fault.Internal) || err == nil {
				t.Fatalf("got %v, want a refusal", err)
			}
			if fault.Is(err, fault.ValidationFailed) || fault.Is(err, fault.InvalidID) {
				return // refused before any right was asked
			}
			s.Close()
			page, err := audit.Entries.Call(context.Background(), s.Admin(), audit.EntriesInput{Filter: audit.Filter{ActorID: "mallory"}})
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("%d entries of the refused caller, %v; want one", len(page.Items), err)
			}
		})
	}
}

// The trace of a refused batch names the operation that was refused.
func TestRefusedBatchIsTracedByItsItem(t *testing.T) {
	s := testkit.New(t)
	mallory := s.User("mallory")
	_, err := mallory.Run(context.Background(), &op.Call{Items: []op.Item{
		{Op: objects.Create.Name, Input: op.JSON(`{"type":"note","data":{}}`)},
		{Op: objects.Delete.Name, Input: op.JSON(`{"id":"obj_01890a5d0c1e7000a000000000000009"}`)},
	}})
	if !fault.Is(err, fault.NotFound) {
		t.Fatalf("got %v, want %s", err, fault.NotFound)
	}
	page, err := audit.Entries.Call(context.Background(), s.Admin(), audit.EntriesInput{Filter: audit.Filter{ActorID: "mallory"}})
	if err != nil || len(page.Items) != 1 || page.Items[0].Operation != objects.Delete.Name {
		t.Fatalf("%+v, %v; want one entry of %s", page.Items, err, objects.Delete.Name)
	}
}
