package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// machine is an FSM whose local snapshots wait until the test lets them end.
type machine struct {
	*state
	begun, end chan struct{}
	// applied is told of each entry, by those tests that wait for one.
	applied chan uint64
}

func (m *machine) Apply(l *raft.Log) any {
	m.set(l.Index, string(l.Data))
	if m.applied != nil {
		m.applied <- l.Index
	}
	return nil
}

func (m *machine) Snapshot() (raft.FSMSnapshot, error) { return m, nil }

func (m *machine) Persist(sink raft.SnapshotSink) error {
	close(m.begun)
	<-m.end
	return sink.Close()
}

func (m *machine) Release() {}

func (m *machine) Restore(rc io.ReadCloser) error {
	in, err := FromRestore(rc)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(in)
	m.set(in.Meta.Index, string(content))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.meta.Term = in.Meta.Term
	return err
}

// A snapshot that is begun before an install and ends after it must not set
// back what Raft believes to be the newest snapshot: it could then no longer
// name the entry before its log, and would send and ask for snapshots for ever.
func TestSnapshotDuringInstall(t *testing.T) {
	for _, row := range []struct {
		name string
		take func(*Store) // takes the remedy out
		want string
	}{
		{"guarded", func(*Store) {}, "100"},
		{"fault: no guard", func(s *Store) { s.mu.Lock(); s.floor = 0; s.mu.Unlock() }, "3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := &machine{state: &state{}, begun: make(chan struct{}), end: make(chan struct{}), applied: make(chan uint64, 3)}
			store, _ := openStore(t, m.state)
			node, leader := follower(t, m, store, raft.NewInmemStore())
			if !sent(t, leader, position{1, 1}, position{3, 1}, 3) {
				t.Fatal("the entries are refused")
			}
			for <-m.applied < 3 { // before that Raft may find nothing to take a snapshot of
			}
			taken := node.Snapshot() // waits in Persist
			<-m.begun
			install(t, leader, "one hundred", 100, 1)
			row.take(store)
			close(m.end)
			if err := taken.Error(); (err == nil) != (row.want != "100") {
				t.Errorf("the older snapshot ended with %v", err)
			}
			if got := node.Stats()["last_snapshot_index"]; got != row.want {
				t.Errorf("Raft believes in a snapshot at %s, want %s", got, row.want)
			}
			if m.content != "one hundred" {
				t.Errorf("state is %q", m.content)
			}
		})
	}
}

var header = raft.RPCHeader{ProtocolVersion: 3, ID: []byte("l"), Addr: []byte("l")}

// log is where a Raft node keeps entries and votes.
type log interface {
	raft.LogStore
	raft.StableStore
}

// follower starts a Raft node, on a new log or on an old one, and returns a
// transport that plays its leader.
func follower(t *testing.T, m raft.FSM, store *Store, log log) (*raft.Raft, raft.Transport) {
	t.Helper()
	_, own := raft.NewInmemTransportWithTimeout("f", time.Minute)
	_, leader := raft.NewInmemTransportWithTimeout("l", time.Minute)
	leader.Connect("f", own)
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = "f", hclog.NewNullLogger()
	conf.HeartbeatTimeout, conf.ElectionTimeout = time.Hour, time.Hour
	conf.NoSnapshotRestoreOnStart = true // the state is on disk already
	servers := raft.Configuration{Servers: []raft.Server{{ID: "f", Address: "f"}, {ID: "l", Address: "l"}}}
	if err := raft.BootstrapCluster(conf, log, log, store, own, servers); err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
		t.Fatal(err)
	}
	node, err := raft.NewRaft(conf, m, log, log, store, own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Shutdown().Error(); err != nil {
			t.Error(err)
		}
	})
	return node, leader
}

// position is an entry's index and term.
type position struct{ index, term uint64 }

// sent sends the entries after one position up to another, and says whether the
// follower took them.
func sent(t *testing.T, leader raft.Transport, after, last position, commit uint64) bool {
	t.Helper()
	var entries []*raft.Log
	for i := after.index + 1; i <= last.index; i++ {
		entries = append(entries, &raft.Log{Index: i, Term: last.term, Data: fmt.Appendf(nil, "%d", i)})
	}
	req := raft.AppendEntriesRequest{
		RPCHeader: header, Term: last.term, PrevLogEntry: after.index, PrevLogTerm: after.term, Entries: entries, LeaderCommitIndex: commit,
	}
	var resp raft.AppendEntriesResponse
	if err := leader.AppendEntries("f", "f", &req, &resp); err != nil {
		t.Fatalf("append: %v", err)
	}
	return resp.Success
}

func install(t *testing.T, leader raft.Transport, content string, index, term uint64) {
	t.Helper()
	var stream bytes.Buffer
	if _, err := encode(&stream, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
		t.Fatal(err)
	}
	conf := raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{ID: "f", Address: "f"}, {ID: "l", Address: "l"}}})
	req := raft.InstallSnapshotRequest{
		RPCHeader: header, SnapshotVersion: 1, Term: term, LastLogIndex: index, LastLogTerm: term,
		Size: int64(stream.Len()), Configuration: conf, ConfigurationIndex: 1,
	}
	var resp raft.InstallSnapshotResponse
	if err := leader.InstallSnapshot("f", "f", &req, &resp, &stream); err != nil || !resp.Success {
		t.Fatal(errors.Join(fmt.Errorf("install: %+v", resp), err))
	}
}
