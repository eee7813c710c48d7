package acceptance_test

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loads is how many objects the load test makes: 2,000, or what
// WEIR_ACCEPTANCE_OBJECTS says.
func loads(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("WEIR_ACCEPTANCE_OBJECTS")
	if text == "" {
		return 2000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 100 {
		t.Fatalf("WEIR_ACCEPTANCE_OBJECTS is %q, not a number above 100", text)
	}
	return n
}

// load is objects being made by many clients.
type load struct {
	who    person
	want   int64
	next   atomic.Int64
	made   atomic.Int64
	repeat atomic.Int64

	mu  sync.Mutex // guards ids
	ids map[string]int64
}

// create makes one object, at one node after the other until one acknowledges.
func (l *load) create(ctx context.Context, n int64) (string, error) {
	key := "load-" + l.who.id + "-" + strconv.FormatInt(n, 10)
	in := object{"type": "load", "data": object{"n": n}}
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for node := int(n % 3); ; node = (node + 1) % 3 {
		try, cancel := context.WithTimeout(ctx, 10*time.Second)
		a, err := send(try, node, l.who.token, "POST", "/v1/objects", in, header{"Idempotency-Key", key})
		cancel()
		if err == nil && a.status == 201 {
			var made struct {
				ID      string `json:"id"`
				Version int64  `json:"version"`
			}
			err := json.Unmarshal(a.body, &made)
			return made.ID, err
		}
		if err == nil && a.status != 503 && a.status != 504 {
			return "", &unexpected{a}
		}
		l.repeat.Add(1)
		select {
		case <-pause.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

type unexpected struct{ answer }

func (u *unexpected) Error() string { return u.String() }

// client makes objects until there are enough.
func (l *load) client(ctx context.Context) error {
	for {
		n := l.next.Add(1) - 1
		if n >= l.want {
			return nil
		}
		id, err := l.create(ctx, n)
		if err != nil {
			return err
		}
		l.made.Add(1)
		l.mu.Lock()
		l.ids[id] = n
		l.mu.Unlock()
	}
}

func leader(ctx context.Context) (int, bool) {
	for node := range 3 {
		try, cancel := context.WithTimeout(ctx, 2*time.Second)
		a, err := send(try, node, cluster.Root, "GET", "/v1/cluster", nil, nil)
		cancel()
		var status struct {
			LeaderID string `json:"leader_id"`
		}
		if err != nil || a.status != 200 || json.Unmarshal(a.body, &status) != nil {
			continue
		}
		if i := cluster.Index(status.LeaderID); i >= 0 {
			return i, true
		}
	}
	return -1, false
}

// TestLoadWhileLeadersDie: 64 clients make objects through all nodes while the
// leader is killed twice.
func TestLoadWhileLeadersDie(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	l := &load{who: newcomer(t, "load"), want: loads(t), ids: map[string]int64{}}
	begin := time.Now()
	ended := make(chan error, 64)
	for range cap(ended) {
		go func() { ended <- l.client(ctx) }()
	}
	for kill := range int64(2) {
		until(t, "the load's progress", func(context.Context) bool { return l.made.Load() >= l.want*(2*kill+1)/5 })
		victim := -1
		until(t, "a leader", func(ctx context.Context) bool {
			var ok bool
			victim, ok = leader(ctx)
			return ok
		})
		at := l.made.Load()
		if err := cluster.Kill(victim); err != nil {
			t.Fatal(err)
		}
		killed := time.Now()
		until(t, "an acknowledgement after the kill", func(context.Context) bool { return l.made.Load() >= min(l.want, at+100) })
		t.Logf("%s was killed after %d objects; 100 more were there %v later", cluster.Name(victim), at, time.Since(killed).Round(time.Millisecond))
		if err := cluster.Start(victim); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Ready(ctx, victim); err != nil {
			t.Fatal(err)
		}
	}
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	took := time.Since(begin)
	t.Logf("%d objects in %v, %.0f a second, with %d tries repeated", l.want, took.Round(time.Millisecond), float64(l.want)/took.Seconds(), l.repeat.Load())
	if int64(len(l.ids)) != l.want {
		t.Fatalf("%d ids were given for %d objects", len(l.ids), l.want)
	}
	for node := range 3 {
		l.allThere(t, node)
	}
	l.versionsAreDense(t)
	sameHeads(t)
}

// allThere reads all pages of a node: each acknowledged object is there once
// and nothing else.
func (l *load) allThere(t *testing.T, node int) {
	t.Helper()
	seen := map[string]bool{}
	for query := "?limit=200"; query != ""; {
		a := l.who.at(t, node, "GET", "/v1/objects"+query, nil)
		for _, i := range a.items(t) {
			id := i["id"].(string)
			n, ok := l.ids[id]
			if !ok || seen[id] || num(i["version"]) != 1 || num(i["data"].(object)["n"]) != n {
				t.Errorf("node %d has %v, which was acknowledged: %v, seen before: %v", node, i, ok, seen[id])
			}
			seen[id] = true
		}
		query = ""
		if page := a.decode(t); page["has_more"] == true {
			query = "?limit=200&cursor=" + page["next_cursor"].(string)
		}
	}
	if len(seen) != len(l.ids) {
		t.Errorf("node %d has %d objects of %d", node, len(seen), len(l.ids))
	}
}

// versionsAreDense updates some of the objects, and reads their histories.
func (l *load) versionsAreDense(t *testing.T) {
	t.Helper()
	left := 20
	for id := range l.ids {
		if left--; left < 0 {
			return
		}
		for range 2 {
			l.who.must(t, "PUT", "/v1/objects/"+id, object{"data": object{}})
		}
		versions := l.who.ask(t, "GET", "/v1/objects/"+id+"/versions", nil).items(t)
		for i, v := range versions {
			if len(versions) != 3 || num(v["version"]) != int64(i+1) {
				t.Errorf("%s has the versions %v", id, versions)
			}
		}
	}
}
