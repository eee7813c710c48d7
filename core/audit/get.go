package audit

import (
	"github.com/weir-store/weir/core/audit/reads"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// GetInput names an entry.
type GetInput struct {
	Sequence uint64 `json:"sequence" op:"path,min=1" doc:"the entry's place in the trail"`
}

// Get shows one entry.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Entry]{
	Name:    "get",
	Summary: "Show an entry of the audit trail.",
	Route:   "GET /v1/audit/entries/{sequence}",
	Access:  op.Anyone[GetInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: GetInput{Sequence: 1},
	Result:  example,
}, func(v *op.View, in GetInput) (Entry, error) { return get(v, in.Sequence) })

func get(v *op.View, sequence uint64) (Entry, error) {
	t := open(v)
	r, e, err := t.read(sequence, "audit.get")
	if err != nil {
		return Entry{}, err
	}
	found := t.shown(r, e)
	if e.Entity == reads.EntityBatch {
		var all bool
		if found.Reads, all = t.body(sequence); !all {
			found.Opening = "" // with it, guesses about the rest could be tested
		}
	}
	return found, nil
}

// Raw gives the canonical bytes of an entry: the leaf of the tree, and what
// its hash is taken of.
var Raw = op.NewQuery(Ops, op.Spec[GetInput, op.Raw]{
	Name:    "raw",
	Summary: "Give the bytes of an entry that are hashed.",
	Route:   "GET /v1/audit/entries/{sequence}/raw",
	Access:  op.Anyone[GetInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: GetInput{Sequence: 1},
	Result:  op.Raw{ContentType: "application/json"},
}, func(v *op.View, in GetInput) (op.Raw, error) {
	r, _, err := open(v).read(in.Sequence, "audit.raw")
	if err != nil {
		return op.Raw{}, err
	}
	return op.Raw{ContentType: "application/json", Body: r.Entry}, nil
})
