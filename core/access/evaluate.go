package access

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// The operations on rules that ask what rules say to a request stand here,
// beside the decision, so that both look at a request in one way.

// RequestInput is a request that rules shall look at.
type RequestInput struct {
	PrincipalID   urn.ID   `json:"principal_id,omitempty" op:"id=principal" doc:"whose request; yours when absent"`
	Action        string   `json:"action" op:"required,min=1,max=64" doc:"an action of the audit trail, such as read, create, update, delete or projection"`
	ObjectID      urn.ID   `json:"object_id,omitempty" op:"id=obj" doc:"the object; its type is found out"`
	ObjectType    string   `json:"object_type,omitempty" op:"max=128" doc:"the type of an object that does not exist yet"`
	ScopeIDs      []urn.ID `json:"scope_ids,omitempty" op:"max=20,id=scp|org" doc:"the scopes that the request comes through; when absent those by which the principal reaches the object"`
	EnvironmentID urn.ID   `json:"environment_id,omitempty" op:"id=env" doc:"the environment that the call names"`
	ConnectorID   urn.ID   `json:"connector_id,omitempty" op:"id=con" doc:"the connector that the call comes by"`
}

// Evaluation is what rules say to a request.
type Evaluation struct {
	Allowed  bool           `json:"allowed" doc:"whether the verdict is allow; rights are another matter, which access.check answers"`
	Verdict  string         `json:"verdict" doc:"deny, allow, or none where no rule matches"`
	Matching []rules.Judged `json:"matching_rules" doc:"the rules that match, the greatest priority first"`
	Denying  []rules.Judged `json:"deny_rules" doc:"those of them that deny"`
	Allowing []rules.Judged `json:"allow_rules" doc:"those of them that allow"`
}

// Explanation is what rules say to a request, and why.
type Explanation struct {
	Allowed bool           `json:"allowed" doc:"whether the verdict is allow; rights are another matter, which access.explain answers"`
	Verdict string         `json:"verdict" doc:"deny, allow, or none where no rule matches"`
	Summary string         `json:"summary" doc:"the verdict in a sentence"`
	Rules   []rules.Judged `json:"rules" doc:"every rule that the request runs into, those that do not match as well"`
}

// Evaluate tells which rules match a request and what they say together. It
// leaves a trace.
var Evaluate = op.NewQuery(rules.Ops, op.Spec[RequestInput, Evaluation]{
	Name:     "evaluate",
	Summary:  "Ask what rules say to a request: deny, allow or none.",
	Doc:      "About yourself you may always ask; about others cluster administrators may. Rights play no part.",
	Route:    "POST /v1/rules/evaluate",
	Access:   op.Anyone[RequestInput]("access_check"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed},
	Example:  RequestInput{Action: "update", ObjectType: "invoice"},
	Result:   Evaluation{Verdict: rules.Deny, Matching: exampleJudged, Denying: exampleJudged, Allowing: []rules.Judged{}},
	Validate: func(in *RequestInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in RequestInput) (Evaluation, error) {
	judged, err := in.judge(v)
	if err != nil {
		return Evaluation{}, err
	}
	out := Evaluation{Matching: []rules.Judged{}, Denying: []rules.Judged{}, Allowing: []rules.Judged{}}
	out.Verdict, _ = rules.Verdict(judged)
	out.Allowed = out.Verdict == rules.Allow
	for _, j := range judged {
		switch {
		case !j.Matched:
			continue
		case j.Effect == rules.Deny:
			out.Denying = append(out.Denying, j)
		default:
			out.Allowing = append(out.Allowing, j)
		}
		out.Matching = append(out.Matching, j)
	}
	t := in.target()
	v.Traced(op.Record{
		Action: "access_check", Entity: t.Entity, TargetType: t.Entity, TargetID: t.ID,
		Metadata: []fault.Member{
			{Name: "principal_id", Value: string(in.about(v))}, {Name: "asked_action", Value: in.Action}, {Name: "verdict", Value: out.Verdict},
		},
	})
	return out, nil
})

// ExplainRules tells of every rule that a request runs into whether and why it
// matches.
var ExplainRules = op.NewQuery(rules.Ops, op.Spec[RequestInput, Explanation]{
	Name:     "explain",
	Summary:  "Show every rule that a request runs into, and why it matches or not.",
	Doc:      "About yourself you may always ask; about others cluster administrators may.",
	Route:    "POST /v1/rules/explain",
	Access:   op.Anyone[RequestInput]("access_check"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed},
	Example:  RequestInput{Action: "update", ObjectType: "invoice"},
	Result:   Explanation{Verdict: rules.Deny, Summary: "denied by No services (" + string(exampleRule) + "), priority 0", Rules: exampleJudged},
	Validate: func(in *RequestInput) *fault.Fault { return in.validate() },
}, func(v *op.View, in RequestInput) (Explanation, error) {
	judged, err := in.judge(v)
	if err != nil {
		return Explanation{}, err
	}
	verdict, summary := rules.Verdict(judged)
	return Explanation{Allowed: verdict == rules.Allow, Verdict: verdict, Summary: summary, Rules: judged}, nil
})

func (in *RequestInput) validate() *fault.Fault {
	if in.ObjectID != "" && in.ObjectType != "" {
		detail := "give object_id or object_type, not both: the type of an object is found out"
		return fault.New(fault.ValidationFailed, "%s", detail).At(fault.Item{Pointer: "/object_type", Code: "one-of", Detail: detail})
	}
	return nil
}

func (in *RequestInput) about(v *op.View) urn.ID {
	if in.PrincipalID == "" {
		return v.Caller.ID
	}
	return in.PrincipalID
}

// target is what the trace of the question names.
func (in *RequestInput) target() op.Target {
	switch {
	case in.ObjectID != "":
		return op.Object(in.ObjectID)
	case len(in.ScopeIDs) == 1:
		return op.Scope(in.ScopeIDs[0])
	}
	return op.Target{Entity: rules.Entity}
}

// judge has the rules look at the request in the view asked for, at its time.
// The right to ask is that of now.
func (in *RequestInput) judge(v *op.View) ([]rules.Judged, error) {
	p, ok := identity.Find(v, in.about(v))
	if in.about(v) != v.Caller.ID && !v.Caller.Holds(op.Administer) {
		return nil, fault.New(fault.PermissionDenied, "what rules say to others is told to cluster administrators only")
	}
	if !ok || !in.known(v) {
		return nil, op.NotFound()
	}
	return weigh(v, p, op.Request{Principal: p.ID, Action: in.Action, Target: in.asTarget(), Time: v.At, Environment: in.EnvironmentID}, in.ConnectorID, in.ScopeIDs), nil
}

func (in *RequestInput) asTarget() op.Target {
	if in.ObjectID != "" {
		return op.Object(in.ObjectID)
	}
	return op.NewObject(in.ObjectType)
}

// known says whether the asker may know of all that the request names: what it
// sees, or would see but for a rule. Administrators may ask about what exists.
func (in *RequestInput) known(v *op.View) bool {
	about := func(t op.Target, exists bool) bool {
		if v.Caller.Holds(op.Administer) {
			return exists
		}
		d := v.Decide("read", op.Read, t)
		return d.Visible || d.DeniedBy != ""
	}
	if in.ObjectID != "" {
		if _, ok := objects.Find(v, in.ObjectID); !about(op.Object(in.ObjectID), ok) {
			return false
		}
	}
	return !slices.ContainsFunc(in.ScopeIDs, func(id urn.ID) bool {
		_, ok := tenancy.Find(v, id)
		return !about(op.Scope(id), ok)
	})
}

// weigh has the rules look at a request of a principal, which comes through the
// scopes given, or through those by which the principal reaches the target.
func weigh(v *op.View, p *identity.Principal, r op.Request, connector urn.ID, scopes []urn.ID) []rules.Judged {
	j := &judge{view: v, at: r.Time, principal: p, environment: r.Environment}
	q := j.asked(&r)
	q.Connector = connector
	if len(scopes) == 0 {
		scopes = crossed(ways(v, p, r), r.Target)
	}
	considered := make([]rules.Considered, 0, len(scopes))
	for _, id := range scopes {
		considered = append(considered, rules.Considered{Scope: id, Roles: j.roles(id)})
	}
	return rules.Judge(v, q, considered)
}

// crossed are the scopes that ways lead through, and the target if it is one.
func crossed(why []op.Reason, target op.Target) []urn.ID {
	var scopes []urn.ID
	add := func(id urn.ID) {
		if id != "" && !slices.Contains(scopes, id) {
			scopes = append(scopes, id)
		}
	}
	if target.Entity == op.EntityScope {
		add(target.ID)
	}
	for i := range why {
		add(why[i].ScopeID)
		add(why[i].FromScopeID)
	}
	return scopes
}

const exampleRule urn.ID = "rul_01890a5d0c1e7000a000000000000008"

var exampleJudged = []rules.Judged{{
	RuleID: exampleRule, Name: "No services", Type: "access", Version: 1, Effect: rules.Deny,
	TargetType: rules.TargetObjectType, TargetID: "invoice", Matched: true, Reason: "all conditions hold",
	Conditions: []rules.Compare{{Key: "action", Matched: true, Expected: []string{"delete", "update"}, Actual: []string{"update"}}},
}}
