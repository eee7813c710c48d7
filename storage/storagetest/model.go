package storagetest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-store/weir/storage"
)

// model is the engine as one would explain it: all commits, in order.
type model struct {
	commits []storage.Commit
}

func (m *model) published() uint64 {
	if len(m.commits) == 0 {
		return 0
	}
	return m.commits[len(m.commits)-1].Revision
}

// rows gives the live rows of [start, end) at a revision by key. Volatile keys
// count only in the newest revision.
func (m *model) rows(revision uint64, start, end []byte) map[string]string {
	live := map[string]string{}
	for _, c := range m.commits {
		if c.Revision > revision {
			break
		}
		for _, w := range c.Writes {
			k := string(w.Key)
			switch {
			case k < string(start) || (end != nil && k >= string(end)):
			case w.Delete, w.Volatile && revision != m.published():
				delete(live, k)
			default:
				live[k] = string(w.Value)
			}
		}
	}
	return live
}

// keys of random work: few, so that they collide, and one the beginning of
// another. Those that begin with "v" are volatile.
var keys = []string{"a", "a\x00", "ab", "b", "b\xff", "c", "v", "v1", "v\x00", "\xff", ""}

func isVolatile(key string) bool { return strings.HasPrefix(key, "v") }

func randomCommit(rt *rapid.T, after uint64) storage.Commit {
	c := storage.Commit{Revision: after + rapid.Uint64Range(1, 3).Draw(rt, "step")}
	for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 6, rapid.ID[string]).Draw(rt, "keys") {
		w := storage.Write{Key: []byte(k), Volatile: isVolatile(k)}
		if w.Delete = rapid.IntRange(0, 3).Draw(rt, "delete") == 0; !w.Delete {
			size := rapid.SampledFrom([]int{0, 1, 10, 4000}).Draw(rt, "size")
			w.Value = []byte(strings.Repeat("x", size) + strconv.FormatUint(c.Revision, 10))
		}
		c.Writes = append(c.Writes, w)
	}
	return c
}

func randomBound(rt *rapid.T, name string) []byte {
	if rapid.IntRange(0, 3).Draw(rt, name+" open") == 0 {
		return nil
	}
	return []byte(rapid.SampledFrom(keys).Draw(rt, name))
}

// machine runs an engine beside the model.
type machine struct {
	t      *testing.T
	open   Open
	dir    string
	engine storage.Engine
	model  model
}

func checkModel(t *testing.T, open Open, restarts bool) {
	parent, run := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		dir := filepath.Join(parent, strconv.Itoa(run))
		m := &machine{t: t, open: open, dir: dir, engine: open(t, dir)}
		defer func() {
			if err := m.engine.Close(); err != nil {
				rt.Fatalf("close: %v", err)
			}
			if err := os.RemoveAll(dir); err != nil {
				rt.Fatal(err)
			}
		}()
		steps := []func(*rapid.T){m.apply, m.apply, m.apply, m.apply, m.apply, m.compareAll, m.flush, m.reload}
		if restarts {
			steps = append(steps, m.restart)
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			rapid.SampledFrom(steps).Draw(rt, "step")(rt)
			m.compare(rt, m.model.published())
		}
		m.compareAll(rt)
	})
}

func (m *machine) apply(rt *rapid.T) {
	var b storage.Batch
	last := m.model.published()
	for range rapid.IntRange(1, 4).Draw(rt, "commits") {
		c := randomCommit(rt, last)
		b.Commits = append(b.Commits, c)
		last = c.Revision
	}
	if err := m.engine.Apply(&b); err != nil {
		rt.Fatalf("apply: %v", err)
	}
	m.model.commits = append(m.model.commits, b.Commits...)
}

func (m *machine) flush(rt *rapid.T) {
	if err := m.engine.Flush(); err != nil {
		rt.Fatalf("flush: %v", err)
	}
	if got, want := m.engine.Durable(), m.model.published(); got != want {
		rt.Fatalf("durable %d after a flush, want %d", got, want)
	}
}

func (m *machine) restart(rt *rapid.T) {
	if err := m.engine.Close(); err != nil {
		rt.Fatalf("close: %v", err)
	}
	m.engine = m.open(m.t, m.dir)
	if got, want := m.engine.Durable(), m.model.published(); got != want {
		rt.Fatalf("durable %d after a restart, want %d", got, want)
	}
}

// reload replaces the content by its own dump: nothing may change.
func (m *machine) reload(rt *rapid.T) {
	revision := m.model.published()
	if revision == 0 {
		return
	}
	var all []storage.Version
	err := m.engine.Dump(m.t.Context(), revision, func(v storage.Version) error {
		all = append(all, clone(v))
		return nil
	})
	if err == nil {
		err = load(m.engine, revision, all)
	}
	if err != nil {
		rt.Fatalf("dump and replace: %v", err)
	}
}

func (m *machine) compareAll(rt *rapid.T) {
	for revision := uint64(1); revision <= m.model.published(); revision++ {
		m.compare(rt, revision)
	}
}

// compare reads one revision in every way.
func (m *machine) compare(rt *rapid.T, revision uint64) {
	if got, want := m.engine.Published(), m.model.published(); got != want {
		rt.Fatalf("published %d, want %d", got, want)
	}
	if revision == 0 {
		return
	}
	s, err := m.engine.Snapshot(revision)
	if err != nil {
		rt.Fatalf("snapshot at %d: %v", revision, err)
	}
	defer s.Close()
	past := revision != m.model.published()
	live := m.model.rows(revision, nil, nil)
	for _, k := range keys {
		if past && isVolatile(k) {
			continue
		}
		want, ok := live[k]
		if got := get(rt, s, k); (ok && got != want) || (!ok && got != "-") {
			rt.Fatalf("%q at %d: %q, want %q (%v)", k, revision, got, want, ok)
		}
	}
	start, end := randomBound(rt, "start"), randomBound(rt, "end")
	m.compareScan(rt, s, start, end, false, past)
	m.compareScan(rt, s, start, end, true, past)
}

func (m *machine) compareScan(rt *rapid.T, s storage.Reader, start, end []byte, reverse, past bool) {
	live := m.model.rows(s.Revision(), start, end)
	want := []string{}
	for _, k := range slices.Sorted(maps.Keys(live)) {
		want = append(want, k+"="+live[k])
	}
	if reverse {
		slices.Reverse(want)
	}
	got := walk(rt, s.Scan(start, end, reverse))
	if past {
		got = slices.DeleteFunc(got, isVolatile)
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("scan [%q, %q) reverse %v at %d:\n got %q\nwant %q", start, end, reverse, s.Revision(), got, want)
	}
}
