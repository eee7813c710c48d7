package relation

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// PathInput names two principals.
type PathInput struct {
	ID       urn.ID `json:"id" op:"path,id=principal" doc:"where to begin"`
	To       urn.ID `json:"to" op:"required,query,id=principal" doc:"where to arrive"`
	Label    string `json:"relationship,omitempty" op:"query,max=64" doc:"only along relationships with this label"`
	MaxDepth *int64 `json:"max_depth,omitempty" op:"query,min=0,max=100" doc:"the greatest length of the path: 20 when absent; the path to oneself has the length 0"`
}

// Path is a shortest way from one principal to another.
type Path struct {
	Found         bool     `json:"found" doc:"whether there is a path"`
	PrincipalIDs  []urn.ID `json:"principal_ids" doc:"the principals on the path, both ends included"`
	Relationships []string `json:"relationships" doc:"the label of each relationship on the path"`
	Length        int      `json:"length" doc:"how many relationships the path has"`
	Truncated     bool     `json:"truncated" doc:"whether the search met too many principals and ended without a path"`
}

// FindPath finds a shortest path. Relationships are taken in either direction.
var FindPath = op.NewQuery(Resolve, op.Spec[PathInput, Path]{
	Name:    "find_path",
	Summary: "Find a shortest path of relationships between two principals.",
	Route:   "GET /v1/principals/{id}/path",
	Access:  op.May("read", op.Read, func(in PathInput) op.Target { return op.Principal(in.ID) }),
	Example: PathInput{ID: "alice", To: "bob"},
	Result:  Path{Found: true, PrincipalIDs: []urn.ID{"alice", "team", "bob"}, Relationships: []string{MemberOf, MemberOf}, Length: 2},
}, func(v *op.View, in PathInput) (Path, error) {
	w, err := search(v, in)
	if err != nil {
		return Path{}, err
	}
	p := Path{PrincipalIDs: []urn.ID{}, Relationships: []string{}, Truncated: w.truncated}
	if !w.known[in.To] {
		return p, nil
	}
	for i, n := range w.path() {
		p.PrincipalIDs = append(p.PrincipalIDs, n.id)
		if i > 0 {
			p.Relationships = append(p.Relationships, n.label)
		}
	}
	p.Found, p.Length, p.Truncated = true, len(p.Relationships), false
	return p, nil
})

// Relation says whether two principals are related.
type Relation struct {
	Related   bool `json:"related" doc:"whether a path of relationships, taken in either direction, joins the two"`
	Truncated bool `json:"truncated" doc:"whether the search met too many principals to be sure of a no"`
}

// IsRelated says whether a path joins two principals.
var IsRelated = op.NewQuery(Resolve, op.Spec[PathInput, Relation]{
	Name:    "is_related",
	Summary: "Ask whether relationships join two principals.",
	Route:   "GET /v1/principals/{id}/is_related",
	Access:  op.May("read", op.Read, func(in PathInput) op.Target { return op.Principal(in.ID) }),
	Example: PathInput{ID: "alice", To: "bob"},
	Result:  Relation{Related: true},
}, func(v *op.View, in PathInput) (Relation, error) {
	w, err := search(v, in)
	if err != nil {
		return Relation{}, err
	}
	related := w.known[in.To]
	return Relation{Related: related, Truncated: w.truncated && !related}, nil
})

// search walks in both directions until it arrives.
func search(v *op.View, in PathInput) (*walk, error) {
	if err := v.Demand("read", op.Read, op.Principal(in.To)); err != nil {
		return nil, err
	}
	w := begin(v, in.Label, in.MaxDepth)
	w.until = in.To
	w.from(in.ID, either)
	return w, nil
}
