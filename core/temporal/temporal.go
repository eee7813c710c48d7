// Package temporal shows things as they were and takes changes back. It knows
// no layer: what has a past says so by op.Entity, and brings itself back. Every
// rollback appends, leaves an entry, and can be rolled back itself.
package temporal

import (
	"bytes"
	"errors"

	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
)

// Ops are the questions about the past of things.
var Ops = &op.Set{Noun: "temporal", Doc: "The past of any thing: what it was at a time, and how it came to be what it is."}

// Rollbacks are the operations that take changes back.
var Rollbacks = &op.Set{Noun: "rollback", Doc: "Rollbacks take changes back by new changes: nothing is removed, and a rollback can be rolled back."}

// thing is one thing of an entity that has a past.
type thing struct {
	entity *op.Entity
	id     urn.ID
}

// find reads which thing a caller means. Where no entity is named, the form of
// the id tells it.
func find(c *op.Catalog, entity, id string) (thing, *fault.Fault) {
	e, known := c.EntityOf(id)
	if entity != "" {
		e, known = c.Entity(entity)
	}
	if !known {
		return thing{}, fault.New(fault.ValidationFailed, "no entity with a past has that name, or ids of that form")
	}
	parsed, f := e.ParseID(id)
	if f != nil {
		return thing{}, f
	}
	return thing{e, parsed}, nil
}

// whole is the thing that rollbacks of a thing are of.
func (t thing) whole(v state.View) thing {
	if t.entity.Whole != nil {
		t.id = t.entity.Whole(v, t.id)
	}
	return t
}

func (t thing) target() op.Target { return op.Target{Entity: t.entity.Name, ID: t.id} }

// like says whether two states hold a thing alike: nothing has changed it
// between them, not even to what it was.
func (t thing) like(a, b state.View) bool {
	x, before := t.entity.Known(a, t.id)
	y, after := t.entity.Known(b, t.id)
	return before == after && (!before || x.Version == y.Version && same(&x, &y))
}

// same compares what a rollback brings back of a thing. That it has ended may
// follow from other things, such as the scope that it lies in, and is no change
// of its own.
func same(x, y *op.Known) bool { return bytes.Equal(contentOf(x), contentOf(y)) }

// contentOf is the content of a thing in the one form that it has.
func contentOf(k *op.Known) []byte {
	raw, err := op.Marshal(k.Content)
	if err != nil {
		panic(&state.Broken{Err: err})
	}
	canonical, f := canon.Canonical(raw)
	if f != nil {
		panic(&state.Broken{Err: f})
	}
	return canonical
}

// entitled says whether one of the ways is the caller's, by the rights of now.
// A rule that denies the action on the thing closes all of them.
func (t thing) entitled(v *op.View, action string, ways []op.Right) op.Decision {
	if err := v.Forbidden(action, t.target()); err != nil {
		return decision(err)
	}
	var d op.Decision
	for _, w := range ways {
		d = op.Decision{Allowed: v.Caller.Holds(w.Permission)}
		if w.Target != (op.Target{}) {
			d = v.Decide(action, w.Level, w.Target)
		}
		if d.Allowed || d.DeniedBy != "" {
			return d
		}
	}
	return d
}

// decision is what stands behind a refusal.
func decision(err error) op.Decision {
	var refused *op.Refused
	if errors.As(err, &refused) {
		return refused.Decision
	}
	return op.Decision{}
}

// see says whether the caller may see the past of a thing: who may see it now,
// and auditors.
func (t thing) see(v *op.View) op.Decision {
	ways, _ := t.entity.Rights(v.Now, t.id)
	d := t.entitled(v, "read", append(ways, op.Right{Permission: op.ReadAudit}))
	if k, _ := t.entity.Known(v.Now, t.id); d.Allowed && k.ObjectID != "" && v.Decide("read", op.Read, op.Object(k.ObjectID)).DeniedBy != "" {
		return op.Decision{} // a rule hides the object, and so what is shared of it
	}
	return d
}

// hidden is the refusal of who may not know of a thing.
func (t thing) hidden(action string, d op.Decision) error {
	return &op.Refused{Fault: op.NotFound(), Action: action, Target: t.target(), Decision: d}
}
