package relation

import (
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// Resolve are the questions about the graph of relationships.
var Resolve = &op.Set{Noun: "resolve", Doc: "Resolve walks the relationships of principals. Who asks meets only principals that he can see, and walks over no others; relationships with a principal that is not active do not count."}

// KinInput names where a walk begins and how far it goes.
type KinInput struct {
	ID       urn.ID `json:"id" op:"path,id=principal" doc:"where to begin"`
	Label    string `json:"relationship,omitempty" op:"query,max=64" doc:"only along relationships with this label"`
	MaxDepth *int64 `json:"max_depth,omitempty" op:"query,min=0,max=100" doc:"how many relationships away at most: 20 when absent, and 0 gives nobody"`
}

// NearInput names a principal whose nearest are asked for.
type NearInput struct {
	ID    urn.ID `json:"id" op:"path,id=principal" doc:"where to begin"`
	Label string `json:"relationship,omitempty" op:"query,max=64" doc:"only along relationships with this label"`
}

// Relative is a principal that a walk met.
type Relative struct {
	identity.Principal
	Depth int `json:"depth" doc:"how many relationships away it is"`
}

// Kin is what a walk met, nearest first, each principal once.
type Kin struct {
	Items     []Relative `json:"items" doc:"the principals, nearest first"`
	Truncated bool       `json:"truncated" doc:"whether there may be more: a walk meets at most 1000 principals"`
}

var exampleKin = Kin{Items: []Relative{{Principal: identity.Example, Depth: 1}}}

// Ancestors are those above a principal.
var Ancestors = op.NewQuery(Resolve, op.Spec[KinInput, Kin]{
	Name:    "ancestors",
	Summary: "List the principals above one, nearest first.",
	Route:   "GET /v1/principals/{id}/ancestors",
	Access:  op.May("read", op.Read, func(in KinInput) op.Target { return op.Principal(in.ID) }),
	Example: KinInput{ID: "alice", Label: MemberOf},
	Result:  exampleKin,
}, func(v *op.View, in KinInput) (Kin, error) { return kin(v, in, up), nil })

// Descendants are those below a principal.
var Descendants = op.NewQuery(Resolve, op.Spec[KinInput, Kin]{
	Name:    "descendants",
	Summary: "List the principals below one, nearest first.",
	Route:   "GET /v1/principals/{id}/descendants",
	Access:  op.May("read", op.Read, func(in KinInput) op.Target { return op.Principal(in.ID) }),
	Example: KinInput{ID: "team"},
	Result:  exampleKin,
}, func(v *op.View, in KinInput) (Kin, error) { return kin(v, in, down), nil })

// Parents are those directly above a principal.
var Parents = op.NewQuery(Resolve, op.Spec[NearInput, Kin]{
	Name:    "parents",
	Summary: "List the principals directly above one.",
	Route:   "GET /v1/principals/{id}/parents",
	Access:  op.May("read", op.Read, func(in NearInput) op.Target { return op.Principal(in.ID) }),
	Example: NearInput{ID: "alice"},
	Result:  exampleKin,
}, func(v *op.View, in NearInput) (Kin, error) { return kin(v, in.near(), up), nil })

// Children are those directly below a principal.
var Children = op.NewQuery(Resolve, op.Spec[NearInput, Kin]{
	Name:    "children",
	Summary: "List the principals directly below one.",
	Route:   "GET /v1/principals/{id}/children",
	Access:  op.May("read", op.Read, func(in NearInput) op.Target { return op.Principal(in.ID) }),
	Example: NearInput{ID: "team", Label: MemberOf},
	Result:  exampleKin,
}, func(v *op.View, in NearInput) (Kin, error) { return kin(v, in.near(), down), nil })

// AllRelated are a principal itself, those above it and those below it: not
// those beside it, which only share somebody above.
var AllRelated = op.NewQuery(Resolve, op.Spec[KinInput, Kin]{
	Name:    "all_related",
	Summary: "List a principal with all that are above it and below it.",
	Route:   "GET /v1/principals/{id}/related",
	Access:  op.May("read", op.Read, func(in KinInput) op.Target { return op.Principal(in.ID) }),
	Example: KinInput{ID: "team"},
	Result:  exampleKin,
}, func(v *op.View, in KinInput) (Kin, error) {
	above, below := begin(v, in.Label, in.MaxDepth), begin(v, in.Label, in.MaxDepth)
	above.from(in.ID, up)
	below.from(in.ID, down)
	all := Kin{Items: relatives(v, above.met), Truncated: above.truncated || below.truncated}
	for _, n := range below.met {
		if !above.known[n.id] {
			all.Items = append(all.Items, relatives(v, []node{n})...)
		}
	}
	return all, nil
})

func (in *NearInput) near() KinInput {
	one := int64(1)
	return KinInput{ID: in.ID, Label: in.Label, MaxDepth: &one}
}

// begin makes a walk over what the caller sees.
func begin(v *op.View, label string, depth *int64) *walk {
	w := &walk{view: v, label: label, depth: defaultDepth, most: maxMet, sees: func(id urn.ID) bool { return identity.Sees(v, id) }}
	if depth != nil {
		w.depth = int(*depth)
	}
	return w
}

// kin walks one way and leaves the start out.
func kin(v *op.View, in KinInput, way direction) Kin {
	w := begin(v, in.Label, in.MaxDepth)
	w.from(in.ID, way)
	return Kin{Items: relatives(v, w.met[1:]), Truncated: w.truncated}
}

func relatives(v *op.View, met []node) []Relative {
	found := make([]Relative, 0, len(met))
	for _, n := range met {
		if p, ok := identity.Find(v, n.id); ok {
			found = append(found, Relative{p.ShownTo(&v.Caller), n.depth})
		}
	}
	return found
}
