package identity_test

import (
	"encoding/json"
	"testing"

	"github.com/weir-store/weir/core/fault"
)

// change is one that is taken back.
type change struct {
	name   string
	before []step
	// change is what is taken back; want what that ends with.
	change step
	// between is what happens before it is taken back.
	between []step
	want    fault.Code
	entity  string
	id      string
	// shows is what a query then shows in a member.
	show, input, member, shows string
}

var changes = []change{
	{
		name: "a creation", change: step{as: "root", op: "principal.create", input: `{"id":"crew","kind":"team"}`},
		id: "crew", entity: "principal", show: "principal.get", input: `{"id":"crew"}`, member: "lifecycle", shows: "archived",
	},
	{
		name: "a creation, of who owns a scope by now", change: step{as: "root", op: "principal.create", input: `{"id":"carl","kind":"user"}`},
		between: []step{
			{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team"},
			{as: "alice", op: "scope.add_member", input: `{"id":"$team","principal_id":"carl","role":"owner"}`},
			{as: "alice", op: "scope.leave", input: `{"id":"$team"}`},
		},
		id: "carl", entity: "principal", want: fault.PreconditionFailed, show: "principal.get", input: `{"id":"carl"}`, member: "lifecycle", shows: "active",
	},
	{
		name: "a name", before: []step{{as: "root", op: "principal.update", input: `{"id":"alice","display_name":"Alice"}`}},
		change: step{as: "root", op: "principal.update", input: `{"id":"alice","display_name":"A."}`},
		id:     "alice", entity: "principal", show: "principal.get", input: `{"id":"alice"}`, member: "display_name", shows: "Alice",
	},
	{
		name: "a suspension", change: step{as: "root", op: "principal.suspend", input: `{"id":"alice"}`},
		id: "alice", entity: "principal", show: "principal.get", input: `{"id":"alice"}`, member: "lifecycle", shows: "active",
	},
	{
		name: "an end", change: step{as: "root", op: "principal.archive", input: `{"id":"alice"}`},
		id: "alice", entity: "principal", show: "principal.get", input: `{"id":"alice"}`, member: "lifecycle", shows: "active",
	},
	{
		name: "the right of who is the last administrator now", change: step{as: "root", op: "principal.permit", input: `{"id":"alice","permission":"cluster.admin"}`},
		between: []step{{as: "root", op: "principal.permit", input: `{"id":"bob","permission":"cluster.admin"}`}, {as: "root", op: "principal.suspend", input: `{"id":"bob"}`}},
		id:      "alice", entity: "principal", show: "principal.get", input: `{"id":"alice"}`, member: "lifecycle", shows: "active",
	},
	{
		name: "a relationship", change: step{as: "root", op: "relationship.add", input: `{"parent_id":"alice","child_id":"bob"}`, name: "rel"},
		id: "$rel", entity: "principal_relationship", show: "relationship.get", input: `{"id":"$rel"}`, member: "lifecycle", shows: "archived",
	},
	{
		name:   "the end of a relationship",
		before: []step{{as: "root", op: "relationship.add", input: `{"parent_id":"alice","child_id":"bob"}`, name: "rel"}},
		change: step{as: "root", op: "relationship.remove", input: `{"id":"$rel"}`},
		id:     "$rel", entity: "principal_relationship", show: "relationship.get", input: `{"id":"$rel"}`, member: "lifecycle", shows: "active",
	},
	{
		name:    "the end of a relationship with who has ended since",
		before:  []step{{as: "root", op: "relationship.add", input: `{"parent_id":"alice","child_id":"bob"}`, name: "rel"}},
		change:  step{as: "root", op: "relationship.remove", input: `{"id":"$rel"}`},
		between: []step{{as: "root", op: "principal.archive", input: `{"id":"bob"}`}},
		id:      "$rel", entity: "principal_relationship", want: fault.PrincipalInactive, show: "relationship.get", input: `{"id":"$rel"}`, member: "lifecycle", shows: "archived",
	},
}

// Changes of principals and relationships are taken back, as far as the cluster
// keeps an administrator and each scope an owner.
func TestChangesAreTakenBack(t *testing.T) {
	for _, row := range changes {
		t.Run(row.name, func(t *testing.T) {
			c := newCast(t, "alice", "bob")
			c.play(row.before...)
			revision := c.Replica.Position().Revision
			c.play(row.change)
			entry := c.newest(row.entity, row.id)
			c.play(row.between...)
			if _, code := c.call(step{as: "root", op: "rollback.create", input: `{"entry_id":"` + entry + `","reason":"a test"}`}); code != row.want {
				t.Errorf("taking it back ends with %q, want %q", code, row.want)
			}
			reply, code := c.call(step{as: "root", op: row.show, input: row.input})
			var shown map[string]any
			if code != "" {
				t.Fatal(code)
			}
			if err := json.Unmarshal(reply.Output, &shown); err != nil || shown[row.member] != row.shows {
				t.Errorf("it is %v, want %s", shown, row.shows)
			}
			if now := c.Replica.Position().Revision; now <= revision {
				t.Error("nothing was written")
			}
			c.Verify()
		})
	}
}

// newest is the id of the newest entry about a thing.
func (c *cast) newest(entity, id string) string {
	c.t.Helper()
	reply, code := c.call(step{as: "root", op: "audit.entries", input: `{"target_id":"` + id + `","order":"-sequence"}`})
	if code != "" {
		c.t.Fatal(code)
	}
	var page struct {
		Items []struct{ ID, Entity string }
	}
	if err := json.Unmarshal(reply.Output, &page); err != nil {
		c.t.Fatal(err)
	}
	for _, e := range page.Items {
		if e.Entity == entity {
			return e.ID
		}
	}
	c.t.Fatalf("no entry about %s %s", entity, id)
	return ""
}
