package acceptance_test

import (
	"context"
	"encoding/json"
	"testing"
)

// Whichever node answers a read, the trail soon says so; where the type is
// strict, it says so before the reply.
func TestReadsAreTracedOnEachNode(t *testing.T) {
	alice := newcomer(t, "alice")
	note := alice.must(t, "POST", "/v1/objects", object{"type": "note", "data": object{}})
	id := note["id"].(string)
	// A page looks at some batches only, and other tests have left many.
	path := "/v1/audit/reads?target_id=" + id + "&since=" + note["created_at"].(string)
	for node := range 3 {
		alice.at(t, node, "GET", "/v1/objects/"+id, nil).good(t)
	}
	until(t, "three reads are in the trail", func(context.Context) bool {
		count := int64(0)
		for _, r := range alice.ask(t, "GET", path, nil).items(t) {
			n, err := r["count"].(json.Number).Int64()
			if err != nil || r["actor_id"] != alice.id {
				t.Fatalf("%v %v", r, err)
			}
			count += n
		}
		return count == 3
	})
	kind := "strict-" + random()
	root().must(t, "PUT", "/v1/audit/read-policies", object{"type": kind, "mode": "strict"})
	alice.ask(t, "PUT", "/v1/audit/read-policies", object{"mode": "off"}).is(t, 403, "permission-denied")
	secret := alice.must(t, "POST", "/v1/objects", object{"type": kind, "data": object{}})["id"].(string)
	for node := range 3 {
		alice.at(t, node, "GET", "/v1/objects/"+secret, nil).good(t)
		entries := alice.ask(t, "GET", "/v1/audit/entries?action=read&target_id="+secret, nil).items(t)
		if len(entries) != node+1 {
			t.Fatalf("after %d reads the trail has %v", node+1, entries)
		}
	}
}

// Every checkpoint that was signed stays to be had.
func TestCheckpointsAreAHistory(t *testing.T) {
	newcomer(t, "alice")
	root().ask(t, "GET", "/v1/audit/checkpoint?fresh=true", nil)
	for node := range 3 {
		items := root().at(t, node, "GET", "/v1/audit/checkpoints?order=-size&limit=3", nil).items(t)
		if len(items) == 0 {
			t.Fatal("there is no checkpoint")
		}
		for _, c := range items {
			size := string(c["size"].(json.Number))
			got := root().at(t, node, "GET", "/v1/audit/checkpoints/"+size, nil)
			if string(got.body) != c["note"] {
				t.Errorf("the checkpoint of %s entries is %s, and in the list %v", size, got.body, c["note"])
			}
		}
	}
}
