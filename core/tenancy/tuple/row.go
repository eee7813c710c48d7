// Package tuple is relation tuples: "this subject has this relation to this
// object", as applications write them and as memberships imply them, and the
// question whether one is there.
package tuple

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on tuples.
var Ops = &op.Set{Noun: "tuple", Doc: "Tuples say who has which relation to what: a user is the owner of a document, a document lies in a folder. Each active membership is a tuple as well."}

// Entity is what the audit trail calls a tuple.
const Entity = "tuple"

// Row is a tuple that was written. It never changes but for its end, and stays
// then: the same subject, relation and object get a new one. Those that follow
// from memberships are not stored here.
type Row struct {
	ID        urn.ID     `cbor:"1,keyasint" json:"id"`
	SubjectID urn.ID     `cbor:"2,keyasint" json:"subject_id"`
	Relation  string     `cbor:"3,keyasint" json:"relation"`
	ObjectID  urn.ID     `cbor:"4,keyasint" json:"object_id"`
	CreatedAt state.Time `cbor:"5,keyasint" json:"created_at"`
	CreatedBy urn.ID     `cbor:"6,keyasint" json:"created_by"`
	// Stay is the first membership of the stay in an organization that the tuple
	// came with, and ends with; empty for one that stands by itself.
	Stay    urn.ID     `cbor:"7,keyasint,omitempty" json:"stay,omitempty"`
	EndedAt state.Time `cbor:"8,keyasint,omitempty" json:"ended_at,omitzero"`
	EndedBy urn.ID     `cbor:"9,keyasint,omitempty" json:"ended_by,omitempty"`
	Version uint64     `cbor:"10,keyasint" json:"version"`
	// Type is the application's type of the object, where the tuple gives a right
	// to an object.
	Type string `cbor:"11,keyasint,omitempty" json:"type,omitempty"`
}

// Key is what the tuple says.
func (r *Row) Key() Key { return Key{r.SubjectID, r.Relation, r.ObjectID} }

// Rows lie by what they say; the newest of those that say the same is last.
var rows = state.NewTable(state.Spec[Row]{
	Space: key.Tuple,
	Key: func(r *Row) key.Key {
		return state.Key(key.Tuple, kind(r.SubjectID), r.SubjectID, kind(r.ObjectID), r.ObjectID, r.Relation, r.ID)
	},
	Refers: func(r *Row, to func(key.Key)) {
		refers(r.SubjectID, to)
		refers(r.ObjectID, to)
	},
	Indexes: []*state.Index[Row]{byID, bySubject, byObject},
})

// byID finds the row that the trail names.
var byID = &state.Index[Row]{
	Space: key.TupleID,
	Keys:  func(r *Row, add func(key.Key)) { add(state.Key(key.TupleID, r.ID)) },
}

// The walks in the index by subject: all that a subject has, in the order in
// which it came; and what gives it rights to objects, by object and by type.
const (
	walkAll    = "all"
	walkObject = "object"
	walkType   = "type"
)

var bySubject = &state.Index[Row]{
	Space: key.TupleSubject,
	Keys: func(r *Row, add func(key.Key)) {
		if r.EndedAt != 0 {
			return
		}
		add(ofSubject(r.SubjectID, walkAll, r.ID))
		if Gives(r.Relation) > op.None && isPrincipal(r.SubjectID) && kind(r.ObjectID) == urn.PrefixObject {
			add(ofSubject(r.SubjectID, walkObject, r.ObjectID, r.ID))
			add(ofSubject(r.SubjectID, walkType, r.Type, r.ObjectID, r.ID))
		}
	},
}

func ofSubject(subject urn.ID, parts ...any) key.Key {
	return state.Key(key.TupleSubject, append([]any{kind(subject), subject}, parts...)...)
}

// byObject holds what there is to an object, in the order in which it came: all
// of it, and that of each relation. No relation is the empty text.
var byObject = &state.Index[Row]{
	Space: key.TupleObject,
	Keys: func(r *Row, add func(key.Key)) {
		if r.EndedAt == 0 {
			add(toObject(r.ObjectID, "", r.ID))
			add(toObject(r.ObjectID, r.Relation, r.ID))
		}
	},
}

func toObject(object urn.ID, relation string, parts ...any) key.Key {
	return state.Key(key.TupleObject, append([]any{kind(object), object, relation}, parts...)...)
}

// Find reads a stored tuple by its id, ended or not.
func Find(v state.View, id urn.ID) (*Row, bool) {
	if !urn.IsValid(id, urn.PrefixTuple) {
		return nil, false
	}
	found := byID.Scan(v, state.Range{Prefix: state.Key(key.TupleID, id)})
	defer found.Close()
	if !found.Next() {
		return nil, false
	}
	return found.Row(), true
}

// stored reads the tuple that says something and has not ended.
func stored(v state.View, k Key) (r *Row, ok bool) {
	prefix := state.Key(key.Tuple, kind(k.Subject), k.Subject, kind(k.Object), k.Object, k.Relation)
	rows.Scan(v, state.Range{Prefix: prefix, Reverse: true}).Each(func(found *Row) bool {
		if found.EndedAt == 0 {
			r, ok = found, true
		}
		return !ok
	})
	return r, ok
}

// insert writes a new tuple and leaves the trace.
func insert(tx *op.Tx, k Key, by, stay urn.ID) *Row {
	r := &Row{
		ID: tx.NewID(urn.PrefixTuple), SubjectID: k.Subject, Relation: k.Relation, ObjectID: k.Object,
		CreatedAt: tx.Time(), CreatedBy: by, Stay: stay, Version: 1,
	}
	if kind(k.Object) == urn.PrefixObject {
		if h, ok := objects.Find(tx, k.Object); ok {
			r.Type = h.Type
		}
	}
	rows.Insert(tx.Tx, r)
	r.record(tx, "tuple_create", nil)
	return r
}

// end ends a tuple and leaves the trace.
func (r *Row) end(tx *op.Tx) {
	before := *r
	r.EndedAt, r.EndedBy = tx.Time(), tx.Caller.ID
	r.put(tx)
	r.record(tx, "tuple_delete", &before)
}

func (r *Row) put(tx *op.Tx) {
	r.Version++
	rows.Put(tx.Tx, r)
}

func (r *Row) record(tx *op.Tx, action string, before *Row) {
	rec := op.Record{
		Action: action, Entity: Entity, TargetID: r.ID, ScopeID: r.scope(), After: r,
		Metadata: []fault.Member{
			{Name: "subject_id", Value: string(r.SubjectID)},
			{Name: "relation", Value: r.Relation},
			{Name: "object_id", Value: string(r.ObjectID)},
		},
	}
	if before != nil {
		rec.Before = before
	}
	tx.Record(rec)
}

// scope is the scope that the tuple is about, if it is about one.
func (r *Row) scope() urn.ID {
	if isScope(r.ObjectID) {
		return r.ObjectID
	}
	return ""
}

// Tuple is a tuple as callers see it.
type Tuple struct {
	ID          urn.ID     `json:"id" doc:"the tuple"`
	SubjectType string     `json:"subject_type" doc:"what the subject is"`
	SubjectID   urn.ID     `json:"subject_id" doc:"the subject: an id of Weir's, or the UUID of a thing of your own"`
	Relation    string     `json:"relation" doc:"what the subject is to the object"`
	ObjectType  string     `json:"object_type" doc:"what the object is"`
	ObjectID    urn.ID     `json:"object_id" doc:"the object: an id of Weir's, or the UUID of a thing of your own"`
	CreatedAt   state.Time `json:"created_at" doc:"when it came into being"`
	CreatedBy   urn.ID     `json:"created_by" doc:"who wrote it, or granted the membership"`
	// MembershipID is the membership that a managed tuple stands for, or the
	// first one of the stay that a grant came with.
	MembershipID urn.ID `json:"membership_id,omitempty" doc:"the membership that the tuple follows from, or with whose stay it ends; absent for one that stands by itself"`
}

// Shown is the tuple as callers see it.
func (r *Row) Shown() Tuple {
	return Tuple{
		ID: r.ID, SubjectType: kind(r.SubjectID), SubjectID: shown(r.SubjectID), Relation: r.Relation,
		ObjectType: kind(r.ObjectID), ObjectID: shown(r.ObjectID), CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, MembershipID: r.Stay,
	}
}

const (
	exampleID      urn.ID = "tup_01890a5d0c1e7000a000000000000041"
	exampleSubject urn.ID = "usr_01890a5d0c1e7000a000000000000001"
	exampleObject  urn.ID = "obj_01890a5d0c1e7000a000000000000003"
	exampleTime           = state.Time(1767225600000000)
)

var (
	exampleKey = KeyInput{SubjectType: urn.PrefixUser, SubjectID: exampleSubject, Relation: "editor", ObjectType: urn.PrefixObject, ObjectID: exampleObject}
	example    = Tuple{
		ID: exampleID, SubjectType: urn.PrefixUser, SubjectID: exampleSubject, Relation: "editor",
		ObjectType: urn.PrefixObject, ObjectID: exampleObject, CreatedAt: exampleTime, CreatedBy: "root",
	}
)
