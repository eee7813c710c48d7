package audit

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
)

// InclusionInput names an entry and a size of the tree.
type InclusionInput struct {
	Sequence uint64 `json:"sequence" op:"required,query,min=1" doc:"the entry"`
	Size     uint64 `json:"size,omitempty" op:"query,min=1" doc:"the size of the tree; that of now when absent"`
}

// InclusionProof shows that an entry is in the tree of a size.
type InclusionProof struct {
	Sequence uint64   `json:"sequence" doc:"the entry; its number in the tree is one less"`
	Size     uint64   `json:"size" doc:"the size of the tree"`
	LeafHash string   `json:"leaf_hash" doc:"the leaf hash of the entry, in base64"`
	Hashes   []string `json:"hashes" doc:"the audit path of RFC 6962, in base64"`
}

// Inclusion proves that an entry is in the tree. Proofs hold hashes only, so
// everybody with a key may ask for them, and they leave no trace.
var Inclusion = op.NewQuery(Ops, op.Spec[InclusionInput, InclusionProof]{
	Name:    "prove_inclusion",
	Summary: "Prove that an entry is in the tree.",
	Route:   "GET /v1/audit/proof/inclusion",
	Access:  op.Anyone[InclusionInput]("read"),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: InclusionInput{Sequence: 1, Size: 2},
	Result:  InclusionProof{Sequence: 1, Size: 2, LeafHash: exampleHash, Hashes: []string{exampleHash}},
}, func(v *op.View, in InclusionInput) (InclusionProof, error) {
	size, f := open(v).sized(in.Size, "size")
	if f != nil {
		return InclusionProof{}, f
	}
	if in.Sequence > size {
		return InclusionProof{}, beyond("sequence", "must not be above size")
	}
	path, err := tlog.ProveRecord(int64(size), int64(in.Sequence)-1, &reader{v: v.Now})
	if err != nil {
		panic(&state.Broken{Err: err})
	}
	leaf := tlog.Hash((&reader{v: v.Now}).hashes(0, in.Sequence-1, 1))
	return InclusionProof{Sequence: in.Sequence, Size: size, LeafHash: leaf.String(), Hashes: shownHashes(path)}, nil
})

// ConsistencyInput names two sizes of the tree.
type ConsistencyInput struct {
	From uint64 `json:"from" op:"required,query,min=1" doc:"the smaller size"`
	To   uint64 `json:"to,omitempty" op:"query,min=1" doc:"the larger size; that of now when absent"`
}

// ConsistencyProof shows that the tree of one size begins with that of another.
type ConsistencyProof struct {
	From   uint64   `json:"from" doc:"the smaller size"`
	To     uint64   `json:"to" doc:"the larger size"`
	Hashes []string `json:"hashes" doc:"the consistency proof of RFC 6962, in base64"`
}

// Consistency proves that nothing was changed between two sizes of the tree.
var Consistency = op.NewQuery(Ops, op.Spec[ConsistencyInput, ConsistencyProof]{
	Name:    "prove_consistency",
	Summary: "Prove that the tree only grew between two sizes.",
	Route:   "GET /v1/audit/proof/consistency",
	Access:  op.Anyone[ConsistencyInput]("read"),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: ConsistencyInput{From: 1, To: 2},
	Result:  ConsistencyProof{From: 1, To: 2, Hashes: []string{exampleHash}},
}, func(v *op.View, in ConsistencyInput) (ConsistencyProof, error) {
	to, f := open(v).sized(in.To, "to")
	if f != nil {
		return ConsistencyProof{}, f
	}
	if in.From > to {
		return ConsistencyProof{}, inverted("from", "must not be above to")
	}
	return ConsistencyProof{From: in.From, To: to, Hashes: shownHashes(proveTree(v.Now, in.From, to))}, nil
})

func proveTree(v state.View, from, to uint64) tlog.TreeProof {
	proof, err := tlog.ProveTree(int64(to), int64(from), &reader{v: v})
	if err != nil {
		panic(&state.Broken{Err: err})
	}
	return proof
}

// sized is the size that is asked for: that of now where none is.
func (t *trail) sized(size uint64, parameter string) (uint64, *fault.Fault) {
	if size == 0 {
		size = t.size
	}
	if size == 0 || size > t.size {
		return 0, beyond(parameter, "the trail has fewer entries").With("entries", t.size)
	}
	return size, nil
}

// beyond is the refusal of a place that the trail does not have.
func beyond(parameter, detail string) *fault.Fault {
	return fault.New(fault.MalformedRequest, "the trail does not reach that far").
		At(fault.Item{Parameter: parameter, Code: "out-of-range", Detail: detail})
}

func shownHashes(hashes []tlog.Hash) []string {
	shown := make([]string, len(hashes))
	for i, h := range hashes {
		shown[i] = h.String()
	}
	return shown
}
