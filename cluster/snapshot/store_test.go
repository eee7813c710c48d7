package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/raftlog"
)

// state is a live state of one string.
type state struct {
	mu      sync.Mutex
	meta    raft.SnapshotMeta
	content string
}

func (s *state) Describe() (*raft.SnapshotMeta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	meta := s.meta
	return &meta, nil
}

func (s *state) Export(_ context.Context, w io.Writer) (*raft.SnapshotMeta, error) {
	s.mu.Lock()
	meta, content := s.meta, s.content
	s.mu.Unlock()
	_, err := io.WriteString(w, content)
	return &meta, err
}

func (s *state) set(index uint64, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meta.Index, s.meta.Term, s.content = index, 1, content
}

func openStore(t *testing.T, s *state) (*Store, *raftlog.Pins) {
	t.Helper()
	pins := &raftlog.Pins{}
	store, err := Open(Options{Dir: t.TempDir(), State: s, Pins: pins, Room: func() error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return store, pins
}

// transfer returns the stream of a store's live state and its description.
func transfer(t *testing.T, s *Store) ([]byte, *raft.SnapshotMeta) {
	t.Helper()
	meta, rc, err := s.Open("live")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := io.ReadAll(rc)
	if err := errors.Join(err, rc.Close()); err != nil {
		t.Fatal(err)
	}
	return stream, meta
}

func inTransit(t *testing.T, s *Store) int {
	t.Helper()
	entries, err := os.ReadDir(s.options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestEmptyStateIsNoSnapshot(t *testing.T) {
	store, _ := openStore(t, &state{})
	if list, err := store.List(); len(list) != 0 || err != nil {
		t.Errorf("list of an empty state: %v, %v", list, err)
	}
}

func TestListAndOpenFollowTheLiveState(t *testing.T) {
	live := &state{}
	store, pins := openStore(t, live)
	live.set(7, "seven")
	list, err := store.List()
	if err != nil || len(list) != 1 || list[0].Index != 7 || list[0].Term != 1 {
		t.Fatalf("list: %v, %v", list, err)
	}
	live.set(9, "nine") // applied between List and Open
	meta, rc, err := store.Open(list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if meta.Index != 9 {
		t.Errorf("opened the state at %d, want the newest", meta.Index)
	}
	if pin, ok := pins.Oldest(); !ok || pin != 9 {
		t.Errorf("the log is pinned at %d, %v; want 9", pin, ok)
	}
	stream, err := io.ReadAll(rc)
	if err != nil || int64(len(stream)) != meta.Size {
		t.Errorf("announced %d bytes, sent %d, %v", meta.Size, len(stream), err)
	}
	if err := rc.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := pins.Oldest(); !ok {
		t.Error("the pin ended with the transfer: the receiver is left without the next entries")
	}
	if n := inTransit(t, store); n != 0 {
		t.Errorf("%d files are left in transit", n)
	}
}

// receive feeds a stream into a sink, as Raft does.
func receive(store *Store, stream []byte, index uint64) (id string, err error) {
	sink, err := store.Create(1, index, 3, raft.Configuration{}, 5, nil)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(sink, bytes.NewReader(stream)); err != nil {
		return "", errors.Join(err, sink.Cancel())
	}
	return sink.ID(), sink.Close()
}

// wrapped hides a reader as Raft does before it calls Restore.
type wrapped struct{ io.ReadCloser }

func (w wrapped) WrappedReadCloser() io.ReadCloser { return w.ReadCloser }

func TestIncomingStateHasTheDescriptionOfItsSink(t *testing.T) {
	sender := &state{}
	sender.set(9, strings.Repeat("nine", 1000))
	from, _ := openStore(t, sender)
	stream, _ := transfer(t, from)

	to, _ := openStore(t, &state{})
	id, err := receive(to, stream, 42)
	if err != nil {
		t.Fatal(err)
	}
	_, rc, err := to.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	in, err := FromRestore(wrapped{rc})
	if err != nil {
		t.Fatal(err)
	}
	want := &raft.SnapshotMeta{Version: 1, ID: id, Index: 42, Term: 3, ConfigurationIndex: 5}
	if diff := cmp.Diff(want, in.Meta); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if content, err := io.ReadAll(in); string(content) != sender.content || err != nil {
		t.Errorf("content of %d bytes, %v; want %d", len(content), err, len(sender.content))
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if n := inTransit(t, to); n != 0 {
		t.Errorf("%d files are left in transit", n)
	}
}

func TestForeignReaderIsNotRestored(t *testing.T) {
	if _, err := FromRestore(io.NopCloser(strings.NewReader("x"))); err == nil {
		t.Error("a reader of unknown origin was accepted")
	}
}

func TestDamagedStreamIsRefused(t *testing.T) {
	live := &state{}
	live.set(9, "0123456789")
	from, _ := openStore(t, live)
	whole, _ := transfer(t, from)
	damage := map[string][]byte{"one byte too many": append(bytes.Clone(whole), 0)}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		damage[fmt.Sprintf("bit of byte %d", i)] = flipped
		if i > 0 {
			damage[fmt.Sprintf("cut after %d", i)] = whole[:i]
		}
	}
	to, _ := openStore(t, &state{})
	for name, stream := range damage {
		if _, err := receive(to, stream, 9); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
	if n := inTransit(t, to); n != 0 {
		t.Errorf("%d files are left in transit", n)
	}
	if _, err := receive(to, whole, 9); err != nil {
		t.Errorf("the whole stream: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	var whole bytes.Buffer
	if _, err := encode(&whole, func(w io.Writer) error { _, err := w.Write([]byte("payload")); return err }); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, stream []byte) {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }() // nothing was written that could be lost
		if _, err := file.Write(stream); err != nil {
			t.Fatal(err)
		}
		payload, err := verify(file)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if _, err := encode(&again, func(w io.Writer) error { _, err := io.Copy(w, payload); return err }); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Bytes(), stream) {
			t.Error("a stream that verifies is not the one that its payload makes")
		}
	})
}

func TestFullDiskEndsTheTransfer(t *testing.T) {
	full := errors.New("no room")
	live := &state{}
	live.set(9, strings.Repeat("x", 2*roomEvery))
	store, err := Open(Options{Dir: t.TempDir(), State: live, Pins: &raftlog.Pins{}, Room: func() error { return full }})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Open("live"); !errors.Is(err, full) {
		t.Errorf("export: %v, want the lack of room", err)
	}
	if _, err := receive(store, make([]byte, 2*roomEvery), 9); !errors.Is(err, full) {
		t.Errorf("import: %v, want the lack of room", err)
	}
	if n := inTransit(t, store); n != 0 {
		t.Errorf("%d files are left in transit", n)
	}
}

func TestRepeatedInstallsWithoutProgress(t *testing.T) {
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for _, row := range []struct {
		name     string
		at       []int
		progress int // before the n-th install
		fails    bool
	}{
		{"two", []int{0, 1}, -1, false},
		{"three at once", []int{0, 1, 2}, -1, true},
		{"three over time", []int{0, 40, 80}, -1, false},
		{"three with progress", []int{0, 1, 2}, 2, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := Repeats{Limit: 3, Window: time.Minute}
			var err error
			for i, s := range row.at {
				if i == row.progress {
					r.Progress()
				}
				err = r.Installed(at(s))
			}
			if (err != nil) != row.fails {
				t.Errorf("error %v, want one: %v", err, row.fails)
			}
		})
	}
}
