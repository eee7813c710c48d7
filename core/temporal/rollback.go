package temporal

import (
	"errors"
	"slices"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// rollback is one call of Create.
type rollback struct {
	tx   *op.Tx
	in   CreateInput
	view *op.View
	// root is the entry that the call names; 0 if it names a time.
	root  uint64
	steps []*step
	done  []*step
	looks map[thing]*lookback
	// What the outcome lists.
	rolledBack, skipped, denied, traces []urn.ID
	ranges                              []Range
	reasons                             []Reason
	// first is why the first entry was denied, and refusals are those that the
	// trail shall tell of.
	first    error
	refusals []*op.Refused
}

// step is one thing that goes back to a revision, and the entries about it that
// are taken back by that, newest first.
type step struct {
	thing
	entries       []*chain.Entry
	base          uint64
	before, after op.Known
}

// errDryRun takes back all that a dry run did.
var errDryRun = errors.New("temporal: dry run")

func (r *rollback) run() error {
	plan := r.since
	if r.in.EntryID != "" {
		plan = r.entries
	}
	if err := plan(); err != nil {
		return err
	}
	for _, s := range r.steps {
		if err := r.take(s); err != nil {
			return err
		}
	}
	if len(r.rolledBack)+len(r.skipped) == 0 && len(r.denied) > 0 && !r.in.DryRun {
		return r.first
	}
	r.record()
	if r.in.DryRun {
		return errDryRun
	}
	return nil
}

// since plans to bring one thing back to what it was at a time.
func (r *rollback) since() error {
	t, f := find(r.tx.Catalog, r.in.Entity, r.in.Target)
	if f != nil {
		return f
	}
	if _, known := t.entity.Known(r.tx, t.id); !known {
		return op.NotFound()
	}
	if d := t.see(r.view); !d.Allowed {
		return t.hidden("rollback", d)
	}
	if err := r.may(t); err != nil {
		return err
	}
	base, f := moment(r.view, r.in.At, "/at")
	if f != nil {
		return f
	}
	// A revision that this command will write has no past yet.
	t = t.whole(r.tx)
	if base = min(base, r.tx.Revision()-1); !t.like(r.tx.Past(base), r.tx) {
		r.steps = append(r.steps, &step{thing: t, base: base})
	}
	return nil
}

// The bounds of a cascade: the entries that it looks at, and those that it takes
// back.
const (
	maxLooked  = 2000
	maxEntries = 500
)

// entries plans to take back the entry that was named, and all that it caused
// if that was asked for, newest first.
func (r *rollback) entries() error {
	sequence, found := audit.SequenceOf(r.tx, r.in.EntryID)
	if !found {
		return fault.New(fault.RollbackFailed, "there is no such entry in the audit trail")
	}
	r.root = sequence
	all := []uint64{sequence}
	for i := 0; r.in.Cascade && i < len(all); i++ {
		for child := range audit.Children(r.tx, all[i]) {
			if all = append(all, child); len(all) > maxLooked {
				return tooMuch(maxLooked)
			}
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	for _, n := range all {
		if err := r.entry(n); err != nil {
			return err
		}
	}
	return nil
}

func tooMuch(bound int64) *fault.Fault {
	return fault.New(fault.LimitExceeded, "the entry caused more than one rollback may take back; roll back parts of it").With("max_entries", bound)
}

// entry adds an entry to the step of its thing. Of what others caused, only
// what the caller can see is part of a cascade: everybody who sees an entry may
// name it as the cause of his own doing.
func (r *rollback) entry(sequence uint64) error {
	e, ok := audit.EntryAt(r.tx, sequence)
	if !ok {
		return op.NotFound()
	}
	t, f := find(r.tx.Catalog, e.Entity, string(e.TargetID))
	declared := f == nil
	if audit.CheckCause(r.view, e.ID) != nil && (!declared || !t.see(r.view).Allowed) {
		if sequence == r.root {
			return &op.Refused{Fault: op.NotFound(), Action: "rollback", Target: op.Target{Entity: e.Entity, ID: e.TargetID}}
		}
		return nil
	}
	if change, why := r.obstacle(e, declared); why != nil {
		if sequence != r.root && !change {
			r.skip("it is no change", e)
			return nil
		}
		return r.deny(why, e)
	}
	if err := r.may(t); err != nil {
		return r.deny(err, e)
	}
	t = t.whole(r.tx)
	by, f := r.lookback(t).by(r.tx, sequence)
	if f != nil {
		return r.deny(f, e)
	}
	if by != nil {
		r.skip("it was rolled back by "+string(by.TraceID), e)
		return nil
	}
	for _, s := range r.steps {
		if s.entity == t.entity && s.id == t.id {
			s.entries, s.base = append(s.entries, e), e.Revision-1
			return nil
		}
	}
	if len(r.steps) == maxEntries {
		return tooMuch(maxEntries)
	}
	r.steps = append(r.steps, &step{thing: t, entries: []*chain.Entry{e}, base: e.Revision - 1})
	return nil
}

func (r *rollback) lookback(t thing) *lookback {
	l, ok := r.looks[t]
	if !ok {
		l = &lookback{thing: t}
		r.looks[t] = l
	}
	return l
}

// take brings the thing of a step back, or finds that it cannot.
func (r *rollback) take(s *step) error {
	var known bool
	if s.before, known = s.entity.Known(r.tx, s.id); !known {
		return r.deny(op.NotFound(), s.entries...)
	}
	past := r.tx.Past(s.base)
	was, existed := s.entity.Known(past, s.id)
	if !existed && s.before.Ended {
		r.skip("what was made has ended", s.entries...)
		return nil
	}
	err := r.tx.Attempt(func() error {
		if f := r.free(s); f != nil {
			return f
		}
		return s.entity.Revert(r.tx, s.id, past)
	})
	var moot op.Moot
	switch {
	case errors.As(err, &moot) && len(s.entries) > 0 && existed && same(&was, &s.before):
		// What changed nothing in the content is taken back by saying so: else it
		// would stand in the way of what came before it.
	case errors.As(err, &moot):
		r.skip(string(moot), s.entries...)
		return nil
	case err != nil:
		return r.deny(plain(err), s.entries...)
	}
	s.after, _ = s.entity.Known(r.tx, s.id)
	for _, e := range s.entries {
		r.rolledBack = append(r.rolledBack, e.ID)
	}
	r.done = append(r.done, s)
	return nil
}

// free says whether nothing but the entries of a step has changed its thing
// since, as far as it counts.
func (r *rollback) free(s *step) *fault.Fault {
	if r.in.Mode == Overwrite || len(s.entries) == 0 {
		return nil
	}
	view, upto := r.view.View, uint64(newestEntry)
	for _, e := range s.entries {
		alike, f := s.settled(r.tx, e.Revision, upto, view)
		if f != nil {
			return f
		}
		if !alike {
			return fault.New(fault.RollbackConflict, "the %s was changed since; roll the later change back first, or ask for mode overwrite", s.entity.Name).
				With("entity", s.entity.Name).With("target_id", string(s.id))
		}
		view, upto = r.tx.Past(e.Revision-1), audit.SizeAt(r.tx, e.Revision-1)
	}
	return nil
}

// skip lists entries that need nothing.
func (r *rollback) skip(why string, entries ...*chain.Entry) {
	for _, e := range entries {
		r.skipped = append(r.skipped, e.ID)
		r.reasons = append(r.reasons, Reason{TraceID: e.ID, Code: "skipped", Detail: why})
	}
}

// deny lists entries that cannot be taken back, or ends the call where all or
// nothing was asked for.
func (r *rollback) deny(err error, entries ...*chain.Entry) error {
	f, ok := fault.Of(err)
	if !ok || len(entries) == 0 || !r.in.Partial && !r.in.DryRun {
		return err
	}
	if r.first == nil {
		r.first = err
	}
	var refused *op.Refused
	if errors.As(err, &refused) {
		r.refusals = append(r.refusals, refused)
	}
	for _, e := range entries {
		r.denied = append(r.denied, e.ID)
		r.reasons = append(r.reasons, Reason{TraceID: e.ID, Code: string(f.Code), Detail: f.Detail})
	}
	return nil
}
