package raftlog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

// fixture is a log on disk whose limits a test sets.
type fixture struct {
	*Log
	flushed uint64
	pins    Pins
	corrupt error
}

func openLog(t *testing.T, dir string) *fixture {
	t.Helper()
	store, err := OpenBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{flushed: math.MaxUint64}
	f.Log, err = New(store, Options{
		Flushed: func() (uint64, error) { return f.flushed, nil },
		Pins:    &f.pins,
		Corrupt: func(err error) { f.corrupt = err },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func entry(index, term uint64) *raft.Log {
	return &raft.Log{Index: index, Term: term, Data: fmt.Appendf(nil, "command %d of term %d", index, term)}
}

func (f *fixture) fill(t *testing.T, from, to, term uint64) {
	t.Helper()
	var logs []*raft.Log
	for i := from; i <= to; i++ {
		logs = append(logs, entry(i, term))
	}
	if err := f.StoreLogs(logs); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) span(t *testing.T) [2]uint64 {
	t.Helper()
	first, err := f.FirstIndex()
	if err != nil {
		t.Fatal(err)
	}
	last, err := f.LastIndex()
	if err != nil {
		t.Fatal(err)
	}
	return [2]uint64{first, last}
}

func TestEntriesAndVotesSurviveReopen(t *testing.T) {
	dir := t.TempDir()
	store, err := OpenBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	log, err := New(store, Options{Pins: &Pins{}})
	if err != nil {
		t.Fatal(err)
	}
	want := raft.Log{Index: 1, Term: 3, Type: raft.LogConfiguration, Data: []byte{}, Extensions: []byte("x")}
	if err := errors.Join(log.StoreLog(&want), log.SetUint64([]byte("CurrentTerm"), 3), log.Close()); err != nil {
		t.Fatal(err)
	}
	f := openLog(t, dir)
	var got raft.Log
	if err := f.GetLog(1, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entry differs (-stored +read):\n%s", diff)
	}
	if term, err := f.GetUint64([]byte("CurrentTerm")); term != 3 || err != nil {
		t.Errorf("term %d, %v; want 3", term, err)
	}
	// Raft knows the absence of a key by this text alone.
	if _, err := f.Get([]byte("other")); err == nil || err.Error() != "not found" {
		t.Errorf("absent key: %v", err)
	}
	if err := f.GetLog(2, &got); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("absent entry: %v", err)
	}
	if !f.IsMonotonic() {
		t.Error("not monotonic: Raft would keep a stale tail after an install")
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	openLog(t, dir)
	if _, err := OpenBolt(dir); err == nil {
		t.Error("two logs are open on one file")
	}
}

func TestFlippedBitStopsInsteadOfAnswering(t *testing.T) {
	dir := t.TempDir()
	store, err := OpenBolt(dir)
	if err != nil {
		t.Fatal(err)
	}
	log, err := New(store, Options{Pins: &Pins{}})
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte("payload."), 8)
	if err := errors.Join(log.StoreLog(&raft.Log{Index: 1, Term: 1, Data: secret}), log.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, FileName)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(file, secret)
	if at < 0 {
		t.Fatal("the entry is not in the file")
	}
	for _, offset := range []int{0, len(secret) / 2, len(secret) - 1} {
		damaged := bytes.Clone(file)
		damaged[at+offset] ^= 0x10
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprintf("byte %d", offset), func(t *testing.T) {
			f := openLog(t, dir)
			var got raft.Log
			if err := f.GetLog(1, &got); !errors.Is(err, ErrChecksum) {
				t.Errorf("read %q, %v; want ErrChecksum", got.Data, err)
			}
			if !errors.Is(f.corrupt, ErrChecksum) {
				t.Errorf("the node was told %v", f.corrupt)
			}
			// Without our checksum the store hands the damaged bytes out.
			if err := f.bottom.store.GetLog(1, &got); err != nil {
				t.Errorf("the store alone noticed: %v; the test proves nothing", err)
			}
		})
	}
}

// Each row asks for a deletion from a log of 1..100.
func TestTruncationIsClamped(t *testing.T) {
	for _, row := range []struct {
		name        string
		first, last uint64
		flushed     uint64
		pins        []uint64
		want        [2]uint64
	}{
		{"all flushed", 1, 60, 80, nil, [2]uint64{61, 100}},
		{"partly flushed", 1, 60, 40, nil, [2]uint64{41, 100}},
		{"nothing flushed", 1, 60, 0, nil, [2]uint64{1, 100}},
		{"pinned", 1, 60, 80, []uint64{50, 30}, [2]uint64{30, 100}},
		{"pinned at the first entry", 1, 60, 80, []uint64{1}, [2]uint64{1, 100}},
		{"pinned before the first entry", 1, 60, 80, []uint64{0}, [2]uint64{1, 100}},
		{"conflicting tail", 70, 100, 0, []uint64{1}, [2]uint64{1, 69}},
		{"everything, after an install", 1, 100, 0, []uint64{1}, [2]uint64{0, 0}},
		{"beyond the end", 1, 200, 0, nil, [2]uint64{0, 0}},
		{"fault: the engine claims more than it flushed", 1, 60, math.MaxUint64, nil, [2]uint64{61, 100}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := openLog(t, t.TempDir())
			f.fill(t, 1, 100, 1)
			f.flushed = row.flushed
			for _, pin := range row.pins {
				f.pins.Add(pin, time.Hour)
			}
			if err := f.DeleteRange(row.first, row.last); err != nil {
				t.Fatal(err)
			}
			if got := f.span(t); got != row.want {
				t.Errorf("log is %v, want %v", got, row.want)
			}
		})
	}
}

// A crash throws the state back to what was flushed. With the clamp the log can
// always continue from there; with it taken out, it cannot.
func TestTruncationAgainstCrash(t *testing.T) {
	run := func(t *rapid.T, dir string, clamped bool) error {
		store, err := OpenBolt(dir)
		if err != nil {
			t.Fatal(err)
		}
		var flushed uint64
		log, err := New(store, Options{Pins: &Pins{}, Flushed: func() (uint64, error) {
			if !clamped {
				return math.MaxUint64, nil
			}
			return flushed, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		last := uint64(0)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			var logs []*raft.Log
			for range rapid.IntRange(1, 30).Draw(t, "appended") {
				last++
				logs = append(logs, entry(last, 1))
			}
			if err := log.StoreLogs(logs); err != nil {
				t.Fatal(err)
			}
			flushed = rapid.Uint64Range(flushed, last).Draw(t, "flushed")
			if first, err := log.FirstIndex(); err != nil {
				t.Fatal(err)
			} else if to := rapid.Uint64Range(0, last-1).Draw(t, "to"); to >= first {
				if err := log.DeleteRange(first, to); err != nil {
					t.Fatal(err)
				}
			}
		}
		return log.Reconcile(flushed, 1)
	}
	t.Run("clamped", rapid.MakeCheck(func(rt *rapid.T) {
		if err := run(rt, t.TempDir(), true); err != nil {
			rt.Fatalf("the node cannot start: %v", err)
		}
	}))
	t.Run("fault: not clamped", func(t *testing.T) {
		lost := false
		rapid.Check(t, func(rt *rapid.T) {
			lost = lost || errors.Is(run(rt, t.TempDir(), false), ErrGap)
		})
		if !lost {
			t.Error("no run lost entries: the test proves nothing")
		}
	})
}

func TestReconcile(t *testing.T) {
	for _, row := range []struct {
		name        string
		logs        [][3]uint64 // from, to, term
		index, term uint64
		want        [2]uint64
		err         error
	}{
		{"both empty", nil, 0, 0, [2]uint64{0, 0}, nil},
		{"state without log", nil, 9, 1, [2]uint64{0, 0}, nil},
		{"log without state", [][3]uint64{{1, 5, 1}}, 0, 0, [2]uint64{1, 5}, nil},
		{"log goes on after the state", [][3]uint64{{1, 9, 1}}, 5, 1, [2]uint64{1, 9}, nil},
		{"log begins right after the state", [][3]uint64{{6, 9, 1}}, 5, 1, [2]uint64{6, 9}, nil},
		{"log ends with the state", [][3]uint64{{1, 5, 1}}, 5, 1, [2]uint64{1, 5}, nil},
		{"log ends before the state", [][3]uint64{{1, 4, 1}}, 5, 1, [2]uint64{0, 0}, nil},
		{"another history", [][3]uint64{{1, 9, 1}}, 5, 2, [2]uint64{0, 0}, nil},
		{"hole at the state", [][3]uint64{{1, 3, 1}, {7, 9, 1}}, 6, 1, [2]uint64{7, 9}, nil},
		{"entries lost after the state", [][3]uint64{{7, 9, 1}}, 5, 1, [2]uint64{7, 9}, ErrGap},
		{"entries lost before the first state", [][3]uint64{{2, 9, 1}}, 0, 0, [2]uint64{2, 9}, ErrGap},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := openLog(t, t.TempDir())
			f.flushed = 0 // the limits do not hold reconciliation back
			for _, l := range row.logs {
				f.fill(t, l[0], l[1], l[2])
			}
			if err := f.Reconcile(row.index, row.term); !errors.Is(err, row.err) {
				t.Errorf("error %v, want %v", err, row.err)
			}
			if got := f.span(t); got != row.want {
				t.Errorf("log is %v, want %v", got, row.want)
			}
		})
	}
}

func TestBytesFollowTheLog(t *testing.T) {
	dir := t.TempDir()
	f := openLog(t, dir)
	f.fill(t, 1, 500, 1)
	full := f.Bytes()
	if least := int64(500 * len("command 1 of term 1")); full < least {
		t.Errorf("500 entries weigh %d, want at least %d", full, least)
	}
	if err := f.DeleteRange(1, 250); err != nil {
		t.Fatal(err)
	}
	if half := f.Bytes(); half < full/3 || half > full*2/3 {
		t.Errorf("half of %d weighs %d", full, half)
	}
	if err := f.DeleteRange(251, 500); err != nil {
		t.Fatal(err)
	}
	if f.Bytes() != 0 {
		t.Errorf("an empty log weighs %d", f.Bytes())
	}
}

func TestPinsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pins
		check := func(when string, want uint64, held bool) {
			t.Helper()
			if got, ok := p.Oldest(); got != want || ok != held {
				t.Errorf("%s: oldest %d, %v; want %d, %v", when, got, ok, want, held)
			}
		}
		check("empty", 0, false)
		p.Add(20, time.Hour)
		short := p.Add(10, time.Minute)
		check("two pins", 10, true)
		short.ReleaseAfter(5 * time.Second)
		<-time.After(5 * time.Second) // the bubble's clock
		check("after the grace", 20, true)
		p.Add(5, time.Second).ReleaseAfter(time.Hour)
		<-time.After(time.Second)
		check("a grace beyond the limit", 20, true)
		<-time.After(time.Hour)
		check("after the limit", 0, false)
		p.Add(7, time.Hour)
		p.Drop()
		check("dropped", 0, false)
	})
}
