package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// Sweeper notes in the trail that memberships have expired, while this node
// leads. No right depends on it: a membership counts no more from its time on.
type Sweeper struct {
	Store Store
	// Every is the time between two looks at what has expired.
	Every time.Duration
	// Now is the node's clock.
	Now func() time.Time
	Log *slog.Logger
}

// Run sweeps until the context ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("expired memberships were not noted", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sweep notes what has expired, a command's worth at a time. Where nothing has,
// it proposes nothing.
func (s *Sweeper) Sweep(ctx context.Context) error {
	for last := urn.ID(""); ; {
		var ids []urn.ID
		err := s.Store.Look(func(v state.View) error {
			ids = tenancy.Expired(v, state.Time(s.Now().UnixMicro()))
			return nil
		})
		// What is still there after a command is not due by the time of the log.
		if err != nil || len(ids) == 0 || ids[0] == last {
			return err
		}
		if _, err := tenancy.Expire.Call(ctx, s.Store.System(), tenancy.ExpireInput{IDs: ids}); err != nil {
			return err
		}
		last = ids[0]
	}
}
