package chain

import (
	"bytes"
	"encoding/json"

	"golang.org/x/mod/sumdb/tlog"
)

// picks is what was found of entries that were picked out of a trail: each
// stands for itself, with a proof that it is in the tree.
type picks struct {
	// count is how many were proven, in all and in this segment; first and last
	// are their sequences.
	count, part, first, last uint64
	// entry waits for its proof.
	entry []byte
}

var proofLine = []byte(`{"weir_proof":`)

// pickedFrom opens a segment of picked entries. Where there is a checkpoint of
// its tree, it must say the same root.
func (s *scan) pickedFrom(g *Segment) {
	c := s.checkpoint
	switch {
	case s.broken() != nil:
	case g.Picked.Size < g.To || g.From <= s.picks.last:
		s.verifier.fail(g.From, Malformed)
	case c != nil && c.Size == g.Picked.Size && c.Root != g.Picked.Root:
		s.verifier.fail(g.To, Signed)
	case c != nil && c.Size == g.Picked.Size:
		s.signed = c.Size
	}
	s.picks.part = 0
}

// pick takes an entry, and then its proof.
func (s *scan) pick(line []byte) {
	if s.picks.entry == nil {
		s.picks.entry = bytes.Clone(line)
		return
	}
	entry, proof := s.picks.entry, Proof{}
	s.picks.entry = nil
	sequence, _, ok := links(entry)
	g := s.segment
	switch {
	case !ok || !bytes.HasPrefix(line, proofLine) || json.Unmarshal(line, &proof) != nil:
		s.verifier.fail(s.picks.last+1, Malformed)
		return
	case sequence <= s.picks.last || sequence < g.From || sequence > g.To:
		s.verifier.fail(sequence, Missing)
		return
	case tlog.CheckRecord(proof.Path, int64(g.Picked.Size), g.Picked.Root, int64(sequence)-1, tlog.Hash(Leaf(entry))) != nil:
		s.verifier.fail(sequence, Changed)
		return
	}
	if s.picks.count == 0 {
		s.picks.first = sequence
	}
	s.picks.count, s.picks.part, s.picks.last = s.picks.count+1, s.picks.part+1, sequence
	if s.export.Progress != nil && s.picks.count%progressEvery == 0 {
		s.export.Progress(sequence)
	}
}

// pickedTo closes a segment of picked entries.
func (s *scan) pickedTo(line []byte) {
	end := &End{}
	if json.Unmarshal(line, end) != nil || s.picks.entry != nil || end.Count != s.picks.part {
		s.verifier.fail(s.picks.last+1, Missing)
	}
	s.segment = nil
}
