package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
)

// Signer signs the checkpoints of the audit trail while this node leads.
type Signer struct {
	Store Store
	// Seed gives the seed of the key of a log, from the cluster's keyring.
	Seed func(origin string) ([32]byte, error)
	// Every is the time between two looks at whether a checkpoint is due.
	Every time.Duration
	Log   *slog.Logger
}

// Run signs until the context ends.
func (s *Signer) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.Sign(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("no checkpoint was signed", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sign signs one checkpoint if one is due, and registers the key first if that
// has not been done.
func (s *Signer) Sign(ctx context.Context) error {
	var due *chain.Checkpoint
	registered := false
	err := s.Store.Look(func(v state.View) error {
		due, _ = audit.Due(v)
		registered = audit.Registered(v)
		return nil
	})
	if err != nil || due == nil {
		return err
	}
	seed, err := s.Seed(due.Origin)
	if err != nil {
		return err
	}
	k, err := chain.NewKey(due.Origin, seed)
	if err != nil {
		return err
	}
	if !registered {
		if _, err := audit.RegisterKey.Call(ctx, s.Store.System(), audit.RegisterKeyInput{VerifierKey: k.VerifierKey()}); err != nil {
			return err
		}
	}
	note, err := k.Sign(due)
	if err != nil {
		return err
	}
	_, err = audit.CheckpointStore.Call(ctx, s.Store.System(), audit.CheckpointStoreInput{Note: string(note)})
	if fault.Is(err, fault.PreconditionFailed) {
		return nil // another leader was first
	}
	return err
}
