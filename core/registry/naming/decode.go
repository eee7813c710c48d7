package naming

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// DecodeInput is an id.
type DecodeInput struct {
	ID string `json:"id" op:"required" doc:"the id"`
}

// DecodeOutput is what an id is made of.
type DecodeOutput struct {
	Type string `json:"type" doc:"the prefix, which says the kind"`
	UUID string `json:"uuid" doc:"the UUID in its text of 36 characters"`
}

// Decode takes an id apart. Whether there is such a thing is not asked.
var Decode = op.NewQuery(Ops, op.Spec[DecodeInput, DecodeOutput]{
	Name:    "decode",
	Summary: "Take an id apart: the prefix of its kind, and its UUID.",
	Doc:     "Looked for are, in this order: the separator, the prefix of a kind, 32 digits of 0-9 a-f, and a UUID of version 1 to 8. Nothing is folded or trimmed.",
	Route:   "POST /v1/ids/decode",
	Access:  op.Anyone[DecodeInput]("read"),
	Faults:  []fault.Code{fault.InvalidID, fault.InvalidIDType},
	Example: DecodeInput{ID: exampleID},
	Result:  DecodeOutput{Type: urn.PrefixOrg, UUID: exampleUUID},
}, func(_ *op.View, in DecodeInput) (DecodeOutput, error) {
	prefix, uuid, f := urn.Decode(urn.ID(in.ID))
	if f != nil {
		return DecodeOutput{}, at(f, "id")
	}
	return DecodeOutput{Type: prefix, UUID: uuid}, nil
})
