package cluster

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/raft"

	"github.com/weir-store/weir/cluster/clock"
	"github.com/weir-store/weir/cluster/snapshot"
)

// applier is the machine as Raft sees it. Raft calls it from one goroutine.
type applier struct {
	machine   Machine
	watermark *watermark
	clock     *clock.Clock
	repeats   *snapshot.Repeats
	// fatal stops the node. Raft has no way to say that an entry could not be
	// applied, so nothing may be applied after the first such error.
	fatal   func(error)
	stopped error
}

var (
	_ raft.BatchingFSM = (*applier)(nil)
	_ snapshot.State   = (*describer)(nil)
)

// ApplyBatch applies entries and publishes them. The response of a command
// entry is Replies, or the error that stopped the node: its outcome is unknown.
func (a *applier) ApplyBatch(logs []*raft.Log) []any {
	responses := make([]any, len(logs))
	var replies []Replies
	if a.stopped == nil {
		var err error
		if replies, err = a.apply(logs); err != nil {
			a.stopped = fmt.Errorf("cluster: apply entries %d to %d: %w", logs[0].Index, logs[len(logs)-1].Index, err)
			a.fatal(a.stopped)
		}
	}
	for i := range responses {
		if a.stopped != nil {
			responses[i] = a.stopped
			continue
		}
		responses[i] = replies[i]
	}
	return responses
}

func (a *applier) apply(logs []*raft.Log) ([]Replies, error) {
	entries := make([]Entry, len(logs))
	for i, l := range logs {
		entries[i] = Entry{Index: l.Index, Term: l.Term}
		if l.Type == raft.LogConfiguration {
			entries[i].Configuration = l.Data
		} else {
			entries[i].Data = l.Data
		}
	}
	replies, err := a.machine.Apply(entries)
	if err != nil {
		return nil, err
	}
	if len(replies) != len(entries) {
		return nil, fmt.Errorf("%d entries were given %d replies", len(entries), len(replies))
	}
	p := a.machine.Position()
	a.watermark.set(p)
	a.clock.Observe(p.Time)
	a.repeats.Progress()
	return replies, nil
}

// Apply is not called by Raft, which finds ApplyBatch.
func (a *applier) Apply(l *raft.Log) any { return a.ApplyBatch([]*raft.Log{l})[0] }

// Snapshot does nothing: the state on disk is the snapshot.
func (a *applier) Snapshot() (raft.FSMSnapshot, error) { return free{}, nil }

// Restore replaces the state by one that another node sent. An error leaves the
// old state in place, and Raft tells the sender.
func (a *applier) Restore(rc io.ReadCloser) error {
	if a.stopped != nil {
		return a.stopped
	}
	in, err := snapshot.FromRestore(rc)
	if err != nil {
		return err
	}
	at := Position{
		Index: in.Meta.Index, Term: in.Meta.Term,
		Configuration:      raft.EncodeConfiguration(in.Meta.Configuration),
		ConfigurationIndex: in.Meta.ConfigurationIndex,
	}
	if err := a.machine.Restore(in, at); err != nil {
		return fmt.Errorf("cluster: restore the state at index %d: %w", at.Index, err)
	}
	a.watermark.set(a.machine.Position())
	if err := a.repeats.Installed(time.Now()); err != nil {
		a.stopped = err
		a.fatal(err)
	}
	return nil
}

// free is a snapshot that is taken by doing nothing.
type free struct{}

func (free) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (free) Release()                             {}

// describer is the machine as the snapshot store sees it.
type describer struct{ machine Machine }

func (d describer) Describe() (*raft.SnapshotMeta, error) { return describe(d.machine.Position()) }

func (d describer) Export(ctx context.Context, w io.Writer) (*raft.SnapshotMeta, error) {
	p, err := d.machine.Export(ctx, w)
	if err != nil {
		return nil, err
	}
	return describe(p)
}

func describe(p Position) (*raft.SnapshotMeta, error) {
	configuration, err := decodeConfiguration(p.Configuration)
	if err != nil {
		return nil, err
	}
	return &raft.SnapshotMeta{
		Index: p.Index, Term: p.Term,
		Configuration: configuration, ConfigurationIndex: p.ConfigurationIndex,
	}, nil
}

// decodeConfiguration reads what the machine keeps; none is an empty one. The
// library panics on bytes that it did not write itself.
func decodeConfiguration(b []byte) (c raft.Configuration, err error) {
	if len(b) == 0 {
		return c, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cluster: the stored configuration cannot be read: %v", p)
		}
	}()
	return raft.DecodeConfiguration(b), nil
}
