package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster/disk"
	"github.com/weir-store/weir/core/fault"
)

func TestAnyNodeTakesAnyCall(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	for _, writer := range w.nodes {
		writer.write(t, "x", writer.name)
		for _, reader := range w.nodes {
			if got := reader.read(t, "x"); got != writer.name {
				t.Errorf("%s reads %q after %s wrote", reader.name, got, writer.name)
			}
		}
	}
	first := w.leader()
	for _, r := range w.nodes {
		if r.ClusterID() == "" || r.ClusterID() != first.ClusterID() {
			t.Errorf("%s is of cluster %q, %s of %q", r.name, r.ClusterID(), first.name, first.ClusterID())
		}
		if !bytes.HasPrefix(r.Keyring(), []byte("keyring of ")) || !bytes.Equal(r.Keyring(), first.Keyring()) {
			t.Errorf("%s has keyring %q", r.name, r.Keyring())
		}
		if s := r.Status(); len(s.Members) != 3 || s.Leader != first.name {
			t.Errorf("%s: status %+v", r.name, s)
		}
	}
}

func TestAcknowledgedWritesSurviveKilledLeaders(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	var mu sync.Mutex
	acknowledged := map[string]string{}
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key, value := fmt.Sprintf("%d/%d", writer, i), fmt.Sprint(i)
				mu.Lock()
				var chosen *resident
				for _, r := range w.nodes {
					chosen = r
					break
				}
				mu.Unlock()
				if _, err := chosen.Propose(ctx, []byte(key+"="+value)); err == nil {
					mu.Lock()
					acknowledged[key] = value
					mu.Unlock()
				}
			}
		})
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(acknowledged) }
	for range 3 {
		start := count()
		eventually(t, "writes are acknowledged", func() bool { return count() > start+50 })
		leader := w.leader()
		mu.Lock()
		dead := w.kill(leader)
		mu.Unlock()
		start = count()
		eventually(t, "writes are acknowledged without it", func() bool { return count() > start+50 })
		mu.Lock()
		w.restart(dead)
		mu.Unlock()
	}
	cancel()
	writers.Wait()
	for _, r := range w.nodes {
		r.awaitReady()
		lost := 0
		if err := r.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		for key, want := range acknowledged {
			if got, err := r.machine.get(key); got != want || err != nil {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%s: %d of %d acknowledged writes are lost", r.name, lost, len(acknowledged))
		}
	}
}

// A restart applies what the engine had not flushed, and nothing else.
func TestRestartReplaysOnlyWhatWasNotFlushed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	r := w.nodes["a"]
	for i := range 20 {
		r.write(t, "flushed", fmt.Sprint(i))
	}
	if err := r.engine.Flush(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		r.write(t, "not flushed", fmt.Sprint(i))
	}
	before := r.Status().Index
	r = w.restart(w.kill(r))
	r.awaitReady()
	if got := r.read(t, "not flushed"); got != "2" {
		t.Errorf("read %q, want the last write", got)
	}
	if n := r.applied.Load(); n == 0 || n > 3 {
		t.Errorf("%d batches were applied after the restart, want 1 to 3", n)
	}
	if after := r.Status().Index; after != before {
		t.Errorf("the state was at %d and is at %d", before, after)
	}
}

func TestNewNodeIsSentTheStateAndGetsItsVote(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	leader := w.leader()
	for i := range 300 {
		leader.write(t, fmt.Sprint("k", i%7), fmt.Sprint(i))
	}
	for _, r := range w.nodes {
		if err := r.engine.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := leader.raft.Snapshot().Error(); err != nil {
		t.Fatal(err)
	}
	if first, err := leader.raftLog.FirstIndex(); err != nil || first == 1 {
		t.Fatalf("the log begins at %d, %v: nothing was cut", first, err)
	}
	d := w.start("d", 0)
	d.awaitReady()
	for i := range 7 {
		key := fmt.Sprint("k", i)
		if got, want := d.read(t, key), leader.read(t, key); got != want {
			t.Errorf("the new node reads %s = %q, the leader %q", key, got, want)
		}
	}
	eventually(t, "the new node has a vote", func() bool {
		return slices.ContainsFunc(d.Status().Members, func(m Member) bool { return m.Node == "d" && m.Voter })
	})
	if !bytes.Equal(d.Keyring(), leader.Keyring()) {
		t.Error("the new node has another keyring")
	}
	if d.repeats.Installed(time.Now()) != nil || d.applied.Load() > 200 {
		t.Errorf("the state was not sent: %d batches were applied", d.applied.Load())
	}
	d.write(t, "from", "d")
	if got := leader.read(t, "from"); got != "d" {
		t.Errorf("the leader reads %q", got)
	}
}

func TestSecondDataDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	old := w.follower()
	w.stop(old)
	again := w.start(old.name, 0)
	payload := []byte(`{"server":"` + string(again.Node.dir.Server) + `","address":"` + old.name + `"}`)
	_, err := desk{w.leader().Node}.handleJoin(t.Context(), old.name, payload)
	if !fault.Is(err, fault.AlreadyExists) {
		t.Errorf("a wiped node came back under its old id: %v", err)
	}
	if err := w.leader().Remove(t.Context(), old.name); err != nil {
		t.Fatal(err)
	}
	again.awaitReady()
}

func TestMinorityRefuses(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	old := w.leader()
	old.write(t, "x", "old")
	var others []string
	for name := range w.nodes {
		if name != old.name {
			others = append(others, name)
		}
	}
	w.net.Cut([]string{old.name}, others)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := old.Propose(ctx, []byte("x=lost"))
	if !fault.Is(err, fault.OutcomeUnknown) && !fault.Is(err, fault.NoLeader) {
		t.Errorf("a write in the minority: %v", err)
	}
	if err := old.Confirm(ctx); !fault.Is(err, fault.NoLeader) {
		t.Errorf("a read in the minority: %v, want no-leader", err)
	}
	w.nodes[others[0]].write(t, "x", "new")
	w.net.Heal([]string{old.name}, others)
	if got := old.read(t, "x"); got != "new" {
		t.Errorf("after heal the old leader reads %q", got)
	}
}

func TestWaitingCommandsShareEntries(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	leader := w.leader()
	before := leader.raft.LastIndex()
	const commands = 2000
	var calls sync.WaitGroup
	for i := range commands {
		calls.Go(func() {
			if _, err := leader.Propose(t.Context(), fmt.Appendf(nil, "k%d=%d", i, i)); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if entries := leader.raft.LastIndex() - before; entries < commands/maxBatch || entries > commands/4 {
		t.Errorf("%d commands took %d entries", commands, entries)
	}
	for i := range commands {
		if got, err := leader.machine.get(fmt.Sprint("k", i)); got != fmt.Sprint(i) || err != nil {
			t.Fatalf("k%d is %q, %v", i, got, err)
		}
	}
}

func TestMachineThatFailsStopsTheNode(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	r := w.nodes["a"]
	_, err := r.Propose(t.Context(), []byte("fail=now"))
	if !fault.Is(err, fault.OutcomeUnknown) {
		t.Errorf("the call ended with %v, want outcome-unknown", err)
	}
	if err := <-r.fatal; err == nil || !strings.Contains(err.Error(), "told to fail") {
		t.Errorf("the node stops because of %v", err)
	}
	if _, err := r.Propose(t.Context(), []byte("x=1")); !fault.Is(err, fault.OutcomeUnknown) {
		t.Errorf("a command after the stop: %v", err)
	}
	if got, err := r.machine.get("x"); got != "" || err != nil {
		t.Errorf("an entry was applied after the stop: %q, %v", got, err)
	}
	if r.Ready() == nil {
		t.Error("the node says that it is ready")
	}
}

func TestFullDiskRefusesWritesAndAnswersReads(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	r := w.nodes["a"]
	r.write(t, "x", "1")
	r.disk = disk.Watch(r.dir, 1<<60, -1)
	if err := r.disk.Measure(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Propose(t.Context(), []byte("x=2")); !fault.Is(err, fault.StorageFull) {
		t.Errorf("write on a full disk: %v, want storage-full", err)
	}
	if got := r.read(t, "x"); got != "1" {
		t.Errorf("read %q on a full disk", got)
	}
}

func TestNodesThatDisagreeFormNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	a := w.start("a", 2)
	b := w.start("b", 3)
	for _, r := range []*resident{a, b} {
		if err := <-r.fatal; !errors.Is(err, errBootstrap) {
			t.Errorf("%s: %v, want the disagreement", r.name, err)
		}
	}
	if a.ClusterID() != "" || b.ClusterID() != "" {
		t.Error("a cluster was formed")
	}
}

func TestTransferAndRemove(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	old, next := w.leader(), w.follower()
	next.write(t, "x", "1")
	if err := next.Transfer(t.Context(), old.name); !fault.Is(err, fault.NoLeader) {
		t.Errorf("a follower handed over: %v", err)
	}
	eventually(t, "the transfer", func() bool {
		return old.Transfer(t.Context(), next.name) == nil || next.Status().Leading
	})
	eventually(t, "the new leader", func() bool { return next.Status().Leading })
	next.write(t, "x", "2")
	if err := next.Remove(t.Context(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed nobody: %v", err)
	}
	if err := next.Remove(t.Context(), old.name); err != nil {
		t.Fatal(err)
	}
	if got := len(next.Status().Members); got != 2 {
		t.Errorf("%d members are left", got)
	}
	next.write(t, "x", "3")
}
