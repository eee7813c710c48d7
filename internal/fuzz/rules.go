package fuzz

import (
	"slices"

	"github.com/weir-store/weir/core/identity/apikey"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/rules"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// rule is a rule of the model. Conditions that are not set hold always.
type rule struct {
	id       urn.ID
	denies   bool
	policy   bool
	archived bool
	actions  []string
	kind     string
	typ      string
	role     string
	// scope is a place in the list of scopes; none for no condition.
	scope int
}

// binding binds a rule to one target, by its kind and its place or name.
type binding struct {
	rule   int
	kind   string
	target string
	ended  bool
}

// question is what rules are asked: about an action of a principal, on an
// object unless there is none.
type question struct {
	action    string
	principal int
	object    int
	at        state.Time
}

// grant is one way by which a membership gives a level: through its own scope
// and the one that the object is shared into.
type grant struct {
	home, from int
	level      op.Level
}

// allowed is 4.5 whole: the level that is left of an action once the rules had
// their say (steps 5 to 7).
func (m *model) allowed(q question) op.Level {
	if q.principal >= len(m.principals) || q.object >= len(m.objects) || !m.principals[q.principal].active {
		return op.None
	}
	if m.denied(q, none) {
		return op.None
	}
	o := m.objects[q.object]
	switch {
	case o.owner == q.principal:
		return op.Own
	case o.deleted:
		return op.None
	}
	best := m.told(q.principal, q.object)
	for _, x := range m.members {
		if x.principal != q.principal || !m.counts(x, q.at) || m.scopes[x.scope].archived {
			continue
		}
		for _, g := range m.through(x, q.object) {
			if !m.denied(q, g.home) && !m.denied(q, g.from) {
				best = max(best, g.level)
			}
		}
	}
	return best
}

// denied is 5.2 for denials: whether one matches where a scope is considered,
// or, for none, the action as such.
func (m *model) denied(q question, considered int) bool {
	for i, r := range m.rules {
		if r.archived || !r.denies || !r.policy {
			continue
		}
		candidate := slices.ContainsFunc(m.bindings, func(b binding) bool {
			return b.rule == i && !b.ended && m.meets(b, q, considered)
		})
		if candidate && m.holds(r, q, considered) {
			return true
		}
	}
	return false
}

// meets says whether a binding is on something that the question is about.
func (m *model) meets(b binding, q question, considered int) bool {
	switch b.kind {
	case rules.TargetScope:
		return considered != none && b.target == string(m.scopes[considered].id)
	case rules.TargetPrincipal:
		return b.target == string(m.principals[q.principal].id)
	case rules.TargetObjectType:
		return q.object != none && b.target == m.objects[q.object].typ
	case rules.TargetObject:
		return q.object != none && b.target == string(m.objects[q.object].id)
	}
	return false
}

// holds says whether all conditions of a rule hold. What the question does not
// have makes none hold.
func (m *model) holds(r rule, q question, considered int) bool {
	switch {
	case len(r.actions) > 0 && !slices.Contains(r.actions, q.action):
		return false
	case r.kind != "" && r.kind != kindOf(q.principal):
		return false
	case r.typ != "" && (q.object == none || r.typ != m.objects[q.object].typ):
		return false
	case r.scope != none && r.scope != considered:
		return false
	}
	return r.role == "" || considered != none && slices.ContainsFunc(m.members, func(x member) bool {
		return x.scope == considered && x.principal == q.principal && string(x.role) == r.role && m.counts(x, q.at)
	})
}

// inForce says whether any rule can deny anything.
func (m *model) inForce() bool {
	return slices.ContainsFunc(m.bindings, func(b binding) bool {
		r := m.rules[b.rule]
		return !b.ended && !r.archived && r.denies && r.policy
	})
}

const maxRules = 6

// asked are actions that the comparison asks about and that rules deny.
var asked = []string{"read", "update", "delete", "share"}

func createRule(w *world, s step) error {
	if len(w.rules) == maxRules {
		return nil
	}
	r := rule{denies: s.a%4 > 0, policy: s.a/4%5 > 0, scope: none}
	in := rules.CreateInput{Name: "r", Type: "access", Effect: rules.Allow}
	if r.denies {
		in.Effect = rules.Deny
	}
	conditions := map[string]any{}
	if !r.policy {
		in.Type, in.Conditions = "feature_flag", nil
	} else {
		w.conditions(&r, s, conditions)
		raw, err := op.Marshal(conditions)
		if err != nil {
			return err
		}
		in.Conditions = raw
	}
	made, ok, err := administer(w, rules.Create, in)
	if ok {
		r.id = made.ID
		w.rules = append(w.rules, r)
	}
	return err
}

// conditions makes up some for a rule, and says them as the store wants them.
func (w *world) conditions(r *rule, s step, say map[string]any) {
	if s.b%2 == 0 {
		r.actions = []string{asked[s.b/2%4], asked[s.b/8%4]}
		say["action"] = r.actions
	}
	switch s.c % 6 {
	case 0:
		r.kind = kindOf(int(s.c / 6 % 3))
		say["principal_kind"] = r.kind
	case 1:
		r.typ = types[s.c/6%2]
		say["object_type"] = r.typ
	case 2:
		r.role = string(roles[s.c/6%uint32(len(roles))])
		say["role"] = r.role
	case 3:
		if n, ok := of(s.c/6, len(w.scopes)); ok {
			r.scope = n
			say["scope_id"] = w.scopes[n].id
		}
	}
}

func bindRule(w *world, s step) error {
	n, ok := of(s.a, len(w.rules))
	if !ok {
		return nil
	}
	b := binding{rule: n}
	switch s.b % 4 {
	case 0:
		i, ok := of(s.c, len(w.scopes))
		if !ok {
			return nil
		}
		b.kind, b.target = rules.TargetScope, string(w.scopes[i].id)
	case 1:
		b.kind, b.target = rules.TargetPrincipal, string(w.principals[int(s.c)%len(w.principals)].id)
	case 2:
		b.kind, b.target = rules.TargetObjectType, types[s.c%2]
	case 3:
		i, ok := of(s.c, len(w.objects))
		if !ok {
			return nil
		}
		b.kind, b.target = rules.TargetObject, string(w.objects[i].id)
	}
	_, ok, err := administer(w, rules.Bind, rules.BindInput{ID: w.rules[n].id, TargetType: b.kind, TargetID: b.target})
	if ok {
		w.bindings = append(slices.DeleteFunc(w.bindings, func(x binding) bool {
			return x.rule == b.rule && x.kind == b.kind && x.target == b.target
		}), b)
	}
	return err
}

func unbindRule(w *world, s step) error {
	n, ok := of(s.a, len(w.bindings))
	if !ok {
		return nil
	}
	b := w.bindings[n]
	_, ok, err := administer(w, rules.Unbind, rules.UnbindInput{ID: w.rules[b.rule].id, TargetType: b.kind, TargetID: b.target})
	if ok {
		w.bindings[n].ended = true
	}
	return err
}

func archiveRule(w *world, s step) error {
	n, ok := of(s.a, len(w.rules))
	if !ok {
		return nil
	}
	_, ok, err := administer(w, rules.Archive, rules.RuleInput{ID: w.rules[n].id})
	if ok {
		w.rules[n].archived = true
	}
	return err
}

// administer runs a command as the administrator of the cluster, who may do it.
func administer[In, Out any](w *world, c op.Command[In, Out], in In) (out Out, ok bool, err error) {
	out, f, err := call(w.machine, apikey.Root, c, in)
	if err != nil {
		return out, false, err
	}
	w.tell(apikey.Root, c.Operation, in, f)
	if lacksRight(f) {
		return out, false, difference("the administrator was refused " + c.Name + ": " + f.Error())
	}
	return out, f == nil, nil
}
