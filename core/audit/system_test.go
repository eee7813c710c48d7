package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/internal/testkit"
)

// TestThroughANode asks the trail through the edge and the pipeline of a whole
// node.
func TestThroughANode(t *testing.T) {
	ctx := context.Background()
	s := testkit.New(t)
	alice, bob := s.User("alice"), s.User("bob")
	o, err := objects.Create.Call(ctx, alice, objects.CreateInput{Type: "note", Data: op.JSON(`{"secret":"canary"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Update.Call(ctx, bob, objects.UpdateInput{ID: o.ID, Data: op.JSON(`{}`)}); !fault.Is(err, fault.NotFound) {
		t.Fatalf("bob's update: %v", err)
	}
	page, err := audit.Entries.Call(ctx, alice, audit.EntriesInput{Filter: audit.Filter{TargetID: o.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 2 || page.Items[0].Action != "create" || page.Items[1].Outcome != chain.Denied || page.Items[1].ActorID != "bob" {
		t.Fatalf("alice sees %+v", page.Items)
	}
	reads, err := audit.Entries.Call(ctx, s.Admin(), audit.EntriesInput{Filter: audit.Filter{Action: "read", ActorID: "alice"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(reads.Items) != 1 || reads.Items[0].Operation != "audit.entries" || reads.Items[0].CredentialID == "" {
		t.Errorf("the trace of alice's query is %+v", reads.Items)
	}
	if _, err := audit.Verify.Call(ctx, bob, audit.VerifyInput{}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("bob verifies: %v", err)
	}
	s.Verify()
	past := strconv.FormatUint(page.Items[0].Revision, 10)
	reply, err := s.Admin().Run(ctx, &op.Call{Op: audit.Entries.Name, Input: op.JSON(`{"order":"-sequence","limit":1}`), At: past})
	if err != nil {
		t.Fatal(err)
	}
	var newest op.Page[audit.Entry]
	if err := json.Unmarshal(reply.Output, &newest); err != nil || newest.Items[0].Sequence != page.Items[0].Sequence {
		t.Errorf("at revision %s the newest entry is %+v, %v", past, newest.Items, err)
	}
	reply, err = s.Admin().Run(ctx, &op.Call{Op: audit.Export.Name, Input: op.JSON(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(reply.Raw.Body, []byte("canary")) {
		t.Error("the data of an object are in the export")
	}
	if r, err := (chain.Export{}).Verify(bytes.NewReader(reply.Raw.Body)); err != nil || !r.Valid {
		t.Errorf("the export gives %+v %v", r, err)
	}
	tampered := bytes.Replace(reply.Raw.Body, []byte(`"target_type":"note"`), []byte(`"target_type":"memo"`), 1)
	if r, err := (chain.Export{}).Verify(bytes.NewReader(tampered)); err != nil || r.BrokenAt != page.Items[0].Sequence {
		t.Errorf("the tampered export gives %+v %v", r, err)
	}
}
