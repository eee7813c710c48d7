package tuple

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// CheckInput asks whether a subject has one of some relations to an object.
type CheckInput struct {
	SubjectType string    `json:"subject_type" op:"required" doc:"what the subject is"`
	SubjectID   urn.ID    `json:"subject_id" op:"required" doc:"the subject, by its id or its UUID"`
	Relation    *string   `json:"relation,omitempty" doc:"the relation; give this or relations"`
	Relations   *[]string `json:"relations,omitempty" op:"max=100" doc:"relations of which one is enough, at least one and at most 100; give this or relation"`
	ObjectType  string    `json:"object_type" op:"required" doc:"what the object is"`
	ObjectID    urn.ID    `json:"object_id" op:"required" doc:"the object, by its id or its UUID"`
}

// Answer says whether a relation is there.
type Answer struct {
	Allowed        bool    `json:"allowed" doc:"whether the subject has one of the relations to the object, and no rule denies it"`
	MatchedTupleID *urn.ID `json:"matched_tuple_id" doc:"the tuple that decided; null when none did"`
	DeniedBy       *urn.ID `json:"denied_by" doc:"the rule but for which the answer would be yes, if you may see it; null when there is none"`
}

// Check asks whether a subject has a relation to an object. No relation implies
// another, but by the rules of the object's type; all is read from one state,
// with at an earlier one. Rules about access that deny what the relation stands
// for make the answer a no.
var Check = op.NewQuery(Ops, op.Spec[CheckInput, Answer]{
	Name:     "check",
	Summary:  "Ask whether a subject has a relation to an object.",
	Doc:      "About yourself you may always ask. About others may ask: who has the relation owner or admin to the object, or owns it, hosts, and holders of tuples.write, audit.read or cluster.admin.",
	Route:    "POST /v1/tuples/check",
	Access:   op.Anyone[CheckInput]("access_check"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.InvalidFormat, fault.InvalidID, fault.EmptyRelationSet, fault.EvaluationLimit},
	Example:  CheckInput{SubjectType: urn.PrefixUser, SubjectID: exampleSubject, Relation: &example.Relation, ObjectType: urn.PrefixObject, ObjectID: exampleObject},
	Result:   Answer{Allowed: true, MatchedTupleID: &example.ID},
	Validate: func(in *CheckInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in CheckInput) (Answer, error) {
	if err := asks(v, "access_check", in.SubjectID, in.ObjectID); err != nil {
		return Answer{}, err
	}
	e := evaluate(v.View, v.At, in.SubjectID)
	var out Answer
	for _, relation := range in.relations() {
		matched, ok, f := e.ask(in.ObjectID, relation)
		if f != nil {
			return Answer{}, f
		}
		if !ok {
			continue
		}
		rule, denied := deniedBy(v, in.SubjectID, relation, in.ObjectID)
		if !denied {
			out = Answer{Allowed: true, MatchedTupleID: &matched}
			break
		}
		if out.DeniedBy == nil && legible(v, rule) {
			out.DeniedBy = &rule
		}
	}
	if in.SubjectID != v.Caller.ID {
		v.Read(asked(v, in.ObjectID))
	}
	return out, nil
})

func (in *CheckInput) validate() *fault.Fault {
	if f := checkThing("subject", in.SubjectType, &in.SubjectID); f != nil {
		return f
	}
	if (in.Relation == nil) == (in.Relations == nil) {
		detail := "exactly one of relation and relations must be given"
		return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/relation", Code: "one-of", Detail: detail})
	}
	if in.Relations != nil && len(*in.Relations) == 0 {
		detail := "names no relation"
		return fault.New(fault.EmptyRelationSet, "relations %s", detail).
			At(fault.Item{Pointer: "/relations", Code: string(fault.EmptyRelationSet), Detail: detail})
	}
	for i, relation := range in.relations() {
		if isRelation(relation) {
			continue
		}
		f := badFormat("/relation", relationForm)
		if in.Relations != nil {
			f.Items[0].Pointer = ""
			_ = op.AtItem(f, "relations", i)
		}
		return f
	}
	return checkThing("object", in.ObjectType, &in.ObjectID)
}

func (in *CheckInput) relations() []string {
	if in.Relation != nil {
		return []string{*in.Relation}
	}
	return *in.Relations
}

// asked is the trace of a question about somebody else. It is an ordinary read,
// for applications ask at each of their own calls.
func asked(v *op.View, object urn.ID) op.Record {
	r := op.Record{Action: "access_check", Entity: Entity, TargetType: kind(object), TargetID: object}
	switch {
	case isScope(object):
		r.Entity, r.TargetType, r.ScopeID = op.EntityScope, op.EntityScope, object
	case r.TargetType == urn.PrefixObject:
		r.Entity = op.EntityObject
		if h, ok := objects.Find(v, object); ok {
			r.TargetType = h.Type
		}
	}
	return r
}

// deniedBy finds a rule that denies a subject what a relation stands for.
func deniedBy(v *op.View, subject urn.ID, relation string, object urn.ID) (rule urn.ID, denied bool) {
	for _, action := range actionsOf(relation) {
		r := op.Request{Principal: subject, Action: action, Target: ruled(object), Time: v.At, Environment: v.Trace.EnvironmentID}
		if rule, denied = v.Sight.Forbids(v.View, r); denied {
			return rule, true
		}
	}
	return "", false
}

// actionsOf are the actions of which none may be denied to who has a relation:
// one that is called like it, to have it checked, and what a role is for.
func actionsOf(relation string) []string {
	actions := []string{relation, "access_check"}
	if isRole(relation) {
		actions = append(actions, "read")
	}
	if relation == "write" || relation == string(tenancy.Editor) {
		actions = append(actions, "update")
	}
	return actions
}

// legible says whether the caller may see a rule.
func legible(v *op.View, rule urn.ID) bool {
	if v.Catalog == nil {
		return false
	}
	e, ok := v.Catalog.EntityOf(string(rule))
	if !ok {
		return false
	}
	ways, _ := e.Rights(v.Now, rule)
	return slices.ContainsFunc(ways, func(w op.Right) bool {
		if w.Permission != "" {
			return v.Caller.Holds(w.Permission)
		}
		return v.Decide("read", w.Level, w.Target).Allowed
	})
}
