package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// Projection shares one object with the members of a scope. There is one row
// to each scope and object, which comes back under its old id.
type Projection struct {
	ID          urn.ID     `cbor:"1,keyasint" json:"id" doc:"the projection"`
	ScopeID     urn.ID     `cbor:"2,keyasint" json:"scope_id" doc:"the scope that it is shared with"`
	ObjectID    urn.ID     `cbor:"3,keyasint" json:"object_id" doc:"the object that is shared"`
	Level       op.Level   `cbor:"4,keyasint" json:"level" doc:"the most that a member may do: read, write or admin; the role may give less"`
	Status      string     `cbor:"5,keyasint" json:"status" doc:"active or revoked"`
	ProjectedAt state.Time `cbor:"6,keyasint" json:"projected_at" doc:"when it was shared last"`
	ProjectedBy urn.ID     `cbor:"7,keyasint" json:"projected_by" doc:"who shared it last"`
	RevokedAt   state.Time `cbor:"8,keyasint,omitempty" json:"revoked_at,omitzero" doc:"when the share was taken back"`
	RevokedBy   urn.ID     `cbor:"9,keyasint,omitempty" json:"revoked_by,omitempty" doc:"who took the share back"`
	Version     uint64     `cbor:"10,keyasint" json:"version" doc:"raised by each change"`
	ObjectType  string     `cbor:"11,keyasint" json:"object_type" doc:"the object's type"`
}

// Live says whether the row itself counts. Scope and object have a say too.
func (p *Projection) Live() bool { return p.Status == StatusActive }

var byObject = &state.Index[Projection]{
	Space: key.ProjectionObject,
	Keys: func(p *Projection, add func(key.Key)) {
		add(state.Key(key.ProjectionObject, p.ObjectID, p.ScopeID))
	},
}

// byType holds what is shared now, so that a type is found among many others
// without reading them.
var byType = &state.Index[Projection]{
	Space: key.ProjectionType,
	Keys: func(p *Projection, add func(key.Key)) {
		if p.Live() {
			add(state.Key(key.ProjectionType, p.ScopeID, p.ObjectType, p.ObjectID))
		}
	},
}

var projections = state.NewTable(state.Spec[Projection]{
	Space: key.Projection,
	Key:   func(p *Projection) key.Key { return state.Key(key.Projection, p.ScopeID, p.ObjectID) },
	Refers: func(p *Projection, to func(key.Key)) {
		to(state.Key(key.Scope, p.ScopeID))
		to(state.Key(key.Object, p.ObjectID))
	},
	Indexes: []*state.Index[Projection]{byObject, byProjection, byType},
})

// byProjection finds the row that the trail names.
var byProjection = &state.Index[Projection]{
	Space: key.ProjectionID,
	Keys: func(p *Projection, add func(key.Key)) {
		add(state.Key(key.ProjectionID, p.ID))
	},
}

// FindProjection reads a projection by its id.
func FindProjection(v state.View, id urn.ID) (*Projection, bool) {
	return first(byProjection.Scan(v, state.Range{Prefix: state.Key(key.ProjectionID, id)}))
}

// Projected reads the projection of an object into a scope.
func Projected(v state.View, scope, object urn.ID) (*Projection, bool) {
	return projections.Get(v, state.Key(key.Projection, scope, object))
}

// Shown walks the projections into a scope, in order of the object's id, after
// a given object.
func Shown(v state.View, scope, after urn.ID) *state.Rows[Projection] {
	return projections.Scan(v, state.Behind(after, key.Projection, scope))
}

// Listed walks the projections into a scope as a gaze asks for them. Ended
// ones are passed over where the index by type serves it, and else among them.
func Listed(v state.View, scope urn.ID, g op.Gaze) *state.Rows[Projection] {
	r := state.Range{Reverse: g.Reverse}
	if g.Type == "" && !g.ByType {
		r.Prefix = state.Key(key.Projection, scope)
		if g.After != "" {
			r.After = state.Key(key.Projection, scope, g.After)
		}
		return projections.Scan(v, r)
	}
	r.Prefix = state.Key(key.ProjectionType, scope)
	if g.Type != "" {
		r.Prefix = state.Key(key.ProjectionType, scope, g.Type)
	}
	if g.After != "" {
		r.After = state.Key(key.ProjectionType, scope, objects.TypeOfLast(v, g), g.After)
	}
	return byType.Scan(v, r)
}

// Shares walks the projections of an object, by scope.
func Shares(v state.View, object urn.ID) *state.Rows[Projection] {
	return byObject.Scan(v, state.Range{Prefix: state.Key(key.ProjectionObject, object)})
}

// put writes a projection as its next version.
func (p *Projection) put(tx *op.Tx) {
	p.Version++
	projections.Put(tx.Tx, p)
}

// save writes a projection and leaves the trace.
func (p *Projection) save(tx *op.Tx, action string, before *Projection, more ...fault.Member) {
	p.put(tx)
	r := op.Record{
		Action: action, Entity: EntityProjection, TargetID: p.ID, ScopeID: p.ScopeID, After: p,
		Metadata: append([]fault.Member{{Name: "object_id", Value: string(p.ObjectID)}, {Name: "level", Value: p.Level.String()}}, more...),
	}
	if before != nil {
		r.Before = before
	}
	tx.Record(r)
}

const exampleObject urn.ID = "obj_01890a5d0c1e7000a000000000000003"

var exampleProjection = Projection{
	ID: "prj_01890a5d0c1e7000a000000000000006", ScopeID: exampleID, ObjectID: exampleObject, Level: op.Read,
	Status: StatusActive, ProjectedAt: exampleTime, ProjectedBy: exampleOwner, Version: 1, ObjectType: "note",
}
