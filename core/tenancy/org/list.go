package org

import (
	"strings"
	"unicode"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// ListInput filters the organizations of the cluster.
type ListInput struct {
	Status string `json:"status,omitempty" op:"query,enum=active|suspended|revoked" doc:"only those in this state"`
	Query  string `json:"query,omitempty" op:"query,max=256" doc:"only those whose name or slug holds this text, in whatever case; no character has a meaning of its own"`
	op.Paging
}

// List shows the organizations of the cluster, oldest first, to those who run
// it. The others find theirs by their memberships.
var List = op.NewQuery(Ops, op.Spec[ListInput, op.Page[Org]]{
	Name:     "list",
	Summary:  "List the organizations of the cluster.",
	Route:    "GET /v1/orgs",
	Access:   op.Holding[ListInput]("list", op.ActAsHost, op.Administer),
	Faults:   []fault.Code{fault.InvalidCursor},
	Example:  ListInput{Query: "exam"},
	Result:   op.NewPage([]Org{example}, ""),
	Validate: func(in *ListInput) *fault.Fault { return in.CheckCursor(urn.PrefixScope, urn.PrefixOrg) },
}, func(v *op.View, in ListInput) (op.Page[Org], error) {
	query := fold(in.Query)
	showIf := func(h *tenancy.Header) (Org, bool) {
		o := show(h)
		return o, h.Kind == tenancy.KindOrg && (in.Status == "" || o.Status == in.Status) &&
			(holds(h.Name, query) || holds(h.Slug, query) || query == "")
	}
	return op.Fill(tenancy.All(v, urn.ID(in.Cursor)), in.Paging, showIf, func(h *tenancy.Header) op.Cursor { return op.Cursor(h.ID) }), nil
})

// holds says whether a text that is set holds a folded one.
func holds(text, folded string) bool { return text != "" && strings.Contains(fold(text), folded) }

// fold gives texts that differ in case only one form: of all letters that are
// cases of one another by the simple folding of Unicode, the one that comes
// first. No language has a say, and no letter becomes two. The table is that of
// the Go release that the program is built with; a test names it.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			first = min(first, next)
		}
		return first
	}, text)
}
