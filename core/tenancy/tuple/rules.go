package tuple

import (
	"maps"
	"slices"
	"strconv"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// RuleOps are the operations on what relations imply each other.
var RuleOps = &op.Set{Noun: "tuple_rule", Doc: "Tuple rules say, for each type of object, by which other relations a relation is had too."}

// EntityRules is what the audit trail calls the rules of a type.
const EntityRules = "tuple_rules"

// The types of nodes.
const (
	nodeThis     = "this"
	nodeComputed = "computed_userset"
	nodeHop      = "tuple_to_userset"
)

// How many relations of a type have rules, and how many nodes each.
const (
	maxRuled = 64
	maxNodes = 16
)

// Node is one way to have a relation.
type Node struct {
	Type     string `cbor:"1,keyasint" json:"type" op:"required" doc:"this: a tuple of the relation itself, which always counts; computed_userset: another relation to the same object; tuple_to_userset: a relation to each subject of a tuple on the object"`
	Relation string `cbor:"2,keyasint,omitempty" json:"relation,omitempty" doc:"of computed_userset: the other relation"`
	Tupleset string `cbor:"3,keyasint,omitempty" json:"tupleset_relation,omitempty" doc:"of tuple_to_userset: the relation whose subjects are asked about"`
	Computed string `cbor:"4,keyasint,omitempty" json:"computed_userset_relation,omitempty" doc:"of tuple_to_userset: the relation to them that is asked for"`
	// SubjectType narrows a hop.
	SubjectType string `cbor:"5,keyasint,omitempty" json:"subject_type,omitempty" doc:"of tuple_to_userset: only subjects of this type; all when absent"`
}

// check says what is wrong with a node, by the member that is.
func (n *Node) check() (member, why string) {
	members := []struct {
		name, value, form string
		fits, needed      bool
		ok                func(string) bool
	}{
		{"relation", n.Relation, relationForm, n.Type == nodeComputed, true, isRelation},
		{"tupleset_relation", n.Tupleset, relationForm, n.Type == nodeHop, true, isRelation},
		{"computed_userset_relation", n.Computed, relationForm, n.Type == nodeHop, true, isRelation},
		{"subject_type", n.SubjectType, typeForm, n.Type == nodeHop, false, isType},
	}
	if n.Type != nodeThis && n.Type != nodeComputed && n.Type != nodeHop {
		return "type", "is this, computed_userset or tuple_to_userset"
	}
	for _, m := range members {
		switch {
		case m.value == "" && (!m.fits || !m.needed):
		case !m.fits:
			return m.name, "has no place in such a node"
		case !m.ok(m.value):
			return m.name, m.form
		}
	}
	return "", ""
}

// Ruled is what is said of one relation.
type Ruled struct {
	Relation string `cbor:"1,keyasint" json:"relation"`
	Nodes    []Node `cbor:"2,keyasint,omitempty" json:"nodes"`
}

// Rules is the row of a type: its relations in order, none where its rules were
// taken away.
type Rules struct {
	ObjectType string     `cbor:"1,keyasint" json:"object_type"`
	Relations  []Ruled    `cbor:"2,keyasint,omitempty" json:"relations"`
	UpdatedAt  state.Time `cbor:"3,keyasint" json:"updated_at"`
	UpdatedBy  urn.ID     `cbor:"4,keyasint" json:"updated_by"`
	Version    uint64     `cbor:"5,keyasint" json:"version"`
}

var rules = state.NewTable(state.Spec[Rules]{
	Space: key.TupleRule,
	Key:   func(r *Rules) key.Key { return state.Key(key.TupleRule, r.ObjectType) },
})

// FindRules reads the rules of a type.
func FindRules(v state.View, objectType string) (*Rules, bool) {
	return rules.Get(v, state.Key(key.TupleRule, objectType))
}

// of are the nodes of a relation.
func (r *Rules) of(relation string) []Node {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Relations, func(x Ruled) bool { return x.Relation == relation })
	if i < 0 {
		return nil
	}
	return r.Relations[i].Nodes
}

// RuleSet is the rules of a type as callers see them.
type RuleSet struct {
	ObjectType string            `json:"object_type" doc:"the type of the objects"`
	Rules      map[string][]Node `json:"rules" doc:"the ways to have each relation beside a tuple of its own; empty where there are none"`
	UpdatedAt  state.Time        `json:"updated_at,omitzero" doc:"when they were set last; absent if they never were"`
	Version    uint64            `json:"version" doc:"raised by each change; 0 if there was none"`
}

// ETagVersion is the version that the reply's ETag names.
func (r RuleSet) ETagVersion() uint64 { return r.Version }

func (r *Rules) shown() RuleSet {
	out := RuleSet{ObjectType: r.ObjectType, Rules: map[string][]Node{}, UpdatedAt: r.UpdatedAt, Version: r.Version}
	for _, x := range r.Relations {
		out.Rules[x.Relation] = x.Nodes
	}
	return out
}

// checkType refuses what cannot be the type of an object.
func checkType(objectType string) *fault.Fault {
	if !isType(objectType) {
		return badFormat("/object_type", typeForm)
	}
	return nil
}

// read puts what a caller said into order, and refuses what no rule can be.
func read(said map[string][]Node) ([]Ruled, *fault.Fault) {
	tooMany := func(at string, most int) *fault.Fault {
		detail := "has more than " + strconv.Itoa(most) + " items"
		return fault.New(fault.LimitExceeded, "%s", detail).At(fault.Item{Pointer: at, Code: string(fault.LimitExceeded), Detail: detail})
	}
	if len(said) > maxRuled {
		return nil, tooMany("/rules", maxRuled)
	}
	var found []Ruled
	for _, relation := range slices.Sorted(maps.Keys(said)) {
		at, nodes := "/rules/"+canon.Pointer(relation), said[relation]
		if !isRelation(relation) {
			return nil, badFormat(at, relationForm)
		}
		if len(nodes) > maxNodes {
			return nil, tooMany(at, maxNodes)
		}
		for i := range nodes {
			if member, why := nodes[i].check(); why != "" {
				return nil, badFormat(at+"/"+strconv.Itoa(i)+"/"+member, why)
			}
		}
		found = append(found, Ruled{relation, nodes})
	}
	return found, nil
}
