package access

import (
	"slices"

	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// judge decides for one principal in one view at one time. What it reads of the
// rules it keeps, so one judge serves a whole walk.
type judge struct {
	view        state.View
	at          state.Time
	principal   *identity.Principal
	environment urn.ID
	denials     *rules.Denials
}

func newJudge(v state.View, p *identity.Principal, at state.Time, environment urn.ID) *judge {
	return &judge{view: v, at: at, principal: p, environment: environment, denials: rules.InForce(v)}
}

// decide adds up what the ways give, after the rules had their say: they can
// only take away.
func (j *judge) decide(r *op.Request, why []op.Reason) op.Decision {
	granted := highest(why)
	d := op.Decision{Why: why, Level: granted, Visible: granted >= op.Read, Allowed: granted >= max(r.Need, op.Read)}
	if j.denials == nil || granted == op.None {
		return d
	}
	would := d.Allowed
	q := j.asked(r)
	ways := slices.Clone(why)
	rule, denied := j.cut(&q, why)
	if d.Level = highest(why); d.Level < max(r.Need, op.Read) {
		d.Allowed = false
	} else {
		rule = ""
	}
	if always, as := j.forbids(&q, r.Target); as {
		rule, denied = always, true
		d.Level, d.Allowed = op.None, false
	}
	if !denied && (d.Allowed || r.Action == "read") {
		return d
	}
	if would && !d.Allowed {
		d.DeniedBy = rule
	}
	d.Visible = d.Allowed || granted == op.Own || j.sees(q, r.Target, ways)
	return d
}

// sees says whether the ways let the principal read the target. Who owns a
// thing knows of it in any case, and is told of the rule.
func (j *judge) sees(q rules.Request, target op.Target, ways []op.Reason) bool {
	q.Action = "read"
	j.cut(&q, ways)
	_, denied := j.forbids(&q, target)
	return !denied && highest(ways) >= op.Read
}

// asked is a request as rules look at it.
func (j *judge) asked(r *op.Request) rules.Request {
	q := rules.Request{Action: r.Action, Principal: j.principal.ID, PrincipalKind: j.principal.Kind, Environment: j.environment}
	if r.Target.Entity == op.EntityObject {
		q.Object, q.ObjectType = r.Target.ID, r.Target.Type
		if q.ObjectType == "" {
			if h, ok := objects.Find(j.view, q.Object); ok {
				q.ObjectType = h.Type
			}
		}
	}
	return q
}

// forbids says whether a rule denies the request, whatever gives the right: one
// about the principal, the object, its type, the environment or, where a scope
// itself is acted on, about that scope.
func (j *judge) forbids(q *rules.Request, target op.Target) (rule urn.ID, denied bool) {
	if rule, denied := j.denials.AsSuch(q); denied {
		return rule, true
	}
	if target.Entity != op.EntityScope || target.ID == "" {
		return "", false
	}
	return j.denials.Through(q, target.ID, j.roles)
}

// cut closes the ways that lead through a scope for which a rule denies the
// request: the scope of the membership, or the one that the object is shared
// into. It names the rule that closed the first.
func (j *judge) cut(q *rules.Request, why []op.Reason) (first urn.ID, denied bool) {
	for i := range why {
		way := &why[i]
		if way.Level == op.None {
			continue
		}
		for _, scope := range [...]urn.ID{way.ScopeID, way.FromScopeID} {
			if scope == "" || way.DeniedBy != "" {
				continue
			}
			if rule, closed := j.denials.Through(q, scope, j.roles); closed {
				way.Level, way.Cut, way.DeniedBy = op.None, cutRule, rule
				if !denied {
					first, denied = rule, true
				}
			}
		}
	}
	return first, denied
}

// roles are those that the principal holds in a scope.
func (j *judge) roles(scope urn.ID) []string {
	s := subject{view: j.view, at: j.at, scopes: map[urn.ID]*tenancy.Header{}}
	chain := s.chain(scope)
	var roles []string
	for _, m := range tenancy.Held(j.view, scope, j.principal.ID) {
		if len(chain) > 0 && closedBy(m, j.at) == "" && s.closes(m, chain[0], chain[len(chain)-1]) == "" {
			roles = append(roles, string(m.Role))
		}
	}
	return roles
}

func highest(why []op.Reason) op.Level {
	level := op.None
	for i := range why {
		level = max(level, why[i].Level)
	}
	return level
}
