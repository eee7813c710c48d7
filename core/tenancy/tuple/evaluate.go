package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/urn"
)

// maxLook is at how many tuples an evaluation looks in all, for each subject that
// one step may go on with: a bound on the work, far above what useful rules
// come to.
const maxLook = 16

// evaluation asks for the relations of one subject in one view at one time.
type evaluation struct {
	view    state.View
	at      state.Time
	subject urn.ID
	// limits are read when they first matter.
	limits system.Limits
	rules  map[string]*Rules
	// met are the relations that were asked for already. All rules are unions, so
	// none of them needs a second look: one that is still open is a cycle, and one
	// that is done was a no.
	met    map[node]bool
	looked int64
}

type node struct {
	object   urn.ID
	relation string
}

func evaluate(v state.View, at state.Time, subject urn.ID) *evaluation {
	return &evaluation{view: v, at: at, subject: subject, rules: map[string]*Rules{}, met: map[node]bool{}}
}

// ask finds a tuple by which the subject has the relation to the object: one
// that says so itself, else one that the rules of the object's type lead to.
func (e *evaluation) ask(object urn.ID, relation string) (tuple urn.ID, ok bool, f *fault.Fault) {
	if tuple, ok, f = e.step(node{object, relation}, 0); ok {
		// Relations on the way to a yes were no no.
		clear(e.met)
	}
	return tuple, ok, f
}

func (e *evaluation) step(n node, depth int64) (tuple urn.ID, ok bool, f *fault.Fault) {
	if e.met[n] {
		return "", false, nil
	}
	if depth > 0 && depth > e.bounds().TupleDepth {
		return "", false, beyond("max_depth", e.limits.TupleDepth)
	}
	if tuple, ok := direct(e.view, Key{e.subject, n.relation, n.object}, e.at); ok {
		return tuple, true, nil
	}
	branches := e.branches(n)
	if len(branches) == 0 {
		return "", false, nil
	}
	e.met[n] = true
	for i := range branches {
		if tuple, ok, f = e.branch(n, &branches[i], depth); ok || f != nil {
			return tuple, ok, f
		}
	}
	return "", false, nil
}

func (e *evaluation) bounds() system.Limits {
	if e.limits == (system.Limits{}) {
		e.limits = system.LimitsOf(e.view)
	}
	return e.limits
}

// branches are what the rules of the object's type say of the relation.
func (e *evaluation) branches(n node) []Node {
	typ := kind(n.object)
	r, known := e.rules[typ]
	if !known {
		r, _ = FindRules(e.view, typ)
		e.rules[typ] = r
	}
	return r.of(n.relation)
}

func (e *evaluation) branch(n node, b *Node, depth int64) (tuple urn.ID, ok bool, f *fault.Fault) {
	switch b.Type {
	case nodeComputed:
		return e.step(node{n.object, b.Relation}, depth+1)
	case nodeHop:
		through, f := e.subjects(n.object, b)
		if f != nil {
			return "", false, f
		}
		for _, object := range through {
			if tuple, ok, f := e.step(node{object, b.Computed}, depth+1); ok || f != nil {
				return tuple, ok, f
			}
		}
	}
	return "", false, nil
}

// subjects are those that have the relation of a hop to an object, in the order
// in which they came to have it.
func (e *evaluation) subjects(object urn.ID, b *Node) (found []urn.ID, f *fault.Fault) {
	most := e.bounds().TupleFanOut
	add := func(subject urn.ID, counts func() bool) bool {
		if e.looked++; e.looked > maxLook*most {
			f = beyond("max_tuples", maxLook*most)
			return false
		}
		if (b.SubjectType == "" || b.SubjectType == kind(subject)) && counts() {
			found = append(found, subject)
		}
		if int64(len(found)) > most {
			f = beyond("max_fan_out", most)
		}
		return f == nil
	}
	if isScope(object) && isRole(b.Tupleset) {
		tenancy.GrantsOn(e.view, object, "").Each(func(m *tenancy.Membership) bool {
			return add(m.PrincipalID, func() bool { return string(m.Role) == b.Tupleset && grants(e.view, m, e.at) })
		})
		return found, f
	}
	byObject.Scan(e.view, state.Range{Prefix: toObject(object, b.Tupleset)}).Each(func(r *Row) bool {
		return add(r.SubjectID, func() bool { return r.InForce(e.view, e.at) })
	})
	return found, f
}

func beyond(bound string, n int64) *fault.Fault {
	return fault.New(fault.EvaluationLimit, "the rules of this relation lead too far; make them less deep, or the relations that they go through narrower").With(bound, n)
}
