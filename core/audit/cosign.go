package audit

import (
	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// CosignInput is what a witness answered.
type CosignInput struct {
	Size    uint64 `json:"size" op:"required,min=1" doc:"the size of the checkpoint"`
	Witness urn.ID `json:"witness" op:"required,max=64" doc:"the witness"`
	Lines   string `json:"lines" op:"required,max=4096" doc:"the signature lines that it gave"`
}

// Cosigned says what was kept.
type Cosigned struct {
	Time uint64 `json:"time" doc:"when the witness signed, in seconds since 1970, as it says"`
}

// Cosign keeps the cosignature of a witness beside the checkpoint. Every node
// verifies it; the same again changes nothing. It leaves no entry, since it is
// a proof itself, and an idle cluster would cosign its own cosignatures.
var Cosign = op.NewCommand(Ops, op.Spec[CosignInput, Cosigned]{
	Name:    "cosign",
	Summary: "Keep the cosignature of a witness.",
	Access:  op.Internal[CosignInput]("audit_checkpoint"),
	Faults:  []fault.Code{fault.NotFound, fault.TraceIntegrity},
	Example: CosignInput{Size: 41, Witness: "partner", Lines: "— witness.example/w1 …\n"},
	Result:  Cosigned{Time: 1767225600},
	Undo:    op.Final("what was signed is out"),
}, func(tx *op.Tx, in CosignInput) (Cosigned, error) {
	c, ok := checkpoints.Get(tx, state.Key(key.AuditCheckpoint, in.Size))
	w, known := witness.Find(tx, in.Witness)
	if !ok || !known {
		return Cosigned{}, op.NotFound()
	}
	if had, ok := witness.By(tx, in.Witness, in.Size); ok {
		return Cosigned{Time: had.Time}, nil
	}
	verifier, err := chain.ParseWitness(w.VerifierKey)
	if err != nil {
		return Cosigned{}, fault.New(fault.TraceIntegrity, "the witness has no key that can be read").Wrap(err)
	}
	s, err := verifier.Cosigned(c.Note, in.Lines)
	if err != nil {
		return Cosigned{}, fault.New(fault.TraceIntegrity, "the witness did not sign this checkpoint").Wrap(err)
	}
	kept := witness.Cosignature{
		Size: in.Size, Witness: in.Witness, VerifierKey: w.VerifierKey, Line: s.Line, Time: s.Time, StoredAt: tx.Time(),
	}
	kept.Keep(tx)
	return Cosigned{Time: s.Time}, nil
})

// Uncosigned is the newest checkpoint, and the witnesses that have not seen it.
func Uncosigned(v state.View) (size uint64, note []byte, missing []*witness.Witness) {
	c, ok := newest(v, head(v).Sequence)
	if !ok {
		return 0, nil, nil
	}
	for _, w := range witness.All(v) {
		if _, ok := witness.By(v, w.Name, c.Size); !ok {
			missing = append(missing, w)
		}
	}
	return c.Size, c.Note, missing
}

// Growth proves that the tree of a size begins with that of a smaller one.
func Growth(v state.View, from, to uint64) [][32]byte {
	if from == 0 || from == to {
		return nil
	}
	var hashes [][32]byte
	for _, h := range proveTree(v, from, to) {
		hashes = append(hashes, h)
	}
	return hashes
}
