package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
