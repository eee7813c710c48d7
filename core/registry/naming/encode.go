package naming

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// EncodeInput is what an id shall be made of.
type EncodeInput struct {
	Type string `json:"type" op:"required" doc:"the prefix of a kind of things: usr, org, mem, ..."`
	UUID string `json:"uuid" op:"required" doc:"a UUID of version 1 to 8 in its text of 36 characters, of either case"`
}

// EncodeOutput is the id.
type EncodeOutput struct {
	ID urn.ID `json:"id" doc:"the id, in lower case"`
}

// Encode makes an id of a prefix and a UUID. Whether there is such a thing is
// not asked.
var Encode = op.NewQuery(Ops, op.Spec[EncodeInput, EncodeOutput]{
	Name:    "encode",
	Summary: "Make an id of the prefix of a kind and a UUID.",
	Route:   "POST /v1/ids/encode",
	Access:  op.Anyone[EncodeInput]("read"),
	Faults:  []fault.Code{fault.InvalidIDType, fault.InvalidID},
	Example: EncodeInput{Type: urn.PrefixOrg, UUID: exampleUUID},
	Result:  EncodeOutput{ID: exampleID},
}, func(_ *op.View, in EncodeInput) (EncodeOutput, error) {
	id, f := urn.Encode(in.Type, in.UUID)
	if f != nil {
		field := "uuid"
		if f.Code == fault.InvalidIDType {
			field = "type"
		}
		return EncodeOutput{}, at(f, field)
	}
	return EncodeOutput{ID: id}, nil
})
