package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-store/weir/cluster/memnet"
	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/storage"
	"github.com/weir-store/weir/storage/memdb"
)

// mortal is an engine in memory that loses, when it is killed, what was not
// flushed.
type mortal struct {
	*memdb.DB
	durable atomic.Uint64
	boasts  bool // the fault: it claims to have flushed everything
}

func newMortal() *mortal { return &mortal{DB: memdb.New()} }

func (m *mortal) Durable() uint64 {
	if m.boasts {
		return m.Published()
	}
	return m.durable.Load()
}

func (m *mortal) Flush() error {
	m.durable.Store(m.Published())
	return nil
}

func (m *mortal) Replace(revision uint64, fill func(func(storage.Version) error) error) error {
	if err := m.DB.Replace(revision, fill); err != nil {
		return err
	}
	return m.Flush()
}

// Close leaves the content in place, for reborn.
func (m *mortal) Close() error { return nil }

// reborn is the engine as the next process finds it.
func (m *mortal) reborn(t *testing.T) *mortal {
	t.Helper()
	next := newMortal()
	if d := m.durable.Load(); d > 0 {
		err := next.Replace(d, func(add func(storage.Version) error) error { return m.Dump(t.Context(), d, add) })
		if err != nil {
			t.Fatal(err)
		}
	}
	return next
}

// town is a cluster in one process.
type town struct {
	t     *testing.T
	net   *memnet.Network
	keys  trust.Keys
	seeds []string
	nodes map[string]*resident
	// addr is where a node listens, by name; its name if there is none.
	addr map[string]string
	// disk opens engines on disk; nil takes engines in memory that can be killed.
	disk func(dir string) (storage.Engine, error)
}

// resident is a node and what outlives it.
type resident struct {
	*Node
	name    string
	dir     string
	engine  *mortal
	machine *register
	applied atomic.Int64 // entries that the machine applied in this life
	fatal   chan error
	tuning  Tuning
}

func newTown(t *testing.T) *town {
	t.Helper()
	keys, err := trust.ParseKeys([]byte(strings.Repeat("k", 40)))
	if err != nil {
		t.Fatal(err)
	}
	return &town{t: t, net: memnet.New(), keys: keys, nodes: map[string]*resident{}, addr: map[string]string{}}
}

// quick makes elections and the like fit for tests.
var quick = Tuning{
	Election: 500 * time.Millisecond, Seek: 10 * time.Second, MinFreeBytes: -1, MinFreeShare: -1,
	Settled: 200 * time.Millisecond, SnapshotInterval: 100 * time.Millisecond, SnapshotThreshold: 16, TrailingLogs: 64,
}

func (w *town) start(name string, expect int) *resident {
	w.t.Helper()
	return w.startIn(name, w.t.TempDir(), newMortal(), expect, quick)
}

func (w *town) startIn(name, dir string, engine *mortal, expect int, tuning Tuning) *resident {
	w.t.Helper()
	r, err := w.tryStart(name, dir, engine, expect, tuning)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *town) tryStart(name, dir string, engine *mortal, expect int, tuning Tuning) (*resident, error) {
	w.t.Helper()
	identity, err := trust.FromKeys(name, w.keys)
	if err != nil {
		w.t.Fatal(err)
	}
	gossipKeys, err := w.keys.Gossip()
	if err != nil {
		w.t.Fatal(err)
	}
	addr := w.addr[name]
	if addr == "" {
		addr = name
	}
	listener, err := w.net.Listen(addr)
	if err != nil {
		w.t.Fatal(err)
	}
	r := &resident{name: name, dir: dir, engine: engine, fatal: make(chan error, 1), tuning: tuning}
	r.Node, err = Open(Config{
		Dir: dir, Node: name, Identity: identity, Listener: listener, Dial: w.net.Dialer(addr),
		Gossip: &Gossip{Bind: "127.0.0.1:0", Keys: gossipKeys, Seeds: slices.Clone(w.seeds)},
		Expect: expect, HTTP: "http://" + name,
		Engine: func(dir string) (storage.Engine, error) {
			if w.disk != nil {
				return w.disk(dir)
			}
			return engine, nil
		},
		Machine: func(e storage.Engine) (Machine, error) {
			r.machine = &register{engine: e, pause: func() { r.applied.Add(1) }}
			return r.machine, nil
		},
		Keyring: func() ([]byte, error) { return []byte("keyring of " + name), nil },
		Fatal:   func(err error) { r.fatal <- err },
		Log:     slog.New(slog.DiscardHandler), Tuning: tuning,
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	w.seeds = append(w.seeds, r.gossip.Addr())
	w.nodes[name] = r
	w.t.Cleanup(func() { w.stop(r) })
	return r, nil
}

func (w *town) stop(r *resident) {
	w.t.Helper()
	if err := r.Close(); err != nil {
		w.t.Errorf("%s: %v", r.name, err)
	}
	if w.nodes[r.name] == r {
		delete(w.nodes, r.name)
	}
}

// kill stops a node and has its engine forget what was not flushed.
func (w *town) kill(r *resident) *resident {
	w.t.Helper()
	w.stop(r)
	r.engine = r.engine.reborn(w.t)
	return r
}

func (w *town) restart(r *resident) *resident {
	w.t.Helper()
	return w.startIn(r.name, r.dir, r.engine, 0, r.tuning)
}

func (w *town) form(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.start(name, len(names))
	}
	for _, r := range w.nodes {
		r.awaitReady()
	}
}

func (r *resident) awaitReady() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for r.Ready() != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			panic(fmt.Sprintf("%s is never ready: %v; %+v", r.name, r.Ready(), r.Status()))
		}
	}
}

func (w *town) leader() *resident {
	w.t.Helper()
	var leader *resident
	eventually(w.t, "a leader", func() bool {
		for _, r := range w.nodes {
			if r.Status().Leading {
				leader = r
				return true
			}
		}
		return false
	})
	return leader
}

func (w *town) follower() *resident {
	w.t.Helper()
	leader := w.leader()
	for _, r := range w.nodes {
		if r != leader {
			return r
		}
	}
	w.t.Fatal("no follower")
	return nil
}

// write sets a register. It does what a caller may do when a leader is lost on
// the way: setting the same value again changes nothing.
func (r *resident) write(t *testing.T, key, value string) {
	t.Helper()
	_, err := r.Propose(t.Context(), []byte(key+"="+value))
	if fault.Is(err, fault.OutcomeUnknown) {
		_, err = r.Propose(t.Context(), []byte(key+"="+value))
	}
	if err != nil {
		t.Fatalf("%s: write %s=%s: %v", r.name, key, value, err)
	}
}

func (r *resident) read(t *testing.T, key string) string {
	t.Helper()
	if err := r.Confirm(t.Context()); err != nil {
		t.Fatalf("%s: confirm: %v", r.name, err)
	}
	value, err := r.machine.get(key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

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
	_, err := w.leader().handleJoin(t.Context(), old.name, payload)
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
	r.disk.minBytes = 1 << 62
	if err := r.disk.measure(); err != nil {
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
