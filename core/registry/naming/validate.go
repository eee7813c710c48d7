package naming

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ValidateInput is what may be an id.
type ValidateInput struct {
	ID           string  `json:"id" op:"required" doc:"any text"`
	ExpectedType *string `json:"expected_type,omitempty" doc:"the prefix that it must have; any when absent or null"`
}

// ValidateOutput says what the text is.
type ValidateOutput struct {
	Valid bool `json:"valid" doc:"whether the text decodes as an id, of the expected kind if one is given"`
}

// Validate says whether a text is an id. No text is a mistake of the call.
var Validate = op.NewQuery(Ops, op.Spec[ValidateInput, ValidateOutput]{
	Name:    "validate",
	Summary: "Say whether a text is an id, of a kind if one is given.",
	Route:   "POST /v1/ids/validate",
	Access:  op.Anyone[ValidateInput]("read"),
	Example: ValidateInput{ID: exampleID},
	Result:  ValidateOutput{Valid: true},
}, func(_ *op.View, in ValidateInput) (ValidateOutput, error) {
	if in.ExpectedType != nil {
		return ValidateOutput{urn.IsValid(urn.ID(in.ID), *in.ExpectedType)}, nil
	}
	return ValidateOutput{urn.IsValid(urn.ID(in.ID))}, nil
})
