// Package replica fits the state machine to what a node of the cluster asks of
// it: entries in, encoded outcomes out, and where in the log the state stands.
package replica

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/weir-store/weir/cluster"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/fsm"
	"github.com/weir-store/weir/fsm/entry"
	"github.com/weir-store/weir/storage"
)

// Replica implements cluster.Machine.
type Replica struct {
	machine *fsm.Machine
	engine  storage.Engine

	mu sync.RWMutex // guards what follows, against readers beside Apply
	// position is that of the published state.
	position cluster.Position
	// past are positions by rising revision that the engine may call durable
	// next; those below its durable revision are let go.
	past []cluster.Position
	// changed is closed and replaced when position moves.
	changed chan struct{}
}

// New fits a machine over its engine.
func New(machine *fsm.Machine, engine storage.Engine) *Replica {
	r := &Replica{machine: machine, engine: engine, changed: make(chan struct{})}
	r.publish(machine.Head())
	return r
}

// Apply implements cluster.Machine.
func (r *Replica) Apply(entries []cluster.Entry) ([]cluster.Replies, error) {
	replies := make([]cluster.Replies, len(entries))
	for i, e := range entries {
		var err error
		if e.Data == nil {
			err = r.machine.Configure(e.Index, e.Term, e.Configuration)
		} else {
			replies[i], err = r.apply(e)
		}
		if err != nil {
			return nil, err
		}
		r.publish(r.machine.Head())
	}
	return replies, nil
}

func (r *Replica) apply(e cluster.Entry) (cluster.Replies, error) {
	if e.Index <= r.machine.Head().Index {
		return nil, nil
	}
	commands, err := entry.Decode(e.Data)
	if err != nil {
		return nil, fmt.Errorf("replica: entry %d: %w", e.Index, err)
	}
	outcomes, err := r.machine.Apply(e.Index, e.Term, commands)
	if err != nil {
		return nil, err
	}
	replies := make(cluster.Replies, len(outcomes))
	for i := range outcomes {
		if replies[i], err = entry.EncodeOutcome(&outcomes[i]); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// publish makes a head the position that readers see.
func (r *Replica) publish(h state.Head) {
	p := cluster.Position{
		Index: h.Index, Term: h.Term, Configuration: h.Configuration, ConfigurationIndex: h.ConfigurationIndex,
		Revision: h.Revision, Time: time.UnixMicro(int64(h.Time)).UTC(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.past) >= maxPast {
		r.past = r.forget(r.past)
	}
	r.past = append(r.past, p)
	r.position = p
	close(r.changed)
	r.changed = make(chan struct{})
}

// maxPast is how many positions are kept before those that lie below the
// durable revision are looked for.
const maxPast = 4096

// forget lets go of the positions that PositionAt cannot be asked for again,
// and thins out the rest when they are very many: an older answer is safe.
func (r *Replica) forget(past []cluster.Position) []cluster.Position {
	durable := r.engine.Durable()
	at := sort.Search(len(past), func(i int) bool { return past[i].Revision > durable })
	past = slices.Clone(past[max(at-1, 0):])
	if len(past) < maxPast/2 {
		return past
	}
	thin := past[:0]
	for i, p := range past {
		if i%2 == 0 {
			thin = append(thin, p)
		}
	}
	return thin
}

// Position implements cluster.Machine.
func (r *Replica) Position() cluster.Position {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.position
}

// PositionAt implements cluster.Machine. It may answer with an earlier
// position than it could, never with a later one.
func (r *Replica) PositionAt(revision uint64) (cluster.Position, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	at := sort.Search(len(r.past), func(i int) bool { return r.past[i].Revision > revision })
	if at == 0 {
		return cluster.Position{}, nil
	}
	return r.past[at-1], nil
}

// WaitRevision returns when the published state has reached a revision.
func (r *Replica) WaitRevision(ctx context.Context, revision uint64) error {
	for {
		r.mu.RLock()
		reached, changed := r.position.Revision >= revision, r.changed
		r.mu.RUnlock()
		if reached {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Export implements cluster.Machine.
func (r *Replica) Export(ctx context.Context, w io.Writer) (cluster.Position, error) {
	h, err := r.machine.Export(ctx, w)
	return cluster.Position{
		Index: h.Index, Term: h.Term, Configuration: h.Configuration, ConfigurationIndex: h.ConfigurationIndex,
		Revision: h.Revision, Time: time.UnixMicro(int64(h.Time)).UTC(),
	}, err
}

// Restore implements cluster.Machine.
func (r *Replica) Restore(in io.Reader, at cluster.Position) error {
	err := r.machine.Restore(in, fsm.Position{
		Index: at.Index, Term: at.Term, Configuration: at.Configuration, ConfigurationIndex: at.ConfigurationIndex,
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.past = nil
	r.mu.Unlock()
	r.publish(r.machine.Head())
	return nil
}

// Pack implements cluster.Machine.
func (r *Replica) Pack(commands []cluster.Stamped) ([]byte, error) {
	e := entry.Entry{Format: entry.Format, Commands: make([]entry.Command, len(commands))}
	for i, s := range commands {
		c, err := entry.DecodeCommand(s.Command)
		if err != nil {
			return nil, err
		}
		c.Time, c.Entropy = state.Time(s.Time.UnixMicro()), s.Entropy[:]
		e.Commands[i] = *c
	}
	return entry.Encode(&e)
}
