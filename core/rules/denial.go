package rules

import (
	"slices"

	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Request is what rules look at. Empty fields are absent, and no condition on
// them matches.
type Request struct {
	Action        string
	Principal     urn.ID
	PrincipalKind string
	Object        urn.ID
	ObjectType    string
	Environment   urn.ID
	Connector     urn.ID
}

// facts are those of the request where no scope is considered.
func (r *Request) facts() facts {
	return facts{
		attrAction: one(r.Action), attrPrincipalKind: one(r.PrincipalKind), attrObjectType: one(r.ObjectType),
	}
}

// targets are what the request runs into, whatever scope is considered.
func (r *Request) targets() [5]target {
	return [5]target{
		{TargetPrincipal, string(r.Principal)},
		{TargetObjectType, r.ObjectType},
		{TargetObject, string(r.Object)},
		{TargetEnvironment, string(r.Environment)},
		{TargetConnector, string(r.Connector)},
	}
}

// book reads the rules about access that are bound to targets in one view, each
// target once.
type book struct {
	view  state.View
	count *counts
	keep  func(r *row) bool
	read  map[target][]*row
}

func (b *book) of(t target) []*row {
	if t.id == "" || b.count.Bound[slices.Index(targets, t.kind)] == 0 {
		return nil
	}
	found, known := b.read[t]
	if !known {
		for _, id := range rosterOf(b.view, t).Rules {
			if r, ok := find(b.view, id); ok && b.keep(r) {
				found = append(found, r)
			}
		}
		b.read[t] = found
	}
	return found
}

// Denials are the rules of one view that deny something. What is read of them
// is kept, so one value serves a whole walk. Nil denies nothing.
type Denials struct{ book book }

// InForce gives the denials of a view; nil, after reading one small row, if
// there are none.
func InForce(v state.View) *Denials {
	count := tallied(v)
	if count.Denials == 0 {
		return nil
	}
	return &Denials{book{v, count, (*row).denies, map[target][]*row{}}}
}

// AsSuch says whether a rule denies the request whatever gives the right to it.
func (d *Denials) AsSuch(r *Request) (rule urn.ID, denied bool) {
	if d == nil {
		return "", false
	}
	var top *row
	f := r.facts()
	for _, t := range r.targets() {
		top = strongest(top, d.book.of(t), &f)
	}
	return top.verdict()
}

// Through says whether a rule denies what comes to the principal through a
// scope: one that is bound to it, or any other whose conditions hold there. The
// roles that the principal holds there are asked for when a rule does.
func (d *Denials) Through(r *Request, scope urn.ID, roles func(scope urn.ID) []string) (rule urn.ID, denied bool) {
	if d == nil {
		return "", false
	}
	lists := [6][]*row{d.book.of(target{TargetScope, string(scope)})}
	for i, t := range r.targets() {
		lists[i+1] = d.book.of(t)
	}
	f := r.facts()
	f[attrScopeID] = one(string(scope))
	if slices.ContainsFunc(lists[:], func(list []*row) bool { return slices.ContainsFunc(list, (*row).asksRole) }) {
		f[attrRole] = roles(scope)
	}
	var top *row
	for _, list := range lists {
		top = strongest(top, list, &f)
	}
	return top.verdict()
}

func (r *row) asksRole() bool {
	return slices.ContainsFunc(r.Body.When, func(c condition) bool { return c.Attribute == attrRole })
}

func (r *row) verdict() (urn.ID, bool) {
	if r == nil {
		return "", false
	}
	return r.ID, true
}

// strongest gives the first of top and those of a list that match, in the order
// in which reports name rules.
func strongest(top *row, list []*row, f *facts) *row {
	for _, r := range list {
		if (top == nil || before(r, top)) && r.Body.When.hold(f) {
			top = r
		}
	}
	return top
}

// before is the order of reports: the greatest priority first, then the id.
func before(a, b *row) bool {
	if a.Body.Priority != b.Body.Priority {
		return a.Body.Priority > b.Body.Priority
	}
	return a.ID < b.ID
}
