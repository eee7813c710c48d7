package rules

import (
	"fmt"
	"slices"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// VerdictNone is the verdict that is neither Allow nor Deny: rules have nothing
// to say.
const VerdictNone = "none"

// Considered is a scope that a request comes through, with the roles that the
// principal holds there.
type Considered struct {
	Scope urn.ID
	Roles []string
}

// Judged is one rule that a request ran into.
type Judged struct {
	RuleID     urn.ID    `json:"rule_id" doc:"the rule"`
	Name       string    `json:"name" doc:"its name"`
	Type       string    `json:"rule_type" doc:"its type"`
	Version    uint64    `json:"version" doc:"the version that counts"`
	Effect     string    `json:"effect" doc:"allow or deny"`
	Priority   int64     `json:"priority" doc:"its place among the others, greatest first"`
	TargetType string    `json:"target_type" doc:"what it is bound to, of those that the request runs into"`
	TargetID   string    `json:"target_id" doc:"the target of that binding"`
	Matched    bool      `json:"matched" doc:"whether all conditions hold"`
	Conditions []Compare `json:"conditions" doc:"each condition, and what the request says to it"`
	Reason     string    `json:"reason" doc:"the same in words"`
}

// Compare is a condition beside what the request says to it.
type Compare struct {
	Key      string   `json:"key" doc:"what is asked for"`
	Matched  bool     `json:"matched" doc:"whether it fits"`
	Expected []string `json:"expected" doc:"the values of which one has to fit"`
	Actual   []string `json:"actual" doc:"what the request has; empty if it has none, which never fits"`
}

// Judge finds all active rules about access that a request runs into, those
// that match and those that do not, each once, the greatest priority first.
func Judge(v state.View, r Request, scopes []Considered) []Judged {
	b := book{v, tallied(v), func(r *row) bool { return r.Lifecycle == Active }, map[target][]*row{}}
	places := []facts{r.facts()}
	for _, s := range scopes {
		f := r.facts()
		f[attrScopeID], f[attrRole] = one(string(s.Scope)), s.Roles
		places = append(places, f)
	}
	var found candidates
	for _, t := range r.targets() {
		found.add(b.of(t), t, places)
	}
	for i, s := range scopes {
		t := target{TargetScope, string(s.Scope)}
		found.add(b.of(t), t, places[i+1:i+2])
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if before(a.row, b.row) {
			return -1
		}
		return 1
	})
	judged := make([]Judged, 0, len(found))
	for i := range found {
		judged = append(judged, found[i].shown())
	}
	return judged
}

// candidate is a rule where it matches, or where it comes nearest.
type candidate struct {
	row     *row
	to      target
	facts   *facts
	matched bool
}

type candidates []candidate

// add takes rules that are bound to a target in, each as it stands in the first
// of the places where it matches, else in the last one.
func (cs *candidates) add(list []*row, t target, places []facts) {
	for _, r := range list {
		c := candidate{row: r, to: t}
		for i := range places {
			if c.facts = &places[i]; r.Body.When.hold(c.facts) {
				c.matched = true
				break
			}
		}
		known := slices.IndexFunc(*cs, func(x candidate) bool { return x.row.ID == r.ID })
		switch {
		case known < 0:
			*cs = append(*cs, c)
		case c.matched && !(*cs)[known].matched:
			(*cs)[known] = c
		}
	}
}

func (c *candidate) shown() Judged {
	j := Judged{
		RuleID: c.row.ID, Name: c.row.Name, Type: c.row.Type, Version: c.row.Version, Effect: c.row.Body.Effect,
		Priority: c.row.Body.Priority, TargetType: c.to.kind, TargetID: c.to.id, Matched: c.matched,
		Conditions: []Compare{}, Reason: "all conditions hold",
	}
	if len(c.row.Body.When) == 0 {
		j.Reason = "it has no conditions and matches always"
	}
	for i := range c.row.Body.When {
		when := &c.row.Body.When[i]
		actual := append([]string{}, c.facts[when.Attribute]...)
		x := Compare{attributeNames[when.Attribute], when.holds(c.facts), when.AnyOf, actual}
		if !x.Matched {
			j.Reason = x.Key + " does not fit"
			if len(actual) == 0 {
				j.Reason = "the request has no " + x.Key
			}
		}
		j.Conditions = append(j.Conditions, x)
	}
	return j
}

// Verdict is what rules say together: a denial wins over everything, whatever
// the priorities; the text says why.
func Verdict(judged []Judged) (verdict, summary string) {
	allowing := 0
	for i := range judged {
		j := &judged[i]
		switch {
		case !j.Matched:
		case j.Effect == Deny:
			return Deny, fmt.Sprintf("denied by %s (%s), priority %d", j.Name, j.RuleID, j.Priority)
		default:
			allowing++
		}
	}
	if allowing > 0 {
		return Allow, fmt.Sprintf("allowed by %d rules", allowing)
	}
	return VerdictNone, "no rule matches: nothing is denied, and nothing allowed"
}
