package share

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// GetInput names a share.
type GetInput struct {
	ID urn.ID `json:"id" op:"path,id=shr" doc:"the share"`
}

// Get shows a share, never its token.
var Get = op.NewQuery(Ops, op.Spec[GetInput, Share]{
	Name:    "get",
	Summary: "Show a share, without its token.",
	Doc:     "To its creator, to who could share its object, to hosts and to administrators of the cluster.",
	Route:   "GET /v1/shares/{id}",
	Access:  op.Anyone[GetInput]("read"),
	Faults:  []fault.Code{fault.NotFound},
	Example: GetInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in GetInput) (Share, error) {
	r, ok := find(v, in.ID)
	if !ok {
		return Share{}, op.NotFound()
	}
	if err := r.governs(v, "read"); err != nil {
		return Share{}, err
	}
	return r.shown(v), nil
})
