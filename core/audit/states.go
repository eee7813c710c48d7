package audit

import (
	"slices"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// states holds the digests of states in entries against the states that the
// tables have at the entries' revisions, one command after the other. A command
// can tell of one thing several times, and the states in between are in no
// revision: its first record stands for the state before, its last for that
// after.
type states struct {
	check Check
	v     state.View
	// revision is that of the command, told what its entries say.
	revision uint64
	told     []told
	seen     map[thing]bool
	// held counts the states that are what they were, erased the entries whose
	// opening is gone.
	held, erased uint64
}

type thing struct {
	entity *op.Entity
	id     urn.ID
}

// told is what one entry says about the states of a thing.
type told struct {
	thing
	sequence      uint64
	before, after string
	opening       []byte
}

// take adds an entry of the command. It passes over those of which no state can
// be held: they tell of none, of a thing without a past, or of one whose id is
// itself a digest.
func (s *states) take(r *row) {
	t := told{sequence: r.Sequence, opening: r.Opening, before: chain.Text(r.Entry, "before_digest"), after: chain.Text(r.Entry, "after_digest")}
	if t.before == "" && t.after == "" {
		return
	}
	if len(t.opening) == 0 {
		s.erased++
	}
	t.id = urn.ID(chain.Text(r.Entry, "target_id"))
	if e, ok := s.check.Catalog.Entity(chain.Text(r.Entry, "entity")); ok && !strings.HasPrefix(string(t.id), digested) {
		t.entity = e
		s.told = append(s.told, t)
	}
}

// settle gives the first of the command's entries one of whose states is not
// what it was. Of a command that the range cuts, the end that is left out
// cannot be told.
func (s *states) settle() *chain.Break {
	var broken *chain.Break
	hold := func(past state.View, name, reason string, t *told, digest string) {
		clean := digest == "" || len(t.opening) == 0 || s.seen[t.thing] || s.holds(past, name, t, digest)
		if s.seen[t.thing] = true; !clean && (broken == nil || t.sequence < broken.Sequence) {
			broken = &chain.Break{Sequence: t.sequence, Reason: reason}
		}
	}
	if len(s.told) > 0 && s.revision > 1 && s.revision != s.revisionAt(s.check.From-1) {
		s.check.Look(s.revision-1, func(past state.View) {
			for i := range s.told {
				hold(past, "before", chain.Before, &s.told[i], s.told[i].before)
			}
		})
	}
	clear(s.seen)
	if len(s.told) > 0 && s.revision != s.revisionAt(s.check.To+1) {
		s.check.Look(s.revision, func(past state.View) {
			for i := range slices.Backward(s.told) {
				hold(past, "after", chain.After, &s.told[i], s.told[i].after)
			}
		})
	}
	clear(s.seen)
	s.told = s.told[:0]
	return broken
}

// holds says whether the state of a thing has a digest.
func (s *states) holds(past state.View, name string, t *told, digest string) bool {
	k, ok := t.entity.Known(past, t.id)
	if !ok {
		return false
	}
	b, err := encode(k.Traced())
	if err != nil || chain.Digest(t.opening, name, b) != digest {
		return false
	}
	s.held++
	return true
}

// revisionAt is the revision of an entry at the edge of the range; 0 if there is
// none.
func (s *states) revisionAt(sequence uint64) uint64 {
	if b := base(s.v); sequence <= b.Size {
		return b.Revision
	}
	if r, ok := entries.Get(s.v, state.Key(key.Audit, sequence)); ok {
		return r.Revision
	}
	return 0
}

// encode gives the bytes of a state that digests are taken of.
func encode(value any) ([]byte, error) {
	raw, err := op.Marshal(value)
	if err != nil {
		return nil, err
	}
	b, f := canon.Canonical(raw)
	if f != nil {
		return nil, f
	}
	return b, nil
}
