package fuzz

import (
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/tenancy"
	"github.com/weir-store/weir/core/tenancy/tuple"
	"github.com/weir-store/weir/core/urn"
)

// relations are those that a tuple about an object may name: the roles, which
// give something, and one that gives nothing.
var relations = []string{"owner", "admin", "editor", "member", "viewer", "viewer", "guest", "reviewer"}

// told is what the tuples between a principal and an object give.
func (m *model) told(p, o int) op.Level {
	best := op.None
	for _, t := range m.tuples {
		if t.principal == p && t.object == o && !t.ended {
			best = max(best, mostOf(tenancy.Role(t.relation)))
		}
	}
	return best
}

// tells says whether a principal may write and delete tuples about an object: its
// owner, and who is owner or admin by a tuple. Admin by a share is not enough.
func (m *model) tells(p, o int) bool {
	x := m.objects[o]
	return x.owner == p || !x.deleted && m.told(p, o) == op.Admin
}

func writeTuple(w *world, s step) error {
	o, ok := of(s.b, len(w.objects))
	if !ok {
		return nil
	}
	who, subject, relation := w.actor(s.a, w.objects[o].owner), int(s.c)%len(w.principals), relations[s.d%uint32(len(relations))]
	typ, f := urn.TypeOf(w.principals[subject].id)
	if f != nil {
		// A name of a caller's choice cannot be a subject.
		return nil
	}
	made, ok, err := try(w, who, w.tells(who, o), tuple.Create, tuple.CreateInput{KeyInput: tuple.KeyInput{
		SubjectType: typ, SubjectID: w.principals[subject].id, Relation: relation, ObjectType: urn.PrefixObject, ObjectID: w.objects[o].id,
	}})
	if ok {
		w.tuples = append(w.tuples, said{id: made.ID, principal: subject, object: o, relation: relation})
	}
	return err
}

func deleteTuple(w *world, s step) error {
	n, ok := of(s.b, len(w.tuples))
	if !ok || w.tuples[n].ended {
		return nil
	}
	o := w.tuples[n].object
	who := w.actor(s.a, w.objects[o].owner)
	_, ok, err := try(w, who, w.tells(who, o), tuple.Delete, tuple.DeleteInput{ID: w.tuples[n].id})
	if ok {
		w.tuples[n].ended = true
	}
	return err
}
