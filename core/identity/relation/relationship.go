// Package relation is the graph between principals: labelled edges from a child
// to a parent, as a user is a member of a team, and the questions that are asked
// of such a graph.
package relation

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/identity"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Ops are the operations on relationships.
var Ops = &op.Set{Noun: "relationship", Doc: "Relationships say what principals are to each other: a user is a member of a team, a team of a company."}

// EntityRelationship is what the audit trail calls a relationship.
const EntityRelationship = "principal_relationship"

// Target is a relationship as a target: it is seen by who sees both its ends,
// and managed by who manages the parent.
func Target(id urn.ID) op.Target { return op.Target{Entity: EntityRelationship, ID: id} }

// The labels that mean something to Weir. All others are the application's.
const (
	// MemberOf is the label of a relationship that names none.
	MemberOf = "member_of"
	// Administers lets the child manage the relationships below the parent.
	Administers = "administers"
)

// Relationship is an edge: the child is, to the parent, what the label says.
// There is one row to each parent, label and child; it comes back under its old
// id. A row counts only while both its ends are active.
type Relationship struct {
	ID        urn.ID     `cbor:"1,keyasint" json:"id" doc:"the relationship"`
	ParentID  urn.ID     `cbor:"2,keyasint" json:"parent_id" doc:"the principal above"`
	ChildID   urn.ID     `cbor:"3,keyasint" json:"child_id" doc:"the principal below"`
	Label     string     `cbor:"4,keyasint" json:"relationship" doc:"what the child is to the parent, for example member_of"`
	Lifecycle string     `cbor:"5,keyasint" json:"lifecycle" doc:"active, suspended or archived, as it counts: with the state of both ends"`
	Metadata  op.JSON    `cbor:"6,keyasint,omitempty" json:"metadata,omitempty" doc:"facts of your own"`
	CreatedAt state.Time `cbor:"7,keyasint" json:"created_at" doc:"when it was added first"`
	CreatedBy urn.ID     `cbor:"8,keyasint" json:"created_by" doc:"who added it first"`
	Version   uint64     `cbor:"9,keyasint" json:"version" doc:"raised by each change"`
}

// The rows lie by parent, so that a walk downward is one over neighbours.
var (
	relationships = state.NewTable(state.Spec[Relationship]{
		Space: key.Relationship,
		Key:   func(r *Relationship) key.Key { return at(r.ParentID, r.Label, r.ChildID) },
		Refers: func(r *Relationship, to func(key.Key)) {
			to(state.Key(key.Principal, string(r.ParentID)))
			to(state.Key(key.Principal, string(r.ChildID)))
		},
		Indexes: []*state.Index[Relationship]{byID, byChild},
	})
	byID = &state.Index[Relationship]{
		Space: key.RelationshipID,
		Keys:  func(r *Relationship, add func(key.Key)) { add(state.Key(key.RelationshipID, r.ID)) },
	}
	byChild = &state.Index[Relationship]{
		Space: key.RelationshipChild,
		Keys: func(r *Relationship, add func(key.Key)) {
			add(state.Key(key.RelationshipChild, string(r.ChildID), r.Label, string(r.ParentID)))
		},
	}
)

func at(parent urn.ID, label string, child urn.ID) key.Key {
	return state.Key(key.Relationship, string(parent), label, string(child))
}

// Find reads a relationship by its id.
func Find(v state.View, id urn.ID) (*Relationship, bool) {
	if !urn.IsValid(id, urn.PrefixRelation) {
		return nil, false
	}
	rows := byID.Scan(v, state.Range{Prefix: state.Key(key.RelationshipID, id)})
	defer rows.Close()
	if !rows.Next() {
		return nil, false
	}
	return rows.Row(), true
}

// Holds says whether a relationship counts: it was not removed, and both its
// ends are active.
func Holds(v state.View, parent urn.ID, label string, child urn.ID) bool {
	r, ok := relationships.Get(v, at(parent, label, child))
	return ok && r.counts(v)
}

func (r *Relationship) counts(v state.View) bool { return r.shown(v).Lifecycle == identity.Active }

// shown gives the relationship with the lifecycle that it has in effect.
func (r *Relationship) shown(v state.View) Relationship {
	s := *r
	for _, end := range []urn.ID{r.ParentID, r.ChildID} {
		if p, ok := identity.Find(v, end); ok && p.Lifecycle != identity.Active && s.Lifecycle != identity.Archived {
			s.Lifecycle = p.Lifecycle
		}
	}
	return s
}

// change writes a relationship and leaves the trace.
func (r *Relationship) change(tx *op.Tx, action string, before *Relationship) {
	r.write(tx)
	record := op.Record{
		Action: action, Entity: EntityRelationship, TargetID: r.ID, After: r,
		Metadata: []fault.Member{{Name: "parent_id", Value: string(r.ParentID)}, {Name: "child_id", Value: string(r.ChildID)}},
	}
	if before != nil {
		record.Before = before
	}
	tx.Record(record)
}

func (r *Relationship) write(tx *op.Tx) {
	r.Version++
	relationships.Put(tx.Tx, r)
}

// joinable refuses ends that do not exist or are not active.
func joinable(v state.View, ends ...urn.ID) *fault.Fault {
	for _, end := range ends {
		p, ok := identity.Find(v, end)
		if !ok {
			return op.NotFound()
		}
		if p.Lifecycle != identity.Active {
			return fault.New(fault.PrincipalInactive, "only active principals can be related").With("principal_id", string(end))
		}
	}
	return nil
}

var example = Relationship{
	ID: "rel_01890a5d0c1e7000a000000000000007", ParentID: "team", ChildID: "alice", Label: MemberOf, Lifecycle: identity.Active,
	CreatedAt: 1767225600000000, CreatedBy: "root", Version: 1,
}
