package audit

import (
	"bytes"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/storage/key"
)

// VerifyInput is a range of entries.
type VerifyInput struct {
	From uint64 `json:"from,omitempty" op:"query,min=1" doc:"the first entry; 1 when absent"`
	To   uint64 `json:"to,omitempty" op:"query,min=1" doc:"the last entry; the newest when absent or above it"`
}

// Verify recomputes the chain and the tree over stored entries, and holds them
// against the stored tiles, the signed checkpoints and the head.
var Verify = op.NewQuery(Ops, op.Spec[VerifyInput, chain.Report]{
	Name:    "verify",
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
	return verify(v.Now, from, to), nil
})

// verify checks the entries from..to, which should be there.
func verify(v state.View, from, to uint64) chain.Report {
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
	rows := entries.Scan(v, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from-1)})
	defer rows.Close()
	for n := from; n <= to && rows.Next(); n++ {
		if !p.verifier.Add(rows.Row().Entry) {
			break
		}
		p.check()
	}
	p.finish(to)
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

// proofreader walks entries and checkpoints side by side.
type proofreader struct {
	v        state.View
	verifier *chain.Verifier
	reader   *reader
	signed   *state.Rows[checkpoint]
	// waiting is the next checkpoint, claim what it says.
	waiting *checkpoint
	claim   *chain.Checkpoint
	proven  uint64
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
	if p.verifier.Match(p.claim.Root, chain.Signed) {
		p.proven = at
		p.next()
	}
}

func (p *proofreader) report(from uint64) chain.Report {
	at := p.verifier.At()
	r := chain.Report{Checked: at.Size - (from - 1), Signed: p.proven}
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
