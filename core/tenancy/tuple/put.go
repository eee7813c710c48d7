package tuple

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// PutInput is the rules of a type.
type PutInput struct {
	ObjectType string            `json:"object_type" op:"path" doc:"the type of the objects, 2 to 6 letters a-z"`
	Rules      map[string][]Node `json:"rules" op:"required" doc:"for each relation the ways to have it beside a tuple of its own, of which one is enough; {} takes all rules away"`
	Version    uint64            `json:"version,omitempty" doc:"the version that you read; the call fails if it is not current"`
}

// Put says what relations of a type follow from others. It replaces what was
// said before.
var Put = op.NewCommand(RuleOps, op.Spec[PutInput, RuleSet]{
	Name:      "put",
	Summary:   "Say by which other relations a relation to objects of a type is had.",
	Doc:       "This is for cluster administrators, holders of tuples.write and hosts.",
	Route:     "PUT /v1/tuple-rules/{object_type}",
	Access:    op.Anyone[PutInput]("update"),
	Faults:    []fault.Code{fault.PermissionDenied, fault.InvalidFormat, fault.LimitExceeded, fault.VersionConflict},
	Example:   PutInput{ObjectType: "doc", Rules: exampleRules.Rules},
	Result:    exampleRules,
	Undo:      op.Reversible("tuple_rule.put"),
	Versioned: true,
	Validate: func(in *PutInput) *fault.Fault {
		if f := checkType(in.ObjectType); f != nil {
			return f
		}
		_, f := read(in.Rules)
		return f
	},
}, func(tx *op.Tx, in PutInput) (RuleSet, error) {
	if err := configures(tx.View(), "update", op.Administer, op.WriteTuples, op.ActAsHost); err != nil {
		return RuleSet{}, err
	}
	relations, f := read(in.Rules)
	if f != nil {
		return RuleSet{}, f
	}
	r, known := FindRules(tx, in.ObjectType)
	if !known {
		r = &Rules{ObjectType: in.ObjectType}
	}
	if f := tx.CheckVersion(r.Version, in.Version); f != nil {
		return RuleSet{}, f
	}
	before := *r
	if equal(r.Relations, relations) {
		return r.shown(), nil
	}
	r.Relations = relations
	r.put(tx)
	rec := op.Record{Action: "update", Entity: EntityRules, TargetID: urn.ID(r.ObjectType), After: r}
	if known {
		rec.Before = &before
	}
	tx.Record(rec)
	return r.shown(), nil
})

func (r *Rules) put(tx *op.Tx) {
	r.Version++
	r.UpdatedAt, r.UpdatedBy = tx.Time(), tx.Caller.ID
	rules.Put(tx.Tx, r)
}

func equal(a, b []Ruled) bool {
	return slices.EqualFunc(a, b, func(x, y Ruled) bool { return x.Relation == y.Relation && slices.Equal(x.Nodes, y.Nodes) })
}

// configures refuses who holds none of the permissions.
func configures(v *op.View, action string, permissions ...op.Permission) error {
	if slices.ContainsFunc(permissions, v.Caller.Holds) {
		return nil
	}
	return &op.Refused{
		Fault:  fault.New(fault.PermissionDenied, "this takes a permission of the cluster that you do not hold"),
		Action: action, Target: op.Target{Entity: EntityRules}, Decision: op.Decision{Visible: true},
	}
}

var exampleRules = RuleSet{
	ObjectType: "doc",
	Rules: map[string][]Node{"viewer": {
		{Type: nodeThis},
		{Type: nodeComputed, Relation: "editor"},
		{Type: nodeHop, Tupleset: "parent", Computed: "viewer"},
	}},
	UpdatedAt: exampleTime, Version: 1,
}
