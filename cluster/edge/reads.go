package edge

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// readDelay is how long an ordinary read waits for others that are traced with
// it: what a node that dies takes with it at the most.
const readDelay = 250 * time.Millisecond

// retryReads is the pause before a batch is sent again.
const retryReads = 250 * time.Millisecond

// ledger gathers the ordinary reads of this node and commits them in batches:
// one is filled while another is on its way. Where the log is slower than that,
// reads wait; none is dropped.
type ledger struct {
	edge   *Edge
	ctx    context.Context
	cancel context.CancelFunc
	ended  sync.WaitGroup
	// begun and full wake the sender: the first read of a batch, and the last
	// that it has room for.
	begun, full chan struct{}

	mu sync.Mutex // guards what follows
	// open is the batch that is being filled; room is closed when the next one
	// begins.
	open map[read]tally
	room chan struct{}

	sending sync.Mutex // held while a batch is on its way; guards what follows
	sent    *reads.CommitInput
}

// read is what makes two reads the same.
type read struct {
	actor, host, credential               urn.ID
	action, operation, entity, targetType string
	target                                urn.ID
	minute                                state.Time
}

// tally counts equal reads.
type tally struct{ count, items uint64 }

func newLedger(e *Edge) *ledger {
	l := &ledger{
		edge: e, begun: make(chan struct{}, 1), full: make(chan struct{}, 1),
		open: map[read]tally{}, room: make(chan struct{}),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.ended.Go(l.run)
	return l
}

// close commits what waits, if the log takes it within tracePause.
func (l *ledger) close() {
	l.cancel()
	l.ended.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), tracePause)
	defer cancel()
	if err := l.flush(ctx); err != nil {
		l.edge.Logger.Warn("the last reads could not be traced", "error", err)
	}
}

const minute = state.Time(time.Minute / time.Microsecond)

// keep notes a read. It returns when there is room for it.
func (l *ledger) keep(ctx context.Context, caller *op.Caller, o *op.Operation, record *op.Record) error {
	now := state.Time(l.edge.Clock().UnixMicro())
	k := read{
		actor: caller.ID, host: caller.Host, credential: caller.Credential, action: record.Action, operation: o.Name, entity: record.Entity,
		targetType: record.TargetType, target: record.TargetID, minute: now - now%minute,
	}
	for {
		l.mu.Lock()
		t, known := l.open[k]
		if known || len(l.open) < reads.Max {
			l.open[k] = tally{t.count + 1, t.items + record.Items}
			size := len(l.open)
			l.mu.Unlock()
			if !known && size == 1 {
				wake(l.begun)
			}
			if !known && size == reads.Max {
				wake(l.full)
			}
			return nil
		}
		room := l.room
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fault.New(fault.HandlerTimeout, "too many reads wait for their traces; read again").Wrap(ctx.Err())
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take closes the batch that is being filled and begins the next.
func (l *ledger) take() map[read]tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.open
	if len(taken) == 0 {
		return nil
	}
	select {
	case <-l.full:
	default:
	}
	close(l.room)
	l.open, l.room = make(map[read]tally, len(taken)), make(chan struct{})
	return taken
}

func (l *ledger) run() {
	delay := cmp.Or(l.edge.ReadDelay, readDelay)
	for {
		select {
		case <-l.begun:
		case <-l.ctx.Done():
			return
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-l.full:
			timer.Stop()
		case <-l.ctx.Done():
			timer.Stop()
			return
		}
		for l.flush(l.ctx) != nil {
			timer.Reset(retryReads)
			select {
			case <-timer.C:
			case <-l.ctx.Done():
				timer.Stop()
				return
			}
		}
	}
}

// flush commits a batch that could not be committed before, and the one that
// is being filled. The error says that the log may take it later.
func (l *ledger) flush(ctx context.Context) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if err := l.send(ctx); err != nil {
		return err
	}
	taken := l.take()
	if taken == nil {
		return nil
	}
	l.sent = &reads.CommitInput{Batch: l.name(), After: l.length(), Reads: group(taken)}
	return l.send(ctx)
}

// name draws the name by which apply knows a batch that is sent again.
func (l *ledger) name() urn.ID { return urn.ID(hex.EncodeToString(l.edge.world.Random(16))) }

// length is how long the trail is, as far as this node knows.
func (l *ledger) length() uint64 {
	s, err := l.edge.open()
	if err != nil {
		return 0
	}
	defer s.close()
	return s.head.Sequence
}

// send commits the batch that is on its way.
func (l *ledger) send(ctx context.Context) error {
	if l.sent == nil {
		return nil
	}
	_, err := reads.Commit.Call(ctx, l.edge.System(), *l.sent)
	log := l.edge.Logger.With("batch", l.sent.Batch, "error", err)
	if f, refused := fault.Of(err); err != nil && (!refused || retryable(f) || f.Code == fault.OutcomeUnknown) {
		log.Warn("reads could not be traced yet")
		return err
	}
	if err != nil {
		log.Error("a batch of reads cannot be traced")
	}
	l.sent = nil
	return nil
}

// group gives a batch as the log takes it, in an order of its own.
func group(taken map[read]tally) []reads.Reads {
	keys := make([]read, 0, len(taken))
	for k := range taken {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b read) int {
		return cmp.Or(
			cmp.Compare(a.minute, b.minute), cmp.Compare(a.actor, b.actor), cmp.Compare(a.host, b.host), cmp.Compare(a.credential, b.credential),
			cmp.Compare(a.action, b.action), cmp.Compare(a.operation, b.operation), cmp.Compare(a.entity, b.entity),
			cmp.Compare(a.targetType, b.targetType), cmp.Compare(a.target, b.target),
		)
	})
	var groups []reads.Reads
	var last read
	for _, k := range keys {
		t := reads.Target{ID: k.target, Count: taken[k].count, Items: taken[k].items}
		k.target = ""
		if len(groups) == 0 || k != last {
			groups = append(groups, reads.Reads{
				Minute: k.minute, ActorID: k.actor, ImpersonatorID: k.host, CredentialID: k.credential, Action: k.action, Operation: k.operation,
				Entity: k.entity, TargetType: k.targetType,
			})
			last = k
		}
		g := &groups[len(groups)-1]
		g.Targets = append(g.Targets, t)
	}
	return groups
}
