package acceptance_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests TestB1 to TestB16 are promises that systems of this kind are known
// to break. Each is shown on three nodes; what needs no node has a test of the
// same number at its layer too.

// entriesOf is the whole trail of one thing as the administrator of the
// cluster sees it, oldest first.
func entriesOf(t *testing.T, node int, id string, more ...string) (all []object) {
	t.Helper()
	for query := "limit=200"; query != ""; {
		a := root().at(t, node, "GET", "/v1/audit/entries?target_id="+id+"&"+query+strings.Join(more, ""), nil)
		all = append(all, a.items(t)...)
		query = ""
		if page := a.decode(t); page["has_more"] == true {
			query = "limit=200&cursor=" + page["next_cursor"].(string)
		}
	}
	return all
}

// changes counts the entries of a thing by action.
func changes(t *testing.T, node int, id string, more ...string) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for _, e := range entriesOf(t, node, id, more...) {
		if e["outcome"] == "ok" {
			counts[e["action"].(string)]++
		}
	}
	return counts
}

// writer updates one object again and again, through all nodes, until it is
// told to stop. Whatever it did not hear back of it does not count.
func writer(ctx context.Context, who person, id string) error {
	for n := 0; ctx.Err() == nil; n++ {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		a, err := send(try, n%3, who.token, "PUT", "/v1/objects/"+id, object{"data": object{"n": n}}, nil)
		cancel()
		if err == nil && a.status != 200 && a.status != 503 && a.status != 504 {
			return &unexpected{a}
		}
	}
	return nil
}

// Between data and trace there is no moment to be killed in.
func TestB1NothingBetweenDataAndTrace(t *testing.T) {
	const writers, kills = 8, 3
	who := newcomer(t, "writer")
	var ids []string
	for range writers {
		ids = append(ids, who.note(t, object{}))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, writers)
	for _, id := range ids {
		go func() { ended <- writer(ctx, who, id) }()
	}
	for range kills {
		victim := -1
		until(t, "a leader", func(ctx context.Context) (ok bool) { victim, ok = leader(ctx); return ok })
		var before int64
		for _, id := range ids {
			before += num(who.at(t, victim, "GET", "/v1/objects/"+id, nil).good(t)["version"])
		}
		until(t, "some writes", func(ctx context.Context) bool {
			var now int64
			for _, id := range ids {
				if a, err := send(ctx, victim, who.token, "GET", "/v1/objects/"+id, nil, nil); err == nil && a.status == 200 {
					now += num(a.decode(t)["version"])
				}
			}
			return now > before+20
		})
		if err := cluster.Kill(victim); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Start(victim); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Ready(ctx, victim); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	for range writers {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	for node := range 3 {
		for _, id := range ids {
			// A write that nobody waits for any more may still be on its way, so
			// both are asked as of one revision.
			a := who.at(t, node, "GET", "/v1/objects/"+id, nil)
			version := num(a.good(t)["version"])
			got := changes(t, node, id, "&at="+strconv.FormatUint(a.revision(t), 10))
			if got["create"] != 1 || got["update"] != version-1 {
				t.Errorf("node %d has %s at version %d with the entries %v", node, id, version, got)
			}
		}
	}
	sameHeads(t)
}

// Of many updates of one object each wins or is told of the conflict, and each
// version has its one entry.
func TestB2ConcurrentUpdates(t *testing.T) {
	const clients, tries = 12, 20
	who := newcomer(t, "writer")
	id := who.note(t, object{})
	won := make(chan int64, clients*tries)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for try := range tries {
				node := (c + try) % 3
				a := who.at(t, node, "GET", "/v1/objects/"+id, nil)
				etag := a.header.Get("ETag")
				put := who.at(t, node, "PUT", "/v1/objects/"+id, object{"data": object{"by": c}}, "If-Match", etag)
				switch put.status {
				case 200:
					version := num(put.decode(t)["version"])
					if want := fmt.Sprintf(`"v%d"`, version-1); etag != want {
						t.Errorf("version %d followed %s", version, etag)
					}
					won <- version
				case 412:
					put.is(t, 412, "version-conflict")
				default:
					t.Errorf("%v; want 200 or 412", put)
				}
			}
		})
	}
	all.Wait()
	close(won)
	seen := map[int64]bool{1: true}
	for v := range won {
		if seen[v] {
			t.Errorf("version %d was given twice", v)
		}
		seen[v] = true
	}
	for node := range 3 {
		last := num(who.at(t, node, "GET", "/v1/objects/"+id, nil).good(t)["version"])
		got := changes(t, node, id)
		if last != int64(len(seen)) || got["update"] != last-1 {
			t.Errorf("node %d is at version %d; %d were acknowledged, and the entries are %v", node, last, len(seen), got)
		}
	}
}

// Two that race are as if one had come after the other.
func TestB3RacesAreSerial(t *testing.T) {
	const rounds = 15
	who, bob := newcomer(t, "writer"), newcomer(t, "bob")
	race := func(first, second func() answer) (a, b answer) {
		done := make(chan answer)
		go func() { done <- first() }()
		b = second()
		return <-done, b
	}
	t.Run("update and delete", func(t *testing.T) {
		for n := range rounds {
			id := who.note(t, object{})
			update, deleted := race(
				func() answer { return who.at(t, n%3, "PUT", "/v1/objects/"+id, object{"data": object{"n": n}}) },
				func() answer { return who.at(t, (n+1)%3, "DELETE", "/v1/objects/"+id, nil) },
			)
			if deleted.status != 204 {
				t.Fatal(deleted)
			}
			want := int64(1)
			switch update.status {
			case 200:
				if want = 2; update.revision(t) > deleted.revision(t) {
					t.Errorf("an update at %d of what was deleted at %d", update.revision(t), deleted.revision(t))
				}
			default:
				update.is(t, 409, "isolation-violation")
			}
			dead := who.ask(t, "GET", "/v1/objects/"+id+"?include=tombstoned", nil).good(t)
			if num(dead["version"]) != want || dead["lifecycle"] != "tombstoned" {
				t.Errorf("left is %v; want version %d, tombstoned", dead, want)
			}
		}
	})
	t.Run("add and archive", func(t *testing.T) {
		for n := range rounds {
			scope := who.scope(t, "")
			id := who.note(t, object{})
			who.project(t, scope, id, "read")
			added, archived := race(
				func() answer {
					return who.at(t, n%3, "POST", "/v1/scopes/"+scope+"/members", object{"principal_id": bob.id})
				},
				func() answer { return who.at(t, (n+1)%3, "POST", "/v1/scopes/"+scope+"/archive", object{}) },
			)
			if archived.status != 200 {
				t.Fatal(archived)
			}
			if added.status/100 != 2 {
				added.is(t, 409, "scope-frozen")
			} else if added.revision(t) > archived.revision(t) {
				t.Errorf("a member at %d in a scope that was archived at %d", added.revision(t), archived.revision(t))
			}
			bob.ask(t, "GET", "/v1/objects/"+id, nil).is(t, 404, "not-found")
		}
	})
}

// A revocation that was acknowledged holds on each node and on each path: read,
// list, check and visible set, direct and inherited.
func TestB5RevokedIsRevoked(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	parent := owner.scope(t, "")
	child := owner.scope(t, parent)
	direct, inherited := owner.note(t, object{"of": "child"}), owner.note(t, object{"of": "parent"})
	owner.project(t, child, direct, "write")
	owner.project(t, parent, inherited, "read")
	sees := func(t *testing.T, node int, after string, want bool) {
		t.Helper()
		for _, id := range []string{direct, inherited} {
			got := bob.at(t, node, "GET", "/v1/objects/"+id, nil, "Weir-Min-Revision", after)
			listed, visible := false, false
			for _, o := range bob.at(t, node, "GET", "/v1/objects?type=note&limit=200", nil).items(t) {
				listed = listed || o["id"] == id
			}
			for _, o := range bob.at(t, node, "GET", "/v1/access/visible?limit=200", nil).items(t) {
				visible = visible || o["id"] == id || o["object_id"] == id
			}
			allowed := bob.at(t, node, "POST", "/v1/access/check", object{"action": "read", "object_id": id}).good(t)["allowed"] == true
			if (got.status == 200) != want || listed != want || visible != want || allowed != want {
				t.Errorf("node %d: get %d, listed %v, visible %v, allowed %v; want %v", node, got.status, listed, visible, allowed, want)
			}
		}
	}
	for round := range 3 {
		added := owner.at(t, round, "POST", "/v1/scopes/"+child+"/members", object{"principal_id": bob.id, "role": "editor"})
		added.good(t)
		for node := range 3 {
			sees(t, node, strconv.FormatUint(added.revision(t), 10), true)
		}
		removed := owner.at(t, (round+1)%3, "DELETE", "/v1/scopes/"+child+"/members/"+bob.id, nil)
		removed.good(t)
		for node := range 3 {
			sees(t, node, strconv.FormatUint(removed.revision(t), 10), false)
			bob.at(t, node, "PUT", "/v1/objects/"+direct, object{"data": object{}}).is(t, 404, "not-found")
		}
	}
}

// Who may write by a scope writes through the objects' own routes; who may only
// read by the same projection is refused.
func TestB6MembersWrite(t *testing.T) {
	owner, editor, viewer := newcomer(t, "owner"), newcomer(t, "editor"), newcomer(t, "viewer")
	scope, id := owner.scope(t, ""), owner.note(t, object{"n": 1})
	owner.project(t, scope, id, "write")
	owner.add(t, scope, editor, "editor")
	owner.add(t, scope, viewer, "viewer")
	viewer.ask(t, "PUT", "/v1/objects/"+id, object{"data": object{"n": 3}}).is(t, 403, "permission-denied")
	editor.must(t, "PUT", "/v1/objects/"+id, object{"data": object{"n": 2}})
	for node := range 3 {
		got := viewer.at(t, node, "GET", "/v1/objects/"+id, nil).good(t)
		if num(got["version"]) != 2 || num(got["data"].(object)["n"]) != 2 {
			t.Errorf("node %d: %v", node, got)
		}
	}
	by := entriesOf(t, 0, id)
	if last := by[len(by)-1]; last["action"] != "update" || last["actor_id"] != editor.id {
		t.Errorf("the trail says %v", last)
	}
}

// Data that no reader could rely on is refused without effect; numbers come
// back with each of their digits.
func TestB13DataIsExact(t *testing.T) {
	who := newcomer(t, "writer")
	for _, data := range []string{`{"n":NaN}`, `{"n":Infinity}`, `{"n":1,"n":2}`, `{"at":2026-01-01}`, `[1]`, `"text"`, `{"n":01}`} {
		a := who.ask(t, "POST", "/v1/objects", content(data))
		if a.status != 400 && a.status != 422 {
			t.Errorf("%s: %v", data, a)
		}
	}
	if left := root().ask(t, "GET", "/v1/audit/entries?actor_id="+who.id, nil).items(t); len(left) != 0 {
		t.Errorf("data that was refused left %v", left)
	}
	made := who.ask(t, "POST", "/v1/objects", content(`{"n":1152921504606846977,"f":1.10}`)).good(t)
	for node := range 3 {
		a := who.at(t, node, "GET", "/v1/objects/"+made["id"].(string), nil)
		if !strings.Contains(string(a.body), "1152921504606846977") || !strings.Contains(string(a.body), "1.10") {
			t.Errorf("node %d gives %v", node, a)
		}
	}
}

// What came to an end comes back, and what is changed by granting again is
// changed and traced.
func TestB15GrantsAgain(t *testing.T) {
	owner, bob := newcomer(t, "owner"), newcomer(t, "bob")
	scope, id := owner.scope(t, ""), owner.note(t, object{})
	members := "/v1/scopes/" + scope + "/members"
	owner.project(t, scope, id, "read")
	stamp := func(d time.Duration) string {
		return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	}
	owner.must(t, "POST", members, object{"principal_id": bob.id, "role": "editor", "expires_at": stamp(time.Second)})
	until(t, "the end of the membership", func(ctx context.Context) bool {
		a, err := send(ctx, 0, bob.token, "GET", "/v1/objects/"+id, nil, nil)
		return err == nil && a.status == 404
	})
	again := owner.must(t, "POST", members, object{"principal_id": bob.id, "role": "editor", "expires_at": stamp(time.Hour)})
	bob.ask(t, "GET", "/v1/objects/"+id, nil).is(t, 200, "")
	later := owner.must(t, "POST", members, object{"principal_id": bob.id, "role": "editor", "expires_at": stamp(2 * time.Hour)})
	if again["id"] != later["id"] || again["expires_at"] == later["expires_at"] {
		t.Errorf("granted again %v, then with a later end %v", again, later)
	}
	traced := entriesOf(t, 1, later["id"].(string), "&action=membership_change")
	if len(traced) < 3 || traced[len(traced)-1]["before_digest"] == nil || traced[len(traced)-1]["after_digest"] == nil {
		t.Errorf("the trail of the membership is %v", traced)
	}
	bob.ask(t, "PUT", "/v1/objects/"+id, object{"data": object{}}).is(t, 403, "permission-denied")
	owner.project(t, scope, id, "write")
	bob.must(t, "PUT", "/v1/objects/"+id, object{"data": object{}})
}
