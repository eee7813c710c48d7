package testkit_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-store/weir/internal/testkit"
)

// moves are what happens in a random history, about a few notes and scopes; what
// a state does not allow is refused and passed over.
var moves = []step{
	{as: "alice", op: "object.update", input: `{"id":"$note%d","data":{"n":%d}}`},
	{as: "alice", op: "object.delete", input: `{"id":"$note%d","reason":"%d"}`},
	{as: "alice", op: "object.restore", input: `{"id":"$note%d","reason":"%d"}`},
	{as: "alice", op: "scope.project", input: `{"id":"$team%[2]d","object_id":"$note%[1]d","level":"write"}`},
	{as: "alice", op: "scope.project", input: `{"id":"$team%[2]d","object_id":"$note%[1]d","level":"read"}`},
	{as: "alice", op: "scope.unproject", input: `{"id":"$team%[2]d","object_id":"$note%[1]d"}`},
	{as: "alice", op: "scope.update", input: `{"id":"$team%[1]d","name":"name %[2]d"}`},
	{as: "alice", op: "scope.freeze", input: `{"id":"$team%[1]d"}`},
	{as: "alice", op: "scope.unfreeze", input: `{"id":"$team%[1]d"}`},
	{as: "alice", op: "scope.archive", input: `{"id":"$team%[1]d"}`},
	{as: "alice", op: "scope.create", input: `{"name":"below","parent_id":"$team%[1]d"}`},
	{as: "alice", op: "scope.add_member", input: `{"id":"$team%[1]d","principal_id":"zoe","role":"viewer"}`},
	{as: "alice", op: "scope.add_member", input: `{"id":"$team%[1]d","principal_id":"bob","role":"editor"}`},
	{as: "alice", op: "scope.remove_member", input: `{"id":"$team%[1]d","principal_id":"bob"}`},
	{as: "alice", op: "object.create", input: `{"type":"note","data":{"n":%[2]d}}`},
	{as: "root", op: "principal.suspend", input: `{"id":"bob"}`},
	{as: "root", op: "principal.resume", input: `{"id":"bob"}`},
	{as: "root", op: "principal.update", input: `{"id":"zoe","display_name":"zoe %[2]d"}`},
	{as: "root", op: "principal.permit", input: `{"id":"zoe","permission":"audit.read"}`},
	{as: "root", op: "principal.forbid", input: `{"id":"zoe","permission":"audit.read"}`},
	{as: "host", op: "org.add_member", input: `{"id":"$org","usr_id":"$otto","role":"admin"}`, name: "mem0", member: "id"},
	{as: "host", op: "org.add_member", input: `{"id":"$org","usr_id":"$ida","role":"owner"}`, name: "mem1", member: "id"},
	{as: "host", op: "membership.change_role", input: `{"id":"$mem0","new_role":"editor"}`, name: "mem0", member: "id"},
	{as: "host", op: "membership.change_role", input: `{"id":"$mem1","new_role":"guest"}`, name: "mem1", member: "id"},
	{as: "host", op: "membership.change_role", input: `{"id":"$mem1","new_role":"owner"}`, name: "mem1", member: "id"},
	{as: "host", op: "membership.change_role", input: `{"id":"$mem2","new_role":"admin"}`, name: "mem2", member: "id"},
	{as: "host", op: "membership.suspend", input: `{"id":"$mem%d"}`},
	{as: "host", op: "membership.reinstate", input: `{"id":"$mem%d"}`},
	{as: "host", op: "membership.admin_remove", input: `{"id":"$mem%d"}`},
	{as: "host", op: "membership.self_leave", input: `{"id":"$mem2","transfer_to":"$ida"}`},
	{as: "host", op: "org.transfer_ownership", input: `{"id":"$org","from_mem_id":"$mem1","to_mem_id":"$mem0"}`},
	{as: "host", op: "org.suspend", input: `{"id":"$org"}`},
	{as: "host", op: "org.reinstate", input: `{"id":"$org"}`},
	{as: "host", op: "org.freeze", input: `{"id":"$org"}`},
	{as: "host", op: "org.unfreeze", input: `{"id":"$org"}`},
}

// filled puts two numbers into an input, as far as it has places for them.
func filled(input string, numbers ...any) string {
	places := 0
	for n := range numbers {
		if strings.Count(input, "%d") > n || strings.Contains(input, fmt.Sprintf("%%[%d]d", n+1)) {
			places = n + 1
		}
	}
	return fmt.Sprintf(input, numbers[:places]...)
}

// Random histories, rollbacks among them, are taken back entry by entry from
// their end: everything has its content of the beginning again. Taken back
// once more, that of the end.
func TestRandomHistoriesAreTakenBack(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 8
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			start, _ := scenarios(t)
			p := play(t, testkit.New(t), start, scenario{})
			for i := range 3 {
				p.must(step{as: "alice", op: "object.create", input: `{"type":"note","data":{"n":0}}`, name: fmt.Sprint("note", i), member: "id"})
				p.must(step{as: "alice", op: "scope.create", input: `{"name":"team"}`, name: fmt.Sprint("team", i), member: "id"})
			}
			p.must(step{as: "una", op: "org.create", input: `{}`, name: "mem2", member: "owner_membership.id"})
			p.must(step{as: "una", op: "membership.get", input: `{"id":"$mem2"}`, name: "org", member: "org_id"})
			for _, name := range []string{"bob", "zoe", "host"} {
				p.tokens[name] = p.key(name)
			}
			beginning, first := p.Engine.Published(), p.size()
			for range 40 {
				x := moves[r.IntN(len(moves))]
				x.input = filled(x.input, r.IntN(3), r.IntN(3))
				if _, err := p.run(x, ""); err != nil || r.IntN(4) > 0 {
					continue
				}
				// Now and then one of the last few changes is taken back.
				all := p.entries(max(first, p.size()-3))
				if len(all) == 0 {
					continue
				}
				e := all[r.IntN(len(all))]
				if who, out := p.entitled("alice", e); out.Success {
					p.must(step{as: who, op: "rollback.create", input: p.undoing(e, false)})
				}
			}
			end := p.Engine.Published()
			done := p.takeBack("alice", p.entries(first))
			p.compare("taken back", beginning)
			p.takeBack("alice", done)
			p.compare("done again", end)
			p.Verify()
		})
	}
}
