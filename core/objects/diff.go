package objects

import (
	"bytes"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// DiffInput names two versions of an object.
type DiffInput struct {
	ID   urn.ID `json:"id" op:"path,id=obj" doc:"the object"`
	From uint64 `json:"from" op:"required,query,min=1" doc:"the version to start from"`
	To   uint64 `json:"to" op:"required,query,min=1" doc:"the version to compare with"`
}

// Change is a member that differs between two versions.
type Change struct {
	Old op.JSON `json:"old" doc:"the value before"`
	New op.JSON `json:"new" doc:"the value after"`
}

// DiffOutput compares the top-level members of two versions.
type DiffOutput struct {
	Added   map[string]op.JSON `json:"added" doc:"members that only the later one has"`
	Removed map[string]op.JSON `json:"removed" doc:"members that only the earlier one has"`
	Changed map[string]Change  `json:"changed" doc:"members that differ"`
}

// Diff compares two versions of an object member by member.
var Diff = op.NewQuery(Ops, op.Spec[DiffInput, DiffOutput]{
	Name:    "diff",
	Summary: "Compare two versions of an object.",
	Route:   "GET /v1/objects/{id}/diff",
	Access:  op.May("read", op.Read, func(in DiffInput) op.Target { return op.Object(in.ID) }),
	Example: DiffInput{ID: exampleID, From: 1, To: 2},
	Result: DiffOutput{
		Added: map[string]op.JSON{}, Removed: map[string]op.JSON{},
		Changed: map[string]Change{"title": {Old: op.JSON(`"draft"`), New: op.JSON(`"final"`)}},
	},
}, func(v *op.View, in DiffInput) (DiffOutput, error) {
	h, ok := Find(v, in.ID)
	if !ok {
		return DiffOutput{}, op.NotFound()
	}
	from, ok := FindVersion(v, in.ID, in.From)
	to, found := FindVersion(v, in.ID, in.To)
	if !ok || !found {
		return DiffOutput{}, op.NotFound()
	}
	v.Read(reading(h))
	a, f := canon.Parse(v.Reveal(h.ID, from.Body.Bytes))
	if f != nil {
		return DiffOutput{}, f
	}
	b, f := canon.Parse(v.Reveal(h.ID, to.Body.Bytes))
	if f != nil {
		return DiffOutput{}, f
	}
	return compare(a.Members, b.Members), nil
})

// compare looks each member of one list up in the other.
func compare(a, b []canon.Member) DiffOutput {
	d := DiffOutput{Removed: map[string]op.JSON{}, Changed: map[string]Change{}}
	later := make(map[string]op.JSON, len(b))
	for _, m := range b {
		later[m.Name] = m.Value.Append(nil)
	}
	for _, m := range a {
		was := op.JSON(m.Value.Append(nil))
		is, ok := later[m.Name]
		delete(later, m.Name)
		switch {
		case !ok:
			d.Removed[m.Name] = was
		case !bytes.Equal(was, is):
			d.Changed[m.Name] = Change{Old: was, New: is}
		}
	}
	d.Added = later
	return d
}
