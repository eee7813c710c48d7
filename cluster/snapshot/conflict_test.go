package snapshot

import (
	"testing"

	"github.com/weir-store/weir/cluster/raftlog"
)

// plain hides that a log is monotonic.
type plain struct{ log }

// A follower whose log ends in entries that another leader replaced is sent a
// state. If those entries stay, it names them when it is asked for the entry
// before the next, is refused, and is sent the state again, for ever.
func TestConflictingLogAfterInstall(t *testing.T) {
	for _, row := range []struct {
		name string
		log  func(*raftlog.Log) log
		goes bool
	}{
		{"the log is wiped", func(l *raftlog.Log) log { return l }, true},
		{"fault: the log is kept", func(l *raftlog.Log) log { return plain{l} }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := &machine{state: &state{}}
			store, _ := openStore(t, m.state)
			bolt, err := raftlog.OpenBolt(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			kept, err := raftlog.New(bolt, raftlog.Options{Pins: &raftlog.Pins{}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := kept.Close(); err != nil {
					t.Error(err)
				}
			})
			node, leader := follower(t, m, store, row.log(kept))
			if !sent(t, leader, position{1, 1}, position{9, 1}, 1) {
				t.Fatal("the entries are refused")
			}
			install(t, leader, "five", 5, 2)
			// Raft remembers the end of its log until it starts again; three
			// installs without progress make a node do that.
			if err := node.Shutdown().Error(); err != nil {
				t.Fatal(err)
			}
			_, leader = follower(t, m, store, row.log(kept))
			if got := sent(t, leader, position{5, 2}, position{6, 2}, 6); got != row.goes {
				t.Errorf("the entry after the state was taken: %v, want %v", got, row.goes)
			}
		})
	}
}
