package audit

import (
	"bytes"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// VerifyInput is a range of entries.
type VerifyInput struct {
	From uint64 `json:"from,omitempty" op:"query,min=1" doc:"the first entry; 1 when absent"`
	To   uint64 `json:"to,omitempty" op:"query,min=1" doc:"the last entry; the newest when absent or above it"`
	// Bodies are not part of the chain: they can be erased without breaking it.
	Bodies bool `json:"bodies,omitempty" op:"query" doc:"also hold what lies beside entries, and the states of things before and after, against what the entries commit to, as far as that can still be opened"`
}

// Verify recomputes the chain and the tree over stored entries, and holds them
// against the stored tiles, the signed checkpoints and the head.
var Verify = op.NewQuery(Ops, op.Spec[VerifyInput, chain.Report]{
	Name:    "verify",
	Schema:  2,
	Summary: "Verify the chain, the tree and the checkpoints of the trail.",
	Doc:     "Nodes are compared by their head at an equal to. Whoever does not trust the nodes verifies an export instead: weir audit verify.",
	Route:   "GET /v1/audit/verify",
	Access:  op.Holding[VerifyInput]("read", op.ReadAudit),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: VerifyInput{From: 1, To: 42},
	Result:  chain.Report{Verdict: chain.Valid, Valid: true, Checked: 42, First: 1, Last: 42, Head: strings.Repeat("5e", 32), Signed: 41},
	Validate: func(in *VerifyInput) *fault.Fault {
		if in.To != 0 && in.From > in.To {
			return inverted("to", "must not be before from")
		}
		return nil
	},
}, func(v *op.View, in VerifyInput) (chain.Report, error) {
	t := open(v)
	from, to := max(in.From, t.base+1), t.size
	if in.To != 0 {
		to = min(to, in.To)
	}
	if from > to {
		r := chain.Report{}
		r.Settle(nil)
		return r, nil
	}
	return Check{From: from, To: to, Bodies: in.Bodies, Catalog: v.Catalog, Look: v.Look}.verify(v.Now), nil
})

// Check is what of a trail is to be verified.
type Check struct {
	// From and To are the first and the last entry; 0 is as far as there are.
	From, To uint64
	// Bodies asks that what lies beside entries is held against them, and that
	// the states of things are: what Catalog declares of them, as Look shows a
	// revision. Without a catalog there are no states.
	Bodies  bool
	Catalog *op.Catalog
	Look    func(revision uint64, fn func(past state.View))
	// Progress, when set, is called now and then with the last sequence read.
	Progress func(sequence uint64)
}

// Run verifies the trail of a view of the newest state, as a query does. Its
// memory does not grow with the trail.
func (c Check) Run(v state.View) (report chain.Report, err error) {
	defer state.Guard(&err)
	c.From = max(c.From, base(v).Size+1)
	if size := head(v).Sequence; c.To == 0 || c.To > size {
		c.To = size
	}
	if c.From > c.To {
		report.Settle(nil)
		return report, nil
	}
	return c.verify(v), nil
}

// verify checks the entries From..To, which should be there.
func (c Check) verify(v state.View) chain.Report {
	from, to := c.From, c.To
	if from > base(v).Size+1 && !entries.Has(v, state.Key(key.Audit, from-1)) {
		r := chain.Report{}
		r.Settle(&chain.Break{Sequence: from - 1, Reason: chain.Missing})
		return r
	}
	p := proofreader{v: v, verifier: chain.NewVerifier(anchor(v, from-1)), reader: &reader{v: v}}
	p.verifier.Leaf = p.leaf
	p.signed = checkpoints.Scan(v, state.Range{Prefix: state.Key(key.AuditCheckpoint), After: state.Key(key.AuditCheckpoint, from-1)})
	defer p.signed.Close()
	p.next()
	if c.Bodies {
		p.bodies = reads.Scan(v, from)
		defer p.bodies.Close()
		if c.Catalog != nil {
			p.states = &states{check: c, v: v, seen: map[thing]bool{}}
		}
	}
	rows := entries.Scan(v, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from-1)})
	defer rows.Close()
	for n := from; n <= to && rows.Next(); n++ {
		if !p.verifier.Add(rows.Row().Entry) {
			break
		}
		p.check()
		p.body(rows.Row())
		p.state(rows.Row())
		if c.Progress != nil && n%progressEvery == 0 {
			c.Progress(n)
		}
	}
	p.finish(to)
	p.settle()
	return p.report(from)
}

// finish holds the last entry against what names it: the next one, or the head.
func (p *proofreader) finish(to uint64) {
	h := head(p.v)
	if to == h.Sequence {
		if p.waiting != nil { // a checkpoint tells of more entries than there are
			to = p.waiting.Size
		}
		if p.verifier.Finish(to, h.Chain) {
			p.verifier.Match(chain.Root(h.Peaks), chain.Tree)
		}
		return
	}
	r, ok := entries.Get(p.v, state.Key(key.Audit, to+1))
	if !ok {
		p.verifier.Reject(chain.Missing)
		return
	}
	if hash, ok := chain.Previous(r.Entry); ok {
		p.verifier.Finish(to, hash)
	}
}

const progressEvery = 1 << 14

// proofreader walks entries, checkpoints and bodies side by side.
type proofreader struct {
	v        state.View
	verifier *chain.Verifier
	reader   *reader
	signed   *state.Rows[checkpoint]
	// waiting is the next checkpoint, claim what it says.
	waiting *checkpoint
	claim   *chain.Checkpoint
	proven  uint64
	// bodies are those of batches; batch is the next, held counts those before.
	bodies *state.Rows[reads.Batch]
	batch  *reads.Batch
	held   uint64
	// states is nil unless they are to be held against the entries.
	states *states
}

// leaf is what the stored tree has in the place of an entry.
func (p *proofreader) leaf(sequence uint64) (leaf [32]byte, known bool) {
	t, ok := p.reader.tile(0, (sequence-1)/tileWidth)
	if !ok {
		return leaf, false
	}
	at := (sequence - 1) % tileWidth * hashSize
	return [32]byte(t.Hashes[at : at+hashSize]), true
}

// next takes the next checkpoint and verifies its signature.
func (p *proofreader) next() {
	p.waiting, p.claim = nil, nil
	if p.signed.Next() {
		p.waiting = p.signed.Row()
		p.claim = believed(p.v, p.waiting)
	}
}

// check holds the tree against the checkpoint of its size, if there is one.
func (p *proofreader) check() {
	at := p.verifier.At().Size
	if p.waiting == nil || p.waiting.Size != at {
		return
	}
	if p.claim == nil || p.claim.Size != at {
		p.verifier.Reject(chain.Signature)
		return
	}
	if !p.witnessed() {
		p.verifier.Reject(chain.Cosigned)
		return
	}
	if p.verifier.Match(p.claim.Root, chain.Signed) {
		p.proven = at
		p.next()
	}
}

// witnessed verifies the cosignatures of the checkpoint.
func (p *proofreader) witnessed() bool {
	for _, c := range witness.Under(p.v, p.waiting.Size) {
		w, err := chain.ParseWitness(c.VerifierKey)
		if err != nil {
			return false
		}
		if _, err := w.Cosigned(p.waiting.Note, c.Line); err != nil {
			return false
		}
	}
	return true
}

// body holds the body of an entry, if it has one, against what it commits to.
func (p *proofreader) body(r *row) {
	if p.bodies == nil || p.verifier.At().Size != r.Sequence {
		return
	}
	for p.batch == nil || p.batch.Sequence < r.Sequence {
		if !p.bodies.Next() {
			p.bodies = nil
			return
		}
		p.batch = p.bodies.Row()
	}
	if p.batch.Sequence != r.Sequence || len(r.Opening) == 0 { // erased
		return
	}
	if chain.Text(r.Entry, "after_digest") != chain.Digest(r.Opening, "after", p.batch.Body) {
		p.verifier.Reject(chain.Body)
		return
	}
	p.held++
}

// state takes an entry that the chain vouches for, and settles the command
// before it.
func (p *proofreader) state(r *row) {
	if p.states == nil || p.verifier.At().Size != r.Sequence {
		return
	}
	if r.Revision != p.states.revision {
		p.settle()
		p.states.revision = r.Revision
	}
	p.states.take(r)
}

// settle holds the states of a command against its entries.
func (p *proofreader) settle() {
	if p.states != nil && p.verifier.Broken() == nil {
		p.verifier.Blame(p.states.settle())
	}
}

func (p *proofreader) report(from uint64) chain.Report {
	at := p.verifier.At()
	r := chain.Report{Checked: at.Size - (from - 1), Signed: p.proven, Bodies: p.held}
	if p.states != nil {
		r.States, r.Compacted = p.states.held, p.states.erased
	}
	if r.Checked > 0 {
		r.First, r.Last, r.Head = from, at.Size, chain.Hex(at.Hash)
	}
	r.Settle(p.verifier.Broken())
	return r
}

// believed opens a stored checkpoint with the key that its first line names.
func believed(v state.View, c *checkpoint) *chain.Checkpoint {
	name, _, _ := bytes.Cut(c.Note, []byte{'\n'})
	k, ok := keys.Get(v, state.Key(key.AuditKey, string(name)))
	if !ok {
		return nil
	}
	claim, err := chain.Open(c.Note, k.VerifierKey)
	if err != nil {
		return nil
	}
	return claim
}

// anchor is what the state holds of the first size entries.
func anchor(v state.View, size uint64) chain.Anchor {
	a := chain.Anchor{Size: size}
	if b := base(v); size > 0 && size == b.Size {
		a.Hash, a.Peaks = b.Hash, peaks(v, size)
	} else if size > 0 {
		a.Hash, a.Peaks = chain.Hash(load(v, size).Entry), peaks(v, size)
	}
	return a
}
