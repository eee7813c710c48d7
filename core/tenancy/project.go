package tenancy

import (
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/objects"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/urn"
)

// ProjectInput names a scope and an object to share with it.
type ProjectInput struct {
	ID       urn.ID `json:"id" op:"path,id=scp|org" doc:"the scope"`
	ObjectID urn.ID `json:"object_id" op:"required,id=obj" doc:"an object of yours"`
	Level    string `json:"level,omitempty" op:"enum=read|write|admin" doc:"the most that members may do; read when absent"`
}

// Project shares an object with the members of a scope. It takes the object's
// owner, who is an editor of the scope or more. Sharing again with another
// level changes the level.
var Project = op.NewCommand(Ops, op.Spec[ProjectInput, Projection]{
	Name:    "project",
	Summary: "Share an object of yours with a scope.",
	Route:   "POST /v1/scopes/{id}/projections",
	Status:  201,
	Access:  op.May("projection", op.Write, func(in ProjectInput) op.Target { return op.Scope(in.ID) }),
	Faults:  []fault.Code{fault.NotFound, fault.PermissionDenied, fault.ScopeFrozen, fault.OrgNotActive, fault.IsolationViolation, fault.ValidationFailed},
	Example: ProjectInput{ID: exampleID, ObjectID: exampleObject, Level: "read"},
	Result:  exampleProjection,
	Undo:    op.Reversible("scope.unproject"),
}, func(tx *op.Tx, in ProjectInput) (Projection, error) {
	if err := tx.Demand("projection", op.Own, op.Object(in.ObjectID)); err != nil {
		return Projection{}, err
	}
	if _, f := admitting(tx, in.ID); f != nil {
		return Projection{}, f
	}
	object, ok := objects.Find(tx, in.ObjectID)
	if !ok || object.Lifecycle != objects.Active {
		return Projection{}, fault.New(fault.IsolationViolation, "the object is deleted; restore it before you share it")
	}
	level := op.Read
	if in.Level != "" {
		if err := level.UnmarshalText([]byte(in.Level)); err != nil {
			return Projection{}, err
		}
	}
	return *share(tx, in.ID, object, level), nil
})

// share projects the object, again, or with another level, whatever the row
// calls for.
func share(tx *op.Tx, scope urn.ID, object *objects.Header, level op.Level) *Projection {
	p, known := Projected(tx, scope, object.ID)
	if known && p.Live() && p.Level == level {
		return p
	}
	if !known {
		p = &Projection{ID: tx.NewID(urn.PrefixProjection), ScopeID: scope, ObjectID: object.ID, ObjectType: object.Type}
	}
	var before *Projection
	if known {
		was := *p
		before = &was
	}
	if !p.Live() {
		p.Status, p.ProjectedAt, p.ProjectedBy = StatusActive, tx.Time(), tx.Caller.ID
		p.RevokedAt, p.RevokedBy = 0, ""
	}
	p.Level = level
	p.save(tx, "projection", before)
	return p
}
