package rules

import "github.com/weir-store/weir/core/op"

// Get shows a rule to those who administer it, and to auditors.
var Get = op.NewQuery(Ops, op.Spec[RuleInput, Rule]{
	Name:    "get",
	Summary: "Show a rule.",
	Route:   "GET /v1/rules/{id}",
	Access:  op.Anyone[RuleInput]("read"),
	Example: RuleInput{ID: exampleID},
	Result:  example,
}, func(v *op.View, in RuleInput) (Rule, error) {
	r, err := legible(v, in.ID)
	if err != nil {
		return Rule{}, err
	}
	return r.shown(), nil
})
