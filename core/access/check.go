package access

import (
	"strconv"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/urn"
)

// Verdict is the answer to a Question.
type Verdict struct {
	Allowed  bool        `json:"allowed" doc:"whether the action is allowed"`
	Level    op.Level    `json:"level" doc:"how much the principal may do: none, read, write, admin or owner"`
	Why      []op.Reason `json:"why" doc:"the ways by which the right comes"`
	DeniedBy *urn.ID     `json:"denied_by" doc:"the rule that refused; null if none did"`
}

// Check answers whether somebody may do something. With at it answers for the
// past: the rights and the time are those of then.
var Check = op.NewQuery(Ops, op.Spec[Question, Verdict]{
	Name:     "check",
	Summary:  "Ask whether a principal may do something to an object or a scope.",
	Doc:      "About yourself you may always ask. About others may ask: cluster administrators, holders of audit.read, and who has admin on the thing itself.",
	Route:    "POST /v1/access/check",
	Access:   op.Anyone[Question]("access_check"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed},
	Example:  Question{Action: "read", ObjectID: exampleObject},
	Result:   exampleVerdict,
	Validate: func(in *Question) *fault.Fault { return in.validate() },
}, func(v *op.View, in Question) (Verdict, error) { return answer(v, in, false) })

// Account is a verdict with all that led to it.
type Account struct {
	Verdict
	Rules []rules.Judged `json:"rules" doc:"every rule about access that the request runs into, those that do not match as well"`
}

// Explain answers like Check, with every way: also those that are closed, and
// what closed them; and with every rule that had a say.
var Explain = op.NewQuery(Ops, op.Spec[Question, Account]{
	Name:     "explain",
	Summary:  "Show every way by which a principal could have a right, and what cut it.",
	Route:    "POST /v1/access/explain",
	Access:   op.Anyone[Question]("access_check"),
	Faults:   []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ValidationFailed},
	Example:  Question{Action: "read", ObjectID: exampleObject},
	Result:   Account{exampleVerdict, []rules.Judged{}},
	Validate: func(in *Question) *fault.Fault { return in.validate() },
}, func(v *op.View, in Question) (Account, error) {
	verdict, err := answer(v, in, true)
	out := Account{verdict, []rules.Judged{}}
	if err != nil || verdict.DeniedBy == nil && in.about(v) == v.Caller.ID && !mayKnow(v, in) {
		return out, err
	}
	if p, ok := identity.Find(v, in.about(v)); ok {
		out.Rules = weigh(v, p, in.request(v), "", nil)
	}
	return out, nil
})

// answer decides in the view asked for, at its time; the right to ask is that
// of now. About a thing that the asker cannot see it says what it says about
// one that does not exist.
func answer(v *op.View, in Question, closed bool) (Verdict, error) {
	other := in.about(v) != v.Caller.ID
	if other && !watches(v) {
		if err := v.Demand("access_check", op.Admin, in.target()); err != nil {
			return Verdict{}, err
		}
	}
	r := in.request(v)
	r.Closed = closed && (other || mayKnow(v, in))
	d := v.Sight.Decide(v.View, r)
	if other {
		traceCheck(v, r.Principal, in, d)
	}
	verdict := Verdict{Allowed: d.Allowed, Level: d.Level, Why: d.Why}
	if verdict.Why == nil {
		verdict.Why = []op.Reason{}
	}
	if d.DeniedBy != "" {
		verdict.DeniedBy = &d.DeniedBy
	}
	return verdict, nil
}

func (q *Question) about(v *op.View) urn.ID {
	if q.PrincipalID == "" {
		return v.Caller.ID
	}
	return q.PrincipalID
}

// request is the question as it is decided, at the time of the view.
func (q *Question) request(v *op.View) op.Request {
	return op.Request{
		Principal: q.about(v), Action: q.action(), Target: q.target(), Need: q.need(), Time: v.At, Environment: v.Trace.EnvironmentID,
	}
}

// watches says whether the caller may ask about everybody.
func watches(v *op.View) bool {
	return v.Caller.Holds(op.Administer) || v.Caller.Holds(op.ReadAudit)
}

// mayKnow says whether the caller may be told of closed ways of its own: only
// of a thing that it can see, or a closed way would tell that it exists.
func mayKnow(v *op.View, in Question) bool {
	return watches(v) || v.Demand("access_check", op.Read, in.target()) == nil
}

func traceCheck(v *op.View, about urn.ID, in Question, d op.Decision) {
	t := in.target()
	v.Traced(op.Record{
		Action: "access_check", Entity: t.Entity, TargetType: t.Entity, TargetID: t.ID, ScopeID: in.ScopeID,
		Metadata: []fault.Member{
			{Name: "principal_id", Value: string(about)},
			{Name: "asked_action", Value: in.Action},
			{Name: "allowed", Value: d.Allowed},
			{Name: "level", Value: d.Level.String()},
			{Name: "as_of", Value: strconv.FormatUint(v.Revision(), 10)},
		},
	})
}

const (
	exampleObject urn.ID = "obj_01890a5d0c1e7000a000000000000003"
	exampleScope  urn.ID = "scp_01890a5d0c1e7000a000000000000004"
)

var exampleVerdict = Verdict{
	Allowed: true, Level: op.Read,
	Why: []op.Reason{{Via: op.ViaMembership, ScopeID: exampleScope, Role: "viewer", Level: op.Read}},
}
