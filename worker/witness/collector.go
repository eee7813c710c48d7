package witness

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/worker"
)

// The pause after a failure doubles from the first to the longest.
const (
	firstPause   = 10 * time.Second
	longestPause = 10 * time.Minute
)

// Collector collects the cosignatures of witnesses while this node leads.
type Collector struct {
	Store worker.Store
	// Every is the time between two looks at whether a checkpoint is there that
	// a witness has not seen.
	Every time.Duration
	Clock func() time.Time
	Log   *slog.Logger

	caller *caller
	known  map[urn.ID]*standing
	// Collected and Failed count calls of witnesses, for metrics.
	Collected, Failed atomic.Uint64
}

// standing is what is remembered of a witness.
type standing struct {
	// key is the one that the rest was learned under.
	key string
	// seen is the size that the witness is believed to have seen last.
	seen  uint64
	pause time.Duration
	until time.Time
}

// Run collects until the context ends.
func (c *Collector) Run(ctx context.Context) {
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		if err := c.Collect(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("witnesses were not asked", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Collect asks each witness that has not cosigned the newest checkpoint, and is
// not left in peace after a failure. The error is that of the store.
func (c *Collector) Collect(ctx context.Context) error {
	var size uint64
	var note []byte
	var missing []*witness.Witness
	if err := c.Store.Look(func(v state.View) error {
		size, note, missing = audit.Uncosigned(v)
		return nil
	}); err != nil {
		return err
	}
	for _, w := range missing {
		s := c.standing(w)
		if c.Clock().Before(s.until) {
			continue
		}
		err := c.cosign(ctx, w, s, size, note)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.pause = min(max(2*s.pause, firstPause), longestPause)
			s.until = c.Clock().Add(s.pause)
			c.Failed.Add(1)
			c.Log.Warn("a witness did not cosign", "witness", w.Name, "size", size, "again_in", s.pause, "error", err)
			continue
		}
		s.pause, s.seen = 0, size
		c.Collected.Add(1)
	}
	return nil
}

func (c *Collector) standing(w *witness.Witness) *standing {
	if c.caller == nil {
		c.caller, c.known = newCaller(), map[urn.ID]*standing{}
	}
	s, ok := c.known[w.Name]
	if !ok || s.key != w.VerifierKey+w.URL {
		s = &standing{key: w.VerifierKey + w.URL}
		c.known[w.Name] = s
	}
	return s
}

// cosign asks a witness, again if it turns out to have seen another size than
// was believed, and keeps what it signed.
func (c *Collector) cosign(ctx context.Context, w *witness.Witness, s *standing, size uint64, note []byte) error {
	lines, err := c.ask(ctx, w, s.seen, size, note)
	var other *behind
	if errors.As(err, &other) {
		if other.size > size {
			return &ahead{seen: other.size, size: size}
		}
		s.seen = other.size
		lines, err = c.ask(ctx, w, s.seen, size, note)
	}
	if err != nil {
		return err
	}
	verifier, err := chain.ParseWitness(w.VerifierKey)
	if err != nil {
		return err
	}
	if _, err := verifier.Cosigned(note, lines); err != nil {
		return err
	}
	_, err = audit.Cosign.Call(ctx, c.Store.System(), audit.CosignInput{Size: size, Witness: w.Name, Lines: lines})
	if fault.Is(err, fault.NotFound) {
		return nil // the witness was removed meanwhile
	}
	return err
}

// ahead says that a witness has seen more of the log than there is.
type ahead struct{ seen, size uint64 }

func (a *ahead) Error() string {
	return "witness: it has cosigned more entries than this log has: the log was rolled back, or this node is behind"
}

func (c *Collector) ask(ctx context.Context, w *witness.Witness, old, size uint64, note []byte) (string, error) {
	r := &request{url: w.URL, internal: w.Internal, old: old, note: note}
	if err := c.Store.Look(func(v state.View) error {
		r.proof = audit.Growth(v, old, size)
		return nil
	}); err != nil {
		return "", err
	}
	return c.caller.ask(ctx, r)
}
