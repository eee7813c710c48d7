package org_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/org"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/storage/memdb"
)

const (
	amy urn.ID = "usr_01890a5d0c1e7000a0000000000000c1"
	ben urn.ID = "usr_01890a5d0c1e7000a0000000000000c2"
)

// A role changes as often as somebody likes, and each time leaves a row: what is
// asked about the member afterwards costs what it did before.
func TestRoleChangesCostNothingLater(t *testing.T) {
	const changes = 200
	ctx, engine := context.Background(), &testkit.Walks{Engine: memdb.New()}
	s := testkit.Over(t, engine)
	users := map[urn.ID]op.Runner{amy: s.User(amy), ben: s.User(ben)}
	run := func(who urn.ID, name, input string) (out struct{ ID urn.ID }, raw op.JSON) {
		t.Helper()
		reply, err := users[who].Run(ctx, &op.Call{Op: name, Input: op.JSON(input)})
		if err != nil {
			t.Fatalf("%s %s: %v", name, input, err)
		}
		if err := json.Unmarshal(reply.Output, &out); err != nil {
			t.Fatal(err)
		}
		return out, reply.Output
	}
	made, err := org.Create.Call(ctx, users[amy], org.CreateInput{})
	if err != nil {
		t.Fatal(err)
	}
	id := made.Org.ID
	in, _ := run(amy, "org.add_member", fmt.Sprintf(`{"id":%q,"usr_id":%q,"role":"viewer"}`, id, ben))
	below, err := tenancy.Create.Call(ctx, users[amy], tenancy.CreateInput{Name: "below", ParentID: id})
	if err != nil {
		t.Fatal(err)
	}
	note, _ := run(amy, "object.create", `{"type":"note","data":{}}`)
	run(amy, "scope.project", fmt.Sprintf(`{"id":%q,"object_id":%q}`, id, note.ID))
	run(amy, "scope.add_member", fmt.Sprintf(`{"id":%q,"principal_id":%q}`, below.ID, ben))
	asked := []struct {
		who         urn.ID
		name, input string
	}{
		{ben, "object.get", fmt.Sprintf(`{"id":%q}`, note.ID)},
		{ben, "org.get", fmt.Sprintf(`{"id":%q}`, id)},
		{ben, "scope.get", fmt.Sprintf(`{"id":%q}`, below.ID)},
		{ben, "object.list", `{}`},
		{ben, "tuple.list", fmt.Sprintf(`{"subject_type":"usr","subject_id":%q}`, ben)},
		{ben, "tuple.check", fmt.Sprintf(`{"subject_type":"usr","subject_id":%q,"relation":"viewer","object_type":"org","object_id":%q}`, ben, id)},
		{ben, "access.explain", fmt.Sprintf(`{"principal_id":%q,"action":"read","object_id":%q}`, ben, note.ID)},
		{amy, "org.freeze", fmt.Sprintf(`{"id":%q}`, id)},
		{amy, "org.unfreeze", fmt.Sprintf(`{"id":%q}`, id)},
		{amy, "membership.change_role", `{"id":%q,"new_role":"admin"}`},
		{amy, "membership.change_role", `{"id":%q,"new_role":"viewer"}`},
	}
	costs := func() (steps []int) {
		for _, x := range asked {
			if x.name == "membership.change_role" {
				x.input = fmt.Sprintf(x.input, in.ID)
			}
			before := engine.Steps
			out, _ := run(x.who, x.name, x.input)
			if steps = append(steps, engine.Steps-before); x.name == "membership.change_role" {
				in = out
			}
		}
		return steps
	}
	first := costs()
	for i := range changes {
		in, _ = run(amy, "membership.change_role", fmt.Sprintf(`{"id":%q,"new_role":%q}`, in.ID, []string{"editor", "viewer"}[i%2]))
	}
	for i, steps := range costs() {
		if most := first[i] + 30; steps > most {
			t.Errorf("%s: %d steps after %d changes, %d before", asked[i].name, steps, changes, first[i])
		}
	}
	before := engine.Steps
	run(amy, "org.revoke", fmt.Sprintf(`{"id":%q}`, id))
	if steps := engine.Steps - before; steps > 40 {
		t.Errorf("org.revoke: %d steps", steps)
	}
}
