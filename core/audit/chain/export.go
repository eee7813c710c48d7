package chain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// An export is text of one JSON object per line: a Segment, the canonical
// bytes of its entries as they are, and an End. Several segments can follow
// each other in one file.

// Segment is the first line of a part of a trail: what is claimed about the
// entries From to To, and what binds them to a signed checkpoint.
type Segment struct {
	Format uint64 `json:"weir_export"`
	Origin string `json:"origin"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	// Previous is the hash of entry From-1, Peaks those of the tree before
	// From, in base64.
	Previous string      `json:"previous"`
	Peaks    []tlog.Hash `json:"peaks"`
	// Checkpoint is a signed note, if there is one for these entries. Where its
	// size is above To, Consistency proves that its tree begins with this one.
	Checkpoint  string         `json:"checkpoint,omitempty"`
	VerifierKey string         `json:"verifier_key,omitempty"`
	Consistency tlog.TreeProof `json:"consistency,omitempty"`
	// Picked, where only some entries are there, is the tree that each of them is
	// proven to be in. That none is left out cannot be proven.
	Picked *Picked `json:"picked,omitempty"`
}

// Picked is a tree. It is the signed one where the checkpoint has its size.
type Picked struct {
	Size uint64    `json:"size"`
	Root tlog.Hash `json:"root"`
}

// Proof is the line behind each entry that was picked: that it is in the tree.
type Proof struct {
	Path tlog.RecordProof `json:"weir_proof"`
}

// End is the last line of a part of a trail.
type End struct {
	Head string `json:"weir_export_end"`
	// Next is the first entry of the part that follows; 0 at the head.
	Next uint64 `json:"next,omitempty"`
	// Count is how many entries there are, where only some were picked.
	Count uint64 `json:"count,omitempty"`
}

// ExportFormat is the layout of exports.
const ExportFormat = 1

// Report is what was found out about a trail.
type Report struct {
	Verdict string `json:"verdict" doc:"valid, broken or empty"`
	Valid   bool   `json:"valid" doc:"whether the verdict is valid"`
	Checked uint64 `json:"checked" doc:"how many entries were read and found whole"`
	First   uint64 `json:"first,omitempty" doc:"the first entry that was looked at"`
	Last    uint64 `json:"last,omitempty" doc:"the last entry that was found whole"`
	Head    string `json:"head,omitempty" doc:"the hash of entry last"`
	// Signed is the size of the largest checkpoint that vouches for entries.
	Signed uint64 `json:"signed,omitempty" doc:"up to which entry a signed checkpoint vouches for the trail"`
	// Bodies counts what was held against the entries that commit to it.
	Bodies uint64 `json:"bodies,omitempty" doc:"how many bodies of entries were computed again"`
	// States counts the states of things that were held against entries.
	States uint64 `json:"states,omitempty" doc:"how many states before and after entries were computed again"`
	// Compacted is not a break: what opens the digests was dropped.
	Compacted uint64 `json:"compacted,omitempty" doc:"how many entries have states that cannot be computed again, since what opens their digests was dropped"`
	// Picked says that entries stand for themselves.
	Picked   uint64 `json:"picked,omitempty" doc:"how many entries were proven one by one, of an export that a filter chose; whether others are left out is not known"`
	BrokenAt uint64 `json:"broken_at,omitempty" doc:"the first entry that was changed or is missing"`
	Reason   string `json:"reason,omitempty" doc:"missing, malformed, hash, link, tree, checkpoint, signature, body, before state, after state, cosignature or unfinished"`
}

// The verdicts.
const (
	Valid  = "valid"
	Broken = "broken"
	Empty  = "empty"
)

// Settle gives the report its verdict.
func (r *Report) Settle(b *Break) {
	switch {
	case b != nil:
		r.Verdict, r.BrokenAt, r.Reason = Broken, b.Sequence, b.Reason
	case r.Checked == 0:
		r.Verdict = Empty
	default:
		r.Verdict, r.Valid = Valid, true
	}
}

// Export verifies exports.
type Export struct {
	// VerifierKey is the key that is believed. Where it is empty, the key in
	// the export is, and the report says no more than that it fits together.
	VerifierKey string
	// Progress, when set, is called now and then with the last sequence read.
	Progress func(sequence uint64)
}

const progressEvery = 1 << 14

// Verify reads an export to its end. The error is that of the reader.
func (x Export) Verify(r io.Reader) (Report, error) {
	in := bufio.NewReaderSize(r, 2*MaxEntry)
	s := scan{export: x, verifier: NewVerifier(Anchor{})}
	for s.broken() == nil {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			s.verifier.fail(s.verifier.At().Size+1, Malformed)
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return Report{}, fmt.Errorf("chain: read export: %w", err)
		}
		if len(line) == 0 {
			break
		}
		s.line(bytes.TrimSuffix(line, []byte{'\n'}))
	}
	if s.broken() == nil && s.segment != nil {
		s.verifier.fail(s.verifier.At().Size+1, Unfinished)
	}
	at := s.verifier.At()
	report := Report{Checked: at.Size - s.start, Signed: s.signed}
	if report.Checked > 0 {
		report.First, report.Last, report.Head = s.start+1, at.Size, Hex(at.Hash)
	}
	if p := &s.picks; p.count > 0 {
		report.Checked, report.Picked, report.First, report.Last = p.count, p.count, p.first, p.last
	}
	report.Settle(s.broken())
	return report, nil
}

// scan is the state of a walk over the lines of an export.
type scan struct {
	export   Export
	verifier *Verifier
	// segment is the part that is open; begun says that there was one.
	segment    *Segment
	begun      bool
	start      uint64
	checkpoint *Checkpoint
	signed     uint64
	picks      picks
}

func (s *scan) broken() *Break { return s.verifier.Broken() }

var (
	segmentLine = []byte(`{"weir_export":`)
	endLine     = []byte(`{"weir_export_end":`)
)

func (s *scan) line(line []byte) {
	next := s.verifier.At().Size + 1
	switch {
	case s.segment == nil && bytes.HasPrefix(line, segmentLine):
		s.open(line)
	case s.segment == nil:
		s.verifier.fail(next, Malformed)
	case s.segment.Picked != nil && bytes.HasPrefix(line, endLine):
		s.pickedTo(line)
	case s.segment.Picked != nil:
		s.pick(line)
	case bytes.HasPrefix(line, endLine):
		s.end(line)
	default:
		s.entry(line)
	}
}

func (s *scan) entry(line []byte) {
	if !s.verifier.Add(line) {
		return
	}
	at := s.verifier.At().Size
	if s.checkpoint != nil && at == s.checkpoint.Size && s.verifier.Match(s.checkpoint.Root, Signed) {
		s.signed = at
	}
	if s.export.Progress != nil && at%progressEvery == 0 {
		s.export.Progress(at)
	}
}

// open begins a segment: where the one before ended, or where it says.
func (s *scan) open(line []byte) {
	next := s.verifier.At().Size + 1
	g := &Segment{}
	if json.Unmarshal(line, g) != nil {
		s.verifier.fail(next, Malformed)
		return
	}
	previous, ok := ParseHex(g.Previous)
	if !ok || g.Format != ExportFormat || g.From == 0 || g.To < g.From-1 || len(g.Peaks) != bits.OnesCount64(g.From-1) {
		s.verifier.fail(next, Malformed)
		return
	}
	if g.Picked != nil && !s.begun {
		s.segment, s.checkpoint = g, nil
		s.believe(g)
		s.pickedFrom(g)
		return
	}
	if g.Picked != nil || s.picks.count > 0 {
		s.verifier.fail(next, Malformed) // a whole trail and picked entries do not mix
		return
	}
	if !s.begun {
		a := Anchor{Size: g.From - 1, Hash: previous}
		for _, p := range g.Peaks {
			a.Peaks = append(a.Peaks, p)
		}
		s.start, s.verifier = a.Size, NewVerifier(a)
	} else if g.From != next || previous != s.verifier.At().Hash {
		s.verifier.fail(next, Missing)
		return
	}
	s.begun, s.segment, s.checkpoint = true, g, nil
	s.believe(g)
}

// believe takes the checkpoint of a segment if it is signed by the key.
func (s *scan) believe(g *Segment) {
	if g.Checkpoint == "" {
		return
	}
	verifierKey := s.export.VerifierKey
	if verifierKey == "" {
		verifierKey = g.VerifierKey
	}
	c, err := Open([]byte(g.Checkpoint), verifierKey)
	if err != nil || c.Origin != g.Origin {
		s.verifier.fail(g.From, Signature)
		return
	}
	s.checkpoint = c
	if c.Size == g.From-1 && g.Picked == nil && s.verifier.Match(c.Root, Signed) {
		s.signed = c.Size
	}
}

// end closes a segment: it must hold all that it claimed, and its tree must be
// a part of the signed one.
func (s *scan) end(line []byte) {
	g, end := s.segment, &End{}
	s.segment = nil
	err := json.Unmarshal(line, end)
	hash, ok := ParseHex(end.Head)
	if err != nil || !ok {
		s.verifier.fail(s.verifier.At().Size+1, Malformed)
		return
	}
	c := s.checkpoint
	if !s.verifier.Finish(g.To, hash) || c == nil || c.Size <= g.To || g.To == 0 {
		return
	}
	root := Root(s.verifier.At().Peaks)
	if tlog.CheckTree(g.Consistency, int64(c.Size), c.Root, int64(g.To), root) != nil {
		s.verifier.fail(g.To, Signed)
		return
	}
	s.signed = g.To
}

// SetPeaks fills in the peaks.
func (g *Segment) SetPeaks(peaks [][32]byte) {
	g.Peaks = make([]tlog.Hash, len(peaks))
	for i, p := range peaks {
		g.Peaks[i] = p
	}
}
