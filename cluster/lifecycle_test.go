package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster/raftlog"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/badgerdb"
)

// The real engine: a cluster that is stopped and started, and a node that is
// sent the state.
func TestOnDisk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.disk = func(dir string) (storage.Engine, error) {
		return badgerdb.Open(dir, badgerdb.Options{MemTableSize: 4 << 20})
	}
	w.form("a", "b", "c")
	leader := w.leader()
	for i := range 200 {
		leader.write(t, fmt.Sprint("k", i%10), fmt.Sprint(i))
	}
	var stopped []*resident
	for _, r := range w.nodes {
		stopped = append(stopped, r)
	}
	for _, r := range stopped {
		w.stop(r)
	}
	for _, r := range stopped {
		w.restart(r)
	}
	for _, r := range w.nodes {
		r.awaitReady()
		if got := r.read(t, "k9"); got != "199" {
			t.Errorf("%s reads %q after the restart", r.name, got)
		}
	}
	leader = w.leader()
	if err := errors.Join(leader.Node.engine.Flush(), leader.raft.Snapshot().Error()); err != nil {
		t.Fatal(err)
	}
	if first, err := leader.raftLog.FirstIndex(); err != nil || first == 1 {
		t.Fatalf("the log begins at %d, %v: nothing was cut", first, err)
	}
	d := w.start("d", 0)
	d.awaitReady()
	if got := d.read(t, "k9"); got != "199" {
		t.Errorf("the new node reads %q", got)
	}
	old, err := d.machine.engine.Snapshot(leader.machine.Position().Revision / 2)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if _, err := old.Get(dataKey("k9")); err != nil {
		t.Errorf("the new node has no history: %v", err)
	}
}

// A command that Raft never answers, because it stops, has an unknown outcome.
func TestCallsUnderWayEndWithTheNode(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	leader := w.leader()
	for name := range w.nodes {
		if name != leader.name {
			w.net.Path(leader.name, name).HoldRequests()
		}
	}
	before := leader.raft.LastIndex()
	result := make(chan error, 1)
	go func() { _, err := leader.Propose(t.Context(), []byte("x=1")); result <- err }()
	eventually(t, "the command is in the log", func() bool { return leader.raft.LastIndex() > before })
	w.stop(leader)
	if err := <-result; !fault.Is(err, fault.OutcomeUnknown) {
		t.Errorf("the call ended with %v, want outcome-unknown", err)
	}
	if _, err := leader.Propose(t.Context(), []byte("x=2")); !fault.Is(err, fault.Draining) {
		t.Errorf("a call of a stopped node ended with %v, want draining", err)
	}
}

func TestLongLogIsCut(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	tuning := quick
	tuning.LogBytes = 64 << 10
	tuning.SnapshotThreshold = 1 << 20 // never by itself
	r := w.startIn("a", t.TempDir(), newMortal(), 1, tuning)
	r.awaitReady()
	value := strings.Repeat("v", 4<<10)
	for i := range 100 {
		r.write(t, "x", fmt.Sprint(i, value))
	}
	eventually(t, "the log is cut", func() bool {
		first, err := r.raftLog.FirstIndex()
		return err == nil && first > 1
	})
	if r.engine.Durable() == 0 {
		t.Error("the log was cut and the engine was not flushed")
	}
}

// A node that is killed after its log was cut can start again, unless the log
// was cut past what the engine had flushed.
func TestCutAgainstKill(t *testing.T) {
	for _, row := range []struct {
		name   string
		boasts bool
		err    error
	}{
		{"clamped", false, nil},
		{"fault: not clamped", true, raftlog.ErrGap},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newTown(t)
			engine := newMortal()
			engine.boasts = row.boasts
			r := w.startIn("a", t.TempDir(), engine, 1, quick)
			r.awaitReady()
			for i := range 200 {
				r.write(t, "x", fmt.Sprint(i))
				if i == 50 {
					if err := engine.Flush(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := r.raft.Snapshot().Error(); err != nil {
				t.Fatal(err)
			}
			dead := w.kill(r)
			r, err := w.tryStart("a", dead.dir, dead.engine, 0, quick)
			if !errors.Is(err, row.err) {
				t.Fatalf("start: %v, want %v", err, row.err)
			}
			if err != nil {
				return
			}
			r.awaitReady()
			if got := r.read(t, "x"); got != "199" {
				t.Errorf("read %q, want the last write", got)
			}
		})
	}
}

func TestTransferThatNeverEndsStopsTheProcess(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	r := w.nodes["a"]
	r.noteTransfer(true)
	r.noteTransfer(false) // it ended
	r.noteTransfer(true)
	if len(r.fatal) != 0 {
		t.Fatalf("a fresh transfer stopped the node: %v", <-r.fatal)
	}
	r.mu.Lock()
	r.moved = r.moved.Add(-time.Minute)
	r.mu.Unlock()
	r.noteTransfer(true)
	if err := <-r.fatal; !errors.Is(err, errStuckTransfer) {
		t.Errorf("the node stops because of %v", err)
	}
}

// A node that crashed between drawing the cluster's id and writing the first
// configuration is still empty.
func TestHalfFormedNodeFormsAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	dir := t.TempDir()
	half, err := json.Marshal(membership{Server: "a.01234567", Cluster: "half", Forming: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, serverFile), half, 0o600); err != nil {
		t.Fatal(err)
	}
	r := w.startIn("a", dir, newMortal(), 1, quick)
	r.awaitReady()
	if id := r.ClusterID(); id == "half" || id == "" {
		t.Errorf("the cluster is %q", id)
	}
	r.write(t, "x", "1")
}

func TestDataDirectoryIsBoundToItsNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openDataDir(dir, "n1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := openDataDir(dir, "n1")
	if err != nil || again.Server != first.Server {
		t.Errorf("server %s became %s, %v", first.Server, again.Server, err)
	}
	if _, err := openDataDir(dir, "n2"); err == nil {
		t.Error("another node took the directory")
	}
	if err := again.setCluster("one"); err != nil {
		t.Fatal(err)
	}
	if err := again.setCluster("two"); err == nil {
		t.Error("the directory changed its cluster")
	}
	if other, err := openDataDir(t.TempDir(), "n1"); err != nil || other.Server == first.Server {
		t.Errorf("two directories have the server id %s, %v", first.Server, err)
	}
}

func TestMemberThatMovedIsFoundAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a", "b", "c")
	r := w.follower()
	w.stop(r)
	w.addr[r.name] = r.name + "-moved"
	r = w.restart(r)
	r.awaitReady()
	r.write(t, "x", "1")
	if got := r.read(t, "x"); got != "1" {
		t.Errorf("read %q", got)
	}
	for _, m := range w.leader().Status().Members {
		if m.Node == r.name && m.Address != w.addr[r.name] {
			t.Errorf("the configuration has %s at %s", m.Node, m.Address)
		}
	}
}

func TestStrangersAreRefusedByEveryCall(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.form("a")
	r := w.nodes["a"]
	answers := desk{r.Node}.handlers()
	for _, method := range []string{methodPropose, methodIndex, methodKeyring} {
		if _, err := answers[method](t.Context(), "stranger", []byte("x=1")); !fault.Is(err, fault.PermissionDenied) {
			t.Errorf("%s: %v, want permission-denied", method, err)
		}
	}
	forged := []byte(`{"server":"b.01234567","address":"b"}`)
	if _, err := answers[methodJoin](t.Context(), "stranger", forged); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("joined for another node: %v", err)
	}
	if err := r.admit("stranger"); err == nil {
		t.Error("a stranger may speak Raft")
	}
}
