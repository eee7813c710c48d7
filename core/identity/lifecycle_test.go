package identity_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/internal/testkit"
)

// cast is a store with what calls have given, by the names of steps.
type cast struct {
	*testkit.Solo
	t     *testing.T
	as    map[string]op.Runner
	names map[string]string
}

func newCast(t *testing.T, users ...string) *cast {
	t.Helper()
	c := &cast{Solo: testkit.New(t), t: t, as: map[string]op.Runner{}, names: map[string]string{}}
	c.as["root"] = c.Admin()
	for _, id := range users {
		c.as[id] = c.User(urn.ID(id))
	}
	return c
}

// step is one call: who, which operation, its input, and what it shall end
// with. A name keeps the id of the answer for later inputs.
type step struct {
	as, op, input string
	code          fault.Code
	name          string
}

// play makes calls one after the other.
func (c *cast) play(steps ...step) {
	c.t.Helper()
	for i, x := range steps {
		reply, code := c.call(x)
		if code != x.code {
			c.t.Fatalf("step %d, %s %s %s: got %q, want %q", i, x.as, x.op, x.input, code, x.code)
		}
		if x.name != "" {
			var out struct{ ID string }
			if err := json.Unmarshal(reply.Output, &out); err != nil {
				c.t.Fatal(err)
			}
			c.names[x.name] = out.ID
		}
	}
}

func (c *cast) call(x step) (*op.Reply, fault.Code) {
	c.t.Helper()
	input := x.input
	for name, id := range c.names {
		input = strings.ReplaceAll(input, `"$`+name+`"`, `"`+id+`"`)
	}
	reply, err := c.as[x.as].Run(context.Background(), &op.Call{Op: x.op, Input: op.JSON(input)})
	if err == nil {
		return reply, ""
	}
	f, ok := fault.Of(err)
	if !ok {
		c.t.Fatalf("not a fault: %v", err)
	}
	return reply, f.Code
}

const (
	suspend, resume, archive = "principal.suspend", "principal.resume", "principal.archive"

	alice = `{"id":"alice"}`
)

// story is a number of calls on a store of its own.
type story struct {
	name  string
	steps []step
}

func TestLifecycle(t *testing.T) {
	tell(t, []story{
		{"there and back", []step{
			{as: "alice", op: "principal.me", input: `{}`},
			{as: "root", op: suspend, input: alice},
			{as: "alice", op: "principal.me", input: `{}`, code: fault.APIKeyInvalid},
			{as: "root", op: resume, input: alice},
			{as: "alice", op: "principal.me", input: `{}`},
		}},
		{"only from where it can be", []step{
			{as: "root", op: resume, input: alice, code: fault.InvalidTransition},
			{as: "root", op: suspend, input: alice},
			{as: "root", op: suspend, input: alice, code: fault.InvalidTransition},
			{as: "root", op: archive, input: alice},
			{as: "root", op: suspend, input: alice, code: fault.InvalidTransition},
			{as: "root", op: resume, input: alice, code: fault.InvalidTransition},
			{as: "root", op: archive, input: alice, code: fault.InvalidTransition},
		}},
		{"by administrators alone", []step{
			{as: "alice", op: suspend, input: `{"id":"bob"}`, code: fault.PermissionDenied},
			{as: "alice", op: archive, input: alice, code: fault.PermissionDenied},
			{as: "root", op: suspend, input: `{"id":"nobody"}`, code: fault.NotFound},
		}},
		{"no new memberships, permissions, keys or relationships", []step{
			{as: "bob", op: "scope.create", input: `{"name":"team"}`, name: "team"},
			{as: "root", op: suspend, input: alice},
			{as: "bob", op: "scope.add_member", input: `{"id":"$team","principal_id":"alice"}`, code: fault.PrincipalInactive},
			{as: "root", op: "principal.permit", input: `{"id":"alice","permission":"audit.read"}`, code: fault.PrincipalInactive},
			{as: "root", op: "key.create", input: `{"id":"alice","name":"x"}`, code: fault.PrincipalInactive},
			{as: "root", op: "relationship.add", input: `{"parent_id":"alice","child_id":"bob"}`, code: fault.PrincipalInactive},
			{as: "root", op: "relationship.add", input: `{"parent_id":"bob","child_id":"alice"}`, code: fault.PrincipalInactive},
		}},
	})
}

func TestWhoCannotGo(t *testing.T) {
	tell(t, []story{
		{"the last administrator stays", []step{
			{as: "root", op: suspend, input: `{"id":"root"}`, code: fault.PreconditionFailed},
			{as: "root", op: archive, input: `{"id":"root","transfer_to":"alice"}`, code: fault.PreconditionFailed},
			{as: "root", op: "principal.permit", input: `{"id":"alice","permission":"cluster.admin"}`},
			{as: "root", op: suspend, input: alice},
			{as: "root", op: suspend, input: `{"id":"root"}`, code: fault.PreconditionFailed},
			{as: "root", op: "principal.forbid", input: `{"id":"root","permission":"cluster.admin"}`, code: fault.PreconditionFailed},
			{as: "root", op: "principal.forbid", input: `{"id":"alice","permission":"cluster.admin"}`},
			{as: "root", op: "principal.permit", input: `{"id":"bob","permission":"cluster.admin"}`},
			{as: "root", op: archive, input: `{"id":"root"}`},
			{as: "bob", op: resume, input: alice},
			{as: "bob", op: suspend, input: `{"id":"bob"}`, code: fault.PreconditionFailed},
		}},
		{"the only owner of a scope is replaced", []step{
			{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team"},
			{as: "root", op: archive, input: alice, code: fault.PreconditionFailed},
			{as: "root", op: archive, input: `{"id":"alice","transfer_to":"alice"}`, code: fault.ValidationFailed},
			{as: "root", op: archive, input: `{"id":"alice","transfer_to":"nobody"}`, code: fault.NotFound},
			{as: "root", op: suspend, input: `{"id":"bob"}`},
			{as: "root", op: archive, input: `{"id":"alice","transfer_to":"bob"}`, code: fault.PrincipalInactive},
			{as: "root", op: resume, input: `{"id":"bob"}`},
			{as: "bob", op: "scope.update", input: `{"id":"$team","name":"ours"}`, code: fault.NotFound},
			{as: "root", op: archive, input: `{"id":"alice","transfer_to":"bob"}`},
			{as: "bob", op: "scope.update", input: `{"id":"$team","name":"ours"}`},
		}},
		{"a frozen scope too, but none that is archived or has another owner", []step{
			{as: "alice", op: "scope.create", input: `{"name":"frozen"}`, name: "frozen"},
			{as: "alice", op: "scope.freeze", input: `{"id":"$frozen"}`},
			{as: "root", op: archive, input: alice, code: fault.PreconditionFailed},
			{as: "alice", op: "scope.archive", input: `{"id":"$frozen"}`},
			{as: "alice", op: "scope.create", input: `{"name":"ours"}`, name: "ours"},
			{as: "alice", op: "scope.add_member", input: `{"id":"$ours","principal_id":"bob","role":"owner"}`},
			{as: "root", op: suspend, input: `{"id":"bob"}`},
			{as: "root", op: archive, input: alice, code: fault.PreconditionFailed},
			{as: "root", op: resume, input: `{"id":"bob"}`},
			{as: "root", op: archive, input: alice},
		}},
		{"an only owner can be suspended", []step{
			{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team"},
			{as: "root", op: suspend, input: alice},
			{as: "root", op: resume, input: alice},
			{as: "alice", op: "scope.update", input: `{"id":"$team","name":"still mine"}`},
		}},
	})
}

func tell(t *testing.T, stories []story) {
	t.Helper()
	for _, x := range stories {
		t.Run(x.name, func(t *testing.T) {
			c := newCast(t, "alice", "bob")
			c.play(x.steps...)
		})
	}
}

// A refused archive leaves nothing behind, also in a batch with what would have
// made it possible only afterwards.
func TestGuardsHoldInBatches(t *testing.T) {
	c := newCast(t, "alice", "bob")
	c.play(step{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team"})
	before := c.Replica.Position().Revision
	_, err := c.as["root"].Run(context.Background(), &op.Call{Items: []op.Item{
		{Op: "principal.update", Input: op.JSON(`{"id":"bob","display_name":"Bob"}`)},
		{Op: "principal.archive", Input: op.JSON(`{"id":"alice"}`)},
	}})
	if !fault.Is(err, fault.PreconditionFailed) {
		t.Fatalf("got %v", err)
	}
	if now := c.Replica.Position().Revision; now > before+1 {
		t.Errorf("the refused batch wrote: revision %d, then %d", before, now)
	}
	c.play(step{as: "bob", op: "principal.update", input: `{"id":"bob","display_name":"Bob"}`})
}

func TestUpdate(t *testing.T) {
	c := newCast(t, "alice", "bob", "sam")
	shown := func() string {
		t.Helper()
		reply, _ := c.call(step{as: "root", op: "principal.get", input: `{"id":"alice"}`})
		var p struct {
			Name     string          `json:"display_name"`
			Metadata json.RawMessage `json:"metadata"`
		}
		if err := json.Unmarshal(reply.Output, &p); err != nil {
			t.Fatal(err)
		}
		return p.Name + string(p.Metadata)
	}
	c.play(
		step{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: "team"},
		step{as: "alice", op: "scope.add_member", input: `{"id":"$team","principal_id":"bob"}`},
	)
	rows := []struct {
		name, as, input string
		code            fault.Code
		want            string
		writes          bool
	}{
		{"a name", "alice", `{"id":"alice","display_name":"Alice"}`, "", `Alice`, true},
		{"the same name", "alice", `{"id":"alice","display_name":"Alice"}`, "", `Alice`, false},
		{"nothing", "alice", `{"id":"alice"}`, "", `Alice`, false},
		{"metadata, by an administrator", "root", `{"id":"alice","metadata":{"a":1,"b":2}}`, "", `Alice{"a":1,"b":2}`, true},
		{"null takes away", "alice", `{"id":"alice","metadata":{"a":null,"c":3}}`, "", `Alice{"b":2,"c":3}`, true},
		{"what is so already", "alice", `{"id":"alice","metadata":{"b":2,"z":null}}`, "", `Alice{"b":2,"c":3}`, false},
		{"by somebody who sees her", "bob", `{"id":"alice","display_name":"x"}`, fault.PermissionDenied, `Alice{"b":2,"c":3}`, true},
		{"by somebody who does not", "sam", `{"id":"alice","display_name":"x"}`, fault.NotFound, `Alice{"b":2,"c":3}`, true},
		{"of another version", "alice", `{"id":"alice","display_name":"x","version":1}`, fault.VersionConflict, `Alice{"b":2,"c":3}`, false},
		{"of this version", "alice", `{"id":"alice","display_name":"","version":4}`, "", `{"b":2,"c":3}`, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c.t = t
			trail := c.trail()
			if _, code := c.call(step{as: row.as, op: "principal.update", input: row.input}); code != row.code {
				t.Errorf("got %q, want %q", code, row.code)
			}
			if wrote := c.trail() > trail; wrote != row.writes {
				t.Errorf("an entry was written: %v", wrote)
			}
			if got := shown(); got != row.want {
				t.Errorf("it is %s, want %s", got, row.want)
			}
		})
	}
}

func TestListFilters(t *testing.T) {
	c := newCast(t, "alice", "bob", "sam")
	c.play(
		step{as: "root", op: "principal.create", input: `{"id":"crew","kind":"team"}`},
		step{as: "root", op: "principal.create", input: `{"id":"gang","kind":"team"}`},
		step{as: "root", op: "principal.suspend", input: `{"id":"gang"}`},
		step{as: "root", op: "principal.archive", input: `{"id":"sam"}`},
		step{as: "root", op: "relationship.add", input: `{"parent_id":"crew","child_id":"alice"}`},
	)
	rows := []struct{ name, as, input, want string }{
		{"all", "root", `{}`, "alice bob crew gang root sam"},
		{"a kind", "root", `{"kind":"team"}`, "crew gang"},
		{"a lifecycle", "root", `{"lifecycle":"suspended"}`, "gang"},
		{"the active ones", "root", `{"lifecycle":"active"}`, "alice bob crew root"},
		{"a kind in a lifecycle", "root", `{"kind":"user","lifecycle":"archived"}`, "sam"},
		{"a kind that is active", "root", `{"kind":"team","lifecycle":"active"}`, "crew"},
		{"what there is not", "root", `{"kind":"moon"}`, ""},
		{"those related", "alice", `{}`, "alice crew"},
		{"oneself", "bob", `{}`, "bob"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c.t = t
			for _, limit := range []string{"200", "1"} {
				if got := strings.Join(c.ids(row.as, "principal.list", row.input, limit), " "); got != row.want {
					t.Errorf("by %s: %q, want %q", limit, got, row.want)
				}
			}
		})
	}
}

// ids walks all pages of a list.
func (c *cast) ids(as, name, input, limit string) []string {
	c.t.Helper()
	var found []string
	for cursor := ""; ; {
		in := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(input), &in); err != nil {
			c.t.Fatal(err)
		}
		in["limit"] = json.RawMessage(limit)
		if cursor != "" {
			in["cursor"] = json.RawMessage(`"` + cursor + `"`)
		}
		raw, err := json.Marshal(in)
		if err != nil {
			c.t.Fatal(err)
		}
		reply, code := c.call(step{as: as, op: name, input: string(raw)})
		if code != "" {
			c.t.Fatalf("%s: %s", name, code)
		}
		var page struct {
			Items []struct{ ID string }
			Next  *string `json:"next_cursor"`
		}
		if err := json.Unmarshal(reply.Output, &page); err != nil {
			c.t.Fatal(err)
		}
		for _, item := range page.Items {
			found = append(found, item.ID)
		}
		if page.Next == nil {
			return found
		}
		cursor = *page.Next
	}
}

// trail counts the entries of the trail that commands left.
func (c *cast) trail() (n int) {
	c.t.Helper()
	reply, _ := c.call(step{as: "root", op: "audit.verify", input: `{}`})
	var out struct{ Last int }
	if err := json.Unmarshal(reply.Output, &out); err != nil {
		c.t.Fatal(err)
	}
	return out.Last
}
