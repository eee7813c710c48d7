package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/invitation"
	"github.com/weir-store/weir/core/urn"
)

// Sweeper notes in the trail that memberships and invitations have expired,
// while this node leads. No right depends on it: they count no more from their
// time on.
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
			s.Log.Warn("what has expired was not noted", "error", err)
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
	err := s.note(tenancy.Expired, func(ids []urn.ID) error {
		_, err := tenancy.Expire.Call(ctx, s.Store.System(), tenancy.ExpireInput{IDs: ids})
		return err
	})
	if err != nil {
		return err
	}
	return s.note(invitation.Expired, func(ids []urn.ID) error {
		_, err := invitation.Expire.Call(ctx, s.Store.System(), invitation.ExpireInput{IDs: ids})
		return err
	})
}

// note has all that is found written down.
func (s *Sweeper) note(find func(v state.View, at state.Time) []urn.ID, write func(ids []urn.ID) error) error {
	for last := urn.ID(""); ; {
		var ids []urn.ID
		err := s.Store.Look(func(v state.View) error {
			ids = find(v, state.Time(s.Now().UnixMicro()))
			return nil
		})
		// What is still there after a command is not due by the time of the log.
		if err != nil || len(ids) == 0 || ids[0] == last {
			return err
		}
		if err := write(ids); err != nil {
			return err
		}
		last = ids[0]
	}
}
