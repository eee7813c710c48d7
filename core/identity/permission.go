package identity

import (
	"slices"

	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/urn"
	"github.com/weir-store/weir/storage/key"
)

// PermitInput names a principal and a cluster permission.
type PermitInput struct {
	ID         urn.ID        `json:"id" op:"path,id=principal" doc:"the principal"`
	Permission op.Permission `json:"permission" op:"required,enum=audit.read|cluster.admin|org.host|tuples.write" doc:"the cluster permission"`
}

// Permit gives a principal a cluster permission.
var Permit = op.NewCommand(Ops, op.Spec[PermitInput, Principal]{
	Name:    "permit",
	Summary: "Give a principal a cluster permission.",
	Route:   "POST /v1/principals/{id}/permissions",
	Access:  op.Holding[PermitInput]("update", op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PrincipalInactive},
	Example: PermitInput{ID: "alice", Permission: op.ReadAudit},
	Result:  Example,
	Undo:    op.Reversible("principal.forbid"),
}, func(tx *op.Tx, in PermitInput) (Principal, error) {
	p, ok := Find(tx, in.ID)
	if !ok {
		return Principal{}, op.NotFound()
	}
	if p.Lifecycle != Active {
		return Principal{}, fault.New(fault.PrincipalInactive, "only an active principal can be given a permission")
	}
	if p.Holds(in.Permission) {
		return *p, nil
	}
	before := *p
	p.Permissions = append(slices.Clone(p.Permissions), in.Permission)
	slices.Sort(p.Permissions)
	p.change(tx, "update", before, fault.Member{Name: "permission", Value: string(in.Permission)})
	return *p, nil
})

// ForbidInput names a principal and a cluster permission.
type ForbidInput struct {
	ID         urn.ID        `json:"id" op:"path,id=principal" doc:"the principal"`
	Permission op.Permission `json:"permission" op:"path,enum=audit.read|cluster.admin|org.host|tuples.write" doc:"the cluster permission"`
}

// Forbid takes a cluster permission away.
var Forbid = op.NewCommand(Ops, op.Spec[ForbidInput, op.Nothing]{
	Name:    "forbid",
	Summary: "Take a cluster permission from a principal.",
	Route:   "DELETE /v1/principals/{id}/permissions/{permission}",
	Access:  op.Holding[ForbidInput]("revoke", op.Administer),
	Faults:  []fault.Code{fault.NotFound, fault.PreconditionFailed},
	Example: ForbidInput{ID: "alice", Permission: op.ReadAudit},
	Undo:    op.Reversible("principal.permit"),
}, func(tx *op.Tx, in ForbidInput) (op.Nothing, error) {
	p, ok := Find(tx, in.ID)
	if !ok {
		return op.Nothing{}, op.NotFound()
	}
	if !p.Holds(in.Permission) {
		return op.Nothing{}, nil
	}
	before := *p
	p.Permissions = slices.DeleteFunc(slices.Clone(p.Permissions), func(have op.Permission) bool { return have == in.Permission })
	if f := before.replaceable(tx, p); f != nil {
		return op.Nothing{}, f
	}
	p.change(tx, "update", before, fault.Member{Name: "permission", Value: string(in.Permission)})
	return op.Nothing{}, nil
})

// administers says whether the principal can administer the cluster.
func (p *Principal) administers() bool { return p.Lifecycle == Active && p.Holds(op.Administer) }

// replaceable refuses to let a principal become what next says if that takes
// the last administrator from the cluster.
func (p *Principal) replaceable(v state.View, next *Principal) *fault.Fault {
	if !p.administers() || next.administers() {
		return nil
	}
	if Administered(v, p.ID) {
		return nil
	}
	return fault.New(fault.PreconditionFailed, "this is the last cluster administrator who can act; give cluster.admin to another active principal first")
}

// Administered says whether somebody beside the given principal can administer
// the cluster.
func Administered(v state.View, beside urn.ID) (yes bool) {
	byPermission.Scan(v, state.Range{Prefix: state.Key(key.PrincipalPermission, string(op.Administer))}).Each(func(p *Principal) bool {
		yes = p.ID != beside && p.Lifecycle == Active
		return !yes
	})
	return yes
}
