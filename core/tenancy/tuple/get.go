package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
)

// TypeInput names a type of objects.
type TypeInput struct {
	ObjectType string `json:"object_type" op:"path" doc:"the type of the objects, 2 to 6 letters a-z"`
}

// Get shows the rules of a type; a type without any has an empty set.
var Get = op.NewQuery(RuleOps, op.Spec[TypeInput, RuleSet]{
	Name:     "get",
	Summary:  "Show by which other relations a relation to objects of a type is had.",
	Doc:      "This is for cluster administrators, holders of tuples.write or audit.read, and hosts.",
	Route:    "GET /v1/tuple-rules/{object_type}",
	Access:   op.Anyone[TypeInput]("read"),
	Faults:   []fault.Code{fault.PermissionDenied, fault.InvalidFormat},
	Example:  TypeInput{ObjectType: "doc"},
	Result:   exampleRules,
	Validate: func(in *TypeInput) *fault.Fault { return checkType(in.ObjectType) },
}, func(v *op.View, in TypeInput) (RuleSet, error) {
	if err := configures(v, "read", readers...); err != nil {
		return RuleSet{}, err
	}
	r, ok := FindRules(v, in.ObjectType)
	if !ok {
		r = &Rules{ObjectType: in.ObjectType}
	}
	return r.shown(), nil
})
