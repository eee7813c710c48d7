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
}

func (m *machine) Apply(l *raft.Log) any {
	m.set(l.Index, string(l.Data))
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
			m := &machine{state: &state{}, begun: make(chan struct{}), end: make(chan struct{})}
			store, _ := openStore(t, m.state)
			node, leader := follower(t, m, store)
			var entries []*raft.Log
			for i := uint64(2); i <= 3; i++ {
				entries = append(entries, &raft.Log{Index: i, Term: 1, Data: fmt.Appendf(nil, "%d", i)})
			}
			req := raft.AppendEntriesRequest{RPCHeader: header, Term: 1, PrevLogEntry: 1, PrevLogTerm: 1, Entries: entries, LeaderCommitIndex: 3}
			var resp raft.AppendEntriesResponse
			if err := leader.AppendEntries("f", "f", &req, &resp); err != nil || !resp.Success {
				t.Fatalf("append: %+v, %v", resp, err)
			}
			taken := node.Snapshot() // waits in Persist
			<-m.begun
			install(t, leader, "one hundred", 100)
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

// follower starts a Raft node and returns a transport that plays its leader.
func follower(t *testing.T, m raft.FSM, store *Store) (*raft.Raft, raft.Transport) {
	t.Helper()
	_, own := raft.NewInmemTransportWithTimeout("f", time.Minute)
	_, leader := raft.NewInmemTransportWithTimeout("l", time.Minute)
	leader.Connect("f", own)
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = "f", hclog.NewNullLogger()
	conf.HeartbeatTimeout, conf.ElectionTimeout = time.Hour, time.Hour
	log := raft.NewInmemStore()
	servers := raft.Configuration{Servers: []raft.Server{{ID: "f", Address: "f"}, {ID: "l", Address: "l"}}}
	if err := raft.BootstrapCluster(conf, log, log, store, own, servers); err != nil {
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

func install(t *testing.T, leader raft.Transport, content string, index uint64) {
	t.Helper()
	var stream bytes.Buffer
	if _, err := encode(&stream, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
		t.Fatal(err)
	}
	conf := raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{ID: "f", Address: "f"}, {ID: "l", Address: "l"}}})
	req := raft.InstallSnapshotRequest{
		RPCHeader: header, SnapshotVersion: 1, Term: 1, LastLogIndex: index, LastLogTerm: 1,
		Size: int64(stream.Len()), Configuration: conf, ConfigurationIndex: 1,
	}
	var resp raft.InstallSnapshotResponse
	if err := leader.InstallSnapshot("f", "f", &req, &resp, &stream); err != nil || !resp.Success {
		t.Fatal(errors.Join(fmt.Errorf("install: %+v", resp), err))
	}
}
